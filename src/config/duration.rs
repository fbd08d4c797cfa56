//! Durations as Prometheus writes them: `90s`, `1h30m`, `1d`.
//!
//! The units are `y w d h m s ms`, each at most once and the largest first; a year has 365 days. A bare `0`
//! is the only number that needs no unit. Nothing here knows what a duration is for, or which are sensible.
//! Source: `ParseDuration` and `Duration.String` of Prometheus's common library.

use std::fmt::Write as _;
use std::time::Duration;

/// A unit: how it is written, its milliseconds, and whether `write` uses it for whole multiples alone
/// (so that ten days are `10d`, not `1w3d`).
const UNITS: [(&str, u64, Multiples); 7] = [
    ("y", 365 * 24 * 3_600_000, Multiples::Whole),
    ("w", 7 * 24 * 3_600_000, Multiples::Whole),
    ("d", 24 * 3_600_000, Multiples::Any),
    ("h", 3_600_000, Multiples::Any),
    ("m", 60_000, Multiples::Any),
    ("s", 1_000, Multiples::Any),
    ("ms", 1, Multiples::Any),
];

#[derive(Clone, Copy, PartialEq)]
enum Multiples {
    Whole,
    Any,
}

/// Reads a duration such as `90s` or `1h30m`; `None` for anything else, and for more than 584 million years.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut milliseconds = 0_u64;
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split_where(after, |c| c.is_ascii_digit());
        // Looking on from where the last unit was found is what keeps them in order, and each to one.
        let (_, each, _) = units.find(|(name, ..)| *name == unit)?;
        let part = number.parse::<u64>().ok()?.checked_mul(*each)?;
        milliseconds = milliseconds.checked_add(part)?;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_millis(milliseconds))
}

/// Writes a duration the way [`parse`] reads it, to the millisecond: `1m30s`, `1h`, `0s`.
#[must_use]
pub fn write(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, each, multiples) in UNITS {
        if rest >= each && (multiples == Multiples::Any || rest.is_multiple_of(each)) {
            let _ = write!(text, "{}{unit}", rest / each);
            rest %= each;
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

/// What stands before the first character that fits, and the rest.
fn split_where(text: &str, fits: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(fits).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_prometheus_reads_them() {
        let check =
            |text, expected: Option<u64>| assert_eq!(parse(text), expected.map(Duration::from_millis), "{text:?}");
        check("90s", Some(90_000));
        check("1h30m", Some(5_400_000));
        check("1m500ms", Some(60_500));
        check("5m", Some(300_000));
        check("1y1w1d", Some(((365 + 7 + 1) * 24) * 3_600_000));
        check("0", Some(0));
        check("0s", Some(0));
        check("007s", Some(7_000));
        for bad in [
            "", "90", "90x", "s", "1.5h", "-1s", "+1s", " 1s", "1s ", "1 s", "30m1h", "1h1h", "1H", "1µs", "٣s",
            "99999999999999999999s", "999999999999y",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn durations_are_written_as_prometheus_writes_them() {
        let check = |seconds, expected| assert_eq!(write(Duration::from_secs(seconds)), expected);
        check(0, "0s");
        check(60, "1m");
        check(90, "1m30s");
        check(3_600, "1h");
        check(7 * 86_400, "1w");
        check(10 * 86_400, "10d");
        check(365 * 86_400, "1y");
        assert_eq!(write(Duration::from_millis(1_500)), "1s500ms");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_it_was(milliseconds: u64) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&write(duration)), Some(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9ymwdhs. ]{0,12}|.{0,20}") {
            let _ = parse(&text);
        }
    }
}
