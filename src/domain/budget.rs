//! The budget: how many presence requests any 30 seconds may hold, and how many may be in flight.
//!
//! Graph allows an application 1,500 in a tenant (facts/graph.md 2.5) and counts by its own clock, so a slot here is free
//! again 30 s after its answer, or after the request was given up, not after it was sent: whatever the network did in
//! between, the server sees no fuller window than this. How many slots there are is learned: see `limit.rs`.
//!
//! A pause holds back all requests: Graph throttles applications, not requests. After it one request goes alone; with each
//! answer one more may be in flight, up to the ceiling, and a service that cannot serve halves them. A slow one does not:
//! it needs more in flight to be read in time, not fewer. The budget does not wait; it says until when.

use std::collections::VecDeque;
use std::time::Duration;

use super::limit::{Limit, WINDOW};
use super::moment::Moment;
use super::plan::Means;
use super::schedule;

/// The longest that a request takes: the transport gives up then. Where more has passed, the machine was suspended.
const LONGEST_REQUEST: Duration = Duration::from_mins(2);

/// A sliding window over the requests of one application in one tenant.
#[derive(Debug)]
pub struct Budget {
    limit: Limit,
    /// The most requests that are ever in flight.
    concurrency: u32,
    /// The most that are now.
    width: u32,
    in_flight: u32,
    /// The slots of requests that have ended, the earliest first.
    cooling: VecDeque<Cooling>,
    /// How many of them were answered well.
    accepted: u32,
    paused: Option<Moment>,
    /// When the last pause ended.
    resumed: Moment,
    /// Pauses in a row for which Graph named no length.
    unstated: u32,
    /// When trouble was last noted: what was granted before it brings no news.
    noted: Moment,
    latency: Option<Duration>,
    /// Up to when time spent in pauses has been counted.
    waited: Moment,
    fullest: u32,
}

/// The slot of a request that has ended.
#[derive(Debug, Clone, Copy)]
struct Cooling {
    /// When it is free again.
    free: Moment,
    accepted: bool,
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It may, and its slot is taken.
    Granted,
    /// Not before this moment, when a slot is free again.
    NotBefore(Moment),
    /// Not before this moment, because Graph said so.
    Paused(Moment),
    /// Not before one of the requests in flight is answered.
    Full,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Accepted,
    /// There were too many.
    Throttled,
    /// The service could not serve it.
    Unavailable,
    /// It was refused for another reason, or given up.
    Other,
}

impl Budget {
    /// A budget of at most `ceiling` requests in any 30 s and `concurrency` in flight, at least one of each.
    #[must_use]
    pub fn new(ceiling: u32, concurrency: u32) -> Self {
        let concurrency = concurrency.max(1);
        let start = Moment::from_millis(0);
        Self {
            limit: Limit::new(ceiling),
            concurrency,
            width: concurrency,
            in_flight: 0,
            cooling: VecDeque::new(),
            accepted: 0,
            paused: None,
            resumed: start,
            unstated: 0,
            noted: start,
            latency: None,
            waited: start,
            fullest: 0,
        }
    }

    /// Another ceiling and another number of requests in flight from now on, at least one of each. What was asked before
    /// counts on, as the server remembers it.
    pub fn allow(&mut self, ceiling: u32, concurrency: u32) {
        self.limit.allow(ceiling);
        let concurrency = concurrency.max(1);
        self.width = if self.width == self.concurrency { concurrency } else { self.width.min(concurrency) };
        self.concurrency = concurrency;
    }

    /// How many requests any 30 s may hold, as learned so far.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.in_force()
    }

    /// The limit, where Graph has lowered it and all of its slots are in use.
    #[must_use]
    pub fn exhausted(&self) -> Option<u32> {
        (self.limit.is_lowered() && self.occupied() >= self.limit()).then(|| self.limit())
    }

    /// What a cycle has to make do with.
    #[must_use]
    pub fn means(&self) -> Means {
        Means { budget: self.limit(), latency: self.latency, concurrency: self.concurrency }
    }

    /// Takes a slot, if there is one at `now`.
    pub fn take(&mut self, now: Moment) -> Permit {
        if let Some(until) = self.paused_until(now) {
            return Permit::Paused(until);
        }
        self.settle(now);
        if self.in_flight >= self.width {
            return Permit::Full;
        }
        if self.occupied() < self.limit() {
            self.in_flight += 1;
            self.fullest = self.fullest.max(self.occupied());
            return Permit::Granted;
        }
        self.cooling.front().map_or(Permit::Full, |cooling| Permit::NotBefore(cooling.free))
    }

    /// Gives back a slot that was taken at `taken`: its request ended at `now`, in this way.
    pub fn give_back(&mut self, taken: Moment, outcome: Outcome, now: Moment) {
        self.settle(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        let accepted = outcome == Outcome::Accepted;
        self.cooling.push_back(Cooling { free: now.plus(WINDOW), accepted });
        match outcome {
            Outcome::Accepted => {
                self.accepted += 1;
                self.limit.accepted(self.accepted);
                self.unstated = 0;
                self.measure(now.since(taken));
                if self.paused_until(now).is_none() {
                    self.width = (self.width + 1).min(self.concurrency);
                }
            }
            Outcome::Throttled | Outcome::Unavailable if taken >= self.noted => {
                self.noted = now;
                self.width = (self.width / 2).max(1);
                if outcome == Outcome::Throttled {
                    self.limit.refused(self.occupied(), self.accepted, self.resumed, now);
                }
            }
            Outcome::Throttled | Outcome::Unavailable | Outcome::Other => {}
        }
    }

    /// Holds back every request for as long as Graph asked from `now`, or longer where that was said before. Where it named
    /// no time, the pauses grow while nothing is answered, and `dice` in 0..1 spreads them.
    pub fn pause(&mut self, stated: Option<Duration>, dice: f64, now: Moment) {
        self.settle(now);
        let wait = match stated {
            Some(wait) => wait,
            // Its answer was under way when the pause began, and tells the same.
            None if self.paused.is_some() => return,
            None => {
                self.unstated += 1;
                schedule::pause(self.unstated, dice)
            }
        };
        self.paused = self.paused.max(Some(now.plus(wait)));
        self.width = 1;
    }

    /// How much of the time from `since` to `now`, which somebody spent waiting for the end of a pause, has not been
    /// counted for anybody else.
    pub fn count_waited(&mut self, since: Moment, now: Moment) -> Duration {
        let uncounted = now.since(self.waited.max(since));
        self.waited = self.waited.max(now);
        uncounted
    }

    /// Until when every request is held back, if that is after `now`.
    #[must_use]
    pub fn paused_until(&self, now: Moment) -> Option<Moment> {
        self.paused.filter(|until| *until > now)
    }

    /// The fullest window since [`Budget::begin_cycle`].
    #[must_use]
    pub fn fullest(&self) -> u32 {
        self.fullest
    }

    /// Starts to look for the fullest window anew.
    pub fn begin_cycle(&mut self, now: Moment) {
        self.settle(now);
        self.fullest = self.occupied();
    }

    /// Takes note of the time that has passed until `now`.
    fn settle(&mut self, now: Moment) {
        while let Some(cooling) = self.cooling.front().filter(|cooling| cooling.free <= now) {
            self.accepted -= u32::from(cooling.accepted);
            self.cooling.pop_front();
        }
        match self.paused {
            Some(until) if until > now => {}
            Some(until) => (self.paused, self.resumed) = (None, until),
            None => self.limit.calm(self.resumed, now),
        }
    }

    /// Remembers how long requests take: the newest counts for an eighth.
    fn measure(&mut self, took: Duration) {
        let took = took.min(LONGEST_REQUEST);
        self.latency = Some(self.latency.map_or(took, |usual| (usual * 7 + took) / 8));
    }

    fn occupied(&self) -> u32 {
        self.in_flight + u32::try_from(self.cooling.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn a_slot_is_free_thirty_seconds_after_its_answer() {
        let mut budget = Budget::new(1, 8);
        assert_eq!(budget.take(at(0)), Permit::Granted);
        assert_eq!(budget.take(at(1)), Permit::Full);
        budget.give_back(at(0), Outcome::Accepted, at(2_000));
        assert_eq!(budget.take(at(31_999)), Permit::NotBefore(at(32_000)));
        assert_eq!(budget.take(at(32_000)), Permit::Granted);
    }

    #[test]
    fn a_budget_that_is_changed_knows_what_was_asked_and_learned_before() {
        let mut budget = Budget::new(3, 8);
        for _ in 0..3 {
            assert_eq!(budget.take(at(1_000)), Permit::Granted);
        }
        budget.allow(5, 4);
        assert_eq!(budget.take(at(1_000)), Permit::Granted);
        assert_eq!(budget.take(at(1_000)), Permit::Full, "four are in flight");
        (0..4).for_each(|_| budget.give_back(at(1_000), Outcome::Accepted, at(2_000)));
        budget.allow(2, 4);
        assert_eq!(budget.take(at(3_000)), Permit::NotBefore(at(32_000)), "four were asked, two are allowed");
        budget.allow(1_200, 4);
        assert_eq!((budget.limit(), budget.take(at(3_000))), (1_200, Permit::Granted));
        budget.give_back(at(3_000), Outcome::Throttled, at(3_100));
        let learned = budget.limit();
        assert!(learned < 1_200, "{learned}");
        budget.allow(1_400, 4);
        assert_eq!(budget.limit(), learned, "Graph has not changed its mind");
        budget.allow(0, 0);
        assert_eq!((budget.limit(), budget.means().concurrency), (1, 1));
    }

    #[test]
    fn a_pause_holds_everything_back_and_the_longer_one_counts() {
        let mut budget = Budget::new(10, 8);
        for seconds in [5, 3, 6] {
            budget.pause(Some(Duration::from_secs(seconds)), 0.0, at(0));
        }
        assert_eq!(budget.take(at(5_999)), Permit::Paused(at(6_000)));
        assert_eq!(budget.take(at(6_000)), Permit::Granted);
    }

    #[test]
    fn time_that_two_wait_together_is_counted_once() {
        let mut budget = Budget::new(10, 8);
        assert_eq!(budget.count_waited(at(1_000), at(3_000)), Duration::from_secs(2));
        assert_eq!(budget.count_waited(at(2_000), at(4_000)), Duration::from_secs(1));
        assert_eq!(budget.count_waited(at(9_000), at(9_500)), Duration::from_millis(500));
    }

    /// A budget whose requests are taken and given back in turn.
    fn exchange(budget: &mut Budget, now: u64, outcome: Outcome) {
        assert_eq!(budget.take(at(now)), Permit::Granted, "at {now}");
        budget.give_back(at(now), outcome, at(now));
    }

    #[test]
    fn after_a_pause_one_request_goes_alone_and_each_answer_lets_one_more_go() {
        let mut budget = Budget::new(100, 3);
        budget.pause(Some(Duration::from_secs(1)), 0.0, at(0));
        assert_eq!(budget.take(at(1_000)), Permit::Granted);
        assert_eq!(budget.take(at(1_000)), Permit::Full);
        budget.give_back(at(1_000), Outcome::Accepted, at(1_100));
        let permits: Vec<Permit> = (0..3).map(|_| budget.take(at(1_100))).collect();
        assert_eq!(permits, [Permit::Granted, Permit::Granted, Permit::Full]);
    }

    #[test]
    fn a_service_that_cannot_serve_halves_what_is_in_flight_once_for_all_that_were() {
        let mut budget = Budget::new(100, 8);
        for _ in 0..8 {
            assert_eq!(budget.take(at(0)), Permit::Granted);
        }
        for _ in 0..8 {
            budget.give_back(at(0), Outcome::Unavailable, at(10));
        }
        let granted = (0..8).filter(|_| budget.take(at(20)) == Permit::Granted).count();
        assert_eq!((granted, budget.limit()), (4, 100));
    }

    #[test]
    fn pauses_without_a_length_grow_until_an_answer_comes() {
        let mut budget = Budget::new(100, 8);
        let mut now = 0;
        let mut pauses = Vec::new();
        for _ in 0..7 {
            budget.pause(None, 1.0, at(now));
            let until = budget.paused_until(at(now)).expect("a pause").millis();
            pauses.push(until - now);
            now = until;
        }
        assert_eq!(pauses, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        exchange(&mut budget, now, Outcome::Accepted);
        budget.pause(None, 1.0, at(now));
        assert_eq!(budget.paused_until(at(now)), Some(at(now + 2_000)));
    }

    #[test]
    fn a_lowered_limit_that_is_used_up_is_told() {
        let mut budget = Budget::new(4, 8);
        exchange(&mut budget, 0, Outcome::Accepted);
        exchange(&mut budget, 0, Outcome::Throttled);
        assert_eq!((budget.limit(), budget.exhausted()), (2, Some(2)));
        assert_eq!(budget.take(at(31_000)), Permit::Granted);
        assert_eq!(budget.exhausted(), None);
    }

    #[test]
    fn what_graph_lets_through_is_found_out_where_it_counts_otherwise() {
        // Two requests in 30 s are let through, whoever counts how; a refused one says how long to wait.
        let mut budget = Budget::new(1200, 8);
        let (mut now, mut refusals, mut answered) = (0_u64, Vec::new(), VecDeque::<u64>::new());
        while now < 900_000 {
            match budget.take(at(now)) {
                Permit::Granted => {
                    answered.retain(|instant| instant + 30_000 > now);
                    let accepted = answered.len() < 2;
                    if accepted {
                        answered.push_back(now);
                    } else {
                        refusals.push(now / 1000);
                        budget.pause(Some(Duration::from_millis(answered[0] + 30_000 - now)), 0.0, at(now));
                    }
                    let outcome = if accepted { Outcome::Accepted } else { Outcome::Throttled };
                    budget.give_back(at(now), outcome, at(now));
                }
                Permit::NotBefore(moment) | Permit::Paused(moment) => now = moment.millis(),
                Permit::Full => panic!("nothing is in flight"),
            }
        }
        assert_eq!(budget.limit(), 2);
        assert!(refusals.len() < 15, "{refusals:?}");
    }

    #[test]
    fn a_request_that_a_machine_slept_over_is_not_taken_for_a_slow_one() {
        let mut budget = Budget::new(100, 8);
        assert_eq!(budget.take(at(0)), Permit::Granted);
        budget.give_back(at(0), Outcome::Accepted, at(8 * 3_600_000));
        assert_eq!(budget.means().latency, Some(Duration::from_mins(2)));
    }

    proptest! {
        /// Each request reaches the server at some instant between its sending and its answer.
        #[test]
        fn the_server_sees_no_window_above_the_budget(
            limit in 1_u32..20, concurrency in 1_u32..20,
            steps in prop::collection::vec((0_u64..4_000, 0_u64..3_000, 0.0..1.0_f64), 1..300),
        ) {
            let mut budget = Budget::new(limit, concurrency);
            let mut now = 0;
            let (mut flying, mut seen): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
            for (wait, latency, share) in steps {
                let next = now + wait;
                flying.sort_unstable();
                while flying.first().is_some_and(|answer| *answer <= next) {
                    let answer = flying.remove(0);
                    budget.give_back(at(answer), Outcome::Accepted, at(answer));
                }
                now = next;
                if budget.take(at(now)) == Permit::Granted {
                    flying.push(now + latency);
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small number")]
                    seen.push(now + (latency as f64 * share) as u64);
                }
            }
            seen.sort_unstable();
            for (index, start) in seen.iter().enumerate() {
                let window = seen[index..].iter().take_while(|instant| **instant < start + 30_000).count();
                prop_assert!(window <= limit as usize, "{window} requests in 30 s, {limit} allowed");
            }
        }
    }
}
