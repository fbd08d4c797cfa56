//! An attacker who knows everybody's memberships and reads the page: can a few people be singled out by sums and
//! differences of what is shown?
//!
//! The labels are read from the page, so nothing is taken for shown that is not. Sums over groups of one attribute are
//! tried against all sums over groups of another: all of them, which is what keeps these tenants small.

use std::collections::{BTreeMap, BTreeSet};

use simulator::{Person, Simulator};

use super::census::{self, Groups};
use crate::harness::{Exposition, Page};

/// People by number, a bit each: fewer than 128 there are.
type People = u128;

/// How the attacker knows who is in a group of a dimension.
pub(super) enum Source {
    /// The values of this property.
    Attribute(&'static str),
    /// What the configuration calls each group, and its name in Entra.
    Entra(Vec<(String, String)>),
}

/// What the attacker knows.
pub(super) struct Attacker<'a> {
    pub(super) simulator: &'a Simulator,
    pub(super) dimensions: &'a [(&'static str, Source)],
    /// Whoever can be counted: tracked, and answered lately.
    pub(super) answered: Vec<Person>,
    /// Fewer people than this are too few.
    pub(super) least: u32,
}

/// The groups of one dimension that are shown, by label.
struct Shown {
    dimension: &'static str,
    is_partition: bool,
    groups: BTreeMap<String, People>,
}

fn numbers(people: &[Person]) -> People {
    people.iter().fold(0, |all, person| all | 1_u128.checked_shl(person.number).expect("a small tenant"))
}

impl Attacker<'_> {
    /// All that gives a few people away, in words; of who is tracked and of who is counted.
    pub(super) fn attack(&self, page: &Page, tenant: &str) -> Vec<String> {
        let everybody = numbers(&census::tracked(self.simulator));
        let counted = numbers(&self.answered);
        let mut found =
            self.subtract(&self.shown(page, tenant, everybody, |family| family == "group_users"), everybody);
        let counts =
            |family: &str| family.starts_with("group_") && family.ends_with("_users") && family != "group_users";
        found.extend(self.subtract(&self.shown(page, tenant, counted, counts), counted));
        found
    }

    /// The groups of which the page has these families, with their members among these people.
    fn shown(&self, page: &Page, tenant: &str, among: People, wanted: impl Fn(&str) -> bool) -> Vec<Shown> {
        let exposition = Exposition::parse(&page.0).unwrap();
        let mut labels: BTreeSet<(String, String)> = BTreeSet::new();
        for sample in exposition.families.iter().flat_map(|family| &family.samples) {
            let family = sample.name.trim_start_matches("teams_presence_");
            if wanted(family) && sample.labels["tenant"] == tenant {
                labels.insert((sample.labels["dimension"].clone(), sample.labels["group"].clone()));
            }
        }
        let shown = self.dimensions.iter().map(|(dimension, source)| {
            let labels = labels.iter().filter(|(it, _)| it == dimension).map(|(_, group)| group.clone()).collect();
            let (is_partition, groups) = match source {
                Source::Attribute(attribute) => (true, values(&census::by(self.simulator, attribute), &labels)),
                Source::Entra(known) => (false, self.members(known, &labels)),
            };
            let groups = groups.into_iter().map(|(name, people)| (name, people & among)).collect();
            Shown { dimension, is_partition, groups }
        });
        shown.collect()
    }

    fn members(&self, known: &[(String, String)], labels: &BTreeSet<String>) -> BTreeMap<String, People> {
        let known = known.iter().filter(|(name, _)| labels.contains(name));
        known.map(|(name, group)| (name.clone(), numbers(&census::members(self.simulator, group)))).collect()
    }

    fn subtract(&self, shown: &[Shown], everybody: People) -> Vec<String> {
        let groups = shown
            .iter()
            .flat_map(|it| it.groups.iter().map(|(name, people)| (format!("{} {name:?}", it.dimension), *people)));
        let sets: Vec<(String, People)> = std::iter::once(("everybody".to_owned(), everybody)).chain(groups).collect();
        let partitions: Vec<(&str, Vec<People>)> = shown
            .iter()
            .filter(|it| it.is_partition && !it.groups.is_empty())
            .map(|it| (it.dimension, cells(it, everybody)))
            .collect();
        let mut found = one_by_one(&sets);
        found.extend(sum_by_sum(&partitions));
        for it in shown.iter().filter(|it| !it.is_partition) {
            for (name, people) in &it.groups {
                let against = |(other, cells): &(&str, Vec<People>)| {
                    (format!("{} {name:?} against a sum of {other}", it.dimension), nearest(*people, cells))
                };
                found.extend(partitions.iter().map(against));
            }
        }
        found.retain(|(_, people)| (1..self.least).contains(people));
        found.into_iter().map(|(what, people)| format!("{what}: {people} people")).collect()
    }
}

/// What an attacker does, and how many people it singles out.
type Attack = (String, u32);

/// Each set by itself, and each less each other.
fn one_by_one(sets: &[(String, People)]) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (number, (name, people)) in sets.iter().enumerate() {
        // A group of nobody has no business on the page either.
        attacks.push((name.clone(), people.count_ones().max(1)));
        for (other, others) in &sets[..number] {
            attacks.push((format!("{name} against {other}"), (people ^ others).count_ones()));
        }
    }
    attacks
}

/// What is left of each attribute, and every sum of its groups less the nearest sum of another's.
fn sum_by_sum(partitions: &[(&str, Vec<People>)]) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (number, (dimension, one)) in partitions.iter().enumerate() {
        attacks.extend(one.iter().map(|people| (format!("the rest of {dimension}"), people.count_ones())));
        for (other, cells) in &partitions[..number] {
            let smallest = sums(one).map(|people| nearest(people, cells)).filter(|people| *people > 0).min();
            let what = format!("a sum of {dimension} against one of {other}");
            attacks.extend(smallest.map(|people| (what, people)));
        }
    }
    attacks
}

/// The groups of these labels; `(other)` has whoever is in none of the others.
fn values(groups: &Groups, labels: &BTreeSet<String>) -> BTreeMap<String, People> {
    let mut left: Groups = groups.clone();
    let mut shown = BTreeMap::new();
    for label in labels.iter().filter(|label| **label != "(other)") {
        let name = left.keys().find(|name| name.to_lowercase() == label.to_lowercase()).cloned();
        let people = name.and_then(|name| left.remove(&name)).unwrap_or_else(|| panic!("nobody is in {label:?}"));
        shown.insert(label.clone(), numbers(&people));
    }
    if labels.contains("(other)") {
        shown.insert("(other)".to_owned(), left.values().fold(0, |all, people| all | numbers(people)));
    }
    shown
}

/// The groups of an attribute, and what the total less all of them is.
fn cells(shown: &Shown, everybody: People) -> Vec<People> {
    let named = shown.groups.values().fold(0, |all, people| all | people);
    shown.groups.values().copied().chain([everybody & !named]).filter(|people| *people != 0).collect()
}

/// Every sum of groups.
fn sums(groups: &[People]) -> impl Iterator<Item = People> + '_ {
    assert!(groups.len() <= 16, "too many groups to try all sums of them");
    (1_u32..1 << groups.len()).map(|chosen| {
        let groups = groups.iter().enumerate().filter(move |(number, _)| chosen & (1 << number) != 0);
        groups.fold(0, |all, (_, people)| all | people)
    })
}

/// By how many people the nearest sum of these groups differs; nought if one is the same.
fn nearest(people: People, groups: &[People]) -> u32 {
    groups.iter().map(|group| (group & people).count_ones().min((group & !people).count_ones())).sum()
}
