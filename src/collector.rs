//! The collector: the quick loop, one task a tenant.
//!
//! Wait, ask, observe, count, publish whole. What it observes of a person stays in here; a [`Snapshot`] leaves, which
//! holds counts. Between cycles it counts again when an answer becomes too old, so that the page shows the rest. It does
//! not know how users are listed, nor who reads the page.

use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::board::{Board, Place};
use crate::clock;
use crate::domain::advice::{Advice, Reason};
use crate::domain::directory::Directory;
use crate::domain::moment::{Moment, tenths};
use crate::domain::observations::Observations;
use crate::domain::plan::{Fit, Plan};
use crate::domain::schedule::{self, Turn};
use crate::domain::snapshot::{Requests, Snapshot};
use crate::domain::terms::Terms;
use crate::graph::Graph;
use crate::readiness::Awaited;
use crate::telemetry::TenantTelemetry;

mod cycle;
mod patience;

use cycle::{Conclusion, Cycle};

/// The collector of one tenant's presence.
#[derive(Debug)]
pub struct Collector {
    /// The terms of its counts.
    pub terms: Terms,
    /// How many requests are in flight at most.
    pub concurrency: usize,
    /// Where to ask.
    pub graph: Arc<Graph>,
    /// The directory in force.
    pub directory: watch::Receiver<Option<Arc<Directory>>>,
    /// Where counts are shown.
    pub board: Arc<Board>,
    /// The tenant's place there.
    pub place: Place,
    /// Where cycles are counted.
    pub telemetry: TenantTelemetry,
    /// Told when a cycle has ended.
    pub readiness: Awaited,
    /// Its place among the tenants that start together.
    pub turn: Turn,
}

/// What was last published, and what was said already.
struct Published {
    snapshot: Snapshot,
    fault: Option<Advice>,
    /// The plan that the log has told of.
    planned: Option<Plan>,
    /// The unknown words that the log has told of.
    told: HashSet<(&'static str, Arc<str>)>,
}

/// When cycles come.
struct Pace {
    /// When the last one was to start.
    due: Moment,
    /// How many in a row a permission was missing for.
    refusals: u32,
    /// Whose turn it is, until the first has ended.
    first: Option<Turn>,
}

impl Collector {
    /// Collects for ever.
    pub async fn run(mut self) {
        // Not from nothing: one that starts again after a failure goes on from what is shown.
        let Some(snapshot) = self.board.latest(self.place) else { return };
        let mut published = Published { snapshot, fault: None, planned: None, told: HashSet::new() };
        let Some(directory) = self.first_directory().await else { return };
        let mut observations = Observations::new(directory);
        let mut pace = Pace { due: clock::moment(), refusals: 0, first: Some(self.turn) };
        loop {
            let started = clock::moment();
            let from = match self.newer_directory(observations.directory()) {
                Some(directory) => observations.adopting(directory),
                None => observations.clone(),
            };
            let plan = self.plan(from.directory());
            self.announce(plan, from.directory(), &mut published);
            let last = published.fault.as_ref().map(|fault| fault.reason);
            let opening = schedule::opening(last, self.concurrency);
            let cycle = Cycle::new(&self.graph, from, plan, self.terms.max_age, (opening, self.concurrency));
            let (observed, conclusion) = self.counting_again(&observations, &mut published, cycle.run()).await;
            observations = observed;
            self.credit(&mut observations, &mut published.snapshot);
            let next = self.publish(&observations, conclusion, started, &mut published, &mut pace);
            self.counting_again(&observations, &mut published, clock::sleep_until(next)).await;
        }
    }

    async fn first_directory(&mut self) -> Option<Arc<Directory>> {
        let directory = self.directory.wait_for(Option::is_some).await.ok()?;
        directory.clone()
    }

    fn newer_directory(&mut self, in_force: &Arc<Directory>) -> Option<Arc<Directory>> {
        let directory = self.directory.borrow_and_update().clone()?;
        (!Arc::ptr_eq(&directory, in_force)).then_some(directory)
    }

    /// What a cycle over a directory will take.
    fn plan(&self, directory: &Directory) -> Plan {
        Plan::new(directory.users().len(), self.graph.means(), &self.terms)
    }

    /// Shows the plan of the cycle that begins, and says it after every listing.
    fn announce(&self, plan: Plan, directory: &Directory, published: &mut Published) {
        let shown = published.snapshot.plan;
        let listed = published.snapshot.listed != Some(directory.listed());
        if listed || plan.requests != shown.requests || plan.interval > shown.interval {
            // A shorter interval is shown when its cycle has ended: until then the tenant would look silent.
            published.snapshot.plan = plan.no_quicker_than(shown.interval);
            published.snapshot.listed = Some(directory.listed());
            self.board.publish(self.place, published.snapshot.clone(), published.fault.clone(), clock::now());
        }
        if listed {
            published.planned = None;
        }
        self.say(plan, published);
    }

    /// Says a plan that is another than what was said.
    fn say(&self, plan: Plan, published: &mut Published) {
        if published.planned.is_some_and(|said| !plan.differs(&said)) {
            return;
        }
        published.planned = Some(plan);
        let tenant = &self.terms.tenant;
        match (plan.fit, plan.remedy(&self.terms)) {
            (Fit::Fits, _) => info!(%tenant, users = plan.users, "planned: {plan}"),
            (_, None) => warn!(%tenant, users = plan.users, "planned: {plan}"),
            (_, Some(remedy)) => warn!(%tenant, users = plan.users, advice = remedy, "planned: {plan}"),
        }
    }

    /// Runs `work`, and whenever an answer in the counts becomes too old meanwhile, publishes the counts without it.
    async fn counting_again<T>(
        &self,
        observations: &Observations,
        published: &mut Published,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = pin!(work);
        loop {
            let Some(expiry) = published.snapshot.expiry() else { return work.await };
            tokio::select! {
                done = &mut work => return done,
                () = clock::sleep_until(expiry.minus(Snapshot::AHEAD)) => {
                    let now = clock::now();
                    published.snapshot.tally = observations.tally(now.moment.plus(Snapshot::AHEAD), self.terms.max_age);
                    self.board.publish(self.place, published.snapshot.clone(), published.fault.clone(), now);
                }
            }
        }
    }

    /// Adds to the counters what people's time was spent on, to be shown with the counts of the cycle.
    fn credit(&self, observations: &mut Observations, snapshot: &mut Snapshot) {
        let credit = observations.credit(self.terms.min_group_size);
        snapshot.counters = Arc::new(snapshot.counters.plus(&credit));
    }

    /// Counts, publishes and reports the end of a cycle. Returns when the next one is to start.
    fn publish(
        &self,
        observations: &Observations,
        conclusion: Conclusion,
        started: Moment,
        published: &mut Published,
        pace: &mut Pace,
    ) -> Moment {
        let now = clock::now();
        let duration = now.moment.since(started);
        let (budget, fullest_window) = self.graph.requests();
        let (plan, requests) = (self.plan(observations.directory()), Requests { budget, fullest_window });
        let mut snapshot = published.snapshot.concluded(observations, plan, requests, [started, now.moment]);
        let up = snapshot.up(now.moment);
        let fault = conclusion.fault.or_else(|| shortfall(&snapshot, up));
        let next = pace.next(snapshot.plan.interval, fault.as_ref(), now.moment);
        snapshot.next_cycle = Some(next);
        let (tenant, set_aside) = (&self.terms.tenant, snapshot.tally.quarantined);
        if set_aside > published.snapshot.tally.quarantined {
            warn!(%tenant, users = set_aside, "users are set aside until the next listing, as Graph rejects them");
        }
        published.snapshot = snapshot.clone();
        published.fault.clone_from(&fault);
        // Shown first, counted and logged second: whoever reads that a cycle has ended finds its counts, and it concluded.
        self.board.publish(self.place, snapshot.clone(), fault.clone(), now);
        self.readiness.concluded();
        for (field, word) in conclusion.unrecognized {
            self.telemetry.unrecognized(field);
            if published.told.insert((field.label(), Arc::clone(&word))) {
                let (tenant, field) = (&self.terms.tenant, field.label());
                info!(%tenant, field, word = &*word, "an unknown word was met and is counted");
            }
        }
        self.report(&snapshot, fault.as_ref(), duration);
        // Now, not when the next cycle begins: that may be minutes away.
        self.say(snapshot.plan, published);
        next
    }

    /// Counts and logs the end of a cycle.
    fn report(&self, snapshot: &Snapshot, fault: Option<&Advice>, duration: Duration) {
        let tenant = &self.terms.tenant;
        self.telemetry.cycle(fault.map(|advice| advice.reason));
        let (freshness, seconds) = (snapshot.tally.freshness, tenths(duration));
        let (tracked, current) = (freshness.tracked(), freshness.current);
        match fault {
            None => info!(%tenant, tracked, current, seconds, "presence read"),
            Some(advice) => warn!(
                %tenant, tracked, current, seconds, reason = advice.reason.label(), advice = %advice.action,
                "presence read in part or not at all: {}", advice.what
            ),
        }
    }
}

impl Pace {
    /// When the next cycle starts after one that met this and ended `now`.
    fn next(&mut self, interval: Duration, fault: Option<&Advice>, now: Moment) -> Moment {
        let wait = self.first.take().map_or(interval, |turn| turn.second_cycle(interval));
        self.due = schedule::next_cycle(self.due, wait, now);
        let refused = fault.is_some_and(|fault| fault.reason == Reason::Forbidden);
        self.refusals = if refused { self.refusals + 1 } else { 0 };
        schedule::after_refusals(self.due, self.refusals, now, fastrand::f64())
    }
}

/// The fault of a cycle in which every request was answered, but not for enough users.
fn shortfall(snapshot: &Snapshot, up: bool) -> Option<Advice> {
    let freshness = snapshot.tally.freshness;
    let answerable = freshness.tracked() - freshness.unanswerable;
    (!up && freshness.tracked() > 0).then(|| Advice::incomplete(freshness.current, answerable, freshness.unanswerable))
}
