//! The roster: a listing under way, and to which value of each attribute its users belong.
//!
//! It does not know which groups may be shown (`privacy`).

use super::dimension::{Attribute, Dimension, Source};
use super::user::UserId;
use super::value;

/// Users as they are listed, and their values.
#[derive(Debug)]
pub struct Roster {
    users: Vec<UserId>,
    columns: Vec<(Attribute, Values)>,
}

/// The values of one attribute dimension.
#[derive(Debug, Default)]
pub struct Values {
    /// For each user the number of the value.
    pub of: Vec<u16>,
    /// The values by number. The first is [`Values::NONE`], the second [`Values::REST`].
    pub values: Vec<Value>,
}

/// One value.
#[derive(Debug, Default, Clone)]
pub struct Value {
    /// As it is compared.
    pub key: Box<str>,
    /// How it is spelled, and by how many users.
    pub spellings: Vec<(Box<str>, u32)>,
    /// How many users have it.
    pub users: u32,
}

impl Values {
    /// The number of those without a value.
    pub const NONE: u16 = 0;
    /// The number of those whose value came when there were too many already.
    pub const REST: u16 = 1;
}

impl Roster {
    /// Nobody yet, of a tenant with these dimensions.
    #[must_use]
    pub fn new(dimensions: &[Dimension]) -> Self {
        let columns = dimensions.iter().filter_map(|dimension| match &dimension.source {
            Source::Attribute(by) => {
                Some((by.attribute, Values { of: Vec::new(), values: vec![Value::default(), Value::default()] }))
            }
            Source::EntraGroups(_) => None,
        });
        Self { users: Vec::new(), columns: columns.collect() }
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, users: usize) {
        self.users.reserve_exact(users);
    }

    /// Adds a user, whose attributes `value` tells.
    pub fn add<'v>(&mut self, user: UserId, value: impl Fn(Attribute) -> Option<&'v str>) {
        self.users.push(user);
        for (attribute, values) in &mut self.columns {
            let key = value(*attribute).map(value::key).unwrap_or_default();
            let number = values.values.iter().position(|known| known.key == key).unwrap_or_else(|| {
                let spelling = value(*attribute).unwrap_or_default().into();
                values.values.push(Value { key, spellings: vec![(spelling, 1)], users: 0 });
                values.values.len() - 1
            });
            values.values[number].users += 1;
            values.of.push(u16::try_from(number).unwrap_or(Values::REST));
        }
    }

    /// How many users were listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Leaves out whom `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(UserId) -> bool) {
        self.users.retain(|user| keep(*user));
    }

    /// The users, sorted by id, each once; and the values of each attribute dimension in the same order.
    #[must_use]
    pub fn sorted(self) -> (Vec<UserId>, Vec<Values>) {
        (self.users, self.columns.into_iter().map(|(_, values)| values).collect())
    }
}
