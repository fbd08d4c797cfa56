//! The directory: the users of a tenant who are tracked, and the groups in which they are counted.
//!
//! It does not know how it was listed (`graph/users.rs`) nor how its people are (`observations.rs`).

use std::collections::BTreeMap;

use super::dimension::GroupId;
use super::grouping::{Grouping, Members};
use super::moment::Moment;
use super::roster::Roster;
use super::terms::Terms;
use super::user::UserId;

/// The tracked users of one tenant, as one complete listing gave them, and the groups in which they are counted.
pub struct Directory {
    /// Sorted, no id twice.
    users: Box<[UserId]>,
    grouping: Grouping,
    listed: Moment,
}

impl Directory {
    /// The directory of a listing that ended at `listed`; order and repetitions of `users` do not matter.
    #[must_use]
    pub fn new(mut users: Vec<UserId>, listed: Moment) -> Self {
        users.sort_unstable();
        users.dedup();
        Self { users: users.into_boxed_slice(), grouping: Grouping::default(), listed }
    }

    /// The directory of a listing that ended at `listed`, its users counted apart as the terms have it. `before` is the
    /// one in force: groups that it shows keep their names and, within bounds, their places.
    #[must_use]
    pub fn grouped(
        roster: Roster,
        members: &BTreeMap<GroupId, Members>,
        terms: &Terms,
        before: Option<&Self>,
        listed: Moment,
    ) -> Self {
        let (users, values) = roster.sorted();
        let before = before.map(|before| (before.users(), &before.grouping));
        let grouping = Grouping::new(&terms.dimensions, terms.min_group_size, &users, (values, members), before);
        Self { users: users.into_boxed_slice(), grouping, listed }
    }

    /// The users, sorted by id, each once.
    #[must_use]
    pub fn users(&self) -> &[UserId] {
        &self.users
    }

    /// The groups in which the users are counted.
    #[must_use]
    pub fn grouping(&self) -> &Grouping {
        &self.grouping
    }

    /// When the listing ended.
    #[must_use]
    pub fn listed(&self) -> Moment {
        self.listed
    }
}

impl std::fmt::Debug for Directory {
    /// Who is in which group stays out of every log and panic message.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { users, grouping, listed } = self;
        let users = users.len();
        formatter
            .debug_struct("Directory")
            .field("users", &users)
            .field("grouping", grouping)
            .field("listed", listed)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_sorted_and_holds_nobody_twice() {
        let user = |digit| UserId::parse(&format!("{digit}0000000-0000-4000-8000-000000000000")).expect("a GUID");
        let (low, high) = (user('1'), user('f'));
        let directory = Directory::new(vec![high, low, high], Moment::from_millis(0));
        assert_eq!(directory.users(), [low, high]);
    }
}
