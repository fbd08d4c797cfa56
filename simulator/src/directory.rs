//! The directory: what it says of the people now, who may have moved since the tenant was made.
//!
//! The people come from the seed (`organisation`), their groups from rules (`groups`). Here is what a test changed of
//! it, and which values are written as a careless or hostile hand would (`hostile`). Somebody who moves keeps the days
//! of before: presence does not follow a department or an office.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::groups::Group;
use crate::hostile;
use crate::identity::Guid;
use crate::organisation::Person;
use crate::properties::Property;
use crate::switches::Values;

/// The directory as one request finds it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    pub(crate) changes: Arc<Changes>,
    pub(crate) values: Values,
}

/// What was changed since the tenant was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// By the numbers of the people.
    values: HashMap<u32, Vec<(Value, Option<String>)>>,
    gone: HashSet<u32>,
    members: HashMap<Guid, HashSet<u32>>,
}

/// A value of a user that is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Of(Property),
    /// `onPremisesExtensionAttributes/extensionAttribute{number}`
    Extension(u8),
}

/// What the directory says of one person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account<'a> {
    pub(crate) person: &'a Person,
    directory: &'a Directory,
}

impl Directory {
    /// What it says of a person.
    pub(crate) const fn account<'a>(&'a self, person: &'a Person) -> Account<'a> {
        Account { person, directory: self }
    }

    /// Whether the person is in it.
    pub(crate) fn has(&self, person: &Person) -> bool {
        self.changes.has(person)
    }

    /// Whether a person who is in it is a member of a group, directly or through another group.
    pub(crate) fn is_member(&self, group: &Group, person: &Person) -> bool {
        self.changes.members.get(&group.id).map_or_else(|| group.contains(person), |all| all.contains(&person.number))
    }
}

impl Changes {
    /// Whether the person is still there.
    pub(crate) fn has(&self, person: &Person) -> bool {
        !self.gone.contains(&person.number)
    }

    pub(crate) fn set(&mut self, person: &Person, value: Value, text: Option<String>) {
        let values = self.values.entry(person.number).or_default();
        values.retain(|(known, _)| *known != value);
        values.push((value, text));
    }

    pub(crate) fn remove(&mut self, person: &Person) {
        self.gone.insert(person.number);
    }

    pub(crate) fn restore(&mut self, person: &Person) {
        self.gone.remove(&person.number);
    }

    pub(crate) fn set_members(&mut self, group: &Group, members: &[Person]) {
        self.members.insert(group.id, members.iter().map(|person| person.number).collect());
    }
}

impl Value {
    /// The value of this name: a property, or `extensionAttribute1` to `15`; Graph does not mind case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let number = lower.strip_prefix("extensionattribute").and_then(|number| number.parse().ok());
        let extension = number.filter(|number| (1..=15).contains(number)).map(Self::Extension);
        extension.or_else(|| Property::named(name).map(Self::Of))
    }
}

impl<'a> Account<'a> {
    /// The text of a value; `None` for null.
    pub(crate) fn text(&self, value: Value) -> Option<Cow<'a, str>> {
        let moved = self.directory.changes.values.get(&self.person.number);
        if let Some((_, text)) = moved.and_then(|values| values.iter().find(|(known, _)| *known == value)) {
            return text.as_deref().map(Cow::Borrowed);
        }
        let hostile = (self.directory.values == Values::Hostile).then(|| hostile::text(self.person, value)).flatten();
        hostile.or_else(|| match value {
            Value::Of(property) => property.text(self.person),
            Value::Extension(number) => self.person.extension_attribute(number).map(Cow::Owned),
        })
    }
}
