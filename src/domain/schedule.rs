//! The schedule: when the next cycle and the next listing start.
//!
//! Pure decisions over moments, so that every law of them is a property test. It does not know what a cycle does.

use std::time::Duration;

use super::moment::Moment;

/// The first wait after a failure.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// The longest wait after any failure.
const LONGEST_RETRY: Duration = Duration::from_mins(5);

/// When the next cycle starts: one interval after the last one was to start, however late its timer woke, and at once
/// where that has passed. Cycles never overlap and never pile up: what an overrun cost is not made up for, the grid begins
/// anew with the cycle after it.
#[must_use]
pub fn next_cycle(planned: Moment, interval: Duration, now: Moment) -> Moment {
    planned.plus(interval).max(now)
}

/// How long to wait after so many failures in a row, of listings, token requests or tasks: doubling from five seconds to
/// five minutes and never longer than `longest`; `dice` in 0..1 takes up to half of it off, so that tenants do not retry
/// in step.
#[must_use]
pub fn retry_after_failures(failures: u32, longest: Duration, dice: f64) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(10));
    let wait = doubled.min(LONGEST_RETRY).min(longest);
    wait.mul_f64(1.0 - dice.clamp(0.0, 1.0) / 2.0)
}

/// How long to wait before a request is repeated for the `attempt`th time, where Graph does not say: full jitter over a
/// second that doubles up to half a minute.
#[must_use]
pub fn request_retry(attempt: u32, dice: f64) -> Duration {
    let longest = Duration::from_secs(1 << attempt.min(5)).min(Duration::from_secs(30));
    longest.mul_f64(dice.clamp(0.0, 1.0))
}

/// How long to leave Graph alone after the `pause`th refusal in a row for which it named no time: full jitter over two
/// seconds that double up to half a minute, for then the window of its limit is empty; never less than half a second.
#[must_use]
pub fn pause(pause: u32, dice: f64) -> Duration {
    let longest = Duration::from_secs(1 << pause.min(5)).min(Duration::from_secs(30));
    longest.mul_f64(dice.clamp(0.0, 1.0)).max(Duration::from_millis(500))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    #[test]
    fn cycles_start_an_interval_apart() {
        assert_eq!(next_cycle(at(0), MINUTE, at(10)), at(60));
    }

    #[test]
    fn a_cycle_that_overran_is_followed_at_once_and_by_one_only() {
        assert_eq!(next_cycle(at(0), MINUTE, at(200)), at(200));
        assert_eq!(next_cycle(at(200), MINUTE, at(210)), at(260));
    }

    /// A day in which every timer wakes late: still as many cycles as minutes.
    #[test]
    fn late_timers_cost_no_cycle() {
        let late = |planned: Moment| planned.plus(Duration::from_millis(planned.millis() / 60_000 % 7 * 150));
        let ends = |planned: Moment| late(planned).plus(Duration::from_secs(20));
        let starts = std::iter::successors(Some(at(0)), |planned| Some(next_cycle(*planned, MINUTE, ends(*planned))));
        assert_eq!(starts.take_while(|planned| *planned < at(86_400)).count(), 1440);
    }

    #[test]
    fn a_failed_listing_is_retried_sooner_than_the_next_refresh() {
        let hour = MINUTE * 60;
        let waits: Vec<u64> = (1..9).map(|failures| retry_after_failures(failures, hour, 0.0).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(retry_after_failures(1, hour, 1.0), Duration::from_millis(2500));
        assert_eq!(retry_after_failures(9, MINUTE, 0.0), MINUTE);
    }

    proptest::proptest! {
        #[test]
        fn no_schedule_starts_in_the_past_or_waits_longer_than_an_interval(
            planned in 0_u64..1 << 40, passed in 0_u64..1 << 20, interval in 5_u64..3600,
        ) {
            let now = at(planned).plus(Duration::from_millis(passed));
            let next = next_cycle(at(planned), Duration::from_secs(interval), now);
            proptest::prop_assert!(next >= now && next.since(now) <= Duration::from_secs(interval));
        }

        #[test]
        fn a_retry_is_bounded_whatever_the_dice(attempt in 0_u32..100, dice in 0.0..1.0_f64) {
            proptest::prop_assert!(request_retry(attempt, dice) <= Duration::from_secs(30));
            proptest::prop_assert!(retry_after_failures(attempt, MINUTE * 60, dice) <= LONGEST_RETRY);
        }
    }
}
