//! Dimensions: by what the tracked users are counted apart, as one entry of `group_by` says.
//!
//! A dimension divides the users by a property that the directory keeps of them, or shows Entra groups that may overlap.
//! Plain values, held within bounds by `config`. Which groups there are, and which of them may be shown, is `grouping`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::tenant::TenantName;

/// One dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The value of the label `dimension`.
    pub name: Label,
    /// Where its groups come from.
    pub source: Source,
    /// What is counted of each group, beside how many users it has.
    pub metrics: Vec<GroupMetric>,
}

/// A name that is safe as a label value: 1 to 128 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Arc<str>);

/// Where the groups of a dimension come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The values of a property of the users: each user is in one group.
    Attribute(ByAttribute),
    /// Entra groups: a user may be in several, or in none.
    EntraGroups(ByEntraGroups),
}

/// Groups made of the values of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByAttribute {
    /// The property.
    pub attribute: Attribute,
    /// What some values are called instead; the values as they are compared, see [`super::value::key`].
    pub map: BTreeMap<Box<str>, Box<str>>,
    /// The most groups that are shown, `(other)` not counted.
    pub max_groups: usize,
}

/// Groups that Entra keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByEntraGroups {
    /// The groups, in the order of the configuration.
    pub groups: Vec<EntraGroup>,
    /// Whether somebody of each group should be reachable.
    pub duty: Option<Duty>,
}

/// An Entra group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntraGroup {
    /// The value of the label `group`.
    pub name: Label,
    /// Its object id.
    pub id: GroupId,
}

/// What is expected of a group on duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// How many of it shall be reachable, at least one.
    pub min_reachable: u32,
}

/// The object id of a group in Entra ID. It is no person's, so it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(uuid::Uuid);

/// A property of a user by which users can be counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// `department`
    Department,
    /// `officeLocation`
    OfficeLocation,
    /// `city`
    City,
    /// `state`
    State,
    /// `country`
    Country,
    /// `usageLocation`
    UsageLocation,
    /// `companyName`
    CompanyName,
    /// `employeeType`
    EmployeeType,
    /// `jobTitle`
    JobTitle,
    /// `onPremisesExtensionAttributes.extensionAttribute1` to `15`
    Extension(u8),
}

/// What is counted of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupMetric {
    /// Users by availability.
    Availability,
    /// Users by activity.
    Activity,
    /// Users by where they work from.
    WorkLocation,
    /// Users with an automatic reply.
    OutOfOffice,
}

impl Duty {
    /// The fewest members with an answer of whom it is told whether somebody can be reached: of one it would be that one.
    pub const FEWEST: usize = 2;
}

impl Dimension {
    /// What is expected of its groups, if they are on duty.
    #[must_use]
    pub fn duty(&self) -> Option<Duty> {
        match &self.source {
            Source::EntraGroups(by) => by.duty,
            Source::Attribute(_) => None,
        }
    }

    /// The groups that are named whatever can be told of them: those that somebody named. An attribute's values are people's,
    /// and one that stands without counts would tell that somebody has it.
    #[must_use]
    pub fn named_always(&self) -> &[EntraGroup] {
        self.entra_groups()
    }

    /// The groups of Entra that it counts.
    #[must_use]
    pub fn entra_groups(&self) -> &[EntraGroup] {
        match &self.source {
            Source::EntraGroups(by) => &by.groups,
            Source::Attribute(_) => &[],
        }
    }

    /// Whether this is counted of its groups.
    #[must_use]
    pub fn counts(&self, metric: GroupMetric) -> bool {
        self.metrics.contains(&metric)
    }
}

impl Label {
    /// The name in `text`, without the white space around it.
    ///
    /// # Errors
    /// A phrase that says what is wrong with the name.
    pub fn parse(text: &str) -> Result<Self, String> {
        TenantName::parse(text).map(|name| Self(name.as_str().into()))
    }

    /// The label value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl GroupId {
    /// The id in a text such as `0f8fad5b-d9cb-469f-a165-70867728950e`, in either case; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok()).flatten()?;
        Some(Self(id))
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.hyphenated())
    }
}
