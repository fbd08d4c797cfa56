//! The process: what an exporter of such a tenant takes of a machine. Invented, as the replay itself is another process.
//!
//! The numbers are of the size that `make bench` measures.

use std::time::Duration;

use fastrand::Rng;
use prometheus::proto::MetricFamily;
use teams_presence_exporter::catalog;
use teams_presence_exporter::exposition::Page;

/// Seconds of the processor for each request, and for a second of idling.
const A_REQUEST: f64 = 0.004;
const IDLE: f64 = 0.0004;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// A process that runs for weeks.
#[derive(Debug)]
pub(crate) struct Process {
    started: u64,
    cpu: f64,
    resident: f64,
    dice: Rng,
}

impl Process {
    /// One that was started at this second since 1970.
    pub(crate) fn new(started: u64) -> Self {
        Self { started, cpu: 0.6, resident: 21.0, dice: Rng::with_seed(started) }
    }

    /// Time passes, in which so many requests are made.
    pub(crate) fn pass(&mut self, time: Duration, requests: u32) {
        self.cpu += time.as_secs_f64() * IDLE + f64::from(requests) * A_REQUEST * (0.8 + 0.4 * self.dice.f64());
        let home = 22.0 + f64::from(requests) / 20.0;
        self.resident += (home - self.resident) * 0.02 + (self.dice.f64() - 0.5) * 0.12;
    }

    /// Its families.
    pub(crate) fn families(&mut self) -> Vec<MetricFamily> {
        let mut page = Page::default();
        let hundredths = |seconds: f64| (seconds * 100.0).floor() / 100.0;
        let values = [
            (catalog::PROCESS_CPU, hundredths(self.cpu)),
            (catalog::PROCESS_OPEN_FDS, 17.0 + (self.dice.f64() * 4.0).floor()),
            (catalog::PROCESS_MAX_FDS, 1_048_576.0),
            (catalog::PROCESS_VIRTUAL_MEMORY, 148.0 * MEBIBYTE),
            (catalog::PROCESS_VIRTUAL_MEMORY_MAX, 18_446_744_073_709_551_615.0),
            (catalog::PROCESS_RESIDENT_MEMORY, (self.resident * 256.0).round() * MEBIBYTE / 256.0),
            (catalog::PROCESS_START_TIME, Duration::from_secs(self.started).as_secs_f64()),
            (catalog::PROCESS_THREADS, 4.0),
        ];
        for (family, value) in values {
            page.add(family, &[], value);
        }
        page.into_families()
    }
}
