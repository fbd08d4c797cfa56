//! `Retry-After` in every form that has been seen of Graph (facts/graph.md 5.6), and so of Entra (4.12).
//!
//! Whole seconds, fractions, two values joined by a comma, a date, nothing. What is absurd is bounded: a pause of days
//! would be an outage of our own. It does not know which statuses may carry one: `graph` and `entra` do.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::domain::moment::Now;
use crate::domain::schedule::SHORTEST_PAUSE;

/// The longest pause.
const LONGEST: Duration = Duration::from_mins(10);

/// How long an answer asks to wait; `None` if it does not say.
#[must_use]
pub fn read(headers: &HeaderMap, now: Now) -> Option<Duration> {
    let values = headers.get_all(RETRY_AFTER).iter().filter_map(|value| value.to_str().ok());
    let waits = values.filter_map(|value| date(value, now).or_else(|| seconds(value)));
    waits.max().map(|wait| wait.clamp(SHORTEST_PAUSE, LONGEST))
}

/// The longest of the numbers of seconds in `5`, `0.249` or `0,120`.
fn seconds(value: &str) -> Option<Duration> {
    let numbers = value.split(',').filter_map(|number| number.trim().parse::<f64>().ok());
    let longest = numbers.filter(|number| *number >= 0.0).reduce(f64::max)?;
    Some(Duration::try_from_secs_f64(longest).unwrap_or(LONGEST))
}

fn date(value: &str, now: Now) -> Option<Duration> {
    let instant = httpdate::parse_http_date(value.trim()).ok()?;
    let unix = instant.duration_since(UNIX_EPOCH).ok()?;
    Some(unix.saturating_sub(Duration::from_millis(now.unix_millis)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;
    use crate::domain::moment::Moment;

    /// The pause that these values of the header ask for, in milliseconds, on 2026-11-23 at 18:00:00 UTC.
    fn check(values: &[&str], expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(RETRY_AFTER, HeaderValue::from_str(value).expect("a header value"));
        }
        let now = Now { moment: Moment::from_millis(0), unix_millis: 1_795_456_800_000 };
        assert_eq!(read(&headers, now), expected.map(Duration::from_millis), "{values:?}");
    }

    #[test]
    fn every_form_seen_in_the_wild_is_understood() {
        check(&["41"], Some(41_000));
        check(&["2.128"], Some(2_128));
        check(&["0,120"], Some(120_000));
        check(&["1", "3"], Some(3_000));
        check(&["Mon, 23 Nov 2026 18:00:30 GMT"], Some(30_000));
        check(&[], None);
    }

    #[test]
    fn what_is_absurd_is_bounded_and_nonsense_says_nothing() {
        check(&["0"], Some(500));
        check(&["0.001"], Some(500));
        check(&["99999999999999999999"], Some(600_000));
        check(&["Mon, 23 Nov 2026 17:00:00 GMT"], Some(500));
        check(&["soon"], None);
        check(&["-5"], None);
        check(&["NaN"], None);
    }
}
