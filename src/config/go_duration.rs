//! Durations as Go writes them, `1.5s` or `1h30m`: a web configuration has no others.

use std::time::Duration;

use super::tree::{Node, Value};
use super::words;

/// A unit and how many nanoseconds it has.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// The longest that Go can hold, in nanoseconds.
const LONGEST: f64 = 9.2e18;

/// A duration, zero included.
pub(super) fn read(node: &Node) -> Result<Duration, String> {
    match &node.value {
        Value::Whole(0) => Ok(Duration::ZERO),
        Value::Whole(number) => Err(format!("{number} has no unit; write {number}s for seconds")),
        Value::Text(typed) => parse(typed).ok_or_else(|| {
            format!("{} is not a duration; write it as Go does, e.g. 500ms or 1m30s", words::quoted(typed))
        }),
        other => Err(format!("expected a duration such as 1s, found {}", other.kind())),
    }
}

fn parse(typed: &str) -> Option<Duration> {
    let mut rest = typed.strip_prefix('+').unwrap_or(typed);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
        let (number, after) = rest.split_at(end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let (_, size) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        nanos += number.parse::<f64>().ok()? * size;
        rest = after;
    }
    (nanos <= LONGEST).then(|| Duration::from_secs_f64(nanos / 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        let check = |typed: &str, millis: u64| assert_eq!(parse(typed), Some(Duration::from_millis(millis)), "{typed}");
        check("0", 0);
        check("0s", 0);
        check("1s", 1_000);
        check("1.5s", 1_500);
        check(".5s", 500);
        check("+250ms", 250);
        check("1h30m", 5_400_000);
        check("1m0.5s", 60_500);
        for typed in ["", "1", "s", "1d", "-1s", "1 s", "1s ", "1..5s", ".s", "1e3s", "999999999999h"] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }
}
