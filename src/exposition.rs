//! Exposition: snapshots into metric families, families into text.
//!
//! [`render`] is told the time, so the same arguments give the same bytes. It cannot reach a clock, a socket or an
//! observation; what a family is called stands in `catalog`. How families are written is in `format`, how the page of all
//! tenants is put together in `sheet`, how pages are compressed in `piece`.

use std::sync::Arc;

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::catalog::{self, Family, Kind};
use crate::domain::counters::Counters;
use crate::domain::moment::Now;
use crate::domain::snapshot::Snapshot;
use crate::domain::tally::{Freshness, Tally, WordCounts};

mod format;
mod groups;
mod part;
mod piece;
mod sheet;

pub use format::Format;
pub use part::Part;
pub use piece::{Cut, Gzip, Piece};
pub use sheet::Sheet;

/// The presence and truth families of all tenants as of `now`, in the text format 0.0.4.
#[must_use]
pub fn render<'a>(now: Now, snapshots: impl IntoIterator<Item = &'a Snapshot>) -> Vec<u8> {
    let sheets = snapshots.into_iter().map(|snapshot| Arc::new(Sheet::new(Part::of(now, snapshot))));
    sheets.collect::<Sheet>().written(Format::Text)
}

/// The families of a page, each with the samples of all tenants.
#[derive(Default)]
pub struct Page {
    families: Vec<(&'static Family, Vec<Metric>)>,
}

impl Page {
    /// Adds a sample to a family. The labels' values come in the order of the family's labels.
    pub fn add(&mut self, family: &'static Family, labels: &[&str], value: f64) {
        debug_assert_eq!(family.labels.len(), labels.len(), "{}", family.name);
        let pairs = family.labels.iter().zip(labels).map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        let mut pairs: Vec<LabelPair> = pairs.collect();
        pairs.sort_by(|one, other| one.name().cmp(other.name()));
        let mut metric = Metric::from_label(pairs);
        match family.kind {
            Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            Kind::Gauge | Kind::Histogram => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
        }
        match self.families.iter_mut().find(|(known, _)| known.name == family.name) {
            Some((_, metrics)) => metrics.push(metric),
            None => self.families.push((family, vec![metric])),
        }
    }

    /// The families in the order of the catalog.
    #[must_use]
    pub fn into_families(mut self) -> Vec<MetricFamily> {
        self.families.sort_by_key(|(family, _)| catalog::ALL.iter().position(|known| known.name == family.name));
        self.families.into_iter().map(|(family, metrics)| proto(family, metrics)).collect()
    }
}

fn proto(family: &Family, metrics: Vec<Metric>) -> MetricFamily {
    let mut proto = MetricFamily::default();
    proto.set_name(family.name.to_owned());
    proto.set_help(family.help.to_owned());
    proto.set_field_type(match family.kind {
        Kind::Gauge => MetricType::GAUGE,
        Kind::Counter => MetricType::COUNTER,
        Kind::Histogram => MetricType::HISTOGRAM,
    });
    proto.set_metric(metrics);
    proto
}

/// The presence gauges: there exactly while the snapshot has counts to show.
fn presence(page: &mut Page, now: Now, snapshot: &Snapshot) {
    let tenant = snapshot.terms.tenant.as_str();
    let Some(tally) = snapshot.counts(now.moment) else { return };
    let Tally { words: [availability, activity, work_location], out_of_office, status_message, oldest, .. } = tally;
    let mut words = |family, counts: &Option<WordCounts>| {
        for (word, users) in counts.iter().flatten() {
            page.add(family, &[tenant, word], f64::from(*users));
        }
    };
    words(catalog::AVAILABILITY_USERS, availability);
    words(catalog::ACTIVITY_USERS, activity);
    words(catalog::WORK_LOCATION_USERS, work_location);
    let mut number = |family, value: Option<f64>| {
        if let Some(value) = value {
            page.add(family, &[tenant], value);
        }
    };
    number(catalog::OUT_OF_OFFICE_USERS, out_of_office.map(f64::from));
    number(catalog::STATUS_MESSAGE_USERS, status_message.map(f64::from));
    number(catalog::OLDEST_OBSERVATION, oldest.map(|oldest| now.unix_seconds(oldest)));
}

/// What people's time was spent on: always there, but for the transitions of a tenant that is too small for them.
fn person_time(page: &mut Page, snapshot: &Snapshot) {
    let (tenant, counters) = (snapshot.terms.tenant.as_str(), &snapshot.counters);
    for (word, seconds) in counters.availability() {
        page.add(catalog::AVAILABILITY_SECONDS, &[tenant, word], seconds);
    }
    for (word, seconds) in counters.activity() {
        page.add(catalog::ACTIVITY_SECONDS, &[tenant, word], seconds);
    }
    if snapshot.tally.freshness.tracked() >= Counters::CROWD {
        for ([from, to], count) in counters.transitions() {
            page.add(catalog::AVAILABILITY_TRANSITIONS, &[tenant, from, to], count);
        }
    }
}

/// What the data are worth: always there.
fn truth(page: &mut Page, now: Now, snapshot: &Snapshot) {
    let terms = &snapshot.terms;
    let tenant = terms.tenant.as_str();
    let up = snapshot.up(now.moment);
    page.add(catalog::UP, &[tenant], f64::from(u8::from(up)));
    let Freshness { current, held, unanswered, unanswerable } = snapshot.freshness(now.moment);
    let classes = [("current", current), ("held", held), ("unanswered", unanswered), ("unanswerable", unanswerable)];
    for (freshness, users) in classes {
        page.add(catalog::TRACKED_USERS, &[tenant, freshness], f64::from(users));
    }
    let mut instant = |family, moment: Option<_>| {
        if let Some(moment) = moment {
            page.add(family, &[tenant], now.unix_seconds(moment));
        }
    };
    instant(catalog::LAST_SUCCESS, snapshot.last_success);
    instant(catalog::DIRECTORY_TIMESTAMP, snapshot.listed);
    let mut number = |family, value: f64| page.add(family, &[tenant], value);
    number(catalog::DIRECTORY_REFRESH_INTERVAL, terms.refresh_interval.as_secs_f64());
    number(catalog::CYCLE_DURATION, snapshot.cycle.map_or(0.0, |cycle| cycle.duration.as_secs_f64()));
    number(catalog::POLL_INTERVAL, snapshot.plan.interval.as_secs_f64());
    number(catalog::QUARANTINED_USERS, f64::from(snapshot.tally.quarantined));
    number(catalog::MIN_GROUP_SIZE, f64::from(terms.min_group_size));
}

/// What a cycle costs at Graph.
fn requests(page: &mut Page, snapshot: &Snapshot) {
    let tenant = snapshot.terms.tenant.as_str();
    page.add(catalog::GRAPH_BUDGET_REQUESTS, &[tenant], f64::from(snapshot.requests.budget));
    page.add(catalog::GRAPH_WINDOW_REQUESTS, &[tenant], f64::from(snapshot.requests.fullest_window));
    page.add(catalog::PLANNED_REQUESTS, &[tenant], f64::from(snapshot.plan.requests));
}
