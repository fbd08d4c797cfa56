//! The directory keeper: the slow loop, one task a tenant.
//!
//! Lists the users and the members of groups, hands over a whole new directory, waits. A listing may take twenty minutes;
//! the collector meanwhile reads presence on the directory in force and never waits for it. A listing that fails leaves that
//! directory in force and is tried again sooner than the next refresh, and so does one that names far fewer users, until
//! it comes twice (`domain::belief`). Whose the users are is for `selection`, to which Entra groups they belong for
//! `groups`. The keeper does not know presence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::board::{Board, Place};
use crate::clock;
use crate::config::Users;
use crate::domain::advice::{Advice, Reason};
use crate::domain::belief::{Belief, Verdict};
use crate::domain::directory::Directory;
use crate::domain::moment::tenths;
use crate::domain::schedule;
use crate::domain::terms::Terms;
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::TenantTelemetry;

mod groups;
mod selection;

/// The longest time that one listing may take: far above that of a million users at a slow Graph.
const DEADLINE: Duration = Duration::from_hours(2);

/// The keeper of one tenant's directory.
#[derive(Debug)]
pub struct Keeper {
    /// Where to list.
    pub graph: Arc<Graph>,
    /// How often, and by what users are counted apart.
    pub terms: Terms,
    /// Who is counted.
    pub users: Users,
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
            let listed = self.list(&mut belief).await;
            let retried = match &listed {
                Ok(faults) => faults.iter().map(|advice| advice.reason).find(|reason| reason.asks_for_retry()),
                Err(advice) => Some(advice.reason),
            };
            failures = if retried.is_some() { failures + 1 } else { 0 };
            let wait = retried.map_or(self.terms.refresh_interval, |reason| self.retry(reason, failures));
            match listed {
                Ok(faults) => self.board.report_listing(self.place, Ok(faults), clock::now()),
                Err(advice) => self.report(advice, wait),
            }
            clock::sleep_until(clock::moment().plus(wait)).await;
        }
    }

    /// How long to wait after so many failures in a row.
    fn retry(&self, reason: Reason, failures: u32) -> Duration {
        let intervals = (self.terms.interval, self.terms.refresh_interval);
        let tracked = self.in_force().map(|directory| directory.users().len());
        schedule::listing_retry(reason, failures, tracked, intervals, fastrand::f64())
    }

    /// Lists once, and puts what came in force, if it is believed. Returns what was met of the groups by which users are
    /// counted apart, which costs their dimensions alone.
    async fn list(&self, belief: &mut Belief) -> Result<Vec<Advice>, Advice> {
        let started = clock::moment();
        let mut members = BTreeMap::new();
        let roster = self.selected(&mut members).await?;
        // The members of groups may take as long again, and change nothing of when the users were listed.
        let listed = clock::moment();
        let tenant = self.telemetry.tenant();
        let (users, before) = (roster.len(), self.in_force());
        let tracked = before.as_ref().map_or(0, |directory| directory.users().len());
        match belief.weigh(users, tracked) {
            Verdict::Doubted if users > 0 => return Err(Advice::shrunk(users, tracked)),
            Verdict::Doubted => return Err(Advice::no_users()),
            Verdict::Confirmed => {
                warn!(%tenant, users, before = tracked, "far fewer users listed, for the second time");
            }
            Verdict::Believed => {}
        }
        let faults = self.read_groups(&mut members).await;
        let directory = Directory::grouped(roster, &members, &self.terms, before.as_deref(), listed);
        let (users, series) = (directory.users().len(), directory.grouping().made());
        self.directory.send_replace(Some(Arc::new(directory)));
        if users == 0 {
            return Err(Advice::no_users());
        }
        info!(%tenant, users, seconds = tenths(listed.since(started)), "users listed");
        if series.dimensions > 0 {
            info!(%tenant, "groups made of the listing: {series}");
        }
        Ok(faults)
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
        self.board.report_listing(self.place, Err(advice), clock::now());
    }
}
