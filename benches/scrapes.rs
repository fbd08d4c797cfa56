//! What a scrape costs: a table, by how many series the page has, whose they are and how it is sent.
//!
//! The real server in a thread of its own, whose processor time alone is counted, on boards that are made up here; clients
//! on loopback in other threads. Nothing here passes or fails: machines differ and are shared. `cargo bench --bench scrapes`
//! takes a minute. How scrapes fare while presence is read is asked by `end_to_end`.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own that measures from outside: it reads clocks, opens sockets and prints"
)]

use std::time::{Duration, Instant};

#[path = "scrapes/boards.rs"]
mod boards;
#[path = "scrapes/client.rs"]
mod client;
#[path = "scrapes/served.rs"]
mod served;

use boards::Tenants;
use client::{Client, PLAIN};
use served::Served;

/// Scrapes that one number of the first table is the mean of.
const SCRAPES: u32 = 500;

/// The same where each takes a change of the board.
const CHANGES: u32 = 50;

/// How long the clients of the second table scrape.
const SPAN: Duration = Duration::from_secs(5);

/// Clients at one time, and how often each of them scrapes: 5,000 a second together.
const CLIENTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(8);

/// Header lines of the requests.
const GZIP: &str = "Accept-Encoding: gzip\r\n";
const OPENMETRICS: &str = "Accept-Encoding: gzip\r\nAccept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;\
    q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
    text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\nUser-Agent: Prometheus/3.5.3\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n";

/// The pages: what they are called, how many tenants there are and how many groups each has.
const PAGES: [(&str, Tenants); 4] = [
    ("a small tenant", Tenants { number: 1, groups: 8 }),
    ("a tenant of many groups", Tenants { number: 1, groups: 690 }),
    ("many tenants", Tenants { number: 25, groups: 8 }),
    ("one of many tenants", Tenants { number: 25, groups: 8 }),
];

fn main() {
    println!("\nProcessor time of the server for a scrape, in ms, over a connection that is kept\n");
    println!(
        "{:>24} {:>7} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>13}",
        "page of", "series", "plain KiB", "gzip KiB", "plain", "gzip", "OM gzip", "changed", "gzip/s of CPU"
    );
    for (name, tenants) in PAGES {
        cost(name, tenants, path(name));
    }
    println!("\nLatency in ms, with gzip and as Prometheus 3 asks\n");
    println!(
        "{:>24} {:>28} {:>10} {:>8} {:>8} {:>12}",
        "page of", "connections", "scrapes/s", "median", "p99", "CPU share"
    );
    for (name, tenants) in &PAGES[..2] {
        latency(name, *tenants);
    }
    println!();
}

/// Where a page is.
fn path(name: &str) -> &'static str {
    if name.starts_with("one of") { "/metrics/tenant-3" } else { "/metrics" }
}

/// Prints a row of the first table.
fn cost(name: &str, tenants: Tenants, path: &str) {
    let served = Served::start(tenants);
    let mut client = Client::connect(served.address, path);
    let plain = client.scrape(PLAIN);
    let series = plain.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#').count();
    let gzip = client.scrape(GZIP);
    let mut mean = |headers| {
        let before = served.cpu();
        for _ in 0..SCRAPES {
            client.scrape(headers);
        }
        milliseconds(served.cpu().saturating_sub(before)) / f64::from(SCRAPES)
    };
    let (text, zipped, openmetrics) = (mean(PLAIN), mean(GZIP), mean(OPENMETRICS));
    let before = served.cpu();
    for number in 0..CHANGES {
        served.change(tenants, number);
        client.scrape(OPENMETRICS);
    }
    let changed = milliseconds(served.cpu().saturating_sub(before)) / f64::from(CHANGES);
    println!(
        "{name:>24} {series:>7} {:>9.1} {:>9.1} {text:>8.3} {zipped:>8.3} {openmetrics:>8.3} {changed:>8.3} {:>13.0}",
        kibibytes(plain.len()),
        kibibytes(gzip.len()),
        1e3 / zipped,
    );
}

/// Prints two rows of the second table.
fn latency(name: &str, tenants: Tenants) {
    let served = Served::start(tenants);
    let row = |what: &str, pauses: Duration, clients: u32| {
        let (begin, before) = (Instant::now(), served.cpu());
        let threads: Vec<_> = (0..clients)
            .map(|number| {
                let mut client = Client::connect(served.address, path(name));
                std::thread::spawn(move || client.keep_on(OPENMETRICS, pauses, pauses * number / clients, SPAN))
            })
            .collect();
        let mut took: Vec<Duration> = threads.into_iter().flat_map(|it| it.join().expect("a client")).collect();
        let (wall, cpu) = (begin.elapsed(), served.cpu().saturating_sub(before));
        took.sort_unstable();
        let at = |permille: usize| milliseconds(took[took.len().saturating_sub(1) * permille / 1000]);
        println!(
            "{name:>24} {what:>28} {:>10.0} {:>8.3} {:>8.3} {:>10.0} %",
            f64::from(u32::try_from(took.len()).unwrap_or(u32::MAX)) / wall.as_secs_f64(),
            at(500),
            at(990),
            cpu.as_secs_f64() / wall.as_secs_f64() * 100.0,
        );
    };
    row("1, without a pause", Duration::ZERO, 1);
    row("40, each 125 times a second", PAUSE, CLIENTS);
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn kibibytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1024.0
}
