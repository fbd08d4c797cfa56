//! An attacker who knows everybody's memberships and reads the page: can a few people be singled out by sums and
//! differences of what is shown?
//!
//! The labels are read from the page, so nothing is taken for shown that is not. Sums over groups of one attribute are
//! tried against all sums over groups of another: all of them, which is what keeps these tenants small.

use std::collections::{BTreeMap, BTreeSet};

use simulator::{Person, Simulator};

use super::census::{self, Groups};
use crate::harness::{Exposition, Page};

/// People by number.
type People = BTreeSet<u32>;

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
    pub(super) least: usize,
}

/// The groups of one dimension that are shown, by label.
struct Shown {
    dimension: &'static str,
    is_partition: bool,
    groups: BTreeMap<String, People>,
}

fn numbers(people: &[Person]) -> People {
    people.iter().map(|person| person.number).collect()
}

impl Attacker<'_> {
    /// All that gives a few people away, in words; of who is tracked and of who is counted.
    pub(super) fn attack(&self, page: &Page, tenant: &str) -> Vec<String> {
        let everybody = numbers(&census::tracked(self.simulator));
        let counted = numbers(&self.answered);
        let mut found =
            self.subtract(&self.shown(page, tenant, &everybody, |family| family == "group_users"), &everybody);
        let counts =
            |family: &str| family.starts_with("group_") && family.ends_with("_users") && family != "group_users";
        found.extend(self.subtract(&self.shown(page, tenant, &counted, counts), &counted));
        found
    }

    /// The groups of which the page has these families, with their members among these people.
    fn shown(&self, page: &Page, tenant: &str, among: &People, wanted: impl Fn(&str) -> bool) -> Vec<Shown> {
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
                Source::Attribute(attribute) => (true, values(&census::by(self.simulator, attribute), labels)),
                Source::Entra(known) => (false, self.members(known, &labels)),
            };
            let among = |people: People| people.intersection(among).copied().collect();
            let groups = groups.into_iter().map(|(name, people)| (name, among(people))).collect();
            Shown { dimension, is_partition, groups }
        });
        shown.collect()
    }

    fn members(&self, known: &[(String, String)], labels: &BTreeSet<String>) -> BTreeMap<String, People> {
        let known = known.iter().filter(|(name, _)| labels.contains(name));
        known.map(|(name, group)| (name.clone(), numbers(&census::members(self.simulator, group)))).collect()
    }

    fn subtract(&self, shown: &[Shown], everybody: &People) -> Vec<String> {
        let mut found = Vec::new();
        let mut note = |what: String, people: usize| {
            if (1..self.least).contains(&people) {
                found.push(format!("{what}: {people} people"));
            }
        };
        let total = ("everybody".to_owned(), everybody);
        let groups = shown
            .iter()
            .flat_map(|it| it.groups.iter().map(|(name, people)| (format!("{} {name:?}", it.dimension), people)));
        let sets: Vec<(String, &People)> = std::iter::once(total).chain(groups).collect();
        for (number, (name, people)) in sets.iter().enumerate() {
            if people.is_empty() {
                note(format!("{name} is shown, though nobody is in it"), 1);
            }
            note(name.clone(), people.len());
            for (other, others) in &sets[..number] {
                note(format!("{name} against {other}"), people.symmetric_difference(others).count());
            }
        }
        let partitions: Vec<(&str, Vec<People>)> = shown
            .iter()
            .filter(|it| it.is_partition && !it.groups.is_empty())
            .map(|it| (it.dimension, cells(it, everybody)))
            .collect();
        for (number, (dimension, one)) in partitions.iter().enumerate() {
            for people in one {
                note(format!("the rest of {dimension}"), people.len());
            }
            for (other, cells) in &partitions[..number] {
                for people in sums(one) {
                    note(format!("a sum of {dimension} against one of {other}"), nearest(&people, cells));
                }
            }
        }
        for it in shown.iter().filter(|it| !it.is_partition) {
            for (name, people) in &it.groups {
                for (other, cells) in &partitions {
                    note(format!("{} {name:?} against a sum of {other}", it.dimension), nearest(people, cells));
                }
            }
        }
        found
    }
}

/// The groups of these labels; `(other)` has whoever is in none of the others.
fn values(groups: &Groups, labels: BTreeSet<String>) -> BTreeMap<String, People> {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let mut left: Groups = groups.clone();
    let mut shown = BTreeMap::new();
    for label in labels.iter().filter(|label| **label != "(other)") {
        let name =
            left.keys().find(|name| same(name, label)).unwrap_or_else(|| panic!("nobody is in {label:?}")).clone();
        shown.insert(label.clone(), numbers(&left.remove(&name).unwrap()));
    }
    if labels.contains("(other)") {
        shown.insert("(other)".to_owned(), left.values().flat_map(|people| numbers(people)).collect());
    }
    shown
}

/// The groups of an attribute, and what the total less all of them is.
fn cells(shown: &Shown, everybody: &People) -> Vec<People> {
    let mut cells: Vec<People> = shown.groups.values().cloned().collect();
    let named: People = cells.iter().flatten().copied().collect();
    let rest: People = everybody.difference(&named).copied().collect();
    if !rest.is_empty() {
        cells.push(rest);
    }
    cells
}

/// Every sum of groups.
fn sums(groups: &[People]) -> impl Iterator<Item = People> + '_ {
    assert!(groups.len() <= 12, "too many groups to try all sums of them");
    (1_u32..1 << groups.len()).map(|chosen| {
        let groups = groups.iter().enumerate().filter(move |(number, _)| chosen & (1 << number) != 0);
        groups.flat_map(|(_, people)| people.iter().copied()).collect()
    })
}

/// By how many people the nearest sum of these groups differs; nought if one is the same.
fn nearest(people: &People, groups: &[People]) -> usize {
    let differ = |group: &People| {
        let inside = group.intersection(people).count();
        inside.min(group.len() - inside)
    };
    groups.iter().map(differ).sum()
}
