//! The schedule: when the next cycle and the next listing start.
//!
//! Pure decisions over moments, so that every law of them is a property test. It does not know what a cycle does.

use std::time::Duration;

use super::advice::Reason;
use super::moment::Moment;

/// The first wait after a failure.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// The longest wait of our own between token requests while Entra cannot serve, and while it refuses. It is asked again
/// soon, so that presence is read soon after it can; not sooner, for Microsoft's own client waits a minute after a
/// refusal (facts/graph.md 4.12).
const LONGEST_TOKEN_RETRY: (Duration, Duration) = (Duration::from_secs(30), Duration::from_mins(1));

/// The longest wait before a listing is tried again while there is no directory, if an interval is no longer.
const FIRST_DIRECTORY_RETRY: Duration = Duration::from_secs(30);

/// The time between a listing that is not believed and the one that may confirm it: what ails a service for a moment is over
/// by then.
const CONFIRMATION: Duration = Duration::from_mins(1);

/// The longest wait between cycles that are refused for want of a permission, if an interval is no longer.
const LONGEST_REFUSED: Duration = Duration::from_mins(1);

/// The shortest pause, whoever names it: none would be a request in a loop.
pub const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

/// The longest wait after any failure.
const LONGEST_RETRY: Duration = Duration::from_mins(5);

/// Attempts at one batch that end in a passing fault; pauses do not count, the cycle's deadline bounds them.
pub const ATTEMPTS: u32 = 5;

/// The time between the first listings of two tenants that start together, as long as all of them take no longer than
/// [`LONGEST_START`]: each opens connections, and needs the processor for that.
const START: Duration = Duration::from_millis(50);

/// The longest time over which the starts of tenants are spread: whoever looks at the page after a start wants counts.
const LONGEST_START: Duration = Duration::from_secs(10);

/// The place of a tenant among those that start together, so that they do not all ask at one time.
///
/// Who starts alone waits for nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// How many come before it.
    before: u32,
    /// How many start, itself among them.
    all: u32,
}

impl Turn {
    /// The tenant that so many of `all` come before.
    #[must_use]
    pub fn new(before: usize, all: usize) -> Self {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        let all = number(all).max(1);
        Self { before: number(before).min(all - 1), all }
    }

    /// Which share of those who start come before it: 0 and more, less than 1.
    fn share(self) -> f64 {
        f64::from(self.before) / f64::from(self.all)
    }

    /// How long it waits with its first listing, whose cycles come at this interval.
    #[must_use]
    pub fn start(self, interval: Duration) -> Duration {
        (START * self.all).min(LONGEST_START).min(interval / 4).mul_f64(self.share())
    }

    /// How long after the start of its first cycle the second one starts: half an interval to one and a half, so that from
    /// then on the cycles of all are spread evenly, and that it does not look down meanwhile.
    #[must_use]
    pub fn second_cycle(self, interval: Duration) -> Duration {
        interval.mul_f64(0.5 + (self.share() + 0.5).fract())
    }

    /// How long after its first listing the second one starts: a `refresh_interval`, or for all but the first of them down
    /// to half of one.
    #[must_use]
    pub fn second_listing(self, refresh_interval: Duration) -> Duration {
        refresh_interval.mul_f64(1.0 - self.share() / 2.0)
    }
}

/// When the next cycle starts: one interval after the last one was to start, however late its timer woke, and at once
/// where that has passed. Cycles never overlap and never pile up: what an overrun cost is not made up for, the grid begins
/// anew with the cycle after it.
#[must_use]
pub fn next_cycle(planned: Moment, interval: Duration, now: Moment) -> Moment {
    planned.plus(interval).max(now)
}

/// When the next cycle starts after so many in a row for which a permission was missing: not before `next`, and slowly, for
/// nothing but somebody's doing will change that.
#[must_use]
pub fn after_refusals(next: Moment, refusals: u32, now: Moment, dice: f64) -> Moment {
    match refusals {
        0 => next,
        _ => next.max(now.plus(retry_after_failures(refusals, LONGEST_REFUSED, dice))),
    }
}

/// How many requests a cycle begins with, until one is answered. Where the `last` cycle met what every request meets, one
/// is enough to see whether it still does.
#[must_use]
pub fn opening(last: Option<Reason>, concurrency: usize) -> usize {
    if matches!(last, Some(Reason::Forbidden | Reason::Token)) { 1 } else { concurrency }
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

/// How long to wait after so many listings in a row that failed, the last of them for this reason, while so many users are
/// tracked (`None` before the first directory); never longer than the `refresh_interval`.
///
/// Without a directory there is nothing to count: what may pass by itself is tried again about once an interval.
#[must_use]
pub fn listing_retry(
    reason: Reason,
    failures: u32,
    tracked: Option<usize>,
    (interval, refresh_interval): (Duration, Duration),
    dice: f64,
) -> Duration {
    let doubted = matches!(reason, Reason::Shrunk | Reason::NoUsers) && tracked.is_some_and(|users| users > 0);
    let longest =
        if tracked.is_none() && reason.passes() { interval.max(FIRST_DIRECTORY_RETRY) } else { LONGEST_RETRY };
    let wait = retry_after_failures(failures, longest, dice);
    if doubted { wait.max(CONFIRMATION) } else { wait }.min(refresh_interval)
}

/// How long to wait before the next token request after so many failures in a row, the last of them for this reason; never
/// shorter than the `pause` that Entra asked for.
#[must_use]
pub fn token_retry(reason: Reason, failures: u32, pause: Option<Duration>, dice: f64) -> Duration {
    let (unable, refuses) = LONGEST_TOKEN_RETRY;
    let longest = if reason == Reason::Token { refuses } else { unable };
    retry_after_failures(failures, longest, dice).max(pause.unwrap_or_default())
}

/// How long to wait before a request is repeated for the `attempt`th time, where Graph does not say: full jitter over a
/// second that doubles up to half a minute.
#[must_use]
pub fn request_retry(attempt: u32, dice: f64) -> Duration {
    let longest = Duration::from_secs(1 << attempt.min(5)).min(Duration::from_secs(30));
    longest.mul_f64(dice.clamp(0.0, 1.0))
}

/// How long to leave Graph alone after the `pause`th refusal in a row for which it named no time: full jitter over two
/// seconds that double up to half a minute, for then the window of its limit is empty; never less than [`SHORTEST_PAUSE`].
#[must_use]
pub fn pause(pause: u32, dice: f64) -> Duration {
    request_retry(pause, dice).max(SHORTEST_PAUSE)
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
    fn cycles_without_permission_come_ever_more_slowly_but_one_a_minute_at_least() {
        let next = |refusals, interval: u64| after_refusals(at(interval), refusals, at(0), 0.0);
        assert_eq!([0, 1, 2, 3, 4, 5, 9].map(|refusals| next(refusals, 5)), [5, 5, 10, 20, 40, 60, 60].map(at));
        assert_eq!([0, 1, 9].map(|refusals| next(refusals, 300)), [300; 3].map(at));
    }

    #[test]
    fn who_was_refused_begins_with_one_request() {
        let openings = [None, Some(Reason::Throttled), Some(Reason::Forbidden), Some(Reason::Token)];
        assert_eq!(openings.map(|last| opening(last, 8)), [8, 8, 1, 1]);
    }

    #[test]
    fn a_failed_listing_is_retried_sooner_than_the_next_refresh() {
        let hour = MINUTE * 60;
        let waits: Vec<u64> = (1..9).map(|failures| retry_after_failures(failures, hour, 0.0).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(retry_after_failures(1, hour, 1.0), Duration::from_millis(2500));
        assert_eq!(retry_after_failures(9, MINUTE, 0.0), MINUTE);
    }

    #[test]
    fn the_first_directory_is_not_waited_for_longer_than_an_outage_lasts() {
        let wait = |reason, failures, tracked, interval| {
            listing_retry(reason, failures, tracked, (MINUTE * interval, MINUTE * 60), 0.0).as_secs()
        };
        assert_eq!([1, 4, 5, 9].map(|failures| wait(Reason::Unavailable, failures, None, 0)), [5, 30, 30, 30]);
        assert_eq!(wait(Reason::Token, 9, None, 2), 120);
        for (reason, tracked) in
            [(Reason::Forbidden, None), (Reason::NoUsers, None), (Reason::NoUsers, Some(0)), (Reason::Token, Some(1))]
        {
            assert_eq!([1, 9].map(|failures| wait(reason, failures, tracked, 0)), [5, 300], "{reason:?}");
        }
    }

    #[test]
    fn a_listing_that_is_not_believed_is_repeated_when_a_moment_has_passed() {
        for reason in [Reason::Shrunk, Reason::NoUsers] {
            assert_eq!(listing_retry(reason, 1, Some(5), (MINUTE, MINUTE * 60), 1.0), MINUTE);
            assert_eq!(listing_retry(reason, 1, Some(5), (MINUTE, MINUTE / 2), 1.0), MINUTE / 2);
        }
    }

    #[test]
    fn entra_is_asked_again_soon_but_never_before_it_wants_to_be() {
        let wait = |reason, failures, pause: u64| {
            token_retry(reason, failures, (pause > 0).then(|| Duration::from_secs(pause)), 0.0).as_secs()
        };
        assert_eq!([1, 2, 3, 4, 9].map(|failures| wait(Reason::Unavailable, failures, 0)), [5, 10, 20, 30, 30]);
        assert_eq!([1, 4, 5, 9].map(|failures| wait(Reason::Token, failures, 0)), [5, 40, 60, 60]);
        assert_eq!([1, 2, 7, 600].map(|pause| wait(Reason::Unavailable, 1, pause)), [5, 5, 7, 600]);
    }

    #[test]
    fn who_starts_alone_waits_for_nobody() {
        let alone = Turn::new(0, 1);
        assert_eq!(alone.start(MINUTE), Duration::ZERO);
        assert_eq!((alone.second_cycle(MINUTE), alone.second_listing(MINUTE)), (MINUTE, MINUTE));
        assert_eq!(Turn::new(7, 0), alone);
    }

    #[test]
    fn two_hundred_tenants_start_within_seconds_and_are_spread_over_the_interval_from_then_on() {
        let turns = (0..200).map(|before| Turn::new(before, 200));
        let starts: Vec<Duration> = turns.clone().map(|turn| turn.start(MINUTE)).collect();
        assert_eq!([starts[0], starts[1], starts[199]].map(|start| start.as_millis()), [0, 50, 9950]);
        let mut second: Vec<u128> = turns.clone().map(|turn| turn.second_cycle(MINUTE).as_millis() % 60_000).collect();
        second.sort_unstable();
        assert!(second.windows(2).all(|pair| pair[1] - pair[0] == 300), "{second:?}");
        let listings: Vec<u64> = turns.map(|turn| turn.second_listing(MINUTE * 60).as_secs()).collect();
        assert!(listings.windows(2).all(|pair| pair[0] - pair[1] == 9), "{listings:?}");
    }

    proptest::proptest! {
        #[test]
        fn whatever_its_turn_a_tenant_waits_for_a_start_of_seconds_and_never_for_two_intervals(
            before in 0_usize..1000, all in 0_usize..1000, seconds in 5_u64..3600,
        ) {
            let (turn, interval) = (Turn::new(before, all), Duration::from_secs(seconds));
            proptest::prop_assert!(turn.start(interval) < LONGEST_START && turn.start(interval) < interval / 4 + START);
            let second = turn.second_cycle(interval);
            proptest::prop_assert!(second >= interval / 2 && second < interval * 3 / 2);
            let listing = turn.second_listing(interval);
            proptest::prop_assert!(listing > interval / 2 && listing <= interval);
        }

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
