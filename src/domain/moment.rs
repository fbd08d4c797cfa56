//! Moments: the time that the domain is told.
//!
//! A [`Moment`] lies on a clock that never goes back and that counts the time a machine spends suspended, so ages stay
//! true over a sleeping laptop and over a stepped wall clock. What Prometheus wants, seconds since 1970, is worked out
//! once, when a page is made. This file does not know where the clocks are: `crate::clock` does.

use std::fmt;
use std::time::Duration;

/// An instant in milliseconds since an arbitrary start that is fixed for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// The moment this many milliseconds after the start of the clock.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the start of the clock.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this moment is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The moment this long afterwards.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The moment this long before.
    #[must_use]
    pub fn minus(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// A day of the calendar, in days since 1970-01-01; written as 2026-11-23.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub u64);

impl Day {
    /// The day, in UTC, that this second since 1970 belongs to.
    #[must_use]
    pub const fn of_unix_seconds(seconds: u64) -> Self {
        Self(seconds / 86_400)
    }
}

impl fmt::Display for Day {
    /// Years are counted from March in cycles of 400, so that the leap day is the last day of a year and of a cycle
    /// ("chrono-Compatible Low-Level Date Algorithms", Howard Hinnant: `civil_from_days`).
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + 719_468;
        let (cycle, day_of_cycle) = (days / 146_097, days % 146_097);
        let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
        let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let months_since_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
        let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
        let year = cycle * 400 + year_of_cycle + u64::from(month <= 2);
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

/// One reading of both clocks: the process's own and the calendar's.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The instant on the process's clock.
    pub moment: Moment,
    /// The same instant as milliseconds since 1970-01-01 UTC.
    pub unix_millis: u64,
}

impl Now {
    /// A moment as seconds since 1970-01-01 UTC, by the calendar as it stands now.
    #[must_use]
    pub fn unix_seconds(&self, moment: Moment) -> f64 {
        let millis = if moment >= self.moment {
            self.unix_millis.saturating_add(moment.0 - self.moment.0)
        } else {
            self.unix_millis.saturating_sub(self.moment.0 - moment.0)
        };
        Duration::from_millis(millis).as_secs_f64()
    }
}

/// A duration in seconds, to a tenth of one: for people to read.
#[must_use]
pub fn tenths(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10.0).round() / 10.0
}

/// A span of time as people say it: its two largest units, below ten seconds with tenths.
#[derive(Debug, Clone, Copy)]
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let mut units = |more: u64, unit: &str, less: u64, part: &str| match less {
            0 => write!(formatter, "{more} {unit}"),
            less => write!(formatter, "{more} {unit} {less} {part}"),
        };
        match (days, hours, minutes) {
            (0, 0, 0) if seconds < 10 => write!(formatter, "{:.1} s", self.0.as_secs_f64()),
            (0, 0, 0) => write!(formatter, "{rest} s"),
            (0, 0, _) => units(minutes, "min", rest, "s"),
            (0, _, _) => units(hours, "h", minutes, "min"),
            _ => units(days, "d", hours, "h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_the_calendar_that_holds_now() {
        let now = Now { moment: Moment::from_millis(10_000), unix_millis: 1_700_000_000_000 };
        assert_eq!(now.unix_seconds(Moment::from_millis(7_500)).to_string(), "1699999997.5");
        assert_eq!(now.unix_seconds(Moment::from_millis(11_000)).to_string(), "1700000001");
    }

    #[test]
    fn an_age_is_never_negative() {
        assert_eq!(Moment::from_millis(1).since(Moment::from_millis(5)), Duration::ZERO);
    }

    #[test]
    fn a_span_of_time_is_told_in_two_units() {
        let check = |millis, expected: &str| assert_eq!(Span(Duration::from_millis(millis)).to_string(), expected);
        check(0, "0.0 s");
        check(4_230, "4.2 s");
        check(59_999, "59 s");
        check(60_000, "1 min");
        check(95_000, "1 min 35 s");
        check(3_600_000, "1 h");
        check(90_000_000, "1 d 1 h");
    }
}
