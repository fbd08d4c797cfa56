//! The journal: what was called, for assertions, and how full the throttle's window became.
//!
//! Bounded, so that a long run does not grow. Never holds a token: only whether one was sent.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use crate::faults::Operation;

/// Which calls are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// None.
    Nothing,
    /// The latest of this number.
    Latest(usize),
    /// All of them, however many.
    Everything,
}

/// One call, as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it came in, in real time.
    pub at: SystemTime,
    /// What it was for.
    pub operation: Operation,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, as sent; empty if there was none.
    pub query: String,
    /// The status that was answered; 0 if the connection was reset instead.
    pub status: u16,
    /// How many ids the request named.
    pub ids: usize,
    /// Bytes of the answer's body, compressed if it was, before a fault cut it off or put a flood in its place.
    pub answer_bytes: usize,
    /// The header `ConsistencyLevel`.
    pub consistency_level: Option<String>,
    /// Whether there was a header `Authorization`.
    pub authorized: bool,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
    /// The header `client-request-id`.
    pub client_request_id: Option<String>,
    /// The header `Accept-Encoding`.
    pub accept_encoding: Option<String>,
    /// The header `Prefer`.
    pub prefer: Option<String>,
}

/// The calls that were kept.
#[derive(Debug)]
pub(crate) struct Journal {
    recording: Recording,
    calls: VecDeque<Call>,
}

impl Journal {
    pub(crate) const fn new(recording: Recording) -> Self {
        Self { recording, calls: VecDeque::new() }
    }

    /// Keeps a call, which is only made if it will be kept.
    pub(crate) fn note(&mut self, call: impl FnOnce() -> Call) {
        let room = match self.recording {
            Recording::Nothing | Recording::Latest(0) => return,
            Recording::Latest(room) => room,
            Recording::Everything => usize::MAX,
        };
        if self.calls.len() >= room {
            self.calls.pop_front();
        }
        self.calls.push_back(call());
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }
}

/// How many requests are being answered at a time.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    now: u32,
    most: u32,
}

impl Crowd {
    pub(crate) fn enter(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }

    pub(crate) const fn leave(&mut self) {
        self.now -= 1;
    }

    pub(crate) const fn most(&self) -> u32 {
        self.most
    }
}

/// The sliding window of the presence throttle.
///
/// Requests that are refused count against the caller too (learn.microsoft.com/graph/throttling: "immediate
/// retries continue to accrue"), so an impatient client does not get out of it.
#[derive(Debug)]
pub(crate) struct Window {
    /// How many may be in it; `None` for no throttle.
    limit: Option<u32>,
    /// When and how many, oldest first.
    entries: VecDeque<(Instant, u32)>,
    sum: u32,
    fullest: u32,
}

/// The length of the throttle's window (throttling limits, cloud communication: 1,500 requests per 30 s).
pub(crate) const WINDOW: Duration = Duration::from_secs(30);

impl Window {
    pub(crate) const fn new(limit: Option<u32>) -> Self {
        Self { limit, entries: VecDeque::new(), sum: 0, fullest: 0 }
    }

    /// Enters so many at an instant; `Err` tells after how long enough will have left the window.
    pub(crate) fn enter(&mut self, at: Instant, many: u32) -> Result<(), Duration> {
        while let Some((entered, many)) = self.entries.front() {
            if at.duration_since(*entered) < WINDOW {
                break;
            }
            self.sum -= many;
            self.entries.pop_front();
        }
        self.sum = self.sum.saturating_add(many);
        self.entries.push_back((at, many));
        self.fullest = self.fullest.max(self.sum);
        let Some(limit) = self.limit.filter(|limit| self.sum > *limit) else { return Ok(()) };
        Err(self.wait(at, limit, many))
    }

    pub(crate) const fn fullest(&self) -> u32 {
        self.fullest
    }

    fn wait(&self, at: Instant, limit: u32, many: u32) -> Duration {
        let mut excess = self.sum.saturating_add(many.min(limit)).saturating_sub(limit);
        for (entered, many) in &self.entries {
            excess = excess.saturating_sub(*many);
            if excess == 0 {
                return (*entered + WINDOW).saturating_duration_since(at);
            }
        }
        WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, Window};

    #[test]
    fn the_1501st_request_of_thirty_seconds_is_refused_until_the_first_has_left() {
        let (mut window, start) = (Window::new(Some(1500)), Instant::now());
        for n in 0..1500 {
            assert_eq!(window.enter(start + Duration::from_millis(n), 1), Ok(()));
        }
        let refused = window.enter(start + Duration::from_secs(10), 1);
        // The first two must leave: one for the refused request, one for its repetition.
        assert_eq!(refused, Err(Duration::from_millis(20_001)));
        assert_eq!(window.fullest(), 1501);
        assert_eq!(window.enter(start + Duration::from_secs(31), 1), Ok(()));
    }

    #[test]
    fn whoever_waits_as_long_as_told_is_let_in() {
        for many in [1, 650] {
            let (mut window, mut at) = (Window::new(Some(1500)), Instant::now());
            let mut refused = 0;
            for n in 0..5000 {
                at += Duration::from_millis(n % 7);
                if let Err(wait) = window.enter(at, many) {
                    refused += 1;
                    at += wait;
                    assert_eq!(window.enter(at, many), Ok(()), "{many} at a time, after {wait:?}");
                }
            }
            assert!(refused > 0);
        }
    }
}
