//! Replay: weeks of the simulated tenant as the exporter would have shown them, told in minutes, for `make boards`.
//!
//! It goes from instant to instant of a simulated calendar, lets [`tenant`] say how people are, [`watch`] count them with the
//! exporter's own domain, and writes the exporter's own pages with their time as OpenMetrics ([`openmetrics`]), one file
//! for a few hours, which promtool makes blocks of. Every file that is whole is named on standard output. Nothing is
//! asked of a network or of a clock, so the same arguments write the same files.

mod graph;
mod openmetrics;
mod process;
mod service;
mod tenant;
mod watch;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use openmetrics::Book;
use service::{Service, Trouble};
use tenant::People;
use watch::Watch;

/// Hours that one file holds: a length that blocks of Prometheus can have.
const HOURS: u64 = 6;

/// Writes weeks of a simulated tenant as timestamped OpenMetrics.
#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// The folder for the files.
    #[arg(long)]
    out: PathBuf,
    /// The first instant, in seconds since 1970.
    #[arg(long)]
    from: u64,
    /// The instant after the last, in seconds since 1970.
    #[arg(long)]
    until: u64,
    /// When an afternoon of trouble begins, in seconds since 1970: first throttling, then an outage.
    #[arg(long)]
    trouble: Option<u64>,
    /// Seconds from scrape to scrape, which is also how often presence is read.
    #[arg(long, default_value_t = 60)]
    step: u64,
    /// The simulated accounts.
    #[arg(long, default_value_t = 5_000)]
    users: u32,
    /// From which everything follows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.out)?;
    let mut watch = begin(&arguments)?;
    for (first, after) in spans(&arguments) {
        let path = arguments.out.join(format!("{first}.om"));
        fs::write(&path, span(&mut watch, first, after, arguments.step))?;
        writeln!(io::stdout(), "{}", path.display())?;
    }
    Ok(())
}

/// The watch over a tenant that nobody has looked at yet.
fn begin(arguments: &Arguments) -> io::Result<Watch> {
    let people = People::new(arguments.seed, arguments.users)?;
    let service = Service::new(arguments.trouble.map(Trouble::from), arguments.seed);
    let born = arguments.from.saturating_sub(arguments.step);
    Watch::new(people, service, Duration::from_secs(arguments.step), born)
}

/// The spans of the files: whole ones by the calendar, but for the first and the last.
fn spans(arguments: &Arguments) -> Vec<(u64, u64)> {
    let mut spans = Vec::new();
    let mut first = arguments.from;
    while first < arguments.until {
        let after = (first / (HOURS * 3600) + 1) * HOURS * 3600;
        spans.push((first, after.min(arguments.until)));
        first = after;
    }
    spans
}

/// The pages of the instants from `first` until `after`.
fn span(watch: &mut Watch, first: u64, after: u64, step: u64) -> Vec<u8> {
    let mut book = Book::default();
    for instant in (first.next_multiple_of(step)..after).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
        let page = watch.page(instant);
        book.add(&page, instant);
        book.add(&scrape(&page), instant);
    }
    book.into_text()
}

/// What Prometheus itself says of a scrape.
fn scrape(page: &str) -> String {
    let samples = page.lines().filter(|line| !line.starts_with('#')).count();
    // Some milliseconds, and more for a longer page.
    let micros = 2_000 + page.len() / 20;
    format!(
        "# TYPE up gauge\nup 1\n# TYPE scrape_duration_seconds gauge\nscrape_duration_seconds {:.6}\n\
         # TYPE scrape_samples_scraped gauge\nscrape_samples_scraped {samples}\n",
        Duration::from_micros(micros.try_into().unwrap_or(u64::MAX)).as_secs_f64(),
    )
}

#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../../tests/it/tools.rs"]
mod tools;
