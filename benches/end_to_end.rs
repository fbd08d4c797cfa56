//! Speed and memory of the whole process, end to end: a table.
//!
//! The real binary against the simulated tenant in another process (this program, started again with `simulate`), over
//! TLS and with gzip: start, listing and one full cycle, as the kernel counts its CPU and memory. Nothing here passes or
//! fails: machines differ and are shared. `cargo bench --bench end_to_end -- 20000` takes other numbers of users, `-- scrapes`
//! scrapes alone, `-- groups` groups alone.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own that measures from outside: it reads clocks, opens sockets and prints"
)]

use std::time::Duration;

use simulator::{Settings, Switches, Unlicensed};

#[path = "end_to_end/groups.rs"]
mod groups;
#[path = "end_to_end/process.rs"]
mod process;
#[path = "end_to_end/scrapes.rs"]
mod scrapes;

use process::{Exporter, Tenant};
use scrapes::Scraping;

/// Users, the limits on CPU (µs a user) and on memory (MiB), as far as there are any.
const SIZES: [(u32, Option<f64>, Option<f64>); 4] = [
    (1_000, None, None),
    (20_000, None, Some(16.0)),
    (100_000, Some(3.0), Some(20.0)),
    (1_000_000, Some(2.5), Some(96.0)),
];

/// Clients that scrape at once.
const CLIENTS: usize = 40;

/// How long they scrape while no cycle runs.
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [word, people, part @ ..] = arguments.as_slice()
        && word == "simulate"
    {
        let people = people.parse().expect("a number of people");
        let unlicensed = if part.is_empty() { Unlicensed::default() } else { Unlicensed::Absent };
        let switches = Switches { unlicensed, ..Switches::default() };
        return process::simulate(Settings { people, switches, ..Settings::default() });
    }
    let sizes: Vec<u32> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let asked = |word| arguments.is_empty() || arguments.iter().any(|argument| argument == word);
    println!("\nThe whole process: start, listing and one full cycle, over TLS with gzip\n");
    println!(
        "{:>10} {:>10} {:>8} {:>10} {:>8} {:>10} {:>12}",
        "users", "CPU ms", "µs/user", "limit", "MiB", "limit", "cycle s"
    );
    println!("{:>10} {:>10.1} {:>8} {:>10} {:>8.1}", "start", start_alone(), "", "40 ms", "");
    for (users, cpu_limit, memory_limit) in SIZES {
        if arguments.is_empty() || sizes.contains(&users) {
            measure(users, cpu_limit, memory_limit);
        }
    }
    for users in sizes.iter().filter(|users| !SIZES.iter().any(|(size, ..)| size == *users)) {
        measure(*users, None, None);
    }
    if asked("scrapes") {
        scrape(1_000_000);
    }
    if asked("groups") {
        groups::measure(sizes.first().copied().unwrap_or(1_000_000));
    }
    println!();
}

/// CPU milliseconds from start to the first scrape of a tenant that cannot be asked yet.
fn start_alone() -> f64 {
    let tenant = Tenant::unreachable();
    let exporter = Exporter::start(&tenant);
    exporter.scrape();
    exporter.cpu().as_secs_f64() * 1e3
}

/// Prints one row.
fn measure(users: u32, cpu_limit: Option<f64>, memory_limit: Option<f64>) {
    let (_simulator, tenant) = process::simulated(users, "1h");
    let exporter = Exporter::start(&tenant);
    let page = exporter.page_after_cycles(1, process::PAUSE);
    let (cpu, cycle) = (exporter.cpu(), process::value(&page, "teams_presence_cycle_duration_seconds{"));
    let limit = |limit: Option<f64>, unit| limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit} {unit}"));
    println!(
        "{users:>10} {:>10.1} {:>8.2} {:>10} {:>8.1} {:>10} {cycle:>12.2}",
        cpu.as_secs_f64() * 1e3,
        cpu.as_secs_f64() * 1e6 / f64::from(users),
        limit(cpu_limit, "µs"),
        exporter.peak_mebibytes(),
        limit(memory_limit, "MiB"),
    );
    let planned = process::value(&page, "teams_presence_planned_requests{");
    let budget = process::value(&page, "teams_presence_graph_budget_requests{");
    if planned > budget {
        let least = 30.0 * ((planned / budget).ceil() - 1.0);
        println!(
            "{:>10} {:.3} times the {least} s that a budget of {budget} in any 30 s takes at least (limit 1.05)",
            "cycle:",
            cycle / least
        );
    }
}

/// Prints how scrapes fare while a cycle runs, and on the same machine when none does.
fn scrape(users: u32) {
    println!("\n{CLIENTS} clients, each scraping ten times a second over a connection that it keeps\n");
    println!("{:>28} {:>10} {:>10} {:>8} {:>8} {:>8}", "", "scrapes", "median ms", "p90 ms", "p99 ms", "limit");
    let (_simulator, tenant) = process::simulated(users, "1h");
    let exporter = Exporter::start(&tenant);
    let scraping = Scraping::start(exporter.address(), CLIENTS);
    exporter.page_after_cycles(1, process::PAUSE);
    println!("{:>28} {} {:>8}", format!("cycle of {users} users"), scraping.end(), "1 ms");
    let scraping = Scraping::start(exporter.address(), CLIENTS);
    std::thread::sleep(IDLE);
    println!("{:>28} {} {:>8}", "no cycle", scraping.end(), "-");
}
