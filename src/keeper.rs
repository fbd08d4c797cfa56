//! The directory keeper: the slow loop, one task a tenant.
//!
//! Lists the users and the members of groups, hands over a whole new directory, waits. A listing may take twenty minutes;
//! the collector meanwhile reads presence on the directory in force and never waits for it. A listing that fails leaves that
//! directory in force and is tried again sooner than the next refresh, and so does one that names far fewer users, until
//! it comes twice (`domain::belief`). Whose the users are is for `selection`, to which Entra groups they belong for
//! `groups`. The keeper does not know presence.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::board::{Board, Place};
use crate::clock;
use crate::config::Users;
use crate::domain::advice::{Advice, Reason};
use crate::domain::belief::{Belief, Verdict};
use crate::domain::dimension::GroupId;
use crate::domain::directory::Directory;
use crate::domain::grouping::Members;
use crate::domain::moment::{Moment, tenths};
use crate::domain::roster::Roster;
use crate::domain::schedule::{self, Turn};
use crate::domain::terms::Terms;
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::TenantTelemetry;

mod groups;
mod selection;

/// The longest time that one listing may take: far above that of a million users at a slow Graph.
const DEADLINE: Duration = Duration::from_hours(2);

/// How long the first directory of a tenant waits for the members of its groups.
const HEAD_START: Duration = Duration::from_secs(20);

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
    /// Its place among the tenants that start together.
    pub turn: Turn,
}

/// Who was listed, and the groups that were read on the way.
struct Listed {
    roster: Roster,
    members: BTreeMap<GroupId, Members>,
    /// When the listing ended.
    ended: Moment,
}

impl Keeper {
    /// Keeps the directory for ever.
    pub async fn run(self) {
        let (mut failures, mut belief, mut first) = (0, Belief::default(), Some(self.turn));
        loop {
            let due = match self.list(&mut belief).await {
                Ok(listed) => {
                    failures = 0;
                    let interval = self.terms.refresh_interval;
                    let wait = first.take().map_or(interval, |turn| turn.second_listing(interval));
                    let due = clock::moment().plus(wait);
                    self.put_in_force(listed, due).await;
                    due
                }
                Err(advice) => {
                    failures += 1;
                    let wait = self.retry(advice.reason, failures);
                    self.report(advice, wait);
                    clock::moment().plus(wait)
                }
            };
            clock::sleep_until(due).await;
        }
    }

    /// How long to wait after so many failures in a row.
    fn retry(&self, reason: Reason, failures: u32) -> Duration {
        let intervals = (self.terms.interval, self.terms.refresh_interval);
        let tracked = self.in_force().map(|directory| directory.users().len());
        schedule::listing_retry(reason, failures, tracked, intervals, fastrand::f64())
    }

    /// Lists once. Who is listed is returned, if that is believed.
    async fn list(&self, belief: &mut Belief) -> Result<Listed, Advice> {
        let started = clock::moment();
        let mut members = BTreeMap::new();
        let roster = self.selected(&mut members).await?;
        // The members of groups may take as long again, and change nothing of when the users were listed.
        let ended = clock::moment();
        let tenant = self.telemetry.tenant();
        let users = roster.len();
        let tracked = self.in_force().map_or(0, |directory| directory.users().len());
        match belief.weigh(users, tracked) {
            Verdict::Doubted if users > 0 => return Err(Advice::shrunk(users, tracked)),
            Verdict::Doubted => return Err(Advice::no_users()),
            Verdict::Confirmed => {
                warn!(%tenant, users, before = tracked, "far fewer users listed, for the second time");
            }
            Verdict::Believed => {}
        }
        if users == 0 {
            self.hand_over(roster, &members, ended);
            return Err(Advice::no_users());
        }
        info!(%tenant, users, seconds = tenths(ended.since(started)), "users listed");
        Ok(Listed { roster, members, ended })
    }

    /// Puts a directory of those who are listed in force, with the members of the groups by which they are counted apart.
    /// Groups that could not be read are tried again by themselves, until the next listing is due.
    async fn put_in_force(&self, listed: Listed, due: Moment) {
        let Listed { roster, mut members, ended } = listed;
        let mut failures = 0;
        loop {
            let faults = self.read_groups_meanwhile(&mut members, &roster, ended).await;
            let retried = faults.iter().map(|advice| advice.reason).find(|reason| reason.asks_for_retry());
            self.board.report_listing(self.place, Ok(faults), clock::now());
            let Some(reason) = retried else { break };
            failures += 1;
            let next = clock::moment().plus(self.retry(reason, failures));
            if next >= due {
                break;
            }
            self.hand_over(roster.clone(), &members, ended);
            clock::sleep_until(next).await;
            members.retain(|_, members| matches!(members, Members::Read(_)));
        }
        self.hand_over(roster, &members, ended);
    }

    /// Reads the groups. While the first directory is waited for, that takes a head start at the most: nobody waits long for
    /// groups to learn how the tenant is.
    async fn read_groups_meanwhile(
        &self,
        members: &mut BTreeMap<GroupId, Members>,
        roster: &Roster,
        ended: Moment,
    ) -> Vec<Advice> {
        let mut reading = pin!(self.read_groups(members));
        tokio::select! {
            faults = &mut reading => return faults,
            () = clock::sleep(HEAD_START), if self.in_force().is_none() => {}
        }
        self.hand_over(roster.clone(), &BTreeMap::new(), ended);
        reading.await
    }

    /// Makes a directory of a listing that ended then, and hands it over.
    fn hand_over(&self, roster: Roster, members: &BTreeMap<GroupId, Members>, ended: Moment) {
        let before = self.in_force();
        let directory = Directory::grouped(roster, members, &self.terms, before.as_deref(), ended);
        let grouping = directory.grouping();
        let (tenant, series) = (self.telemetry.tenant(), grouping.made());
        if series.dimensions > 0 {
            info!(%tenant, "groups made of the listing: {series}");
        }
        for (dimension, group, needed) in grouping.never_reachable() {
            warn!(%tenant, %dimension, group = %group.name, members = group.users, min_reachable = needed,
                "a group on duty has fewer tracked members than min_reachable, so it is never reachable");
        }
        self.directory.send_replace(Some(Arc::new(directory)));
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
