//! The census by groups: what the page must say of each group, counted by the simulator's own arithmetic.
//!
//! The rules by which values become groups are written down here a second time, in the words of the contract. Which groups
//! must be hidden to protect people is not known here, but for those that are too small by themselves.

use std::collections::BTreeMap;

use simulator::{Person, Presence, Simulator};

use crate::harness::{Exposition, Page, WORDS, enabled_member};

/// What can be counted of a group, as the configuration spells it.
pub(super) const METRICS: [&str; 4] = ["availability", "activity", "work_location", "out_of_office"];

/// The families of groups, but for those that tell what became of them.
const FAMILIES: [&str; 6] = [
    "teams_presence_group_users",
    "teams_presence_group_availability_users",
    "teams_presence_group_activity_users",
    "teams_presence_group_work_location_users",
    "teams_presence_group_out_of_office_users",
    "teams_presence_group_reachable",
];

/// The most characters of a value.
const LONGEST: usize = 128;

/// Groups by label, each with its members.
pub(super) type Groups = BTreeMap<String, Vec<Person>>;

/// Everybody who is tracked by default, in the directory's order.
pub(super) fn tracked(simulator: &Simulator) -> Vec<Person> {
    simulator.people().into_iter().filter(enabled_member).collect()
}

/// The tracked members of an Entra group.
pub(super) fn members(simulator: &Simulator, group: &str) -> Vec<Person> {
    simulator.members(simulator.group(group)).into_iter().filter(enabled_member).collect()
}

/// The tracked people by the values of a property, whatever the groups' sizes.
pub(super) fn by(simulator: &Simulator, attribute: &str) -> Groups {
    by_mapped(simulator, attribute, &[])
}

/// The same with other names for some values, which are written as they are compared.
pub(super) fn by_mapped(simulator: &Simulator, attribute: &str, map: &[(&str, &str)]) -> Groups {
    let mut values: BTreeMap<String, (BTreeMap<String, u32>, Vec<Person>)> = BTreeMap::new();
    for person in tracked(simulator) {
        let text = folded(&simulator.attribute(&person, attribute).unwrap_or_default());
        let called = map.iter().find(|(from, _)| *from == caseless(&text)).map_or(&*text, |(_, to)| to);
        let spelling = unreserved(cut(called));
        let (spellings, people) = values.entry(caseless(&spelling)).or_default();
        *spellings.entry(spelling).or_default() += 1;
        people.push(person);
    }
    let label = |spellings: BTreeMap<String, u32>| {
        let most = spellings.values().copied().max().unwrap_or(0);
        // The first in the order of bytes, of those that most people have.
        let spelling = spellings.into_iter().find(|(_, people)| *people == most).map(|(spelling, _)| spelling);
        spelling.filter(|spelling| !spelling.is_empty()).unwrap_or_else(|| "(none)".to_owned())
    };
    values.into_values().map(|(spellings, people)| (label(spellings), people)).collect()
}

/// The same groups where those with fewer people than this are part of `(other)`, and the smallest join it while it is too
/// small itself; no more than `most` are left beside it.
pub(super) fn fold(mut groups: Groups, least: usize, most: usize) -> Groups {
    let mut other: Vec<Person> = Vec::new();
    let smallest = |groups: &Groups| groups.iter().min_by_key(|(_, people)| people.len()).map(|(name, _)| name.clone());
    while let Some(smallest) = smallest(&groups) {
        let is_lonely = !other.is_empty() && other.len() < least;
        if groups[&smallest].len() >= least && groups.len() <= most && !is_lonely {
            break;
        }
        other.extend(groups.remove(&smallest).unwrap_or_default());
    }
    if !other.is_empty() {
        groups.insert("(other)".to_owned(), other);
    }
    groups
}

/// A text without white space and control characters, but single spaces between its words.
fn folded(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect::<String>().trim_end().to_owned()
}

/// A value that reads like the name of no value, or of all others, is marked.
fn unreserved(spelling: String) -> String {
    if ["(none)", "(other)"].contains(&&*caseless(&spelling)) { spelling + "_" } else { spelling }
}

fn caseless(text: &str) -> String {
    text.to_lowercase().to_uppercase().to_lowercase()
}

/// What the page must say of the groups of a dimension of which these metrics are counted, sorted.
pub(super) fn lines(simulator: &Simulator, dimension: &str, groups: &Groups, metrics: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for (group, people) in groups {
        let presences: Vec<Presence> =
            people.iter().map(|person| simulator.presence_of(person, simulator.now())).collect();
        let labels = [("dimension", dimension), ("group", group)];
        lines.push(line(FAMILIES[0], &labels, people.len()));
        for metric in metrics {
            let family = format!("teams_presence_group_{metric}_users");
            let Some((_, words)) = WORDS.iter().find(|(field, _)| field == metric) else {
                let away = presences.iter().filter(|presence| presence.is_out_of_office).count();
                lines.push(line(&family, &labels, away));
                continue;
            };
            for known in *words {
                let users = presences.iter().filter(|presence| word(presence, metric) == *known).count();
                lines.push(line(&family, &[labels[0], labels[1], (metric, known)], users));
            }
        }
    }
    lines.sort();
    lines
}

fn word(presence: &Presence, metric: &str) -> &'static str {
    match metric {
        "availability" => presence.availability.word(),
        "activity" => presence.activity.word(),
        _ => presence.work_location.kind.word(),
    }
}

fn line(family: &str, labels: &[(&str, &str)], value: usize) -> String {
    let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
    format!("{family} {labels:?} {value}")
}

/// What a page says of the groups of a tenant, sorted and as strict a reader has it; such lines as [`lines`] makes.
pub(super) fn said(page: &Page, tenant: &str) -> Vec<String> {
    said_in(page, tenant, &FAMILIES)
}

/// The same of some families.
pub(super) fn said_in(page: &Page, tenant: &str, families: &[&str]) -> Vec<String> {
    let exposition = Exposition::parse(&page.0).unwrap_or_else(|fault| panic!("{fault}\n{}", page.0));
    let samples = exposition.families.into_iter().flat_map(|family| family.samples);
    let mut lines = Vec::new();
    for mut sample in samples.filter(|sample| families.contains(&&*sample.name)) {
        if sample.labels.remove("tenant").as_deref() == Some(tenant) {
            lines.push(format!("{} {:?} {}", sample.name, sample.labels, sample.value));
        }
    }
    lines.sort();
    lines
}

/// Fails unless a page says of the groups of a tenant just what these lines say, in whatever order.
#[track_caller]
pub(super) fn assert_groups(page: &Page, tenant: &str, mut expected: Vec<String>) {
    expected.sort();
    crate::harness::assert_same_lines(&said(page, tenant).join("\n"), &expected.join("\n"), tenant);
}
