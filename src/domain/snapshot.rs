//! A snapshot: one tenant's counts at one instant, and when they stop being true.
//!
//! On this side of the privacy wall there are counts only. A snapshot never changes; what changes is the instant at which
//! it is read: past the maximum age of its oldest answer it shows no counts, two intervals after its cycle it is not up.
//! So a page expires even when its collector hangs. It does not know how a page is written.

use std::sync::Arc;
use std::time::Duration;

use super::counters::Counters;
use super::moment::Moment;
use super::observations::Observations;
use super::plan::{Means, Plan};
use super::tally::{Freshness, Tally};
use super::terms::Terms;

/// One tenant's counts at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The terms under which it was made.
    pub terms: Terms,
    /// The counts.
    pub tally: Tally,
    /// Person-time and transitions since the process began.
    pub counters: Arc<Counters>,
    /// The last cycle that ended; `None` before the first.
    pub cycle: Option<CycleEnd>,
    /// When the next cycle is to start, or was to if it is under way; `None` before the end of the first.
    pub next_cycle: Option<Moment>,
    /// The end of the last cycle that was up.
    pub last_success: Option<Moment>,
    /// When the users were last listed in full.
    pub listed: Option<Moment>,
    /// What the next cycle will take, and when it comes.
    pub plan: Plan,
    /// How the request budget was used.
    pub requests: Requests,
}

/// How a cycle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CycleEnd {
    /// When.
    pub ended: Moment,
    /// How long it took.
    pub duration: Duration,
    /// Whether it answered enough of those who can be answered.
    pub covered: bool,
}

/// Presence requests: allowed and made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// What any 30 s may hold.
    pub budget: u32,
    /// What the fullest 30 s since the last cycle began held.
    pub fullest_window: u32,
}

impl Snapshot {
    /// How long before an answer becomes too old the counts are made without it, so that no page is ever without counts.
    pub const AHEAD: Duration = Duration::from_secs(1);

    /// A tenant of which nothing is known yet.
    #[must_use]
    pub fn unknown(terms: Terms, means: Means) -> Self {
        Self {
            plan: Plan::new(0, means, &terms),
            terms,
            tally: Tally::default(),
            counters: Arc::default(),
            cycle: None,
            next_cycle: None,
            last_success: None,
            listed: None,
            requests: Requests { budget: means.budget, ..Requests::default() },
        }
    }

    /// What is shown once a cycle has ended that began and ended at these moments: everybody counted anew. The counters
    /// are those that are shown already, and when the next cycle comes is not known here.
    #[must_use]
    pub fn concluded(
        &self,
        observations: &Observations,
        plan: Plan,
        requests: Requests,
        [began, ended]: [Moment; 2],
    ) -> Self {
        let tally = observations.tally(ended.plus(Self::AHEAD), self.terms.max_age);
        let covered = tally.freshness.covered(tally.freshness.current, self.terms.min_coverage);
        let mut snapshot = Self {
            tally,
            cycle: Some(CycleEnd { ended, duration: ended.since(began), covered }),
            listed: Some(observations.directory().listed()),
            plan,
            requests,
            ..self.clone()
        };
        if snapshot.up(ended) {
            snapshot.last_success = Some(ended);
        }
        snapshot
    }

    /// Whether the last cycle answered enough of those who can be answered, and ended within two intervals.
    #[must_use]
    pub fn up(&self, now: Moment) -> bool {
        let recent = self.cycle.is_some_and(|cycle| now.since(cycle.ended) < self.plan.interval * 2);
        recent && self.cycle.is_some_and(|cycle| cycle.covered)
    }

    /// The counts, while there are enough of them and none is too old.
    #[must_use]
    pub fn counts(&self, now: Moment) -> Option<&Tally> {
        let counted = self.tally.freshness.counted();
        let covered = self.tally.freshness.covered(counted, self.terms.min_coverage);
        let shown = covered && counted >= self.terms.min_group_size && !self.expired(now);
        shown.then_some(&self.tally)
    }

    /// Everybody by freshness; once the counts have expired nobody's answer is fresh.
    #[must_use]
    pub fn freshness(&self, now: Moment) -> Freshness {
        let made = self.tally.freshness;
        if self.expired(now) {
            Freshness { current: 0, held: 0, unanswered: made.counted() + made.unanswered, ..made }
        } else {
            made
        }
    }

    /// When this snapshot next reads differently, if nothing replaces it.
    #[must_use]
    pub fn changes(&self, now: Moment) -> Option<Moment> {
        let expiry = self.expiry();
        let silence = self.cycle.map(|cycle| cycle.ended.plus(self.plan.interval * 2));
        expiry.into_iter().chain(silence).filter(|moment| *moment > now).min()
    }

    /// When the oldest answer in the counts reaches the maximum age.
    #[must_use]
    pub fn expiry(&self) -> Option<Moment> {
        self.tally.oldest.map(|oldest| oldest.plus(self.terms.max_age))
    }

    fn expired(&self, now: Moment) -> bool {
        self.expiry().is_some_and(|expiry| now >= expiry)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tenant::TenantName;
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// A cycle that ended after a minute, its oldest answer given at its start.
    fn snapshot(freshness: Freshness) -> Snapshot {
        let terms = Terms::by_default(TenantName::parse("contoso").expect("a name"));
        Snapshot {
            tally: Tally { freshness, oldest: Some(at(0)), ..Tally::default() },
            cycle: Some(CycleEnd {
                ended: at(60),
                duration: MINUTE,
                covered: freshness.covered(freshness.current, 0.95),
            }),
            ..Snapshot::unknown(terms, Means { budget: 1200, latency: None, concurrency: 8 })
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    fn check(freshness: Freshness, seconds: u64, up: bool, counts: bool) {
        let snapshot = snapshot(freshness);
        assert_eq!((snapshot.up(at(seconds)), snapshot.counts(at(seconds)).is_some()), (up, counts), "{freshness:?}");
    }

    #[test]
    fn a_tenant_is_up_while_its_last_cycle_answered_enough() {
        let all = Freshness { current: 100, ..Freshness::default() };
        check(all, 60, true, true);
        check(Freshness { current: 95, unanswered: 5, ..all }, 60, true, true);
        check(Freshness { current: 94, unanswered: 6, ..all }, 60, false, false);
    }

    #[test]
    fn held_answers_keep_the_counts_but_not_up() {
        check(Freshness { current: 50, held: 50, ..Freshness::default() }, 60, false, true);
    }

    #[test]
    fn who_can_not_be_answered_does_not_count_against_coverage() {
        check(Freshness { current: 95, unanswerable: 900, ..Freshness::default() }, 60, true, true);
        check(Freshness { unanswerable: 900, ..Freshness::default() }, 60, false, false);
    }

    #[test]
    fn fewer_people_than_the_smallest_group_show_no_presence() {
        check(Freshness { current: 4, ..Freshness::default() }, 60, true, false);
        check(Freshness { current: 5, ..Freshness::default() }, 60, true, true);
    }

    #[test]
    fn a_collector_that_hangs_lets_its_page_expire() {
        let all = Freshness { current: 100, ..Freshness::default() };
        check(all, 179, true, true);
        check(all, 180, false, true);
        check(all, 299, false, true);
        check(all, 300, false, false);
        let expired = snapshot(all).freshness(at(300));
        assert_eq!(expired, Freshness { unanswered: 100, ..Freshness::default() });
    }

    #[test]
    fn a_snapshot_says_when_it_reads_differently() {
        let snapshot = snapshot(Freshness { current: 100, ..Freshness::default() });
        assert_eq!(snapshot.changes(at(60)), Some(at(180)));
        assert_eq!(snapshot.changes(at(180)), Some(at(300)));
        assert_eq!(snapshot.changes(at(300)), None);
    }
}
