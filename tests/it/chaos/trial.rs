//! A trial: one seed, the tenant that it makes, and the judgement of every page about it.
//!
//! Everything follows from the seed: how many people, the settings, the trouble, when the people's clock is moved. Seed 0
//! is the witness: no trouble, and so no excuse.

use std::time::{Duration, SystemTime};

use fastrand::Rng;
use simulator::{Clock, Duplicates, EmptyPages, Operation, Order, Recording, Scenario, Settings, Switches, Wrapping};

use super::laws::{LAWS, Look, Terms};
use super::reading::Reading;
use super::truth::Truth;
use crate::harness::{MORNING, Tenant};

/// The seed of the tenant that has no trouble.
pub(super) const WITNESS: u64 = 0;

/// One seed's tenant.
pub(super) struct Trial {
    pub(super) seed: u64,
    pub(super) tenant: Tenant,
    terms: Terms,
    truth: Truth,
    /// What decides when the people's clock is moved, and how far.
    moves: Rng,
    /// The scenes that were seen, each with when it began, in seconds since 1970.
    pub(super) scenes: Vec<(f64, String)>,
    /// The page when the trouble was ended; `None` before.
    calm: Option<Calm>,
}

/// What a tenant's page said when its trouble was ended.
struct Calm {
    cycles: f64,
    excused: f64,
}

/// A law that a page broke.
pub(super) struct Broken {
    pub(super) law: &'static str,
    pub(super) how: String,
}

/// The reasons for which a cycle may fail although the trouble is over: Graph said how long to wait, and a token is
/// replaced once a minute.
const EXCUSES: [&str; 2] = ["throttled", "token"];

impl Trial {
    /// Starts the tenant of a seed.
    pub(super) fn start(seed: u64, now: f64) -> Self {
        let mut dice = Rng::with_seed(seed);
        let people = match dice.u32(..4) {
            // What the witness does is a moment's work.
            _ if seed == WITNESS => 200,
            0 => dice.u32(10..60),
            1 | 2 => dice.u32(60..700),
            _ => dice.u32(700..3_000),
        };
        let mut terms = Terms {
            people: 0.0,
            interval: 5.0,
            max_age: pick(&mut dice, &[10.0, 15.0, 20.0, 30.0, 60.0, 300.0]),
            min_coverage: pick(&mut dice, &[0.5, 0.8, 0.95, 1.0]),
            min_group_size: pick(&mut dice, &[3.0, 5.0, 10.0]),
            request_budget: pick(&mut dice, &[20.0, 100.0, 300.0, 1_400.0]),
        };
        let settings = Settings {
            seed,
            people,
            clock: Clock::Frozen(instant(MORNING)),
            scenario: if seed == WITNESS { Scenario::Calm } else { Scenario::Random },
            presence_latency: if seed == WITNESS { Duration::ZERO } else { pick(&mut dice, &LATENCIES) },
            switches: Switches {
                order: pick(&mut dice, Order::ALL),
                duplicates: pick(&mut dice, Duplicates::ALL),
                empty_pages: pick(&mut dice, EmptyPages::ALL),
                wrapping: pick(&mut dice, Wrapping::ALL),
                ..Switches::default()
            },
            roles: ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"].map(str::to_owned).to_vec(),
            record_calls: Recording::Everything,
            ..Settings::default()
        };
        let Terms { max_age, min_coverage, min_group_size, request_budget, .. } = terms;
        let tenant = Tenant::start(&format!("seed {seed}"), settings);
        let team = |name| tenant.simulator.group(name).id;
        let keys = format!(
            "interval: 5s\nmax_age: {max_age}s\nmin_coverage: {min_coverage}\nmin_group_size: {min_group_size}
request_budget: {request_budget}\nconcurrency: {}\nusers: {{refresh_interval: 1m}}
group_by:
- {{dimension: department, attribute: department}}
- {{dimension: office, attribute: officeLocation, metrics: [availability, work_location, out_of_office]}}
- {{dimension: team, duty: true, entra_groups: {{sre: {}, support: {}}}}}",
            dice.u32(1..=8),
            team("On call SRE"),
            team("On call Support"),
        );
        let tenant = tenant.with(&keys);
        let truth = Truth::new(&tenant.simulator, now);
        terms.people = truth.people();
        // The witness is well from its first cycle on.
        let calm = (seed == WITNESS).then_some(Calm { cycles: -1.0, excused: 0.0 });
        Self { seed, tenant, terms, truth, moves: dice, scenes: Vec::new(), calm }
    }

    /// Moves the people's clock, or lets it stand.
    pub(super) fn move_clock(&mut self, now: f64) {
        if self.moves.u32(..3) == 0 {
            let at = MORNING + self.moves.u64(..48 * 3_600);
            self.tenant.simulator.set_clock(Clock::Frozen(instant(at)));
            self.truth.moved(&self.tenant.simulator, now);
        }
    }

    /// Judges a page that was made between two times.
    pub(super) fn judge(&mut self, page: &Reading, before: &Reading, from: f64, until: f64) -> Result<(), Broken> {
        let scene = self.tenant.simulator.scene().name().to_owned();
        if scene.contains("misleading") {
            self.truth.denied(until);
        }
        if self.scenes.last().is_none_or(|(_, latest)| *latest != scene) {
            self.scenes.push((from, scene));
        }
        self.truth.note(page);
        let look = Look { now: page, before, terms: &self.terms, from, until };
        for (law, holds) in LAWS {
            holds(&look).map_err(|how| Broken { law, how })?;
        }
        // What has been right before needs not be counted again.
        let answers = |page: &Reading| (page.number(OLDEST).map(f64::to_bits), page.tracked().map(f64::to_bits));
        if answers(page) != answers(before) {
            self.truth.check(page).map_err(|how| Broken { law: "the counts are those of the people", how })?;
        }
        self.check_recovery(page).map_err(|how| Broken { law: "a cycle after the trouble the tenant is up", how })
    }

    /// The trouble has ended, and this page was made since.
    pub(super) fn calm(&mut self, page: &Reading) {
        self.calm = Some(Calm::of(page));
    }

    /// Nobody is judged by the pace until now: cycles that began before this page may fail.
    pub(super) fn excuse(&mut self, page: &Reading) {
        if let Some(calm) = &mut self.calm {
            *calm = Calm::of(page);
        }
    }

    /// The cycle that was under way when the trouble ended may fail; the next may not, unless it is excused.
    fn check_recovery(&mut self, page: &Reading) -> Result<(), String> {
        let Some(calm) = &self.calm else { return Ok(()) };
        let now = Calm::of(page);
        let cycles = now.cycles - calm.cycles;
        let tracked: f64 = page.tracked().iter().sum();
        // Entra is asked again within half a minute; until then there is no token.
        let has_token = page.number("token_expiry_timestamp_seconds").is_some();
        if now.excused > calm.excused || !has_token || tracked < 1.0 || Self::is_short(page) {
            self.calm = Some(now);
        } else if cycles >= 2.0 && !page.up() {
            return Err(format!("{cycles} cycles later it is not"));
        }
        Ok(())
    }

    /// Whether Graph let so little through that a cycle does not fit, as the plan says too, or that the last 30 s were
    /// fuller already. Then counts are absent, and that is right: the budget rises slowly.
    pub(super) fn is_short(page: &Reading) -> bool {
        let number = |family| page.number(family).unwrap_or(f64::NAN);
        let (budget, interval) = (number("graph_budget_requests"), number("poll_interval_seconds"));
        number("graph_window_requests") >= budget || number("planned_requests") / budget * 33.0 > interval
    }

    /// Whether the page tells all of the truth again.
    pub(super) fn has_recovered(&self, page: &Reading) -> bool {
        let [current, ..] = page.tracked();
        page.up() && current >= self.terms.people && self.truth.is_settled(page)
    }

    /// Whether what is missing from the page can only come with the next listing.
    pub(super) fn waits_for_listing(&self, page: &Reading) -> bool {
        let [current, .., unanswerable] = page.tracked();
        let tracked: f64 = page.tracked().iter().sum();
        tracked < self.terms.people || page.number("quarantined_users") > Some(0.0) || current + unanswerable < tracked
    }

    /// Looks into the tenant's own book: how full was the fullest window?
    pub(super) fn fullest_window(&self) -> Result<usize, Broken> {
        const WINDOW: Duration = Duration::from_secs(30);
        let law = "no 30 s hold more presence requests than allowed, as Graph sees it";
        let calls = self.tenant.simulator.calls();
        let mut arrived: Vec<SystemTime> = calls
            .iter()
            .filter(|call| matches!(call.operation, Operation::GetPresences | Operation::GetPresence))
            .map(|call| call.at)
            .collect();
        arrived.sort_unstable();
        let within = |(first, at): (usize, &SystemTime)| {
            arrived[first..].iter().take_while(|later| **later < *at + WINDOW).count()
        };
        let mut fullest = arrived.iter().enumerate().map(within).max().unwrap_or(0);
        if !self.scenes.iter().any(|(_, scene)| scene.contains("counts ids")) {
            fullest = fullest.max(usize::try_from(self.tenant.simulator.fullest_window()).unwrap());
        }
        let allowed = self.terms.request_budget;
        if f64::from(u32::try_from(fullest).unwrap_or(u32::MAX)) <= allowed {
            Ok(fullest)
        } else {
            Err(Broken { law, how: format!("{fullest} requests arrived, {allowed} are allowed") })
        }
    }

    /// How often the tenant was told to wait.
    pub(super) fn throttled(&self) -> usize {
        self.tenant.simulator.calls().iter().filter(|call| call.status == 429).count()
    }
}

/// How long presence requests take at least.
const LATENCIES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(50), Duration::from_millis(200)];

impl Calm {
    fn of(page: &Reading) -> Self {
        let failures = page.by("cycle_failures_total", "reason");
        let excused = EXCUSES.iter().filter_map(|reason| failures.get(reason)).sum();
        Self { cycles: page.sum("cycles_total"), excused }
    }
}

const OLDEST: &str = "oldest_observation_timestamp_seconds";

fn instant(unix_seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(unix_seconds)
}

fn pick<T: Copy>(dice: &mut Rng, of: &[T]) -> T {
    of[dice.usize(..of.len())]
}
