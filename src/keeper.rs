//! The directory keeper: the slow loop, one task a tenant.
//!
//! Lists the users, hands over a whole new directory, waits. A listing may take twenty minutes; the collector meanwhile
//! reads presence on the directory in force and never waits for it. A listing that fails leaves that directory in force
//! and is tried again sooner than the next refresh, and so does one that names far fewer users, until it comes twice
//! (`domain::belief`). The keeper does not know presence.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::board::{Board, Place};
use crate::clock;
use crate::domain::advice::Advice;
use crate::domain::belief::{Belief, Verdict};
use crate::domain::directory::Directory;
use crate::domain::moment::tenths;
use crate::domain::schedule;
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::{Operation, TenantTelemetry};

/// The longest time that one listing may take: far above that of a million users at a slow Graph.
const DEADLINE: Duration = Duration::from_hours(2);

/// The keeper of one tenant's directory.
#[derive(Debug)]
pub struct Keeper {
    /// Where to list.
    pub graph: Arc<Graph>,
    /// How often.
    pub refresh_interval: Duration,
    /// How often presence is read of those who are listed.
    pub interval: Duration,
    /// Where the directory in force is handed over.
    pub directory: watch::Sender<Option<Arc<Directory>>>,
    /// Where a fault is shown.
    pub board: Arc<Board>,
    /// The tenant's place there.
    pub place: Place,
    /// Where a fault is counted.
    pub telemetry: TenantTelemetry,
}

impl Keeper {
    /// Keeps the directory for ever.
    pub async fn run(self) {
        let (mut failures, mut belief) = (0, Belief::default());
        loop {
            let wait = match self.list(&mut belief).await {
                Ok(()) => {
                    failures = 0;
                    self.board.report_listing(self.place, None, clock::now());
                    self.refresh_interval
                }
                Err(advice) => {
                    failures += 1;
                    let intervals = (self.interval, self.refresh_interval);
                    let tracked = self.in_force().map(|directory| directory.users().len());
                    let wait = schedule::listing_retry(advice.reason, failures, tracked, intervals, fastrand::f64());
                    self.report(advice, wait);
                    wait
                }
            };
            clock::sleep_until(clock::moment().plus(wait)).await;
        }
    }

    /// Lists once, and puts what came in force, if it is believed.
    async fn list(&self, belief: &mut Belief) -> Result<(), Advice> {
        let started = clock::moment();
        let listing = match clock::timeout(DEADLINE, self.graph.list_users()).await {
            Err(_) => return Err(Advice::listing_cut(DEADLINE)),
            Ok(Err(error)) => {
                let advice = self.graph.advice(&error, Operation::Users);
                self.renew_for_consent(&error).await;
                return Err(advice);
            }
            Ok(Ok(listing)) => listing,
        };
        let tenant = self.telemetry.tenant();
        if let Some(share) = listing.discrepancy() {
            let (listed, announced) = (listing.users.len(), listing.announced.unwrap_or_default());
            warn!(%tenant, listed, announced, "the listing differs from Graph's own count by {:.1} %", share * 100.0);
        }
        if listing.skipped > 0 {
            warn!(%tenant, rows = listing.skipped, "rows of the listing without an object id were left out");
        }
        let now = clock::moment();
        let directory = Directory::new(listing.users, now);
        let users = directory.users().len();
        let tracked = self.in_force().map_or(0, |directory| directory.users().len());
        match belief.weigh(users, tracked) {
            Verdict::Doubted if users > 0 => return Err(Advice::shrunk(users, tracked)),
            Verdict::Doubted => return Err(Advice::no_users()),
            Verdict::Confirmed => {
                warn!(%tenant, users, before = tracked, "far fewer users listed, for the second time");
            }
            Verdict::Believed => {}
        }
        self.directory.send_replace(Some(Arc::new(directory)));
        if users == 0 {
            return Err(Advice::no_users());
        }
        info!(%tenant, users, seconds = tenths(now.since(started)), "users listed");
        Ok(())
    }

    fn in_force(&self) -> Option<Arc<Directory>> {
        self.directory.borrow().clone()
    }

    /// A permission that an administrator grants now is in no token of before: fetch a new one.
    async fn renew_for_consent(&self, error: &GraphError) {
        if let GraphError::Forbidden(token) = error {
            // Whether there is a new one shows at the next attempt.
            drop(self.graph.tokens().replacement(token).await);
        }
    }

    /// Shows, counts and logs a listing that failed.
    fn report(&self, advice: Advice, retry: Duration) {
        let tenant = self.telemetry.tenant();
        let seconds = tenths(retry);
        let held = self.in_force().and_then(|directory| {
            let users = u32::try_from(directory.users().len()).unwrap_or(u32::MAX);
            Advice::held(users, clock::moment().since(directory.listed()))
        });
        warn!(%tenant, reason = advice.reason.label(), advice = %advice.action, retry_seconds = seconds,
            "listing users failed: {}{}", advice.what, held.unwrap_or_default());
        self.telemetry.listing_failed(advice.reason);
        self.board.report_listing(self.place, Some(advice), clock::now());
    }
}
