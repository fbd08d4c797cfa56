//! Heartbeat: whether the thread of the tenants still gets on, told by that thread itself and looked at by others.
//!
//! It beats while the thread has time for anything at all, whatever Graph or a tenant does; it stops when the thread is
//! stuck. It is told the time and knows neither who beats nor who looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::moment::Moment;

/// How often it is to beat.
pub const RHYTHM: Duration = Duration::from_secs(1);

/// After this time without a beat the thread counts as stuck: a cycle over a million people keeps it for two seconds.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The heartbeat of the process. A clone is the same heart.
#[derive(Debug, Clone)]
pub struct Heartbeat(Arc<AtomicU64>);

impl Heartbeat {
    /// A heart that has beaten `now`.
    #[must_use]
    pub fn new(now: Moment) -> Self {
        Self(Arc::new(AtomicU64::new(now.millis())))
    }

    /// Notes a beat.
    pub fn beat(&self, now: Moment) {
        self.0.store(now.millis(), Ordering::Relaxed);
    }

    /// How long it has been silent, if that is too long.
    #[must_use]
    pub fn silent(&self, now: Moment) -> Option<Duration> {
        let silence = now.since(Moment::from_millis(self.0.load(Ordering::Relaxed)));
        (silence > PATIENCE).then_some(silence)
    }
}
