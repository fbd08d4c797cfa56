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

/// The sizes of directories that come in force, each with the number of listings that it took until then.
type InForce = Vec<(usize, usize)>;

/// The first `count` directories that come in force.
fn directories(tenant: &Tenant, count: usize) -> InForce {
    keep(tenant, count).0
}

/// The same, and how often a listing failed until then, for which reasons.
fn keep(tenant: &Tenant, count: usize) -> (InForce, Vec<(String, f64)>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exporter.yml");
    fs::write(&file, format!("tenants:\n{}", tenant.write(folder.path(), 0))).unwrap();
    let config = Config::load(Some(&file), &|_| None).unwrap().tenants.remove(0);
    let counters = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
    let telemetry = counters.tenant(&config.name, config.permissions());
    let transport = Transport::new(&config, telemetry.clone()).unwrap();
    let tokens = Arc::new(Tokens::new(config.clone(), transport.clone(), telemetry.clone()));
    let budget = Arc::new(Mutex::new(Budget::new(config.request_budget, 8)));
    let (directory, mut in_force) = watch::channel(None);
    let keeper = Keeper {
        graph: Arc::new(Graph::new(&config, transport, tokens, budget, telemetry.clone())),
        refresh_interval: Duration::from_secs(1),
        interval: Duration::from_secs(1),
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
    let directories = runtime.block_on(async {
        tokio::select! {
            directories = watched => directories,
            () = keeper.run() => panic!("the keeper has ended"),
            () = clock::sleep(PATIENCE) => panic!("no directory came in force"),
        }
    });
    (directories, failures(&counters))
}

/// How often listings failed, for those reasons for which any did.
fn failures(counters: &Telemetry) -> Vec<(String, f64)> {
    let families = counters.gather().into_iter();
    let of_listings = families.filter(|family| family.name() == "teams_presence_directory_failures_total");
    let counted = of_listings.flat_map(|family| family.get_metric().to_vec()).map(|metric| {
        let reason = metric.get_label().iter().find(|label| label.name() == "reason").unwrap().value().to_owned();
        (reason, metric.get_counter().get_value())
    });
    counted.filter(|(_, times)| *times > 0.0).collect()
}

/// A tenant of which these listings lack so many people, and how many people the others find.
fn lacking(people: usize, listings: std::ops::RangeInclusive<u32>) -> (Tenant, usize) {
    let (operation, occurrence) = (Operation::ListUsers, Occurrence::During(listings));
    let faults = vec![Fault { operation, occurrence, effect: Effect::OmitRows(people) }];
    let tenant = Tenant::start("contoso", Settings { faults, ..frozen(100, MORNING) });
    let people = Census::usual(&tenant.simulator).people;
    (tenant, people as usize)
}

const EVERYBODY: usize = 1_000;

#[test]
fn a_listing_of_nobody_leaves_the_directory_in_force_the_first_time() {
    let (tenant, people) = lacking(EVERYBODY, 2..=2);
    assert_eq!(directories(&tenant, 2), [(people, 1), (people, 3)]);
}

#[test]
fn a_listing_of_nobody_is_believed_when_it_comes_twice() {
    let (tenant, people) = lacking(EVERYBODY, 2..=3);
    assert_eq!(directories(&tenant, 3), [(people, 1), (0, 3), (people, 4)]);
}

#[test]
fn a_tenant_that_never_had_anybody_has_nobody_at_once() {
    let (tenant, people) = lacking(EVERYBODY, 1..=1);
    assert_eq!(directories(&tenant, 2), [(0, 1), (people, 2)]);
}

#[test]
fn a_listing_that_shrinks_by_more_than_half_is_believed_when_it_comes_twice() {
    let shrunk_once = vec![("shrunk".to_owned(), 1.0)];
    let (tenant, people) = lacking(60, 2..=2);
    assert_eq!(keep(&tenant, 2), (vec![(people, 1), (people, 3)], shrunk_once.clone()));
    let (tenant, people) = lacking(60, 2..=3);
    assert_eq!(keep(&tenant, 3), (vec![(people, 1), (people - 60, 3), (people, 4)], shrunk_once));
    // Fewer than half may leave at once.
    let (tenant, people) = lacking(30, 2..=2);
    assert_eq!(directories(&tenant, 3), [(people, 1), (people - 30, 2), (people, 3)]);
}
