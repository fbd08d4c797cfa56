//! The law of the page: names and words that strangers chose stand on it as they are, each series once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::page::{self, Sample};
use crate::catalog;
use crate::domain::moment::{Moment, Now};
use crate::domain::plan::Means;
use crate::domain::presence::Field;
use crate::domain::snapshot::Snapshot;
use crate::domain::tally::{Freshness, Tally, WordCounts};
use crate::domain::tenant::TenantName;
use crate::domain::terms::Terms;
use crate::domain::vocabulary::Vocabulary;
use crate::exposition::{Format, Page, render};

const NOW: Now = Now { moment: Moment::from_millis(60_000), unix_millis: 1_795_456_800_000 };
const MEANS: Means = Means { budget: 1200, latency: None, concurrency: 8 };

/// Texts with the byte 255 between them, which is in no text: the first is the name of a tenant, the others are words
/// that Graph answered with. A reader that shares no code with the writer reads the same off the page, and no series
/// twice; and any three of them stand as they are in labels of their own.
///
/// # Panics
/// If one of these does not hold.
pub fn exposition(bytes: &[u8]) {
    let texts: Vec<_> = bytes.split(|byte| *byte == 0xFF).take(64).map(String::from_utf8_lossy).collect();
    if let Ok(tenant) = TenantName::parse(&texts[0]) {
        check_words(&tenant, &texts[1..]);
    }
    for labels in texts.chunks_exact(3) {
        let mut page = Page::default();
        let labels = [&*labels[0], &*labels[1], &*labels[2]];
        page.add(catalog::BUILD_INFO, &labels, 1.0);
        let mut text = Vec::new();
        Format::Text.write(&page.into_families(), &mut text);
        let samples = page::read(&text).expect("a page");
        assert_eq!(samples, [sample("teams_presence_build_info", catalog::BUILD_INFO.labels, &labels, 1.0)]);
    }
}

/// Has the words counted, once for each field, and looks for them on the page.
fn check_words(tenant: &TenantName, words: &[impl AsRef<str>]) {
    let counts = Field::ALL.map(|field| Some(counted(field, words)));
    let people = u32::try_from(words.len()).expect("few");
    let snapshot = Snapshot {
        tally: Tally {
            freshness: Freshness { current: people, ..Freshness::default() },
            words: counts.clone(),
            ..Tally::default()
        },
        ..Snapshot::unknown(terms(tenant.clone()), MEANS)
    };
    let samples = page::read(&render(NOW, [&snapshot])).expect("a page");
    let shown = snapshot.counts(NOW.moment).is_some();
    let families = [catalog::AVAILABILITY_USERS, catalog::ACTIVITY_USERS, catalog::WORK_LOCATION_USERS];
    for (family, counts) in families.into_iter().zip(counts) {
        let expected = counts.into_iter().flatten().filter(|_| shown);
        let expected: Vec<_> = expected
            .map(|(word, users)| sample(family.name, family.labels, &[tenant.as_str(), &word], f64::from(users)))
            .collect();
        let found: Vec<_> = samples.iter().filter(|sample| sample.name == family.name).cloned().collect();
        assert_eq!(found, expected);
        let sum: f64 = found.iter().map(|sample| sample.value).sum();
        assert!(!shown || sum.to_bits() == f64::from(people).to_bits(), "{sum} of {people}");
    }
    let values = samples.iter().flat_map(|sample| sample.labels.values());
    values.for_each(|value| assert!(!value.contains(char::is_control), "{value:?}"));
}

/// So many people as there are words, each with one of them.
fn counted(field: Field, words: &[impl AsRef<str>]) -> WordCounts {
    let mut vocabulary = Vocabulary::new(field);
    let slots: Vec<u8> = words.iter().map(|word| vocabulary.slot(Some(field.parse(word.as_ref())))).collect();
    let mut counts = vocabulary.zeros();
    for slot in slots {
        counts[usize::from(slot)] += 1;
    }
    let labelled: Vec<(Arc<str>, u32)> = vocabulary.labelled(&counts);
    assert!(labelled.len() <= field.known().len() + 9, "eight words of a tenant's own, and Other");
    labelled
}

fn terms(tenant: TenantName) -> Terms {
    Terms {
        tenant,
        interval: Duration::from_mins(1),
        max_age: Duration::from_mins(5),
        min_coverage: 0.95,
        min_group_size: 3,
        refresh_interval: Duration::from_hours(1),
        dimensions: Arc::default(),
    }
}

fn sample(name: &str, names: &[&str], values: &[&str], value: f64) -> Sample {
    let labels = names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sample { name: name.to_owned(), labels: labels.collect::<BTreeMap<_, _>>(), value }
}
