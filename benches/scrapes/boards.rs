//! Boards that are made up: tenants with groups, their numbers different from each other and from change to change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use teams_presence_exporter::domain::counters::{Counters, Credit};
use teams_presence_exporter::domain::dimension::{Attribute, ByAttribute, Dimension, GroupMetric, Label, Source};
use teams_presence_exporter::domain::grouping::Visibility;
use teams_presence_exporter::domain::moment::Moment;
use teams_presence_exporter::domain::plan::{Means, Plan};
use teams_presence_exporter::domain::presence::Field;
use teams_presence_exporter::domain::snapshot::{CycleEnd, Requests, Snapshot};
use teams_presence_exporter::domain::tally::{DimensionTally, Freshness, GroupCounts, GroupTally, Tally, WordCounts};
use teams_presence_exporter::domain::tenant::TenantName;
use teams_presence_exporter::domain::terms::Terms;
use teams_presence_exporter::domain::vocabulary::Vocabulary;

/// How many tenants there are, and how many groups each of them has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tenants {
    pub(crate) number: u32,
    pub(crate) groups: u32,
}

const MEANS: Means = Means { budget: 1200, latency: Some(Duration::from_millis(200)), concurrency: 8 };

/// Users of a tenant.
const USERS: u32 = 20_000;

impl Tenants {
    /// One of them after so many changes.
    pub(crate) fn snapshot(self, tenant: u32, change: u32, now: Moment) -> Snapshot {
        let (terms, seed) = (self.terms(tenant), tenant.wrapping_mul(977) + change);
        let words = |field, seed| Some(counts(field, seed));
        let groups = (0..self.groups).map(|group| GroupTally {
            name: format!("Office of city {group}").into(),
            counts: Some(GroupCounts {
                users: 40 + group % 50,
                words: [words(Field::Availability, seed + group), None, None],
                out_of_office: None,
            }),
            reachable: None,
        });
        let dimension = DimensionTally {
            visibility: Visibility { shown: self.groups, ..Visibility::default() },
            groups: groups.collect(),
        };
        let tally = Tally {
            freshness: Freshness { current: USERS - 20, held: 20, ..Freshness::default() },
            words: Field::ALL.map(|field| words(field, seed)),
            out_of_office: Some(512),
            status_message: Some(733),
            oldest: Some(now),
            dimensions: vec![dimension],
            ..Tally::default()
        };
        Snapshot {
            tally,
            counters: Arc::new(counters(seed)),
            cycle: Some(CycleEnd { ended: now, duration: Duration::from_millis(4_200), covered: true }),
            last_success: Some(now),
            listed: Some(now),
            plan: Plan::new(USERS as usize, MEANS, &terms),
            requests: Requests { budget: 1200, fullest_window: 31 },
            ..Snapshot::unknown(terms, MEANS)
        }
    }

    fn terms(self, tenant: u32) -> Terms {
        let by = ByAttribute {
            attribute: Attribute::OfficeLocation,
            map: BTreeMap::new(),
            max_groups: usize::try_from(self.groups).unwrap_or(usize::MAX),
        };
        let dimension = Dimension {
            name: Label::parse("office").expect("a label"),
            source: Source::Attribute(by),
            metrics: vec![GroupMetric::Availability],
        };
        Terms {
            tenant: TenantName::parse(&format!("tenant-{tenant}")).expect("a name"),
            interval: Duration::from_mins(1),
            max_age: Duration::from_hours(1),
            min_coverage: 0.95,
            min_group_size: 5,
            refresh_interval: Duration::from_hours(1),
            dimensions: Arc::new([dimension]),
        }
    }
}

/// Counts of every known word.
fn counts(field: Field, seed: u32) -> WordCounts {
    let words = Vocabulary::new(field);
    (0..).zip(words.words()).map(|(number, word)| (Arc::clone(word), (seed * 31 + number * 7) % 97)).collect()
}

/// A week of person-time, and every transition.
fn counters(seed: u32) -> Counters {
    let time = |field| counts(field, seed).into_iter().map(|(word, users)| (word, u64::from(users) * 98_765_431));
    let words = counts(Field::Availability, seed);
    let pairs = words.iter().flat_map(|(from, count)| words.iter().map(move |(to, _)| (from, to, u64::from(*count))));
    let transitions = pairs.map(|(from, to, count)| ([from.clone(), to.clone()], count * 31));
    Counters::default().plus(&Credit {
        tenths: [Field::Availability, Field::Activity].map(|field| time(field).collect()),
        transitions: transitions.collect(),
    })
}
