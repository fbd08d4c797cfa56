//! One look at the exporter: what its page said at an instant of simulated time.
//!
//! It does not know what would be right.

use std::time::{Duration, SystemTime};

/// What is counted when something goes wrong.
const FAILURES: [&str; 3] = [
    "teams_presence_cycle_failures_total{",
    "teams_presence_directory_failures_total{",
    "teams_presence_graph_requests_total{",
];

/// A page in numbers.
pub(crate) struct Sample {
    /// Simulated time since the first look.
    pub(crate) at: Duration,
    /// Whether the tenant was up and everybody had been answered in the last cycle.
    pub(crate) all_current: bool,
    /// Cycles since the start.
    pub(crate) cycles: f64,
    /// Those of them that failed.
    pub(crate) failed_cycles: f64,
    /// The series that have counted a failure, or requests that were not answered with 200.
    pub(crate) failures: Vec<String>,
    /// Pages of listings since the start.
    pub(crate) pages: f64,
    /// Tokens since the start.
    pub(crate) tokens: f64,
    /// How old the directory in force is, in simulated seconds.
    pub(crate) directory_age: f64,
    /// Resident memory, in MiB.
    pub(crate) mebibytes: f64,
    /// Open file descriptors.
    pub(crate) descriptors: f64,
    /// Threads.
    pub(crate) threads: f64,
    /// How often the machine has stood still since the first look.
    pub(crate) stood_still: u32,
}

impl Sample {
    /// What a page says that was just read.
    pub(crate) fn of(page: &str, at: Duration, stood_still: u32) -> Self {
        let sum = |series: &str| total(page, |line| line.starts_with(series));
        let answered = |operation: &str| {
            sum(&format!("teams_presence_graph_requests_total{{code=\"200\",operation=\"{operation}\""))
        };
        let current = |line: &str| line.contains("freshness=\"current\"");
        let not_current = total(page, |line| line.starts_with("teams_presence_tracked_users{") && !current(line));
        let failed = |line: &&str| {
            let failure = FAILURES.iter().any(|family| line.starts_with(family)) && !line.contains("code=\"200\"");
            failure && !line.ends_with(" 0")
        };
        // The calendar passes in real time, but a page tells moments by how long ago they were on the process's clock.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            at,
            all_current: sum("teams_presence_up{") > 0.0 && not_current < 1.0,
            cycles: sum("teams_presence_cycles_total{"),
            failed_cycles: sum("teams_presence_cycle_failures_total{"),
            failures: page.lines().filter(failed).map(str::to_owned).collect(),
            pages: answered("users"),
            tokens: answered("token"),
            directory_age: now.as_secs_f64() - sum("teams_presence_directory_timestamp_seconds{"),
            mebibytes: sum("process_resident_memory_bytes") / f64::from(1 << 20),
            descriptors: sum("process_open_fds"),
            threads: sum("process_threads"),
            stood_still,
        }
    }
}

/// The sum of the samples of all lines that are chosen.
fn total(page: &str, chosen: impl Fn(&str) -> bool) -> f64 {
    let lines = page.lines().filter(|line| chosen(line));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
