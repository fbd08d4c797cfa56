//! Rate: how many requests are let in, whoever asks.
//!
//! A bucket as in Go's `golang.org/x/time/rate`, which other exporters use: it holds `burst` requests and gains one each
//! `interval`. It is told the time by the limiter, which asks the clock.

use std::sync::{Mutex, PoisonError};

use hyper::StatusCode;

use super::answer::{Answer, TEXT, answer};
use crate::clock;
use crate::config::RateLimit;
use crate::domain::moment::Moment;

/// Lets so many requests in.
pub(super) struct Limiter(Option<Mutex<Bucket>>);

/// How many requests may come at this moment.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: RateLimit,
    held: f64,
    /// When that was so.
    at: Moment,
}

impl Limiter {
    pub(super) fn new(limit: Option<RateLimit>) -> Self {
        Self(limit.map(|limit| Mutex::new(Bucket::full(limit, clock::moment()))))
    }

    /// What is answered to a request that is one too many.
    pub(super) fn refusal(&self) -> Option<Answer> {
        let mut bucket = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = bucket.take(clock::moment());
        (!taken).then(|| answer(StatusCode::TOO_MANY_REQUESTS, TEXT, "Too Many Requests\n"))
    }
}

impl Bucket {
    fn full(limit: RateLimit, now: Moment) -> Self {
        Self { limit, held: f64::from(limit.burst), at: now }
    }

    /// Takes a request out, if one is in.
    fn take(&mut self, now: Moment) -> bool {
        let gained = now.since(self.at).as_secs_f64() / self.limit.interval.as_secs_f64();
        self.held = (self.held + gained).min(f64::from(self.limit.burst));
        self.at = self.at.max(now);
        let taken = self.held >= 1.0;
        if taken {
            self.held -= 1.0;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_comes_in_and_then_one_each_interval() {
        let at = Moment::from_millis;
        let mut bucket = Bucket::full(RateLimit { interval: Duration::from_secs(1), burst: 2 }, at(0));
        let times = [0, 10, 20, 900, 1_020, 1_030, 9_000, 9_001, 9_002];
        let taken: Vec<u64> = times.into_iter().filter(|time| bucket.take(at(*time))).collect();
        assert_eq!(taken, [0, 10, 1_020, 9_000, 9_001]);
    }

    proptest! {
        #[test]
        fn in_any_span_of_time_no_more_come_in_than_a_burst_and_what_the_span_gains(
            waits in prop::collection::vec(0u64..3_000, 1..200), burst in 1u32..10, interval in 1u64..2_000,
        ) {
            let limit = RateLimit { interval: Duration::from_millis(interval), burst };
            let mut bucket = Bucket::full(limit, Moment::from_millis(0));
            let times = waits.iter().scan(0, |now, wait| { *now += wait; Some(*now) });
            let taken: Vec<u64> = times.filter(|time| bucket.take(Moment::from_millis(*time))).collect();
            for (first, begin) in taken.iter().enumerate() {
                for (last, end) in taken.iter().enumerate().skip(first) {
                    let most = u64::from(burst) + (end - begin) / interval + 1;
                    prop_assert!(((last - first) as u64) < most);
                }
            }
        }
    }
}
