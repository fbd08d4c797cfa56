//! Readings: a scrape, sorted by whom it is about.

use std::collections::BTreeMap;

use crate::harness::{Exposition, Sample};

/// What one scrape said.
#[derive(Debug, Default)]
pub(super) struct Scrape {
    /// By the label `tenant`.
    pub(super) tenants: BTreeMap<String, Reading>,
    /// What is about no tenant.
    pub(super) exporter: Reading,
}

/// What one scrape said about one subject: its samples by family, the families without their prefix.
#[derive(Debug, Default)]
pub(super) struct Reading {
    families: BTreeMap<String, Vec<Sample>>,
}

impl Scrape {
    /// Sorts what a page says.
    pub(super) fn of(page: Exposition) -> Self {
        let mut scrape = Self::default();
        for family in page.families {
            let name = family.name.trim_start_matches("teams_presence_").to_owned();
            for sample in family.samples {
                let subject = match sample.labels.get("tenant") {
                    Some(tenant) => scrape.tenants.entry(tenant.clone()).or_default(),
                    None => &mut scrape.exporter,
                };
                subject.families.entry(name.clone()).or_default().push(sample);
            }
        }
        scrape
    }
}

impl Reading {
    /// What a page says of somebody whom it does not know.
    pub(super) const NOTHING: Self = Self { families: BTreeMap::new() };

    /// The samples of a family; none if it is absent.
    pub(super) fn family(&self, family: &str) -> &[Sample] {
        self.families.get(family).map_or(&[], Vec::as_slice)
    }

    /// Every sample.
    pub(super) fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.families.values().flatten()
    }

    /// The samples of counters and histograms: what may only go up.
    pub(super) fn counted(&self) -> impl Iterator<Item = &Sample> {
        let is_counted = |name: &str| ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end));
        self.samples().filter(move |sample| is_counted(&sample.name))
    }

    /// Whether the same series are there, whatever their values.
    pub(super) fn has_series_of(&self, other: &Self) -> bool {
        let series = |reading: &'_ Self| reading.samples().count();
        let same = |(one, other): (&Sample, &Sample)| one.name == other.name && one.labels == other.labels;
        series(self) == series(other) && self.samples().zip(other.samples()).all(same)
    }

    /// The only sample of a family; `None` if it is absent.
    pub(super) fn number(&self, family: &str) -> Option<f64> {
        self.family(family).first().map(|sample| sample.value)
    }

    /// The sum over a family; zero if it is absent.
    pub(super) fn sum(&self, family: &str) -> f64 {
        self.family(family).iter().map(|sample| sample.value).sum()
    }

    /// The values of a family by those of a label.
    pub(super) fn by(&self, family: &str, label: &str) -> BTreeMap<&str, f64> {
        let samples = self.family(family).iter();
        samples.filter_map(|sample| Some((sample.labels.get(label)?.as_str(), sample.value))).collect()
    }

    /// The tracked users: current, held, unanswered, unanswerable.
    pub(super) fn tracked(&self) -> [f64; 4] {
        let classes = self.by("tracked_users", "freshness");
        ["current", "held", "unanswered", "unanswerable"].map(|class| classes.get(class).copied().unwrap_or(f64::NAN))
    }

    /// Those whom the counts cover.
    pub(super) fn covered(&self) -> f64 {
        let [current, held, ..] = self.tracked();
        current + held
    }

    /// Whether the tenant is up.
    pub(super) fn up(&self) -> bool {
        self.number("up") == Some(1.0)
    }
}
