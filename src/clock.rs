//! The one place that reads the clocks.
//!
//! The process's own clock is the kernel's boot-time clock: it never goes back and it counts suspend, so an answer that
//! a machine slept over is old when it wakes. Nobody else in the crate looks at a clock; the domain is told.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::domain::moment::{Moment, Now};

/// Both clocks, read now.
#[must_use]
pub fn now() -> Now {
    Now { moment: Moment::from_millis(millis(ClockId::Boottime)), unix_millis: millis(ClockId::Realtime) }
}

/// The process's own clock, read now.
#[must_use]
pub fn moment() -> Moment {
    Moment::from_millis(millis(ClockId::Boottime))
}

/// Sleeps until a moment, in short steps: a machine may be suspended meanwhile, and its sleepers do not notice.
pub async fn sleep_until(moment: Moment) {
    const STEP: Duration = Duration::from_secs(1);
    loop {
        let left = moment.since(self::moment());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(STEP)).await;
    }
}

/// Milliseconds of a clock; zero before its epoch, which no machine that runs this shows.
fn millis(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)
}
