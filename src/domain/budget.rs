//! The budget: how many presence requests any 30 seconds may hold.
//!
//! Graph allows an application 1,500 in a tenant (facts/graph.md 2.5) and counts by its own clock, so a slot here is free
//! again 30 s after its answer, or after the request was given up, not after it was sent: whatever the network did in
//! between, the server sees no fuller window than this. A pause holds back all requests: Graph throttles applications,
//! not requests. The budget does not wait; it says until when.

use std::collections::VecDeque;
use std::time::Duration;

use super::moment::Moment;

/// The window of Graph's limit.
const WINDOW: Duration = Duration::from_secs(30);

/// A sliding window over the requests of one application in one tenant.
#[derive(Debug)]
pub struct Budget {
    limit: u32,
    in_flight: u32,
    /// When the slots of answered requests are free again, earliest first.
    cooling: VecDeque<Moment>,
    paused: Option<Moment>,
    /// Up to when time spent in pauses has been counted.
    waited: Moment,
    fullest: u32,
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

impl Budget {
    /// A budget of `limit` requests in any 30 s, at least one.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            limit: limit.max(1),
            in_flight: 0,
            cooling: VecDeque::new(),
            paused: None,
            waited: Moment::from_millis(0),
            fullest: 0,
        }
    }

    /// How many requests any 30 s may hold.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Takes a slot, if there is one at `now`.
    pub fn take(&mut self, now: Moment) -> Permit {
        if let Some(until) = self.paused_until(now) {
            return Permit::Paused(until);
        }
        self.paused = None;
        self.cool(now);
        if self.occupied() < self.limit {
            self.in_flight += 1;
            self.fullest = self.fullest.max(self.occupied());
            return Permit::Granted;
        }
        self.cooling.front().map_or(Permit::Full, |free| Permit::NotBefore(*free))
    }

    /// Gives a slot back: its request was answered, or given up, at `now`.
    pub fn give_back(&mut self, now: Moment) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.cooling.push_back(now.plus(WINDOW));
    }

    /// Holds back every request until `until`, or longer where that was said before.
    pub fn pause(&mut self, until: Moment) {
        self.paused = self.paused.max(Some(until));
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

    /// The fullest window since [`Budget::forget_fullest`].
    #[must_use]
    pub fn fullest(&self) -> u32 {
        self.fullest
    }

    /// Starts to look for the fullest window anew.
    pub fn forget_fullest(&mut self, now: Moment) {
        self.cool(now);
        self.fullest = self.occupied();
    }

    fn cool(&mut self, now: Moment) {
        while self.cooling.front().is_some_and(|free| *free <= now) {
            self.cooling.pop_front();
        }
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
        let mut budget = Budget::new(1);
        assert_eq!(budget.take(at(0)), Permit::Granted);
        assert_eq!(budget.take(at(1)), Permit::Full);
        budget.give_back(at(2_000));
        assert_eq!(budget.take(at(31_999)), Permit::NotBefore(at(32_000)));
        assert_eq!(budget.take(at(32_000)), Permit::Granted);
    }

    #[test]
    fn a_pause_holds_everything_back_and_the_longer_one_counts() {
        let mut budget = Budget::new(10);
        for until in [5_000, 3_000, 6_000] {
            budget.pause(at(until));
        }
        assert_eq!(budget.take(at(5_999)), Permit::Paused(at(6_000)));
        assert_eq!(budget.take(at(6_000)), Permit::Granted);
    }

    #[test]
    fn time_that_two_wait_together_is_counted_once() {
        let mut budget = Budget::new(10);
        assert_eq!(budget.count_waited(at(1_000), at(3_000)), Duration::from_secs(2));
        assert_eq!(budget.count_waited(at(2_000), at(4_000)), Duration::from_secs(1));
        assert_eq!(budget.count_waited(at(9_000), at(9_500)), Duration::from_millis(500));
    }

    proptest! {
        /// Each request reaches the server at some instant between its sending and its answer.
        #[test]
        fn the_server_sees_no_window_above_the_budget(
            limit in 1_u32..20,
            steps in prop::collection::vec((0_u64..4_000, 0_u64..3_000, 0.0..1.0_f64), 1..300),
        ) {
            let mut budget = Budget::new(limit);
            let mut now = 0;
            let (mut flying, mut seen): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
            for (wait, latency, share) in steps {
                let next = now + wait;
                flying.sort_unstable();
                while flying.first().is_some_and(|answer| *answer <= next) {
                    budget.give_back(at(flying.remove(0)));
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
