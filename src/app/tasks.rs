//! Tasks: what runs for one tenant: the keeper of its directory, the collector of its presence, the renewal of its token.
//!
//! One of them alone is worth nothing, so they start and end together. What becomes of a tenant whose task failed is not
//! known here: read `supervisor`.

use std::convert::Infallible;
use std::future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{self, JoinSet};
use tracing::{info, warn};

use crate::board::{Board, Place};
use crate::clock;
use crate::collector::Collector;
use crate::config::Tenant;
use crate::domain::advice::Advice;
use crate::domain::budget::Budget;
use crate::domain::directory::Directory;
use crate::domain::moment::tenths;
use crate::domain::schedule::{self, Turn};
use crate::domain::terms::Terms;
use crate::entra::Tokens;
use crate::graph::Graph;
use crate::keeper::Keeper;
use crate::readiness::Awaited;
use crate::telemetry::TenantTelemetry;
use crate::transport::{Roots, Transport};
use crate::watched::{Watch, Watched};

/// The longest wait between attempts at a tenant that cannot start.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How often it is looked whether other certificates are to be trusted.
const GLANCE: Duration = Duration::from_secs(5);

/// Everything that one tenant's tasks need to start, and to start again.
#[derive(Debug, Clone)]
pub(super) struct Tasks {
    pub(super) tenant: Tenant,
    pub(super) terms: Terms,
    pub(super) place: Place,
    /// It outlives the tasks: what they have asked, the server remembers.
    pub(super) budget: Arc<Mutex<Budget>>,
    /// So does the directory in force: whoever starts again reads presence at once, and doubts a listing that shrank.
    pub(super) directory: watch::Sender<Option<Arc<Directory>>>,
    pub(super) board: Arc<Board>,
    pub(super) telemetry: TenantTelemetry,
    pub(super) readiness: Awaited,
    /// Whom all tenants trust, held once.
    pub(super) roots: Roots,
    /// Its place among the tenants that start together.
    pub(super) turn: Turn,
}

/// One of a tenant's tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// What makes and joins the others.
    Start,
    /// The keeper of the directory.
    Keeper,
    /// The collector of presence.
    Collector,
    /// The renewal of the token.
    Renewal,
}

impl Tasks {
    /// Runs them until one of them fails. Returns which; then the others are ended as well.
    pub(super) async fn run(self) -> Task {
        // Seen before it is read: what changes meanwhile is read again. Elsewhere: a file system may hang.
        let tasks = self.clone();
        let watch = task::spawn_blocking(move || Watch::new(tasks.trusted())).await.unwrap_or_default();
        let transport = self.transport().await;
        tokio::select! {
            failed = self.run_with(transport.clone()) => failed,
            never = self.keep_trust(&transport, watch) => match never {},
        }
    }

    async fn run_with(&self, transport: Transport) -> Task {
        let tokens = Arc::new(Tokens::new(self.tenant.clone(), transport.clone(), self.telemetry.clone()));
        let budget = Arc::clone(&self.budget);
        let graph = Graph::new(&self.tenant, transport, Arc::clone(&tokens), budget, self.telemetry.clone());
        let graph = Arc::new(graph);
        let keeper = Keeper {
            graph: Arc::clone(&graph),
            terms: self.terms.clone(),
            users: self.tenant.users.clone(),
            directory: self.directory.clone(),
            board: Arc::clone(&self.board),
            place: self.place,
            telemetry: self.telemetry.clone(),
            turn: self.turn,
        };
        let collector = Collector {
            terms: self.terms.clone(),
            concurrency: self.tenant.concurrency,
            graph,
            directory: self.directory.subscribe(),
            board: Arc::clone(&self.board),
            place: self.place,
            telemetry: self.telemetry.clone(),
            readiness: self.readiness.clone(),
            turn: self.turn,
        };
        let name = self.terms.tenant.clone();
        let mut keeping = JoinSet::new();
        keeping.spawn(keeper.run());
        let mut collecting = JoinSet::new();
        collecting.spawn(collector.run());
        let mut renewing = JoinSet::new();
        renewing.spawn(async move {
            let report = |advice: &Advice| {
                warn!(tenant = %name, reason = advice.reason.label(), advice = %advice.action,
                    "renewing the token failed: {}", advice.what);
            };
            tokio::select! {
                () = tokens.keep_fresh(report) => {}
                never = tokens.keep_credential() => match never {},
            }
        });
        tokio::select! {
            // A keeper that fails takes the collector with it, which is then not at fault.
            biased;
            _ = keeping.join_next() => Task::Keeper,
            _ = collecting.join_next() => Task::Collector,
            _ = renewing.join_next() => Task::Renewal,
        }
    }

    /// The file of certificates to trust, as it stands now; nothing without one.
    fn trusted(&self) -> Watched {
        Watched::of(self.tenant.ca_file.clone())
    }

    /// Trusts for ever what the file of certificates says, whenever it says something else. What cannot be used leaves
    /// whoever was trusted before.
    async fn keep_trust(&self, transport: &Transport, watch: Watch) -> Infallible {
        if self.tenant.ca_file.is_none() {
            return future::pending().await;
        }
        let (watch, tenant) = (Arc::new(Mutex::new(watch)), &self.terms.tenant);
        loop {
            clock::sleep(GLANCE).await;
            let (tasks, transport, watch) = (self.clone(), transport.clone(), Arc::clone(&watch));
            // Elsewhere: a file system may hang.
            let glance = task::spawn_blocking(move || {
                let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
                watch.settled().then(|| {
                    *watch = Watch::new(tasks.trusted());
                    transport.trust_again(&tasks.tenant)
                })
            });
            match glance.await {
                Ok(Some(Ok(true))) => info!(%tenant, "the certificates to trust have changed and were read again"),
                Ok(Some(Err(advice))) => warn!(%tenant, reason = advice.reason.label(), advice = %advice.action,
                    "the certificates trusted so far stay so: {}", advice.what),
                Ok(Some(Ok(false)) | None) | Err(_) => {}
            }
        }
    }

    /// The tenant's client, as soon as its files let it be made.
    async fn transport(&self) -> Transport {
        let mut failures = 0;
        loop {
            let (tenant, roots, telemetry) = (self.tenant.clone(), self.roots.clone(), self.telemetry.clone());
            // Elsewhere: a file system that hangs costs no other tenant anything.
            let made = task::spawn_blocking(move || Transport::sharing(&tenant, &roots, telemetry)).await;
            let advice = match made {
                Ok(Ok(transport)) => return transport,
                Ok(Err(advice)) => advice,
                Err(_) => Advice::panic("reading of the ca_file"),
            };
            failures += 1;
            let wait = schedule::retry_after_failures(failures, LONGEST_PAUSE, fastrand::f64());
            let (tenant, seconds) = (&self.terms.tenant, tenths(wait));
            warn!(%tenant, reason = advice.reason.label(), advice = %advice.action, retry_seconds = seconds,
                "the tenant cannot start: {}", advice.what);
            self.telemetry.listing_failed(advice.reason);
            self.board.report_listing(self.place, Err(advice), clock::now());
            clock::sleep(wait).await;
        }
    }
}
