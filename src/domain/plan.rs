//! The plan: what a cycle will take, and how often there can be one.
//!
//! A cycle takes as long as its requests need slots of the budget, or as they need to be answered, whichever is more.
//! Where that is more than the interval, cycles come less often, at most every half `max_age`: beyond that too few answers
//! would be fresh, and absent counts are the right result. The plan says so, and what to change. It does not know why
//! the budget is what it is.

use std::fmt;
use std::time::Duration;

use super::batch::Batch;
use super::limit::WINDOW;
use super::series::{Counted, Grouped};
use super::terms::Terms;

/// What a cycle has to make do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// Requests in any 30 s.
    pub budget: u32,
    /// How long a request takes, as measured; `None` before the first.
    pub latency: Option<Duration>,
    /// Requests in flight.
    pub concurrency: u32,
}

/// What a cycle will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The users to ask about.
    pub users: u32,
    /// The requests that this takes.
    pub requests: u32,
    /// The longest time that these take.
    pub duration: Duration,
    /// How often there is a cycle.
    pub interval: Duration,
    /// Whether everybody can be asked about in time.
    pub fit: Fit,
    means: Means,
}

/// Whether everybody can be asked about in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// As often as configured.
    Fits,
    /// Less often.
    Stretched,
    /// Not before answers are too old.
    Exceeds,
}

impl Plan {
    /// The plan for so many users.
    #[must_use]
    pub fn new(users: usize, means: Means, terms: &Terms) -> Self {
        let requests = u32::try_from(users.div_ceil(Batch::LIMIT.get())).unwrap_or(u32::MAX);
        let means = Means { budget: means.budget.max(1), concurrency: means.concurrency.max(1), ..means };
        let duration = Self::within_budget(requests, means).max(Self::in_flight(requests, means));
        // A tenth more: a cycle that ends with its interval would be cut as often as not.
        let needed = duration + duration / 10;
        let longest = terms.interval.max(terms.max_age / 2);
        let (interval, fit) = if needed <= terms.interval {
            (terms.interval, Fit::Fits)
        } else if needed <= longest {
            (Duration::from_secs(needed.as_secs() + 1).min(longest), Fit::Stretched)
        } else {
            (longest, Fit::Exceeds)
        };
        Self { users: u32::try_from(users).unwrap_or(u32::MAX), requests, duration, interval, fit, means }
    }

    /// How many users can be asked about in every interval.
    #[must_use]
    pub fn most(means: Means, terms: &Terms) -> u64 {
        let batch = u64::try_from(Batch::LIMIT.get()).unwrap_or(u64::MAX);
        let (mut fitting, mut beyond) = (0_u64, 1_u64 << 20);
        while fitting + 1 < beyond {
            let requests = fitting.midpoint(beyond);
            let users = usize::try_from(requests * batch).unwrap_or(usize::MAX);
            match Self::new(users, means, terms).fit {
                Fit::Fits => fitting = requests,
                Fit::Stretched | Fit::Exceeds => beyond = requests,
            }
        }
        fitting * batch
    }

    /// How long it takes until there was a slot for each: one is free again 30 s after its answer.
    fn within_budget(requests: u32, means: Means) -> Duration {
        (WINDOW + means.latency.unwrap_or_default()).mul_f64(f64::from(requests) / f64::from(means.budget))
    }

    /// How long it takes until all are answered.
    fn in_flight(requests: u32, means: Means) -> Duration {
        means.latency.unwrap_or_default().saturating_mul(requests.div_ceil(means.concurrency))
    }

    /// The same with cycles no closer together than this.
    #[must_use]
    pub fn no_quicker_than(self, interval: Duration) -> Self {
        Self { interval: self.interval.max(interval), ..self }
    }

    /// Whether it is another plan than `said` to a reader: a cycle comes more or less often, by a fifth at least.
    #[must_use]
    pub fn differs(&self, said: &Self) -> bool {
        self.fit != said.fit || self.interval.abs_diff(said.interval) * 5 > said.interval
    }

    /// The share of the budget that one cycle takes, in percent, rounded up.
    #[must_use]
    pub fn share(&self) -> u64 {
        (u64::from(self.requests) * 100).div_ceil(u64::from(self.means.budget))
    }

    /// What to change so that everybody can be asked about in time; `None` where that is so.
    #[must_use]
    pub fn remedy(&self, terms: &Terms) -> Option<String> {
        let max_age = (self.duration + self.duration / 5).as_secs() * 2 + 1;
        let means = if Self::within_budget(self.requests, self.means) >= Self::in_flight(self.requests, self.means) {
            "request_budget, where Graph lets more through"
        } else {
            "concurrency"
        };
        (self.fit == Fit::Exceeds).then(|| {
            let given = terms.max_age.as_secs();
            format!(
                "Raise max_age from {given} s to {max_age} s or more, raise {means}, or track fewer users (users.filter)"
            )
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, duration, interval, means: Means { budget, latency, .. }, .. } = self;
        let requests = Counted(u64::from(*requests), "request", "requests");
        let (share, budget) = (Grouped(self.share()), Grouped(u64::from(*budget)));
        write!(formatter, "{requests} a cycle, {share} % of the {budget} that any 30 s may hold; ")?;
        write!(formatter, "a cycle takes up to {:.1} s", duration.as_secs_f64())?;
        formatter.write_str(if latency.is_some() { ", " } else { " and the time that Graph needs, " })?;
        match self.fit {
            Fit::Fits => write!(formatter, "every {} s", interval.as_secs()),
            Fit::Stretched => write!(formatter, "so there is one every {} s only", interval.as_secs()),
            Fit::Exceeds => write!(
                formatter,
                "too long for answers to be fresh: every {} s one is cut, and counts are absent while too few are fresh",
                interval.as_secs()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tenant::TenantName;
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn terms() -> Terms {
        Terms::by_default(TenantName::parse("contoso").expect("a name"))
    }

    fn plan(users: usize, budget: u32, latency_millis: u64) -> Plan {
        let latency = (latency_millis > 0).then(|| Duration::from_millis(latency_millis));
        Plan::new(users, Means { budget, latency, concurrency: 8 }, &terms())
    }

    #[track_caller]
    fn check(users: usize, budget: u32, latency_millis: u64, expected: &str) {
        assert_eq!(plan(users, budget, latency_millis).to_string(), expected);
    }

    #[test]
    fn a_plan_that_fits_is_told_with_its_share_of_the_budget() {
        let told = "8 requests a cycle, 1 % of the 1,200 that any 30 s may hold; a cycle takes up to 0.2 s";
        check(5000, 1200, 100, &format!("{told}, every 60 s"));
        check(5000, 1200, 0, &format!("{told} and the time that Graph needs, every 60 s"));
        let told = "1 request a cycle, 50 % of the 2 that any 30 s may hold; a cycle takes up to 15.1 s, every 60 s";
        check(1, 2, 200, told);
    }

    #[test]
    fn a_slow_graph_makes_a_cycle_longer_than_the_budget_does() {
        let told =
            "154 requests a cycle, 13 % of the 1,200 that any 30 s may hold; a cycle takes up to 40.0 s, every 60 s";
        check(100_000, 1200, 2_000, told);
    }

    #[test]
    fn what_does_not_fit_stretches_the_interval_with_a_tenth_to_spare() {
        let told = "8 requests a cycle, 267 % of the 3 that any 30 s may hold; a cycle takes up to 80.3 s, so there is one \
                    every 89 s only";
        check(5000, 3, 100, told);
        assert_eq!(plan(5000, 3, 0).remedy(&terms()), None);
    }

    #[test]
    fn what_does_not_fit_into_half_the_greatest_age_says_what_to_change() {
        let told = "154 requests a cycle, 7,700 % of the 2 that any 30 s may hold; a cycle takes up to 2317.7 s, too long for \
                    answers to be fresh: every 150 s one is cut, and counts are absent while too few are fresh";
        check(100_000, 2, 100, told);
        assert_eq!(
            plan(100_000, 2, 0).remedy(&terms()).as_deref(),
            Some(
                "Raise max_age from 300 s to 5545 s or more, raise request_budget, where Graph lets more through, or track \
                 fewer users (users.filter)"
            )
        );
        assert!(
            plan(100_000, 1200, 20_000).remedy(&terms()).is_some_and(|remedy| remedy.contains("raise concurrency"))
        );
    }

    proptest::proptest! {
        #[test]
        fn cycles_come_as_often_as_they_can_and_never_too_rarely(
            users in 0_usize..2_000_000, budget in 0_u32..1400, latency in 0_u64..60_000,
        ) {
            let plan = plan(users, budget, latency);
            proptest::prop_assert!((MINUTE..=terms().max_age / 2).contains(&plan.interval));
            match plan.fit {
                Fit::Fits => proptest::prop_assert!(plan.interval == MINUTE && plan.duration <= MINUTE),
                Fit::Stretched => proptest::prop_assert!(plan.interval > MINUTE && plan.duration <= plan.interval),
                Fit::Exceeds => proptest::prop_assert!(plan.duration * 11 / 10 > terms().max_age / 2),
            }
        }

        #[test]
        fn so_many_users_fit_and_one_more_does_not(budget in 1_u32..1400, latency in 0_u64..60_000) {
            let latency = (latency > 0).then(|| Duration::from_millis(latency));
            let means = Means { budget, latency, concurrency: 8 };
            let most = usize::try_from(Plan::most(means, &terms())).expect("a number");
            proptest::prop_assert!(Plan::new(most, means, &terms()).fit == Fit::Fits);
            proptest::prop_assert!(Plan::new(most + 1, means, &terms()).fit != Fit::Fits);
        }

        #[test]
        fn what_is_advised_helps(users in 0_usize..2_000_000, budget in 0_u32..1400, latency in 0_u64..60_000) {
            let terms = terms();
            if let Some(remedy) = plan(users, budget, latency).remedy(&terms) {
                let seconds = remedy.split(" to ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
                let max_age = Duration::from_secs(seconds.expect("a number of seconds"));
                let latency = (latency > 0).then(|| Duration::from_millis(latency));
                let better = Plan::new(users, Means { budget, latency, concurrency: 8 }, &Terms { max_age, ..terms });
                proptest::prop_assert!(better.fit != Fit::Exceeds, "{better}");
            }
        }
    }
}
