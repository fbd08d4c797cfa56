//! The law of `Retry-After`: whatever a server asks for, the pause is one that can be kept.

use std::ops::RangeInclusive;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use crate::domain::moment::{Moment, Now};
use crate::transport::retry_after::read;

const BOUNDS: RangeInclusive<Duration> = Duration::from_millis(500)..=Duration::from_mins(10);

/// `Retry-After`, a value a line: whatever it says, the pause is neither a loop nor an outage of our own, and whole
/// seconds are what they say.
///
/// # Panics
/// If one of these does not hold.
pub fn retry_after(lines: &[u8]) {
    let mut headers = HeaderMap::new();
    for value in lines.split(|byte| *byte == b'\n').take(16).filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(RETRY_AFTER, value);
    }
    let now = Now { moment: Moment::from_millis(0), unix_millis: 1_795_456_800_000 };
    let wait = read(&headers, now);
    assert!(wait.is_none_or(|wait| BOUNDS.contains(&wait)), "{wait:?}");
    let plain = str::from_utf8(lines).ok().filter(|text| (1..10).contains(&text.len()));
    if let Some(seconds) = plain.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())) {
        let stated = Duration::from_secs(seconds.parse().expect("at most nine digits"));
        assert_eq!(wait, Some(stated.clamp(*BOUNDS.start(), *BOUNDS.end())));
    }
}
