//! The roster: a listing under way, and to which value of each attribute its users belong.
//!
//! It grows by rows that come by the million, so it keeps two bytes a user and attribute, and sorts itself in place. It
//! does not know which groups may be shown (`privacy`), nor what a group is called in the end (`grouping`).

use std::fmt;

use super::dimension::{Attribute, Dimension, Source};
use super::user::UserId;

mod column;

use column::Column;

/// Users as they are listed, and their values.
#[derive(Clone)]
pub struct Roster {
    users: Vec<UserId>,
    /// One for each attribute dimension.
    columns: Vec<Column>,
}

/// The values of one attribute dimension. They do not depend on the order of the rows.
#[derive(Default, PartialEq, Eq)]
pub struct Values {
    /// For each user the number of the value.
    pub of: Vec<u16>,
    /// The values by number. The first is [`Values::NONE`], the second [`Values::REST`], neither with key or spelling;
    /// then those that somebody has, by key.
    pub values: Vec<Value>,
}

/// One value.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Value {
    /// As it is compared.
    pub key: Box<str>,
    /// How it is spelled, and by how many users; by bytes.
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
            Source::Attribute(by) => Some(Column::new(by)),
            Source::EntraGroups(_) => None,
        });
        Self { users: Vec::new(), columns: columns.collect() }
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, users: usize) {
        self.users.reserve_exact(users);
        for column in &mut self.columns {
            column.of.reserve_exact(users);
        }
    }

    /// Adds a user, whose attributes `value` tells.
    pub fn add<'v>(&mut self, user: UserId, value: impl Fn(Attribute) -> Option<&'v str>) {
        self.users.push(user);
        for column in &mut self.columns {
            column.push(value(column.attribute()));
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
    pub fn retain(&mut self, mut keep: impl FnMut(UserId) -> bool) {
        self.compact(|users, row| keep(users[row]));
    }

    /// The users, sorted by id, each once, with the values of the row that came last; and the values of each attribute
    /// dimension in the same order.
    #[must_use]
    pub fn sorted(mut self) -> (Vec<UserId>, Vec<Values>) {
        if self.columns.is_empty() {
            self.users.sort_unstable();
        } else {
            self.sort_rows();
        }
        let mut last = None;
        self.compact(|users, row| last.replace(users[row]) != Some(users[row]));
        self.users.shrink_to_fit();
        (self.users, self.columns.into_iter().map(Column::into_values).collect())
    }

    /// Sorts users and columns alike, of several rows of a user the last one first. In place but for four bytes a user.
    fn sort_rows(&mut self) {
        let rows = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..rows).collect();
        order.sort_unstable_by_key(|row| (self.users[*row as usize], std::cmp::Reverse(*row)));
        for first in 0..order.len() {
            // Round the circle in which rows take each other's places, until one would take the first's.
            let mut place = first;
            loop {
                let from = std::mem::replace(&mut order[place], u32::try_from(place).unwrap_or(u32::MAX)) as usize;
                if from == first {
                    break;
                }
                self.users.swap(place, from);
                for column in &mut self.columns {
                    column.of.swap(place, from);
                }
                place = from;
            }
        }
        // Shrunk before it is freed: the allocator takes what is freed in one large piece for usual, and from then on keeps
        // megabytes of what others free.
        order.truncate(1);
        order.shrink_to_fit();
    }

    /// Leaves out the rows that `keep` does not want; it is asked in their order, and may look at the rows from there on.
    fn compact(&mut self, mut keep: impl FnMut(&[UserId], usize) -> bool) {
        let mut kept = 0;
        for row in 0..self.users.len() {
            if keep(&self.users, row) {
                self.users[kept] = self.users[row];
                for column in &mut self.columns {
                    column.of[kept] = column.of[row];
                }
                kept += 1;
            }
        }
        self.users.truncate(kept);
        for column in &mut self.columns {
            column.of.truncate(kept);
        }
    }
}

impl fmt::Debug for Roster {
    /// How many they are, not who.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Roster(of {} users)", self.users.len())
    }
}

impl fmt::Debug for Values {
    /// Who has which value stays out of every log and panic message, and a value that few have.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Values({}, of {} users)", self.values.len(), self.of.len())
    }
}

#[cfg(test)]
mod tests;
