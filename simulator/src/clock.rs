//! The simulated clock.
//!
//! It tells what people are doing. Tokens, skip tokens and the throttle keep real time, because their lifetimes
//! are promises to a client that has a real clock.

use std::time::{Duration, Instant, SystemTime};

/// How simulated time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// Not at all.
    Frozen(SystemTime),
    /// It starts at `from` when the clock is set, and passes `speed` times as fast as real time (60: a day in
    /// 24 minutes). A negative speed is taken for 0.
    Running {
        /// The simulated time at which it starts.
        from: SystemTime,
        /// Simulated seconds per real second.
        speed: f64,
    },
}

impl Clock {
    /// Real time.
    #[must_use]
    pub fn real() -> Self {
        Self::Running { from: SystemTime::now(), speed: 1.0 }
    }
}

/// A clock that has been set going.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticking {
    clock: Clock,
    since: Instant,
}

impl Ticking {
    pub(crate) fn start(clock: Clock) -> Self {
        Self { clock, since: Instant::now() }
    }

    pub(crate) fn now(&self) -> SystemTime {
        match self.clock {
            Clock::Frozen(at) => at,
            Clock::Running { from, speed } => {
                let passed = self.since.elapsed().as_secs_f64() * speed.max(0.0);
                from + Duration::try_from_secs_f64(passed).unwrap_or_default()
            }
        }
    }
}
