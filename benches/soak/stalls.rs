//! The watch: how often the machine itself stood still, so that the exporter is not blamed for it.
//!
//! A thread that does nothing but sleep a little, and notes when it was woken much too late. It knows no exporter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long each sleep is.
const NAP: Duration = Duration::from_millis(2);

/// A watch over the machine.
pub(crate) struct Watch(Arc<AtomicU32>);

impl Watch {
    /// Begins to count, one for each real `interval` begun of which more than a quarter passed between two looks.
    pub(crate) fn start(interval: Duration) -> Self {
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        std::thread::spawn(move || {
            let mut looked = Instant::now();
            // The thread ends with the process.
            loop {
                std::thread::sleep(NAP);
                let late = looked.elapsed();
                looked = Instant::now();
                if late > interval / 4 {
                    let intervals = late.as_nanos().div_ceil(interval.as_nanos());
                    counted.fetch_add(u32::try_from(intervals).unwrap_or(u32::MAX), Ordering::Relaxed);
                }
            }
        });
        Self(count)
    }

    /// How often so far.
    pub(crate) fn stood_still(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}
