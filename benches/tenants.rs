//! Many tenants in one process: a table of what they cost together.
//!
//! The real binary against 200 simulated tenants of 500 users each, all of them in another process (this program, started
//! again with `simulate`), over TLS and with gzip; scraped every 15 seconds, as Prometheus would. After all tenants are up
//! it is watched for some intervals, as the kernel counts its CPU and memory. Nothing here passes or fails: machines differ
//! and are shared. `cargo bench --bench tenants -- 50 20s` takes another number of tenants and another interval; the path
//! of a program measures that one instead of this build.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own that measures from outside: it reads clocks, opens sockets and prints"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

#[path = "tenants/process.rs"]
mod process;
#[path = "tenants/simulated.rs"]
mod simulated;

use process::{Exporter, Page};

/// Users of each tenant.
const PEOPLE: u32 = 500;

/// The limits: MiB of memory at the most, and a share of a core.
const LIMITS: (f64, f64) = (64.0, 5.0);

/// How often it is scraped.
const SCRAPES: Duration = Duration::from_secs(15);

/// How many intervals it is watched for.
const INTERVALS: u32 = 3;

/// What is measured.
struct Setting {
    tenants: u32,
    interval: Duration,
    program: PathBuf,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [word, folder, tenants, interval] = arguments.as_slice()
        && word == "simulate"
    {
        let tenants = tenants.parse().expect("a number of tenants");
        return simulated::simulate(folder.as_ref(), tenants, PEOPLE, interval);
    }
    let mut setting = Setting {
        tenants: 200,
        interval: Duration::from_mins(1),
        program: PathBuf::from(env!("CARGO_BIN_EXE_teams-presence-exporter")),
    };
    for argument in arguments {
        if let Some(seconds) = argument.strip_suffix('s').and_then(|seconds| seconds.parse().ok()) {
            setting.interval = Duration::from_secs(seconds);
        } else if let Ok(tenants) = argument.parse() {
            setting.tenants = tenants;
        } else if argument.contains('/') {
            setting.program = PathBuf::from(argument);
        }
    }
    measure(&setting);
}

/// Prints the table.
fn measure(Setting { tenants, interval, program }: &Setting) {
    let folder = tempfile::tempdir().expect("a folder");
    let _simulators = simulated::start(folder.path(), *tenants, *interval);
    println!("\n{tenants} tenants of {PEOPLE} users each in one process, read every {} s\n", interval.as_secs());
    let exporter = Exporter::start(program, &folder.path().join("config.yml"));
    let started = Instant::now();
    let all = usize::try_from(*tenants).unwrap_or(usize::MAX);
    let first = exporter.wait_until(|page| page.up() == all);
    println!("{:>28} {:>10.1} s", "all of them up after", started.elapsed().as_secs_f64());
    row("CPU until then", exporter.cpu().as_secs_f64() * 1e3, "ms", None);
    row("peak memory until then", exporter.peak_mebibytes(), "MiB", Some(LIMITS.0));

    let (before, begin) = (exporter.cpu(), Instant::now());
    let (mut scrapes, mut down, mut latest) = (Vec::new(), 0, first.clone());
    while begin.elapsed() < *interval * INTERVALS {
        std::thread::sleep(SCRAPES.min(*interval / 4));
        let asked = Instant::now();
        latest = exporter.scrape();
        scrapes.push(asked.elapsed());
        down += all - latest.up();
    }
    let (cpu, wall) = (exporter.cpu().saturating_sub(before), begin.elapsed());
    scrapes.sort_unstable();
    let intervals = wall.as_secs_f64() / interval.as_secs_f64();
    println!("\n{:>28} {intervals:>10.1} intervals", "watched for");
    row("CPU", cpu.as_secs_f64() / wall.as_secs_f64() * 100.0, "% of a core", Some(LIMITS.1));
    row("peak memory", exporter.peak_mebibytes(), "MiB", Some(LIMITS.0));
    row("memory at the end", exporter.mebibytes(), "MiB", None);
    row("open connections", exporter.sockets(), "sockets", None);
    row("threads", exporter.threads(), "", None);
    row("page", latest.kibibytes(), "KiB", None);
    row("scrape, median", scrapes[scrapes.len() / 2].as_secs_f64() * 1e3, "ms", None);
    row("requests an interval", (latest.requests() - first.requests()) / intervals, "", None);
    row("tenants seen down", f64::from(u32::try_from(down).unwrap_or(u32::MAX)), "", Some(0.0));
    println!();
}

fn row(what: &str, value: f64, unit: &str, limit: Option<f64>) {
    let limit = limit.map_or_else(String::new, |limit| format!("(limit {limit})"));
    println!("{what:>28} {value:>10.1} {unit} {limit}");
}

impl Page {
    fn up(&self) -> usize {
        self.samples("teams_presence_up{").filter(|value| *value > 0.5).count()
    }

    fn requests(&self) -> f64 {
        self.samples("teams_presence_graph_requests_total{").sum()
    }
}
