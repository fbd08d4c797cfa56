//! The service: how long Graph takes for a request, and when it refuses.
//!
//! Calm but for one afternoon. Thrown with deterministic dice; it does not know what is asked.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use teams_presence_exporter::domain::advice::Reason;
use teams_presence_exporter::telemetry::Operation;

/// How long it throttles, when the outage begins after that, and how long that lasts; in seconds.
const THROTTLES: u64 = 40 * 60;
const REST: u64 = 30 * 60;
const OUTAGE: u64 = 25 * 60;

/// The window of its limit, in milliseconds.
const WINDOW: u64 = 30_000;

/// Presence requests that it lets through in any window while it throttles.
const LET_THROUGH: usize = 4;

/// An afternoon of trouble.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    /// In seconds since 1970.
    begins: u64,
}

/// What becomes of a request, after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Answered,
    /// 429, with a Retry-After.
    Throttled(Duration),
    /// 503.
    Unavailable,
}

/// Graph and Entra.
#[derive(Debug)]
pub(crate) struct Service {
    trouble: Option<Trouble>,
    dice: Rng,
    /// When it let presence requests through, in milliseconds since 1970.
    let_through: VecDeque<u64>,
}

impl Reply {
    /// The status with which it is counted.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Answered => "200",
            Self::Throttled(_) => "429",
            Self::Unavailable => "503",
        }
    }

    /// Why a batch is not answered yet.
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Self::Answered => None,
            Self::Throttled(_) => Some(Reason::Throttled),
            Self::Unavailable => Some(Reason::Unavailable),
        }
    }
}

impl From<u64> for Trouble {
    fn from(begins: u64) -> Self {
        Self { begins }
    }
}

impl Trouble {
    fn throttles(self, second: u64) -> bool {
        (self.begins..self.begins + THROTTLES).contains(&second)
    }

    fn is_out(self, second: u64) -> bool {
        let begins = self.begins + THROTTLES + REST;
        (begins..begins + OUTAGE).contains(&second)
    }
}

impl Service {
    pub(crate) fn new(trouble: Option<Trouble>, seed: u64) -> Self {
        Self { trouble, dice: Rng::with_seed(seed), let_through: VecDeque::new() }
    }

    /// What becomes of a request that is sent now, and how long that takes.
    pub(crate) fn reply(&mut self, operation: Operation, unix_millis: u64) -> (Reply, Duration) {
        let second = unix_millis / 1000;
        if self.trouble.is_some_and(|trouble| trouble.is_out(second)) {
            // Behind the gateway nothing answers.
            return (Reply::Unavailable, Duration::from_secs(4).mul_f64(self.spread(0.3)));
        }
        let took = usual(operation).mul_f64(load(second) * self.spread(0.35));
        if operation != Operation::Presences || !self.trouble.is_some_and(|trouble| trouble.throttles(second)) {
            return (Reply::Answered, took);
        }
        while self.let_through.front().is_some_and(|earlier| earlier + WINDOW <= unix_millis) {
            self.let_through.pop_front();
        }
        if self.let_through.len() >= LET_THROUGH {
            return (Reply::Throttled(Duration::from_secs(self.dice.u64(5..15))), took / 4);
        }
        self.let_through.push_back(unix_millis);
        (Reply::Answered, took)
    }

    /// A number in 0..1.
    pub(crate) fn dice(&mut self) -> f64 {
        self.dice.f64()
    }

    /// About 1: mostly near, seldom far above.
    fn spread(&mut self, width: f64) -> f64 {
        let normal = (0..6).map(|_| self.dice.f64()).sum::<f64>() - 3.0;
        let straggles = self.dice.f64() < 0.004;
        (normal * width * 1.4).exp() * if straggles { 6.0 } else { 1.0 }
    }
}

/// What half of the requests take.
fn usual(operation: Operation) -> Duration {
    Duration::from_millis(match operation {
        Operation::Users => 420,
        Operation::Presences | Operation::Presence => 190,
        Operation::Token => 140,
        Operation::GroupMembers => 110,
    })
}

/// By day Graph has more to do than by night.
fn load(second: u64) -> f64 {
    let hour = Duration::from_secs(second % 86_400).as_secs_f64() / 3600.0;
    1.0 + 0.5 * (-((hour - 13.5) / 4.5).powi(2)).exp()
}
