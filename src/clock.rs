//! The one place that reads the clocks, and that waits by them.
//!
//! The process's own clock is the kernel's boot-time clock: it never goes back and it counts suspend, so an answer that
//! a machine slept over is old when it wakes. Nobody else in the crate looks at a clock or sleeps; the domain is told.
//!
//! Built with the feature `soak`, which nothing that is shipped is, the process's own clock and all that waits by it run
//! [`SPEED`] times as fast, so that `make soak` sees a week in minutes. The calendar stays as it is: the life of a token
//! is told in its seconds, and passes in those of the own clock. What the network may take is real time, always.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::error::Elapsed;

use crate::domain::moment::{Moment, Now};

/// How many seconds of the process's own clock pass in a real one.
pub const SPEED: u32 = if cfg!(feature = "soak") { 600 } else { 1 };

/// Seconds after which the kernel's clock is taken to begin anew. So fast, it would leave what an observation can hold
/// (13 years) after eight days; `make soak` does not begin within a run's length of the turn. At its real pace: never.
pub const TURN: u64 = if cfg!(feature = "soak") { 7 * 24 * 3600 } else { u64::MAX };

/// Both clocks, read now.
#[must_use]
pub fn now() -> Now {
    let (seconds, nanos) = read(ClockId::Realtime);
    Now { moment: moment(), unix_millis: seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000) }
}

/// The process's own clock, read now.
#[must_use]
pub fn moment() -> Moment {
    let (seconds, nanos) = read(ClockId::Boottime);
    let (seconds, speed) = (seconds % TURN, u64::from(SPEED));
    Moment::from_millis(seconds.saturating_mul(1000 * speed).saturating_add(nanos * speed / 1_000_000))
}

/// The kernel's monotonic clock, in microseconds: nothing here goes by it, but a service manager wants to be told of it.
#[must_use]
pub fn monotonic_micros() -> u64 {
    let (seconds, nanos) = read(ClockId::Monotonic);
    seconds.saturating_mul(1_000_000).saturating_add(nanos / 1000)
}

/// Sleeps for as long as the process's own clock takes to go on by this much, or longer if the machine is suspended.
#[expect(clippy::disallowed_methods, reason = "this is the clock's own sleep")]
pub async fn sleep(wait: Duration) {
    tokio::time::sleep(wait / SPEED).await;
}

/// Sleeps until a moment, in short steps: a machine may be suspended meanwhile, and its sleepers do not notice.
pub async fn sleep_until(moment: Moment) {
    const STEP: Duration = Duration::from_secs(1);
    loop {
        let left = moment.since(self::moment());
        if left.is_zero() {
            return;
        }
        sleep(left.min(STEP)).await;
    }
}

/// What becomes of `work`, unless it takes longer than the process's own clock takes to go on by `limit`.
///
/// # Errors
/// It takes longer, and is given up.
#[expect(clippy::disallowed_methods, reason = "this is the clock's own limit")]
pub async fn timeout<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::time::timeout(limit / SPEED, work).await
}

/// Whole seconds and nanoseconds of a clock; zero before its epoch, which no machine that runs this shows.
fn read(clock: ClockId) -> (u64, u64) {
    let time = clock_gettime(clock);
    (u64::try_from(time.tv_sec).unwrap_or(0), u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_built_by_default_lives_in_real_time() {
        let (speed, turn) = (SPEED, TURN);
        assert_eq!((speed, turn), (1, u64::MAX), "the feature `soak` is for `make soak` alone");
    }
}
