//! What an expression is about, read off the tree that a real Prometheus makes of it: which series it selects,
//! whether the exporter has such series, labels and words, and which labels the result has.
//!
//! [`Vocabulary`] says which series there are, [`Reading`] what one expression makes of them. It knows neither boards nor
//! rules, and evaluates nothing. Next: `selecting`, then `labels`, which walks the tree; `pattern` is for what stands
//! behind `=~`.

mod labels;
mod pattern;
mod selecting;

pub(crate) use selecting::{Matcher, Selector, words};

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use teams_presence_exporter::catalog::{self, Kind};

/// Names of labels.
pub(crate) type Labels = BTreeSet<String>;

/// Labels that Prometheus adds to whatever it scrapes; `pod` is what a replica in Kubernetes is told by.
const OF_TARGETS: [&str; 3] = ["job", "instance", "pod"];

/// What Prometheus makes of each scrape or alert by itself, and what labels that has.
const BUILT_IN: [(&str, &[&str]); 5] = [
    ("up", &[]),
    ("scrape_duration_seconds", &[]),
    ("scrape_samples_scraped", &[]),
    ("scrape_samples_post_metric_relabeling", &[]),
    ("ALERTS", &["alertname", "alertstate", "severity", "tenant", "dimension", "group"]),
];

/// Which series there are: their names, and the labels of each.
#[derive(Clone)]
pub(crate) struct Vocabulary {
    series: BTreeMap<String, Labels>,
}

/// What an expression selects and gives, and what is wrong with it.
#[derive(Default)]
pub(crate) struct Reading {
    /// Of the result; `None` if it is a number.
    pub(crate) labels: Option<Labels>,
    pub(crate) selectors: Vec<Selector>,
    pub(crate) faults: Vec<String>,
    /// Labels that the expression itself fills, and that can therefore hold anything.
    made: Labels,
}

impl Reading {
    /// Whether the expression itself fills this label.
    pub(crate) fn makes(&self, label: &str) -> bool {
        self.made.contains(label)
    }
}

impl Vocabulary {
    /// The series of the exporter's catalog, and those that come with every scrape.
    pub(crate) fn of_the_exporter() -> Self {
        let mut vocabulary = Self { series: BTreeMap::new() };
        let labelled = |labels: &[&str]| labels.iter().chain(&OF_TARGETS).map(|&label| label.to_owned()).collect();
        for (name, labels) in BUILT_IN {
            vocabulary.record(name, labelled(labels));
        }
        for family in catalog::ALL {
            let labels: Labels = labelled(family.labels);
            if family.kind == Kind::Histogram {
                let buckets = labels.iter().cloned().chain(["le".to_owned()]).collect();
                vocabulary.record(&format!("{}_bucket", family.name), buckets);
                vocabulary.record(&format!("{}_sum", family.name), labels.clone());
                vocabulary.record(&format!("{}_count", family.name), labels);
            } else {
                vocabulary.record(family.name, labels);
            }
        }
        vocabulary
    }

    /// Takes up series that a rule records.
    pub(crate) fn record(&mut self, name: &str, labels: Labels) {
        self.series.insert(name.to_owned(), labels);
    }

    /// Reads the tree of an expression.
    pub(crate) fn read(&self, tree: &Value) -> Reading {
        let mut reading = Reading::default();
        reading.labels = labels::walk(self, tree, &[], &mut reading);
        reading
    }

    /// Whether the series of this name have this label.
    pub(crate) fn has(&self, name: &str, label: &str) -> bool {
        self.labels(name).is_some_and(|labels| labels.contains(label))
    }

    /// The labels of the series of this name.
    fn labels(&self, name: &str) -> Option<&Labels> {
        self.series.get(name)
    }
}

/// Whether it only goes up, so that its bare value says nothing.
pub(crate) fn is_counter(name: &str) -> bool {
    catalog::ALL.iter().any(|family| match family.kind {
        Kind::Gauge => false,
        Kind::Counter => family.name == name,
        Kind::Histogram => name.strip_prefix(family.name).is_some_and(|part| !part.is_empty()),
    })
}
