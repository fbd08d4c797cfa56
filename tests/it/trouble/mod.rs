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
//! all tenants of a test: as many troubles, side by side, as there are rows. Next: [`upstream`], then the
//! others.

mod listing;
mod outages;
mod throttled;
mod tokens;
mod upstream;

use simulator::{Call, Effect, Fault, Occurrence, Operation};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

/// The evening of the same day (18:30 UTC), when people are not as they were in the morning.
const EVENING: u64 = MORNING + 9 * 3_600;

/// A maximum age as short as may be.
const KEYS: &str = "interval: 5s\nmax_age: 10s\nusers: {refresh_interval: 1m}";

/// How many cycles a trouble lasts: longer than the maximum age.
const CYCLES: f64 = 3.0;

/// More cycles than anything here lasts.
const END: f64 = 60.0;

/// More memory than the exporter takes whatever it is answered, in bytes: it is built without optimisation here.
const MEMORY: f64 = 150e6;

/// Something that happens to a tenant.
struct Trouble {
    tenant: Tenant,
    cause: Cause,
    toll: Toll,
    /// What its operator is told: the reason that is counted, and what is said.
    reason: &'static str,
    what: String,
    /// The most requests a cycle that it may cost.
    most_requests: u32,
    /// How long it takes until all is well.
    recovery: Recovery,
    /// The counts before and after.
    counts: [String; 2],
    people: u32,
}

/// What happens.
#[derive(Clone)]
enum Cause {
    Faults(Vec<Fault>),
    /// Nobody is there any more.
    Offline,
}

/// What is lost on account of it.
#[derive(Clone, Copy, PartialEq)]
enum Toll {
    Nothing,
    /// Listings fail; the directory is as it was, and so the counts are right.
    Listings,
    Counts,
}

/// How many cycles it takes until all is well, the one that was under way at the end included.
#[derive(Clone, Copy)]
enum Recovery {
    /// At most so many.
    Within(f64),
    /// More of them, for something has to be found out again by trying.
    Slow,
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
        Self::by(tenant, Cause::Faults(effects.into_iter().map(always).collect()))
    }

    fn by(tenant: Tenant, cause: Cause) -> Self {
        Self {
            tenant: tenant.with(KEYS),
            cause,
            toll: Toll::Nothing,
            reason: "",
            what: String::new(),
            most_requests: 5,
            recovery: Recovery::Within(2.0),
            counts: [String::new(), String::new()],
            people: 0,
        }
    }

    /// It costs the counts, and its operator is told so.
    fn told(self, reason: &'static str, what: impl Into<String>) -> Self {
        Self { toll: Toll::Counts, reason, what: what.into(), ..self }
    }

    /// It costs so many requests a cycle.
    fn costs(self, most_requests: u32) -> Self {
        Self { most_requests, ..self }
    }

    /// Recovery may take so many seconds longer: pauses are kept, whatever the truth is meanwhile.
    fn pausing(self, seconds: u32) -> Self {
        Self { recovery: Recovery::Within(2.0 + f64::from(seconds.div_ceil(5))), ..self }
    }

    fn name(&self) -> &str {
        &self.tenant.name
    }

    /// The calls that it strikes, since it began.
    fn calls(&self) -> Vec<Call> {
        let struck = |call: &Call| match &self.cause {
            Cause::Faults(faults) => faults.iter().any(|fault| fault.operation == call.operation),
            Cause::Offline => true,
        };
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

    /// How long it is to last.
    fn length(&self) -> f64 {
        match (self.toll, self.recovery) {
            // Who fails sooner than others fails more often meanwhile.
            (Toll::Listings, _) => 1.0,
            (_, Recovery::Slow) => 2.0,
            _ => CYCLES,
        }
    }

    /// How long it lasted so far: cycles or listings that failed for the expected reason, or all cycles where none should.
    fn lasted(&self, page: &Page) -> f64 {
        let family = match self.toll {
            Toll::Nothing => return self.all_cycles(page),
            Toll::Listings => "directory",
            Toll::Counts => "cycle",
        };
        let (reason, name) = (self.reason, self.name());
        page.value(&format!(r#"teams_presence_{family}_failures_total{{reason="{reason}",tenant="{name}"}}"#)).unwrap()
    }

    /// What holds at any time: a count is right or absent.
    #[track_caller]
    fn check(&self, page: &Page) {
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
    }

    /// All is well.
    fn is_well(&self, page: &Page, counts: &str) -> bool {
        let (name, tracked) = (self.name(), [self.people, 0, 0, 0]);
        page.up(name) && page.tracked(name) == tracked && page.of(name, &PRESENCE_FAMILIES) == counts
    }

    fn begin(&mut self) {
        let simulator = &self.tenant.simulator;
        simulator.forget_calls();
        match &self.cause {
            Cause::Faults(faults) => faults.iter().for_each(|fault| simulator.inject(fault.clone())),
            Cause::Offline => simulator.go_offline().unwrap(),
        }
        simulator.set_clock(frozen(0, EVENING).clock);
        self.counts[1] = Census::usual(simulator).lines();
        assert_ne!(self.counts[0], self.counts[1], "{}: nobody could tell old counts from new ones", self.name());
    }

    /// Whether it lasted long enough since `begun`, and has cost what it was to cost.
    fn has_told(&self, page: &Page, begun: f64) -> bool {
        let part = self.part(page);
        let lost = || !part.up(self.name()) && part.of(self.name(), &PRESENCE_FAMILIES).is_empty();
        let is_as_expected = || match self.toll {
            Toll::Counts => lost(),
            Toll::Nothing | Toll::Listings => self.is_well(&part, &self.counts[1]),
        };
        self.lasted(&part) >= begun + self.length() && is_as_expected()
    }

    /// What its operator is told, and what it cost in so many cycles.
    #[track_caller]
    fn check_told(&self, exporter: &Exporter, cycles: f64) {
        let (name, what) = (self.name(), self.what.as_str());
        let (calls, most) = (u32::try_from(self.calls().len()).unwrap(), self.most_requests);
        assert!(f64::from(calls) <= f64::from(most) * (cycles + 1.0), "{name}: {calls} requests in {cycles} cycles");
        let section = section(exporter, name);
        if self.toll == Toll::Nothing {
            assert!(!section.contains("What to do"), "{section}");
            return;
        }
        let is_said = matches!(self.recovery, Recovery::Slow) || section.contains(what);
        assert!(section.contains("What to do") && is_said, "{what} is not in:\n{section}");
        let reason = format!("reason={}", self.reason);
        exporter.wait_for_log(&["level=WARN", &format!("tenant={name}"), &reason, what]);
    }

    fn end(&self) {
        let simulator = &self.tenant.simulator;
        simulator.clear_faults();
        // What an answer still drips from would last; for who is online already, this cuts all connections.
        simulator.go_offline().unwrap();
        simulator.go_online().unwrap();
    }

    /// Whether all must be well by now, so many cycles after the end.
    fn is_over(&self, cycles: f64) -> bool {
        match (self.toll, self.recovery) {
            (Toll::Listings, _) | (_, Recovery::Slow) => cycles >= END,
            (_, Recovery::Within(most)) => cycles >= most,
        }
    }
}

/// What the status page says of a tenant.
fn section(exporter: &Exporter, name: &str) -> String {
    let page = exporter.get("/").body;
    let found = page.split("<section").skip(1).find(|section| section.contains(&format!("<bdi>{name}</bdi>")));
    found.unwrap_or_else(|| panic!("no section of {name} in:\n{page}")).to_owned()
}

/// Leads these tenants through their troubles.
fn endure(mut troubles: Vec<Trouble>) {
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
    let begun: Vec<(f64, f64)> = troubles.iter().map(|it| (it.lasted(&page), it.all_cycles(&page))).collect();
    let page = exporter.wait_until("the trouble of each", |page| {
        let lasts = |(it, (begun, cycles)): &(&Trouble, &(f64, f64))| {
            it.check(page);
            assert!(it.all_cycles(page) < cycles + END, "{}\n{}\n{}", it.name(), page.0, exporter.log());
            !it.has_told(page, *begun)
        };
        // Every one of them is looked at on every page.
        troubles.iter().zip(&begun).filter(lasts).count() == 0
    });
    for (trouble, (_, begun)) in troubles.iter().zip(&begun) {
        trouble.check_told(&exporter, trouble.all_cycles(&page) - begun);
    }
    recover(&exporter, &troubles);
}

/// Ends all troubles. As soon as a tenant has had a cycle that began afterwards, all is well with it.
fn recover(exporter: &Exporter, troubles: &[Trouble]) {
    troubles.iter().for_each(Trouble::end);
    let page = exporter.scrape();
    let ended: Vec<f64> = troubles.iter().map(|it| it.all_cycles(&page)).collect();
    let mut recovered = vec![false; troubles.len()];
    exporter.wait_until("recovery", |page| {
        for ((it, ended), recovered) in troubles.iter().zip(&ended).zip(&mut recovered) {
            it.check(page);
            let part = it.part(page);
            let (is_well, cycles) = (it.is_well(&part, &it.counts[1]), it.all_cycles(&part) - ended);
            assert!(is_well || *recovered || !it.is_over(cycles), "{}\n{}\n{}", it.name(), part.0, exporter.log());
            *recovered |= is_well && (cycles >= 1.0);
        }
        recovered.iter().all(|recovered| *recovered)
    });
    let complains = |it: &Trouble| {
        let section = section(exporter, it.name());
        ["Reading presence:", "Listing users:"].iter().any(|task| section.contains(task))
    };
    exporter.wait_until("no complaint any more", |_| !troubles.iter().any(complains));
}
