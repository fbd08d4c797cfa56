//! Keeping the directory: which listing comes in force, and when.
//!
//! A directory is refreshed once a minute at most, so here the keeper itself is told to do it every second. It asks a
//! simulated tenant as ever.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Settings};
use teams_presence_exporter::board::{Board, Place};
use teams_presence_exporter::clock;
use teams_presence_exporter::config::Config;
use teams_presence_exporter::domain::budget::Budget;
use teams_presence_exporter::entra::Tokens;
use teams_presence_exporter::graph::Graph;
use teams_presence_exporter::keeper::Keeper;
use teams_presence_exporter::telemetry::{Build, Telemetry};
use teams_presence_exporter::transport::Transport;
use tokio::sync::watch;

use crate::harness::{Census, MORNING, Tenant, frozen};

/// Longer than three listings take on any machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The sizes of the first `count` directories that come in force, with the number of listings that it took until then.
fn directories(tenant: &Tenant, count: usize) -> Vec<(usize, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exporter.yml");
    fs::write(&file, format!("tenants:\n{}", tenant.write(folder.path(), 0))).unwrap();
    let config = Config::load(Some(&file), &|_| None).unwrap().tenants.remove(0);
    let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" })).tenant(&config.name);
    let transport = Transport::new(&config, telemetry.clone()).unwrap();
    let tokens = Arc::new(Tokens::new(config.clone(), transport.clone(), telemetry.clone()));
    let budget = Arc::new(Mutex::new(Budget::new(config.request_budget, 8)));
    let (directory, mut in_force) = watch::channel(None);
    let keeper = Keeper {
        graph: Arc::new(Graph::new(&config, transport, tokens, budget, telemetry.clone())),
        refresh_interval: Duration::from_secs(1),
        directory,
        board: Arc::new(Board::new([], clock::now())),
        place: Place(0),
        telemetry,
    };
    let watched = async {
        let mut directories = Vec::new();
        while directories.len() < count {
            in_force.changed().await.unwrap();
            let users = in_force.borrow_and_update().as_ref().unwrap().users().len();
            let calls = tenant.simulator.calls();
            directories.push((users, calls.iter().filter(|call| call.operation == Operation::ListUsers).count()));
        }
        directories
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::select! {
            directories = watched => directories,
            () = keeper.run() => panic!("the keeper has ended"),
            () = clock::sleep(PATIENCE) => panic!("no directory came in force"),
        }
    })
}

/// A tenant of which these listings find nobody, and how many people the others find.
fn empty(listings: std::ops::RangeInclusive<u32>) -> (Tenant, usize) {
    let (operation, occurrence) = (Operation::ListUsers, Occurrence::During(listings));
    let faults = vec![Fault { operation, occurrence, effect: Effect::OmitRows(1_000) }];
    let tenant = Tenant::start("contoso", Settings { faults, ..frozen(100, MORNING) });
    let people = Census::usual(&tenant.simulator).people;
    (tenant, people as usize)
}

#[test]
fn a_listing_of_nobody_leaves_the_directory_in_force_the_first_time() {
    let (tenant, people) = empty(2..=2);
    assert_eq!(directories(&tenant, 2), [(people, 1), (people, 3)]);
}

#[test]
fn a_listing_of_nobody_is_believed_when_it_comes_twice() {
    let (tenant, people) = empty(2..=3);
    assert_eq!(directories(&tenant, 3), [(people, 1), (0, 3), (people, 4)]);
}

#[test]
fn a_tenant_that_never_had_anybody_has_nobody_at_once() {
    let (tenant, people) = empty(1..=1);
    assert_eq!(directories(&tenant, 2), [(0, 1), (people, 2)]);
}
