//! The process metrics that every Prometheus exporter shows, read from /proc by each scrape.
//!
//! What cannot be read is left out; nothing is guessed. Of the standard set only `process_heap_bytes` is missing:
//! /proc does not know it. Limits are asked of the system: /proc writes all sixteen of them as a table.

use procfs::WithCurrentSystemInfo;
use procfs::process::Process;
use rustix::process::{Resource, getrlimit};

use crate::catalog::{self, Family};

/// The families of the process with their values.
pub(super) fn read() -> Vec<(&'static Family, f64)> {
    let Ok(process) = Process::myself() else { return Vec::new() };
    let stat = process.stat().ok();
    // Without a limit as the other client libraries write it.
    let limit = |resource| float(getrlimit(resource).current.unwrap_or(u64::MAX));
    let cpu = |stat: &procfs::process::Stat| float(stat.utime + stat.stime) / float(procfs::ticks_per_second());
    let values = [
        (catalog::PROCESS_CPU, stat.as_ref().map(cpu)),
        (catalog::PROCESS_OPEN_FDS, process.fd_count().ok().map(|count| float(count as u64))),
        (catalog::PROCESS_MAX_FDS, Some(limit(Resource::Nofile))),
        (catalog::PROCESS_VIRTUAL_MEMORY, stat.as_ref().map(|stat| float(stat.vsize))),
        (catalog::PROCESS_VIRTUAL_MEMORY_MAX, Some(limit(Resource::As))),
        (catalog::PROCESS_RESIDENT_MEMORY, stat.as_ref().map(|stat| float(stat.rss_bytes().get()))),
        (catalog::PROCESS_START_TIME, stat.as_ref().and_then(start_time)),
        (catalog::PROCESS_THREADS, stat.as_ref().and_then(|stat| u64::try_from(stat.num_threads).ok()).map(float)),
    ];
    values.into_iter().filter_map(|(family, value)| value.map(|value| (family, value))).collect()
}

/// When the process started, in seconds since 1970.
fn start_time(stat: &procfs::process::Stat) -> Option<f64> {
    let boot = procfs::boot_time_secs().ok()?;
    Some(float(boot) + float(stat.starttime) / float(procfs::ticks_per_second()))
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in doubles; below 2^53 nothing is lost")]
fn float(value: u64) -> f64 {
    value as f64
}
