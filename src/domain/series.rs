//! Series: how many of them counting by group can make, and what to change where they are many.
//!
//! Before the first listing it goes by the configuration alone, then by the groups that were found. How a series is
//! written is not known here.

use std::fmt;

use super::advice::Reason;
use super::dimension::{Dimension, Duty, GroupMetric, Source};
use super::grouping::{Divided, Group};
use super::presence::Field;
use super::vocabulary::Vocabulary;

/// Series of one tenant's groups from which on a Prometheus server notices.
const MANY: u64 = 10_000;

/// What becomes of the groups: shown, folded, withheld.
const VISIBILITIES: u64 = 3;

/// How many groups and series the dimensions of a tenant can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    dimensions: u64,
    groups: u64,
    series: u64,
}

/// How many groups and series the groups of a directory make while everybody is answered, in known words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Dimensions by which users are counted apart.
    pub dimensions: u64,
    /// Groups that are shown, `(other)` among them.
    pub groups: u64,
    /// Series of groups.
    pub series: u64,
}

/// The series of a tenant that are no group's, while everything works and is answered in known words.
#[derive(Debug, Clone, Copy)]
pub struct Fixed;

/// A number as people write it: `7,248`.
#[derive(Debug, Clone, Copy)]
pub struct Grouped(pub u64);

/// How many there are of something: `1 group`, `1,846 series`.
#[derive(Debug, Clone, Copy)]
pub struct Counted(pub u64, pub &'static str, pub &'static str);

impl Most {
    /// The most that these dimensions can make, whatever the directory holds and Graph answers.
    #[must_use]
    pub fn of(dimensions: &[Dimension]) -> Self {
        let each = dimensions.iter();
        Self {
            dimensions: number(dimensions.len()),
            groups: each.clone().map(groups).sum(),
            series: each.map(series).sum(),
        }
    }

    /// How many series these are.
    #[must_use]
    pub fn series(&self) -> u64 {
        self.series
    }

    /// What to change where that is a lot; `None` where it is not.
    #[must_use]
    pub fn remedy(&self, dimensions: &[Dimension]) -> Option<String> {
        let largest = dimensions.iter().filter(|_| self.series > MANY).max_by_key(|dimension| series(dimension))?;
        let what = match largest.source {
            Source::Attribute(_) => "Lower max_groups",
            Source::EntraGroups(_) => "Name fewer groups",
        };
        let (name, its) = (&largest.name, Grouped(series(largest)));
        Some(format!("{what} or take out metrics, of the dimension {name} first, which can make {its} of them"))
    }
}

impl Fixed {
    /// Families with one series: counts, ages, limits; `teams_presence_up` is one of them.
    const SINGLE: usize = 18;

    /// Buckets of durations, with infinity, sum and count.
    const DURATION: usize = 12;

    /// How many they are for a tenant that needs so many permissions.
    #[must_use]
    pub fn of(permissions: usize) -> u64 {
        let known = |field: Field| field.known().len();
        let (availability, activity) = (known(Field::Availability), known(Field::Activity));
        let presence = availability + activity + known(Field::WorkLocation);
        let counters = availability + activity + availability * (availability - 1);
        let failures = Reason::OF_CYCLES.len() + Reason::OF_LISTINGS.len();
        // A token, presence and what is listed, each with one status.
        let requests = (1 + permissions) * (1 + Self::DURATION);
        let freshness = 4;
        number(presence + counters + failures + requests + permissions + freshness + Field::ALL.len() + Self::SINGLE)
    }
}

impl Made {
    /// What these groups make.
    #[must_use]
    pub fn of(divided: &[Divided]) -> Self {
        let shown = |it: &Divided| number(it.groups.iter().filter(|group| group.shown).count());
        Self {
            dimensions: number(divided.len()),
            groups: divided.iter().map(shown).sum(),
            series: divided.iter().map(|it| shown(it) * series_of_one(&it.dimension) + truth(it)).sum(),
        }
    }
}

impl fmt::Display for Made {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dimensions = Counted(self.dimensions, "dimension", "dimensions");
        write!(formatter, "{dimensions}, {}, {} series", Counted(self.groups, "group", "groups"), Grouped(self.series))
    }
}

/// The series of a group that is shown: its users, and known words.
fn series_of_one(dimension: &Dimension) -> u64 {
    let words = dimension.metrics.iter().map(|metric| match metric {
        GroupMetric::Availability => Field::Availability.known().len(),
        GroupMetric::Activity => Field::Activity.known().len(),
        GroupMetric::WorkLocation => Field::WorkLocation.known().len(),
        GroupMetric::OutOfOffice => 1,
    });
    1 + number(words.sum())
}

/// The series that tell what became of the groups, and of teams on duty whether they are reachable.
fn truth(divided: &Divided) -> u64 {
    let Source::EntraGroups(by) = &divided.dimension.source else { return VISIBILITIES };
    let on_duty = |group: &&Group| by.duty.is_some() && group.users as usize >= Duty::FEWEST;
    VISIBILITIES + number(by.groups.len()) + number(divided.groups.iter().filter(on_duty).count())
}

impl fmt::Display for Most {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dimensions = Counted(self.dimensions, "dimension", "dimensions");
        let groups = Counted(self.groups, "group", "groups");
        write!(formatter, "{dimensions}, at most {groups}, at most {} series", Grouped(self.series))
    }
}

/// The most groups of a dimension that can be on the page.
fn groups(dimension: &Dimension) -> u64 {
    match &dimension.source {
        // And `(other)`.
        Source::Attribute(by) => number(by.max_groups) + 1,
        Source::EntraGroups(by) => number(by.groups.len()),
    }
}

/// The most series of a dimension.
fn series(dimension: &Dimension) -> u64 {
    let counts: u64 = dimension.metrics.iter().map(|metric| number(counts(*metric))).sum();
    let truth = match &dimension.source {
        Source::Attribute(_) => 0,
        // Whether it is visible, and whether anybody is reachable.
        Source::EntraGroups(by) => 1 + u64::from(by.duty.is_some()),
    };
    groups(dimension) * (1 + counts + truth) + VISIBILITIES
}

/// The most series that a metric makes of one group.
fn counts(metric: GroupMetric) -> usize {
    match metric {
        GroupMetric::Availability => Vocabulary::most(Field::Availability),
        GroupMetric::Activity => Vocabulary::most(Field::Activity),
        GroupMetric::WorkLocation => Vocabulary::most(Field::WorkLocation),
        GroupMetric::OutOfOffice => 1,
    }
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl Grouped {
    /// A number of things in memory.
    #[must_use]
    pub fn of(length: usize) -> Self {
        Self(number(length))
    }
}

impl Counted {
    /// How many things there are in memory.
    #[must_use]
    pub fn of(length: usize, one: &'static str, several: &'static str) -> Self {
        Self(number(length), one, several)
    }
}

impl fmt::Display for Grouped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1000, self.0 % 1000) {
            (0, rest) => write!(formatter, "{rest}"),
            (thousands, rest) => write!(formatter, "{},{rest:03}", Self(thousands)),
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, one, several) = self;
        write!(formatter, "{} {}", Grouped(*number), if *number == 1 { one } else { several })
    }
}

#[cfg(test)]
mod tests {
    use super::super::dimension::{Attribute, ByAttribute, ByEntraGroups, Duty, EntraGroup, GroupId, Label};
    use super::*;

    const ALL: [GroupMetric; 4] =
        [GroupMetric::Availability, GroupMetric::Activity, GroupMetric::WorkLocation, GroupMetric::OutOfOffice];

    fn offices(max_groups: usize, metrics: &[GroupMetric]) -> Dimension {
        let by = ByAttribute { attribute: Attribute::OfficeLocation, map: [].into(), max_groups };
        let name = Label::parse("office").expect("a name");
        Dimension { name, source: Source::Attribute(by), metrics: metrics.into() }
    }

    fn teams(names: &[&str], duty: Option<Duty>) -> Dimension {
        let id = GroupId::parse("7c9e6679-7425-40de-944b-e07fc1f90ae7").expect("a GUID");
        let groups = names.iter().map(|name| EntraGroup { name: Label::parse(name).expect("a name"), id }).collect();
        let name = Label::parse("team").expect("a name");
        Dimension { name, source: Source::EntraGroups(ByEntraGroups { groups, duty }), metrics: ALL[..1].into() }
    }

    #[test]
    fn the_most_is_told_with_groups_and_series() {
        let check = |dimensions: &[Dimension], expected| assert_eq!(Most::of(dimensions).to_string(), expected);
        // group_users, 13 availabilities and 9 words that nobody knows.
        check(&[offices(100, &ALL[..1])], "1 dimension, at most 101 groups, at most 2,326 series");
        // The same with 17 + 9 activities, 5 + 9 work locations and one for automatic replies.
        check(&[offices(1, &ALL)], "1 dimension, at most 2 groups, at most 131 series");
        // And whether it is visible.
        check(&[teams(&["a"], None)], "1 dimension, at most 1 group, at most 27 series");
        // And whether anybody is reachable.
        let duty = Some(Duty { min_reachable: 2 });
        check(&[teams(&["a", "b"], duty), offices(1, &ALL)], "2 dimensions, at most 4 groups, at most 184 series");
        check(
            &[offices(1000, &ALL), offices(1000, &ALL)],
            "2 dimensions, at most 2,002 groups, at most 128,134 series",
        );
    }

    /// The golden page is one of a tenant that needs every permission, where everything works; that it has no date of a
    /// credential is the one thing that others have.
    #[test]
    fn what_no_group_makes_is_as_much_as_a_page_has() {
        let page = include_str!("../../tests/it/golden/metrics.txt");
        let of_tenant = page.lines().filter(|line| !line.starts_with('#') && line.contains("tenant=\"contoso\""));
        let count = of_tenant.filter(|line| !line.starts_with("teams_presence_group")).count();
        assert_eq!(Fixed::of(3), number(count) + 1);
    }

    #[test]
    fn many_series_come_with_what_to_change() {
        let remedy = |dimensions: &[Dimension]| Most::of(dimensions).remedy(dimensions);
        assert_eq!(remedy(&[offices(433, &ALL[..1])]), None, "9,985 series");
        let expected =
            "Lower max_groups or take out metrics, of the dimension office first, which can make 10,008 of them";
        assert_eq!(remedy(&[offices(434, &ALL[..1])]).as_deref(), Some(expected));
        let names: Vec<String> = (0..420).map(|number| number.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let expected =
            "Name fewer groups or take out metrics, of the dimension team first, which can make 10,083 of them";
        assert_eq!(remedy(&[offices(1, &ALL), teams(&names, None)]).as_deref(), Some(expected));
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let check = |number, expected| assert_eq!(Grouped(number).to_string(), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_846, "1,846");
        check(1_002_003, "1,002,003");
    }
}
