//! Tallies: what may be said of many people at once.
//!
//! This is where the privacy wall stands: observations come in, counts go out. It does not know who was counted.

use std::sync::Arc;

use super::dimension::Dimension;
use super::grouping::Visibility;
use super::moment::Moment;
use super::series::Made;

/// All tracked users by how fresh their observation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Answered in the last cycle.
    pub current: u32,
    /// Answered in an earlier one, and younger than the maximum age.
    pub held: u32,
    /// Neither.
    pub unanswered: u32,
    /// Quarantined, or left out of three complete answers in a row.
    pub unanswerable: u32,
}

/// The counts of one field: label value and number of users, known words first.
pub type WordCounts = Vec<(Arc<str>, u32)>;

/// Counts over everybody whose observation is fresh enough, and nothing about anybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Everybody, by freshness.
    pub freshness: Freshness,
    /// Those whom no batch can carry.
    pub quarantined: u32,
    /// Users by word for each field that the answers carry, in the order of [`Field::ALL`](super::presence::Field::ALL).
    pub words: [Option<WordCounts>; 3],
    /// Users with an automatic reply, if the answers carry that.
    pub out_of_office: Option<u32>,
    /// Users whose status message has content, if the answers carry that.
    pub status_message: Option<u32>,
    /// The oldest answer counted.
    pub oldest: Option<Moment>,
    /// The groups of each dimension, in the order of the configuration; nothing before the first listing.
    pub dimensions: Vec<DimensionTally>,
    /// How many series the groups make while everybody is answered.
    pub series: Made,
}

/// The groups of one dimension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DimensionTally {
    /// How many groups are shown, and what became of the others.
    pub visibility: Visibility,
    /// The groups: of an attribute those that are shown, of Entra all that are configured.
    pub groups: Vec<GroupTally>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTally {
    /// The label value.
    pub name: Arc<str>,
    /// Its counts, unless they are about too few.
    pub counts: Option<GroupCounts>,
    /// Whether enough of a group on duty are reachable, where that is known.
    pub reachable: Option<bool>,
}

/// The counts of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCounts {
    /// The tracked users in it, answered or not.
    pub users: u32,
    /// Users by word for each field that is counted and that the answers carry, in the order of
    /// [`Field::ALL`](super::presence::Field::ALL).
    pub words: [Option<WordCounts>; 3],
    /// Users with an automatic reply, if that is counted and the answers carry it.
    pub out_of_office: Option<u32>,
}

/// How fresh one user's observation is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Class {
    /// Answered in the last cycle.
    Current,
    /// Answered in an earlier one, and young enough.
    Held,
    /// Not answered, or too long ago.
    Unanswered,
    /// Not to be answered.
    Unanswerable,
}

impl GroupCounts {
    /// The share of a group that must have answered for shares of it to be told, as docs/METRICS.md has it.
    pub const ENOUGH: f64 = 0.9;
}

impl DimensionTally {
    /// The groups whose names may be shown while the tenant's counts are: those that are counted, and of Entra all.
    pub fn named(&self, dimension: &Dimension) -> impl Iterator<Item = &GroupTally> {
        let always = !dimension.named_always().is_empty();
        self.groups.iter().filter(move |group| always || group.counts.is_some())
    }
}

impl Freshness {
    /// Counts one user.
    pub(super) fn add(&mut self, class: Class) {
        let users = match class {
            Class::Current => &mut self.current,
            Class::Held => &mut self.held,
            Class::Unanswered => &mut self.unanswered,
            Class::Unanswerable => &mut self.unanswerable,
        };
        *users += 1;
    }

    /// Whether `answered` users are a share of at least `min_coverage` of those who can be answered, and anybody at all.
    #[must_use]
    pub fn covered(&self, answered: u32, min_coverage: f64) -> bool {
        let answerable = self.tracked() - self.unanswerable;
        answered > 0 && f64::from(answered) >= min_coverage * f64::from(answerable)
    }

    /// Everybody who is tracked.
    #[must_use]
    pub fn tracked(&self) -> u32 {
        self.counted() + self.unanswered + self.unanswerable
    }

    /// Those whom the presence counts cover.
    #[must_use]
    pub fn counted(&self) -> u32 {
        self.current + self.held
    }
}

#[cfg(test)]
mod tests {
    use super::super::dimension::{Attribute, ByAttribute, ByEntraGroups, EntraGroup, GroupId, Label, Source};
    use super::*;

    fn named(source: Source) -> Vec<String> {
        let counts = GroupCounts { users: 5, words: [None, None, None], out_of_office: None };
        let group = |name: &str, counts| GroupTally { name: name.into(), counts, reachable: Some(true) };
        let groups = vec![group("many", Some(counts)), group("few", None)];
        let dimension = Dimension { name: Label::parse("team").expect("a name"), source, metrics: Vec::new() };
        let tally = DimensionTally { groups, ..DimensionTally::default() };
        tally.named(&dimension).map(|group| group.name.to_string()).collect()
    }

    #[test]
    fn a_value_of_an_attribute_is_named_only_where_it_is_counted() {
        let by = ByAttribute { attribute: Attribute::Department, map: [].into(), max_groups: 100 };
        assert_eq!(named(Source::Attribute(by)), ["many"]);
    }

    #[test]
    fn a_group_that_the_configuration_names_is_always_named() {
        let id = GroupId::parse("0f8fad5b-d9cb-469f-a165-70867728950e").expect("a GUID");
        let groups = vec![EntraGroup { name: Label::parse("few").expect("a name"), id }];
        assert_eq!(named(Source::EntraGroups(ByEntraGroups { groups, duty: None })), ["many", "few"]);
    }
}
