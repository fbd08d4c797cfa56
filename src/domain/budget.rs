//! The budget: how many presence requests any 30 seconds may hold, and how many may be in flight.
//!
//! Graph allows an application 1,500 in a tenant (facts/graph.md 2.5) and counts by its own clock, so a slot here is free
//! again 30 s after its answer, or after the request was given up, not after it was sent: whatever the network did in
//! between, the server sees no fuller window than this. How many slots there are is learned: see `limit.rs`.
//!
//! A pause holds back all requests: Graph throttles applications, not requests. After it one request goes alone; with each
//! answer one more may be in flight, up to the ceiling, and a service that cannot serve halves them. A slow one does not:
//! it needs more in flight to be read in time, not fewer. The budget does not wait; it says until when.

use std::collections::VecDeque;
use std::time::Duration;

use super::limit::{Limit, WINDOW};
use super::moment::Moment;
use super::plan::Means;
use super::schedule;

/// The longest that a request takes: the transport gives up then. Where more has passed, the machine was suspended.
const LONGEST_REQUEST: Duration = Duration::from_mins(2);

/// A sliding window over the requests of one application in one tenant.
#[derive(Debug)]
pub struct Budget {
    limit: Limit,
    /// The most requests that are ever in flight.
    concurrency: u32,
    /// The most that are now.
    width: u32,
    in_flight: u32,
    /// The slots of requests that have ended, the earliest first.
    cooling: VecDeque<Cooling>,
    /// How many of them were answered well.
    accepted: u32,
    paused: Option<Moment>,
    /// When the last pause ended.
    resumed: Moment,
    /// Pauses in a row for which Graph named no length.
    unstated: u32,
    /// When trouble was last noted: what was granted before it brings no news.
    noted: Moment,
    latency: Option<Duration>,
    /// Up to when time spent in pauses has been counted.
    waited: Moment,
    fullest: u32,
}

/// The slot of a request that has ended.
#[derive(Debug, Clone, Copy)]
struct Cooling {
    /// When it is free again.
    free: Moment,
    accepted: bool,
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It may, and its slot is taken.
    Granted,
    /// Not before this moment, when a slot is free again.
    NotBefore(Moment),
    /// Not before this moment, because Graph said so.
    Paused(Moment),
    /// Not before one of the requests in flight is answered.
    Full,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Accepted,
    /// There were too many.
    Throttled,
    /// The service could not serve it.
    Unavailable,
    /// It was refused for another reason, or given up.
    Other,
}

impl Budget {
    /// A budget of at most `ceiling` requests in any 30 s and `concurrency` in flight, at least one of each.
    #[must_use]
    pub fn new(ceiling: u32, concurrency: u32) -> Self {
        let concurrency = concurrency.max(1);
        let start = Moment::from_millis(0);
        Self {
            limit: Limit::new(ceiling),
            concurrency,
            width: concurrency,
            in_flight: 0,
            cooling: VecDeque::new(),
            accepted: 0,
            paused: None,
            resumed: start,
            unstated: 0,
            noted: start,
            latency: None,
            waited: start,
            fullest: 0,
        }
    }

    /// Another ceiling and another number of requests in flight from now on, at least one of each. What was asked before
    /// counts on, as the server remembers it.
    pub fn allow(&mut self, ceiling: u32, concurrency: u32) {
        self.limit.allow(ceiling);
        let concurrency = concurrency.max(1);
        self.width = if self.width == self.concurrency { concurrency } else { self.width.min(concurrency) };
        self.concurrency = concurrency;
    }

    /// How many requests any 30 s may hold, as learned so far.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.in_force()
    }

    /// The limit, where Graph has lowered it and all of its slots are in use.
    #[must_use]
    pub fn exhausted(&self) -> Option<u32> {
        (self.limit.is_lowered() && self.occupied() >= self.limit()).then(|| self.limit())
    }

    /// What a cycle has to make do with.
    #[must_use]
    pub fn means(&self) -> Means {
        Means { budget: self.limit(), latency: self.latency, concurrency: self.concurrency }
    }

    /// Takes a slot, if there is one at `now`.
    pub fn take(&mut self, now: Moment) -> Permit {
        if let Some(until) = self.paused_until(now) {
            return Permit::Paused(until);
        }
        self.settle(now);
        if self.in_flight >= self.width {
            return Permit::Full;
        }
        if self.occupied() < self.limit() {
            self.in_flight += 1;
            self.fullest = self.fullest.max(self.occupied());
            return Permit::Granted;
        }
        self.cooling.front().map_or(Permit::Full, |cooling| Permit::NotBefore(cooling.free))
    }

    /// Gives back a slot that was taken at `taken`: its request ended at `now`, in this way.
    pub fn give_back(&mut self, taken: Moment, outcome: Outcome, now: Moment) {
        self.settle(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        let accepted = outcome == Outcome::Accepted;
        self.cooling.push_back(Cooling { free: now.plus(WINDOW), accepted });
        match outcome {
            Outcome::Accepted => {
                self.accepted += 1;
                self.limit.accepted(self.accepted);
                self.unstated = 0;
                self.measure(now.since(taken));
                if self.paused_until(now).is_none() {
                    self.width = (self.width + 1).min(self.concurrency);
                }
            }
            Outcome::Throttled | Outcome::Unavailable if taken >= self.noted => {
                self.noted = now;
                self.width = (self.width / 2).max(1);
                if outcome == Outcome::Throttled {
                    self.limit.refused(self.occupied(), self.accepted, self.resumed, now);
                }
            }
            Outcome::Throttled | Outcome::Unavailable | Outcome::Other => {}
        }
    }

    /// Holds back every request for as long as Graph asked from `now`, or longer where that was said before. Where it named
    /// no time, the pauses grow while nothing is answered, and `dice` in 0..1 spreads them.
    pub fn pause(&mut self, stated: Option<Duration>, dice: f64, now: Moment) {
        self.settle(now);
        let wait = match stated {
            Some(wait) => wait,
            // Its answer was under way when the pause began, and tells the same.
            None if self.paused.is_some() => return,
            None => {
                self.unstated += 1;
                schedule::pause(self.unstated, dice)
            }
        };
        self.paused = self.paused.max(Some(now.plus(wait)));
        self.width = 1;
    }

    /// How much of the time from `since` to `now`, which somebody spent waiting for the end of a pause, has not been
    /// counted for anybody else.
    pub fn count_waited(&mut self, since: Moment, now: Moment) -> Duration {
        let uncounted = now.since(self.waited.max(since));
        self.waited = self.waited.max(now);
        uncounted
    }

    /// Until when every request is held back, if that is after `now`.
    #[must_use]
    pub fn paused_until(&self, now: Moment) -> Option<Moment> {
        self.paused.filter(|until| *until > now)
    }

    /// The fullest window since [`Budget::begin_cycle`].
    #[must_use]
    pub fn fullest(&self) -> u32 {
        self.fullest
    }

    /// Starts to look for the fullest window anew.
    pub fn begin_cycle(&mut self, now: Moment) {
        self.settle(now);
        self.fullest = self.occupied();
    }

    /// Takes note of the time that has passed until `now`.
    fn settle(&mut self, now: Moment) {
        while let Some(cooling) = self.cooling.front().filter(|cooling| cooling.free <= now) {
            self.accepted -= u32::from(cooling.accepted);
            self.cooling.pop_front();
        }
        match self.paused {
            Some(until) if until > now => {}
            Some(until) => (self.paused, self.resumed) = (None, until),
            None => self.limit.calm(self.resumed, now),
        }
    }

    /// Remembers how long requests take: the newest counts for an eighth.
    fn measure(&mut self, took: Duration) {
        let took = took.min(LONGEST_REQUEST);
        self.latency = Some(self.latency.map_or(took, |usual| (usual * 7 + took) / 8));
    }

    fn occupied(&self) -> u32 {
        self.in_flight + u32::try_from(self.cooling.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
