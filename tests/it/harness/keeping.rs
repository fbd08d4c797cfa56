//! A keeper by itself, told to list once a second: a directory is refreshed once a minute at most, which no test waits for.
//!
//! It asks a simulated tenant as ever. What comes in force is looked at as a value, for a page shows no members.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use simulator::Person;
use teams_presence_exporter::board::{self, Board, Place};
use teams_presence_exporter::clock;
use teams_presence_exporter::config;
use teams_presence_exporter::domain::budget::Budget;
use teams_presence_exporter::domain::directory::Directory;
use teams_presence_exporter::domain::schedule::Turn;
use teams_presence_exporter::domain::snapshot::Snapshot;
use teams_presence_exporter::domain::terms::Terms;
use teams_presence_exporter::domain::user::UserId;
use teams_presence_exporter::entra::Tokens;
use teams_presence_exporter::graph::Graph;
use teams_presence_exporter::keeper::Keeper;
use teams_presence_exporter::telemetry::{Build, Telemetry};
use teams_presence_exporter::transport::Transport;
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;

use super::Tenant;

/// Longer than three listings take on any machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A keeper that runs while somebody waits for it.
pub(crate) struct Keeping {
    runtime: Runtime,
    in_force: watch::Receiver<Option<Arc<Directory>>>,
    counters: Arc<Telemetry>,
    board: Arc<Board>,
}

impl Keeping {
    /// A keeper of the tenant, whose configuration is changed before.
    pub(crate) fn start(tenant: &Tenant, change: impl FnOnce(&mut config::Tenant)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = tenant.configured(folder.path(), change);
        let counters = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
        let telemetry = counters.tenant(&config.name, config.permissions());
        let transport = Transport::new(&config, telemetry.clone()).unwrap();
        let tokens = Arc::new(Tokens::new(config.clone(), transport.clone(), telemetry.clone()));
        let budget = Budget::new(config.request_budget, 8);
        let terms = terms(&config);
        let board = Arc::new(Board::new([Snapshot::unknown(terms.clone(), budget.means())], clock::now()));
        let (directory, in_force) = watch::channel(None);
        let keeper = Keeper {
            graph: Arc::new(Graph::new(&config, transport, tokens, Arc::new(Mutex::new(budget)), telemetry.clone())),
            terms,
            users: config.users,
            directory,
            board: Arc::clone(&board),
            place: Place(0),
            telemetry,
            turn: Turn::new(0, 1),
        };
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.spawn(async move {
            // The secret is read anew for every token.
            let _folder = folder;
            keeper.run().await;
        });
        Self { runtime, in_force, counters, board }
    }

    /// The next directory that comes in force.
    pub(crate) fn next(&mut self) -> Arc<Directory> {
        let Self { runtime, in_force, .. } = self;
        let changed = runtime.block_on(async { clock::timeout(PATIENCE, in_force.changed()).await });
        changed.expect("no directory came in force").expect("the keeper has ended");
        in_force.borrow_and_update().clone().unwrap()
    }

    /// The directory in force.
    pub(crate) fn latest(&self) -> Arc<Directory> {
        self.in_force.borrow().clone().unwrap()
    }

    /// Runs until the tenant's place on the board is as wanted, and returns it.
    #[track_caller]
    pub(crate) fn wait_until(&self, wanted: impl Fn(&board::Tenant) -> bool) -> board::Tenant {
        let shown = || self.board.shown().tenants[0].clone();
        let looks = async {
            while !wanted(&shown()) {
                clock::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = self.runtime.block_on(async { clock::timeout(PATIENCE, looks).await });
        assert!(found.is_ok(), "never so: {:?}", shown());
        shown()
    }

    /// How often listings failed, for those reasons for which any did.
    pub(crate) fn failures(&self) -> Vec<(String, f64)> {
        let families = self.counters.gather().into_iter();
        let of_listings = families.filter(|family| family.name() == "teams_presence_directory_failures_total");
        let counted = of_listings.flat_map(|family| family.get_metric().to_vec()).map(|metric| {
            let reason = metric.get_label().iter().find(|label| label.name() == "reason").unwrap().value().to_owned();
            (reason, metric.get_counter().get_value())
        });
        counted.filter(|(_, times)| *times > 0.0).collect()
    }
}

/// The ids of those people whom `selected` selects, as a directory has them.
pub(crate) fn ids(tenant: &Tenant, selected: impl Fn(&Person) -> bool) -> Vec<UserId> {
    let people = tenant.simulator.organisation().people().filter(selected);
    let ids: BTreeSet<UserId> = people.map(|person| UserId::parse(&person.id.to_string()).unwrap()).collect();
    ids.into_iter().collect()
}

fn terms(config: &config::Tenant) -> Terms {
    let second = Duration::from_secs(1);
    Terms { interval: second, refresh_interval: second, ..config.terms() }
}
