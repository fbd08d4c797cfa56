//! Speed and memory of the whole process, end to end: a table.
//!
//! The real binary against the simulated tenant in another process (this program, started again with `simulate`), over
//! TLS and with gzip: start, listing and one full cycle, as the kernel counts its CPU and memory. Nothing here passes or
//! fails: machines differ and are shared. `cargo bench --bench end_to_end -- 20000` takes other numbers of users.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own that measures from outside: it reads clocks, opens sockets and prints"
)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[path = "end_to_end/process.rs"]
mod process;
#[path = "end_to_end/scrapes.rs"]
mod scrapes;

use process::{Exporter, Tenant};

/// Users, the limits on CPU (µs a user) and on memory (MiB), as far as there are any.
const SIZES: [(u32, Option<f64>, Option<f64>); 4] = [
    (1_000, None, None),
    (20_000, None, Some(16.0)),
    (100_000, Some(3.0), Some(20.0)),
    (1_000_000, Some(2.5), Some(96.0)),
];

/// Clients, and how long each waits between two scrapes, while a cycle runs.
const CLIENTS: usize = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [word, people] = arguments.as_slice()
        && word == "simulate"
    {
        return simulate(people.parse().expect("a number of people"));
    }
    let sizes: Vec<u32> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    println!("\nThe whole process: start, listing and one full cycle, over TLS with gzip\n");
    println!(
        "{:>10} {:>10} {:>8} {:>10} {:>8} {:>10} {:>12}",
        "users", "CPU ms", "µs/user", "limit", "MiB", "limit", "cycle s"
    );
    println!("{:>10} {:>10.1} {:>8} {:>10} {:>8.1}", "start", start_alone(), "", "40 ms", "");
    let mut largest = None;
    for (users, cpu_limit, memory_limit) in SIZES {
        if sizes.is_empty() || sizes.contains(&users) {
            largest = Some(measure(users, cpu_limit, memory_limit)).flatten().or(largest);
        }
    }
    for users in sizes.iter().filter(|users| !SIZES.iter().any(|(size, ..)| size == *users)) {
        measure(*users, None, None);
    }
    if let Some((users, latencies)) = largest {
        println!("\n{CLIENTS} clients scraping ten times a second each while the cycle of {users} users ran\n");
        println!("{latencies}");
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

/// Prints one row. Returns how scrapes fared meanwhile, where the cycle is long enough to tell.
fn measure(users: u32, cpu_limit: Option<f64>, memory_limit: Option<f64>) -> Option<(u32, scrapes::Latencies)> {
    let (child, tenant) = simulated(users);
    let exporter = Exporter::start(&tenant);
    let scraping = (users >= 1_000_000).then(|| scrapes::Scraping::start(exporter.address(), CLIENTS));
    let page = exporter.page_after_first_cycle();
    let latencies = scraping.map(|scraping| (users, scraping.end()));
    let cpu = exporter.cpu_of_graph_and_start(latencies.is_some());
    let limit = |limit: Option<f64>, unit| limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit} {unit}"));
    println!(
        "{users:>10} {:>10.1} {:>8.2} {:>10} {:>8.1} {:>10} {:>12.2}",
        cpu.as_secs_f64() * 1e3,
        cpu.as_secs_f64() * 1e6 / f64::from(users),
        limit(cpu_limit, "µs"),
        exporter.peak_mebibytes(),
        limit(memory_limit, "MiB"),
        process::value(&page, "teams_presence_cycle_duration_seconds{"),
    );
    let (planned, budget) = (
        process::value(&page, "teams_presence_planned_requests{"),
        process::value(&page, "teams_presence_graph_budget_requests{"),
    );
    if planned > budget {
        let least = 30.0 * ((planned / budget).ceil() - 1.0);
        let ratio = process::value(&page, "teams_presence_cycle_duration_seconds{") / least;
        println!(
            "{:>10} cycle is {ratio:.3} times the {least} s that a budget of {budget} in 30 s takes at least (limit 1.05)",
            ""
        );
    }
    drop(exporter);
    drop(child);
    latencies
}

/// A simulated tenant in another process.
fn simulated(users: u32) -> (process::Child, Tenant) {
    let myself = std::env::current_exe().expect("a path");
    let mut command = Command::new(myself);
    command.args(["simulate", &users.to_string()]).stdout(Stdio::piped()).stdin(Stdio::piped());
    let mut child = process::Child(command.spawn().expect("a simulator"));
    let lines = BufReader::new(child.0.stdout.take().expect("its output")).lines();
    let lines: Vec<String> = lines.map_while(Result::ok).take_while(|line| line != "ready").collect();
    let [origin, tenant, client, secret, ca @ ..] = lines.as_slice() else { panic!("the simulator did not start") };
    (child, Tenant::new(origin, tenant, client, secret, &ca.join("\n")))
}

/// Serves a simulated tenant until its input ends.
fn simulate(people: u32) {
    let settings = simulator::Settings { people, ..simulator::Settings::default() };
    let simulator = simulator::Simulator::start(settings).expect("a simulator");
    println!(
        "{}\n{}\n{}\n{}",
        simulator.origin(),
        simulator.tenant_id(),
        simulator.client_id(),
        simulator.client_secret()
    );
    println!("{}ready", simulator.ca_pem());
    let mut end = String::new();
    // Whatever ends the input ends the simulation.
    drop(std::io::stdin().read_line(&mut end));
}
