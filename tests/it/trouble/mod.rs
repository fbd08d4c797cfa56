//! Trouble: a healthy tenant, something that happens to it, and its end; the page is read before, during and after.
//!
//! ```text
//!   before   the page equals the census, in the morning
//!   during   the counts equal a census or are absent; the reason is counted, said in the log and on the status page;
//!            Graph is not hammered; after the maximum age there are no counts
//!   after    a cycle that began when it was over brings the census of then, in the evening, and up
//! ```
//!
//! Between before and after the people's clock is set on, so that old counts cannot pass for new ones. One exporter watches
//! all tenants of a test: as many troubles, side by side, as there are rows. Next: [`upstream`].

mod upstream;

use simulator::{Call, Clock, Effect, Fault, Occurrence, Operation};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

/// The evening of the same day (18:30 UTC), when people are not as they were in the morning.
const EVENING: u64 = MORNING + 9 * 3_600;

/// How many cycles a trouble lasts: longer than the maximum age.
const CYCLES: f64 = 3.0;

/// Cycles until all is well: the one that was under way when the trouble ended, and one more.
const RECOVERY: f64 = 2.0;

/// More memory than the exporter takes whatever it is answered, in bytes: it is built without optimisation here.
const MEMORY: f64 = 150e6;

/// Something that happens to a tenant.
struct Trouble {
    tenant: Tenant,
    faults: Vec<Fault>,
    /// What its operator is told: the reason that is counted, and what is said. Nothing, if all goes on as before.
    told: Option<(&'static str, String)>,
    /// The most requests a cycle that it may cost.
    most_requests: usize,
    /// The counts before and after.
    counts: [String; 2],
    people: u32,
}

impl Trouble {
    /// From some moment on this happens to all calls of an operation.
    fn of(name: &str, operation: Operation, effects: impl IntoIterator<Item = Effect>) -> Self {
        let tenant = Tenant::start(name, frozen(200, MORNING));
        Self::at(tenant, operation, effects)
    }

    /// The same at a tenant of another kind.
    fn at(tenant: Tenant, operation: Operation, effects: impl IntoIterator<Item = Effect>) -> Self {
        let always = |effect| Fault { operation, occurrence: Occurrence::Always, effect };
        let faults = effects.into_iter().map(always).collect();
        let tenant = tenant.with("interval: 5s\nmax_age: 10s");
        Self { tenant, faults, told: None, most_requests: 5, counts: [String::new(), String::new()], people: 0 }
    }

    /// Its operator is told so.
    fn told(self, reason: &'static str, what: impl Into<String>) -> Self {
        Self { told: Some((reason, what.into())), ..self }
    }

    fn name(&self) -> &str {
        &self.tenant.name
    }

    /// The calls that it strikes, since it began.
    fn calls(&self) -> Vec<Call> {
        let struck = |call: &Call| self.faults.iter().any(|fault| fault.operation == call.operation);
        self.tenant.simulator.calls().into_iter().filter(struck).collect()
    }

    /// What a page says of it: pages of many tenants are long.
    fn part(&self, page: &Page) -> Page {
        let label = format!("tenant=\"{}\"", self.name());
        Page(page.samples().filter(|line| line.contains(&label)).flat_map(|line| [line, "\n"]).collect())
    }

    fn all_cycles(&self, page: &Page) -> f64 {
        page.sum(self.name(), "cycles_total").unwrap()
    }

    /// Cycles in all, or those that failed for the expected reason.
    fn cycles(&self, page: &Page) -> f64 {
        match &self.told {
            None => self.all_cycles(page),
            Some((reason, _)) => {
                let name = self.name();
                let failed = format!(r#"teams_presence_cycle_failures_total{{reason="{reason}",tenant="{name}"}}"#);
                page.value(&failed).unwrap()
            }
        }
    }

    /// What holds at any time: a count is right or absent.
    ///
    /// Returns the cycles that count for this trouble.
    #[track_caller]
    fn check(&self, page: &Page) -> f64 {
        let memory = page.value("process_resident_memory_bytes").unwrap();
        assert!(memory < MEMORY, "{memory} bytes of memory");
        let (name, page) = (self.name(), self.part(page));
        let counts = page.of(name, &PRESENCE_FAMILIES);
        let [before, after] = &self.counts;
        if !counts.is_empty() && counts != *before {
            assert_same_lines(&counts, after, name);
        }
        assert_eq!(page.assert_sums_agree(name) == 0, counts.is_empty(), "{name}\n{}", page.0);
        assert_eq!(page.tracked(name).iter().sum::<u32>(), self.people, "{name}\n{}", page.0);
        self.cycles(&page)
    }

    /// All is well.
    fn is_well(&self, page: &Page, counts: &str) -> bool {
        let (name, tracked) = (self.name(), [self.people, 0, 0, 0]);
        page.up(name) && page.tracked(name) == tracked && page.of(name, &PRESENCE_FAMILIES) == counts
    }

    fn begin(&mut self) {
        let simulator = &self.tenant.simulator;
        simulator.forget_calls();
        for fault in &self.faults {
            simulator.inject(fault.clone());
        }
        let Clock::Frozen(evening) = frozen(0, EVENING).clock else { unreachable!("it stands still") };
        simulator.set_clock(Clock::Frozen(evening));
        self.counts[1] = Census::usual(simulator).lines();
        assert_ne!(self.counts[0], self.counts[1], "{}: nobody could tell old counts from new ones", self.name());
    }

    /// What its operator is told, and what it cost so far.
    #[track_caller]
    fn check_told(&self, exporter: &Exporter, page: &Page, cycles: f64) {
        let (name, counts) = (self.name(), page.of(self.name(), &PRESENCE_FAMILIES));
        let calls = self.calls();
        let most = self.most_requests as f64 * (cycles + 1.0);
        assert!((calls.len() as f64) <= most, "{name}: {} requests in {cycles} cycles", calls.len());
        let section = section(exporter, name);
        let Some((reason, what)) = &self.told else {
            assert!(page.up(name) && counts == self.counts[1], "{name}\n{}\n{}", page.0, exporter.log());
            assert!(!section.contains("What to do"), "{section}");
            return;
        };
        assert!(!page.up(name) && counts.is_empty(), "{name}\n{}", page.0);
        assert_eq!(page.tracked(name), [0, 0, self.people, 0], "{name}");
        assert!(section.contains(what.as_str()), "{what} is not in:\n{section}");
        exporter.wait_for_log(&["level=WARN", &format!("tenant={name}"), &format!("reason={reason}"), what]);
    }

    fn end(&self) {
        let simulator = &self.tenant.simulator;
        simulator.clear_faults();
    }
}

/// What the status page says of a tenant.
fn section(exporter: &Exporter, name: &str) -> String {
    let page = exporter.get("/").body;
    let found = page.split("<section").find(|section| section.contains(&format!("<bdi>{name}</bdi>")));
    found.unwrap_or_else(|| panic!("no section of {name} in:\n{page}")).to_owned()
}

/// Leads these tenants through their troubles.
fn endure(mut troubles: Vec<Trouble>) -> (Exporter, Vec<Trouble>) {
    for trouble in &mut troubles {
        let census = Census::usual(&trouble.tenant.simulator);
        (trouble.counts, trouble.people) = ([census.lines(), census.lines()], census.people);
    }
    let exporter = Exporter::start(&troubles.iter().map(|trouble| &trouble.tenant).collect::<Vec<_>>());
    exporter.wait_until("all is well", |page| troubles.iter().all(|it| it.is_well(&it.part(page), &it.counts[0])));
    for trouble in &mut troubles {
        trouble.begin();
    }
    let page = exporter.scrape();
    let begun: Vec<(f64, f64)> = troubles.iter().map(|it| (it.cycles(&page), it.all_cycles(&page))).collect();
    let page = exporter.wait_until("three cycles of trouble", |page| {
        let lasted = |(it, (begun, _)): (&Trouble, &(f64, f64))| it.check(page) >= begun + CYCLES;
        // Every one of them is checked on every page.
        troubles.iter().zip(&begun).filter(|it| !lasted(*it)).count() == 0
    });
    for (trouble, (_, begun)) in troubles.iter().zip(&begun) {
        trouble.check_told(&exporter, &page, trouble.all_cycles(&page) - begun);
    }
    recover(&exporter, &troubles);
    (exporter, troubles)
}

/// Ends all troubles. As soon as a tenant has had a cycle that began afterwards, all is well with it.
fn recover(exporter: &Exporter, troubles: &[Trouble]) {
    troubles.iter().for_each(Trouble::end);
    let page = exporter.scrape();
    let ended: Vec<f64> = troubles.iter().map(|it| it.all_cycles(&page)).collect();
    exporter.wait_until("two cycles after the trouble", |page| {
        let recovered = |(it, ended): (&Trouble, &f64)| {
            it.check(page);
            let recovered = it.all_cycles(page) >= ended + RECOVERY;
            assert!(
                !recovered || it.is_well(&it.part(page), &it.counts[1]),
                "{}\n{}\n{}",
                it.name(),
                page.0,
                exporter.log()
            );
            recovered
        };
        troubles.iter().zip(&ended).filter(|it| !recovered(*it)).count() == 0
    });
    for trouble in troubles {
        let section = section(exporter, trouble.name());
        assert!(!section.contains("What to do"), "{section}");
    }
}
