//! A simulated week: whether memory stays flat and no cycle is missed when the exporter runs for long.
//!
//! The real binary, built with the feature `soak`, so that its own clock runs 600 times as fast, against the simulated
//! tenant in another process. What the network takes stays real: a request of 5 ms is one of 3 s here, and limits that the
//! other side keeps by real clocks (the throttle's 30 s, the life of a connection) say nothing about a week, so the tenant
//! throttles nobody. Run it by `make soak`, or `make soak DAYS=0.25`: without the feature there is nothing to see.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own that measures from outside: it reads clocks, opens sockets and prints"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use simulator::{Clock, Settings};
use teams_presence_exporter::clock::{SPEED, TURN, moment};

#[expect(dead_code, reason = "the other bench asks more of its processes")]
#[path = "end_to_end/process.rs"]
mod process;
#[path = "soak/sample.rs"]
mod sample;
#[path = "soak/stalls.rs"]
mod stalls;
#[path = "soak/verdict.rs"]
mod verdict;

use process::Exporter;
use sample::Sample;
use stalls::Watch;

/// How many people there are.
const PEOPLE: u32 = 5_000;

/// How often presence is read, in simulated time.
const INTERVAL: Duration = Duration::from_mins(1);

/// How often the users are listed: the default.
const REFRESH: Duration = Duration::from_hours(1);

/// After how much of a token's life of 3,599 s it is renewed: 15 minutes before its end.
const RENEWAL: Duration = Duration::from_secs(3_599 - 900);

/// How often the exporter is looked at.
const HOUR: Duration = Duration::from_hours(1);

/// Where the simulated week begins: the night before Monday, 2026-11-16.
const MONDAY: Duration = Duration::from_hours(498_552);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|word| word == "simulate") {
        let clock = Clock::Running { from: SystemTime::UNIX_EPOCH + MONDAY, speed: f64::from(SPEED) };
        process::simulate(Settings { people: PEOPLE, clock, presence_limit: None, ..Settings::default() });
        return ExitCode::SUCCESS;
    }
    if SPEED == 1 {
        println!("soak: time does not run faster in this build; `make soak` makes one in which it does");
        return ExitCode::SUCCESS;
    }
    let days = arguments.first().map_or(Some(7.0), |days| days.parse().ok()).filter(|days| (0.1..=70.0).contains(days));
    let Some(days) = days else {
        println!("soak: DAYS is a number of simulated days from 0.1 to 70");
        return ExitCode::FAILURE;
    };
    match soak(HOUR.mul_f64(days * 24.0)) {
        Ok(sentence) => {
            println!("\n{sentence}");
            ExitCode::SUCCESS
        }
        Err(faults) => {
            println!();
            for fault in faults {
                println!("*** soak: {fault}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Runs so much simulated time. Returns what was seen, or what was wrong with it.
fn soak(length: Duration) -> Result<String, Vec<String>> {
    let passed = Duration::from_millis(moment().millis()) / SPEED;
    let turn = Duration::from_secs(TURN).saturating_sub(passed);
    if turn < length / SPEED + Duration::from_mins(1) {
        return Err(vec![format!("the sped-up clock begins anew in {} s: start again then", turn.as_secs())]);
    }
    let (days, minutes) = (length.as_secs_f64() / 86_400.0, length.as_secs() / u64::from(SPEED) / 60);
    println!("\n{days:.2} simulated days, {PEOPLE} people, a cycle a minute, in {minutes} minutes\n");
    let (_simulator, tenant) = process::simulated(PEOPLE, "1m");
    let exporter = Exporter::start(&tenant);
    exporter.page_after_cycles(1, process::PAUSE);
    let (begin, watch) = (Instant::now(), Watch::start(INTERVAL / SPEED));
    let mut due = begin;
    let mut samples: Vec<Sample> = Vec::new();
    println!("{}", verdict::HEADING);
    while begin.elapsed() * SPEED <= length {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += HOUR / SPEED;
        let sample = Sample::of(&exporter.scrape(), begin.elapsed() * SPEED, watch.stood_still());
        samples.push(sample);
        if let Some(row) = verdict::row(&samples) {
            println!("{row}");
        }
    }
    if let Some(row) = verdict::last_row(&samples) {
        println!("{row}");
    }
    verdict::verdict(&samples)
}
