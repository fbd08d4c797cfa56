//! The limit: how many presence requests any 30 seconds may hold, as learned from what Graph refuses.
//!
//! The operator sets a ceiling below Graph's documented limit (facts/graph.md 2.5), but whether Graph counts requests or
//! ids is nowhere said, and a loaded service refuses earlier. So a refusal lowers the limit and calm raises it slowly:
//!
//! - A first refusal halves it; one more within 30 s of the end of the pause quarters it, but a burst of refusals counts
//!   once. What Graph let through in the last 30 s is allowed all the same, and where nothing came through the trouble is
//!   not one of numbers.
//! - Each 30 s of calm allow half as much again, at least one more.
//! - A level that was refused is tried again after a calm of a minute, which doubles with each try that fails, up to
//!   ten minutes.
//!
//! It does not know requests in flight nor pauses: `budget` counts those.

use std::time::Duration;

use super::moment::Moment;

/// The window of Graph's limit.
pub(super) const WINDOW: Duration = Duration::from_secs(30);

/// How long a level that was refused is not tried again.
const HOLD: Duration = Duration::from_mins(1);

/// The same after many tries.
const LONGEST_HOLD: Duration = Duration::from_mins(10);

/// The limit is lowered at most once in this time: a burst of refusals tells one thing, each window of Graph's another.
const BURST: Duration = Duration::from_secs(20);

/// A learned limit.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    ceiling: u32,
    in_force: u32,
    /// When it was last lowered or raised.
    changed: Moment,
    lowered: Option<Moment>,
    barrier: Option<Barrier>,
}

/// A level that Graph refused.
#[derive(Debug, Clone, Copy)]
struct Barrier {
    level: u32,
    /// When it was refused.
    refused: Moment,
    /// How long it is not tried again.
    hold: Duration,
}

impl Limit {
    /// A limit that has met no refusal yet, of at least one request.
    pub(super) fn new(ceiling: u32) -> Self {
        let ceiling = ceiling.max(1);
        Self { ceiling, in_force: ceiling, changed: Moment::from_millis(0), lowered: None, barrier: None }
    }

    /// Another ceiling from now on, of at least one request. What was learned below it stays learned.
    pub(super) fn allow(&mut self, ceiling: u32) {
        let ceiling = ceiling.max(1);
        self.in_force = if self.is_lowered() { self.in_force.min(ceiling) } else { ceiling };
        self.ceiling = ceiling;
    }

    /// How many requests any 30 s may hold.
    pub(super) fn in_force(&self) -> u32 {
        self.in_force
    }

    /// Whether it is lower than the operator allows.
    pub(super) fn is_lowered(&self) -> bool {
        self.in_force < self.ceiling
    }

    /// Graph refused a request at `now`, when the last 30 s held `level` requests, of which it had answered `accepted`.
    /// The pause before ended at `resumed`.
    pub(super) fn refused(&mut self, level: u32, accepted: u32, resumed: Moment, now: Moment) {
        self.changed = now;
        if let Some(barrier) = &mut self.barrier
            && self.lowered.is_some_and(|lowered| now.since(lowered) < BURST)
        {
            barrier.refused = now;
            return;
        }
        let again = self.barrier.filter(|barrier| now.since(resumed.max(barrier.refused)) < WINDOW);
        let lowered = match (again, accepted) {
            (Some(_), 0) => self.in_force,
            (Some(_), _) => self.in_force / 4,
            (None, _) => self.in_force / 2,
        };
        self.in_force = lowered.max(accepted).clamp(1, self.ceiling);
        let hold = match (again, self.barrier) {
            (Some(barrier), _) => barrier.hold,
            (None, Some(tried)) if level >= tried.level => (tried.hold * 2).min(LONGEST_HOLD),
            (None, _) => HOLD,
        };
        self.barrier = Some(Barrier { level: level.max(self.in_force + 1), refused: now, hold });
        self.lowered = Some(now);
    }

    /// Graph answered `accepted` requests in the last 30 s, so as many are allowed.
    pub(super) fn accepted(&mut self, accepted: u32) {
        self.in_force = self.in_force.max(accepted.min(self.ceiling));
    }

    /// Nothing was refused until `now`, and the last pause ended at `resumed`.
    pub(super) fn calm(&mut self, resumed: Moment, now: Moment) {
        while let Some(Barrier { level, refused, hold }) = self.barrier {
            let due = self.changed.max(resumed).plus(WINDOW);
            if now < due {
                return;
            }
            self.changed = due;
            let more = self.in_force + (self.in_force / 2).max(1);
            let highest = if due.since(refused) < hold { level - 1 } else { self.ceiling };
            self.in_force = more.min(highest).clamp(self.in_force, self.ceiling);
            if self.in_force == self.ceiling {
                self.barrier = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    /// Refuses at these seconds, each time `level` requests with `accepted` answered, after pauses of 30 s.
    fn refused(ceiling: u32, refusals: &[(u64, u32, u32)]) -> Limit {
        let (mut limit, mut resumed) = (Limit::new(ceiling), at(0));
        for (second, level, accepted) in refusals {
            limit.calm(resumed, at(*second));
            limit.refused(*level, *accepted, resumed, at(*second));
            resumed = at(second + 30);
        }
        limit
    }

    fn check(refusals: &[(u64, u32, u32)], expected: u32) {
        assert_eq!(refused(1200, refusals).in_force(), expected, "{refusals:?}");
    }

    #[test]
    fn one_refusal_halves_the_limit_whatever_was_in_flight() {
        check(&[(100, 8, 0)], 600);
        check(&[(100, 1100, 1000)], 1000);
    }

    #[test]
    fn refusals_without_calm_between_lead_to_what_graph_lets_through() {
        check(&[(100, 8, 2), (131, 5, 2)], 150);
        check(&[(100, 8, 2), (131, 5, 2), (162, 4, 2), (193, 4, 2), (224, 3, 2)], 2);
    }

    #[test]
    fn a_burst_of_refusals_lowers_the_limit_once() {
        let mut limit = Limit::new(1200);
        for second in 100..115 {
            limit.refused(3, 2, at(second), at(second));
        }
        assert_eq!(limit.in_force(), 600);
    }

    #[test]
    fn a_service_that_lets_nothing_through_tells_nothing_about_numbers() {
        let storm: Vec<(u64, u32, u32)> = (0..50).map(|pause| (100 + pause * 31, 1, 0)).collect();
        check(&storm, 600);
    }

    #[test]
    fn calm_raises_by_half_each_window_up_to_the_ceiling() {
        let mut limit = refused(1200, &[(100, 8, 2), (131, 5, 2)]);
        let levels: Vec<u32> = (0..8)
            .map(|window| {
                limit.calm(at(161), at(161 + window * 30));
                limit.in_force()
            })
            .collect();
        assert_eq!(levels, [150, 225, 337, 505, 757, 1135, 1200, 1200]);
    }

    #[test]
    fn a_level_that_was_refused_is_tried_again_ever_more_rarely() {
        // Graph lets two requests through: the third is refused whenever it is tried.
        let mut limit = refused(1200, &[(0, 8, 2), (31, 5, 2), (62, 4, 2), (93, 4, 2), (124, 3, 2)]);
        let (mut tries, mut resumed) = (Vec::new(), at(154));
        for second in 154..3_500 {
            limit.calm(resumed, at(second));
            if limit.in_force() > 2 {
                limit.refused(3, 2, resumed, at(second));
                tries.push(second);
                resumed = at(second + 30);
            }
        }
        let waits: Vec<u64> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits, [120, 240, 480, 600, 600, 600, 600]);
    }

    proptest::proptest! {
        #[test]
        fn no_history_leads_out_of_bounds(
            ceiling in 1_u32..1400,
            steps in proptest::collection::vec((0_u64..100, 0_u32..2000, 0_u32..2000, 0_u32..3), 1..200),
        ) {
            let (mut limit, mut now) = (Limit::new(ceiling), 0);
            for (wait, level, accepted, what) in steps {
                now += wait;
                let before = limit.in_force();
                match what {
                    0 => limit.refused(level, accepted, at(now / 2), at(now)),
                    1 => limit.accepted(accepted),
                    _ => limit.calm(at(now / 2), at(now)),
                }
                proptest::prop_assert!((1..=ceiling).contains(&limit.in_force()));
                proptest::prop_assert!(what == 0 || limit.in_force() >= before);
            }
        }
    }
}
