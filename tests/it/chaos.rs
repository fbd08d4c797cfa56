//! Chaos: the real binary under any trouble, and laws that every single page keeps.
//!
//! ```text
//!   seed ──▶ Trial (tenant, settings, trouble) ──┐
//!   seed ──▶ Trial                               ├──▶ one exporter ──▶ page after page ──▶ Scrape ──▶ each trial judges
//!   witness (no trouble, no excuse)  ────────────┘
//! ```
//!
//! One exporter watches many seeds at once, for a round: trouble, then calm, until all is well again. Time is told by the
//! witness's cycles. `make chaos` plays 200 seeds and prints a table; `make test` plays a dozen. What failed is played
//! again with `make chaos FIRST=seed SEEDS=1`: the same tenant and the same trouble, to within the machine's pace.
//!
//! Reading order: `reading`, `laws`, `groups`, `truth`, `trial`, `leaks`, then the round below.

mod reading;
mod laws;
mod groups;
mod truth;
mod trial;
mod leaks;

use std::collections::BTreeSet;
use std::ops::Range;

use simulator::Scenario;
use teams_presence_exporter::clock;

use self::reading::{Reading, Scrape};
use self::trial::{Broken, Trial, WITNESS};
use crate::harness::{Exporter, Exposition, Page, Tenant};
use crate::laws::said_by;

/// How long a round is, in cycles of five seconds.
#[derive(Clone, Copy)]
struct Length {
    /// The trouble.
    trouble: u32,
    /// The longest time until all is well again.
    recovery: u32,
    /// How often promtool is asked.
    promtool: u32,
    /// Whether the recovery takes in what only comes with the next listing, up to a minute later.
    listings: bool,
}

/// `make chaos`
const LONG: Length = Length { trouble: 12, recovery: 24, promtool: 3, listings: true };

/// `make test`
const SHORT: Length = Length { trouble: 5, recovery: 24, promtool: 5, listings: false };

/// Seeds that one exporter watches.
const ROUND: u64 = 50;

/// The memory of the process, in bytes: so much, and so much more a tenant. Measured with fifty: 55 MB, 90 unoptimised.
const MEMORY: (f64, f64) = (64e6, 2e6);

#[test]
fn every_law_holds_on_every_page_whatever_trouble_there_is() {
    let (seeds, length) = match (number("TEAMS_PRESENCE_CHAOS_FIRST"), number("TEAMS_PRESENCE_CHAOS_SEEDS")) {
        // Among these, a page that shows answers for too long is noticed within the short trouble.
        (_, None) => (29..41, SHORT),
        (first, Some(seeds)) => (first.unwrap_or(1)..first.unwrap_or(1) + seeds, LONG),
    };
    print_head();
    for first in seeds.clone().step_by(usize::try_from(ROUND).unwrap()) {
        print(&Round::play(first..seeds.end.min(first + ROUND), length));
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests have no configuration but their environment")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
}

/// What a round came to.
struct Row {
    seeds: Range<u64>,
    scrapes: u32,
    cycles: f64,
    scenes: usize,
    throttled: usize,
    fullest: usize,
    memory: f64,
    recovery: u32,
    /// Tenants of whom Graph had let so little through that their cycles did not fit yet.
    short: usize,
}

/// A round under way.
struct Round {
    trials: Vec<Trial>,
    before: Scrape,
    /// When the latest page was read, in seconds since 1970.
    at: f64,
    scrapes: u32,
    memory: f64,
}

impl Round {
    /// Plays a round.
    fn play(seeds: Range<u64>, length: Length) -> Row {
        let now = now();
        let trials: Vec<Trial> =
            std::iter::once(WITNESS).chain(seeds.clone()).map(|it| Trial::start(it, now)).collect();
        let tenants: Vec<&Tenant> = trials.iter().map(|trial| &trial.tenant).collect();
        let exporter = Exporter::start(&tenants);
        let mut round = Self { trials, before: Scrape::default(), at: now, scrapes: 0, memory: 0.0 };
        for cycle in 1..=length.trouble {
            let page = round.next_cycle(&exporter);
            if cycle % length.promtool == 0 {
                assert_eq!(said_by("promtool", &page), "", "promtool has something to say");
            }
            for trial in &mut round.trials {
                trial.move_clock(self::now());
            }
        }
        round.end_the_trouble(&exporter);
        let recovery = round.recover(&exporter, length);
        round.conclude(seeds, recovery, exporter)
    }

    /// Reads and judges pages until the witness has concluded one more cycle.
    fn next_cycle(&mut self, exporter: &Exporter) -> Page {
        let cycles = |round: &Self| round.reading(WITNESS).sum("cycles_total");
        let before = cycles(self);
        exporter.wait_until("another cycle of the witness", |page| {
            self.judge(page, exporter);
            cycles(self) > before
        })
    }

    fn reading(&self, seed: u64) -> &Reading {
        const NOTHING: &Reading = &Reading::NOTHING;
        self.before.tenants.get(&format!("seed {seed}")).unwrap_or(NOTHING)
    }

    /// Holds a page against every law.
    fn judge(&mut self, page: &Page, exporter: &Exporter) {
        let (from, until) = (self.at, now());
        let exposition = Exposition::parse(&page.0).unwrap_or_else(|fault| panic!("{fault}\n{}", page.0));
        let scrape = Scrape::of(exposition);
        let nothing = Reading::default();
        let is_starved = is_starved(&scrape, until - from);
        for trial in &mut self.trials {
            let name = &trial.tenant.name;
            let before = self.before.tenants.get(name).unwrap_or(&nothing);
            let reading = scrape.tenants.get(name).unwrap_or(&nothing);
            if is_starved {
                trial.excuse(reading);
            }
            let judged = trial.judge(reading, before, from, until);
            judged.unwrap_or_else(|broken| accuse(trial, &broken, page, exporter));
        }
        let memory = scrape.exporter.number("process_resident_memory_bytes").unwrap_or(f64::NAN);
        let tenants = f64::from(u32::try_from(self.trials.len()).unwrap());
        assert!(memory <= MEMORY.0 + MEMORY.1 * tenants, "{memory} bytes are resident with {tenants} tenants");
        self.memory = self.memory.max(memory);
        self.scrapes += 1;
        (self.before, self.at) = (scrape, until);
    }

    /// Ends the trouble of every tenant, and looks how they are.
    fn end_the_trouble(&mut self, exporter: &Exporter) {
        for trial in &mut self.trials {
            trial.tenant.simulator.set_scenario(Scenario::Calm);
        }
        // Only now: a cycle that ends after this page began before the trouble ended, but the next one did not.
        self.judge(&exporter.scrape(), exporter);
        for trial in &mut self.trials {
            trial.calm(&self.before.tenants[&trial.tenant.name]);
        }
    }

    /// Waits until all is well. Returns after how many cycles it was.
    fn recover(&mut self, exporter: &Exporter, length: Length) -> u32 {
        let mut late = Vec::new();
        for cycle in 1..=length.recovery {
            self.next_cycle(exporter);
            let is_late = |trial: &&Trial| {
                let page = self.reading(trial.seed);
                let excused = Trial::is_short(page) || !length.listings && trial.waits_for_listing(page);
                !trial.has_recovered(page) && !excused
            };
            late = self.trials.iter().filter(is_late).map(|trial| trial.seed).collect();
            if late.is_empty() {
                return cycle;
            }
        }
        let trial = self.trials.iter().find(|trial| trial.seed == late[0]).unwrap();
        let how = format!("{} cycles later these seeds do not tell all of the truth: {late:?}", length.recovery);
        accuse(trial, &Broken { law: "all is well when the trouble is over", how }, &exporter.scrape(), exporter)
    }

    /// Looks into the tenants' books, and through all that was let out.
    fn conclude(self, seeds: Range<u64>, recovery: u32, exporter: Exporter) -> Row {
        let page = exporter.scrape();
        let windows = self
            .trials
            .iter()
            .map(|trial| trial.fullest_window().unwrap_or_else(|broken| accuse(trial, &broken, &page, &exporter)));
        let fullest = windows.max().unwrap_or(0);
        let mut emitted = page.0;
        assert_eq!(exporter.get("/-/healthy").status, 200);
        for path in ["/", "/?dimension=department", "/?dimension=office", "/?dimension=team", "/-/ready", "/config"] {
            emitted += &exporter.get(path).body;
        }
        let stopped = exporter.stop();
        assert!(stopped.status.success(), "it ends with {}", stopped.status);
        emitted += &stopped.log;
        let found = leaks::found_in(&emitted, self.trials.iter().map(|trial| &trial.tenant.simulator));
        assert!(found.is_empty(), "what was let out tells of people: {found:?}");
        let scenes: BTreeSet<&String> =
            self.trials.iter().flat_map(|trial| &trial.scenes).map(|(_, scene)| scene).collect();
        Row {
            seeds,
            scrapes: self.scrapes,
            cycles: self.before.tenants.values().map(|reading| reading.sum("cycles_total")).sum(),
            scenes: scenes.len(),
            throttled: self.trials.iter().map(Trial::throttled).sum(),
            fullest,
            memory: self.memory,
            recovery,
            short: self.before.tenants.values().filter(|page| Trial::is_short(page)).count(),
        }
    }
}

/// Whether the machine has too much else to do: pages come seldom, or the witness takes long for what is a moment's work.
/// Then cycles of five seconds are cut by their deadline, and that is nobody's fault.
fn is_starved(scrape: &Scrape, gap: f64) -> bool {
    let witness = scrape.tenants.get(&format!("seed {WITNESS}"));
    gap > 1.0 || witness.and_then(|witness| witness.number("cycle_duration_seconds")).is_some_and(|took| took > 0.5)
}

fn now() -> f64 {
    let clock = clock::now();
    clock.unix_seconds(clock.moment)
}

/// Fails, and says all that is needed to look into it.
fn accuse(trial: &Trial, broken: &Broken, page: &Page, exporter: &Exporter) -> ! {
    let Trial { seed, tenant, scenes, .. } = trial;
    let scenes: Vec<String> = scenes.iter().map(|(from, scene)| format!("{:>8.1} {scene}", from % 3_600.0)).collect();
    let of_tenant = |line: &&str| line.contains(&format!("\"{}\"", tenant.name));
    let page: Vec<&str> = page.samples().filter(of_tenant).collect();
    let log = exporter.log();
    let log: Vec<&str> = log.lines().filter(of_tenant).collect();
    panic!(
        "seed {seed} breaks a law: {}\n    {}\n    again: make chaos FIRST={seed} SEEDS=1\n\n{}\n\n{}\n\n{}",
        broken.law,
        broken.how,
        scenes.join("\n"),
        page.join("\n"),
        log.join("\n"),
    )
}

#[expect(clippy::disallowed_macros, reason = "the table is for whoever runs `make chaos`")]
fn print_head() {
    println!("\nWell after: cycles from the end of the trouble until every page told all of the truth again.");
    println!("Short: tenants of which Graph had let so little through that their cycles did not fit yet.\n");
    println!(
        "{:>12} {:>8} {:>8} {:>7} {:>6} {:>15} {:>8} {:>11} {:>6}",
        "seeds", "scrapes", "cycles", "scenes", "429s", "fullest window", "RSS MiB", "well after", "short"
    );
}

#[expect(clippy::disallowed_macros, reason = "the table is for whoever runs `make chaos`")]
fn print(row: &Row) {
    let Row { seeds, scrapes, cycles, scenes, throttled, fullest, memory, recovery, short } = row;
    let (seeds, memory) = (format!("{} to {}", seeds.start, seeds.end - 1), memory / f64::from(1 << 20));
    println!(
        "{seeds:>12} {scrapes:>8} {cycles:>8} {scenes:>7} {throttled:>6} {fullest:>15} {memory:>8.1} {recovery:>11} {short:>6}"
    );
}
