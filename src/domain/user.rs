//! Users and the directory of those who are tracked.
//!
//! A user is an object id and nothing else: no name, no address ever enters the domain. The directory does not know how
//! it was listed (`graph/users.rs`) nor how its people are (`observations.rs`).

use std::collections::BTreeMap;

use super::dimension::GroupId;
use super::grouping::{Grouping, Members};
use super::moment::Moment;
use super::roster::Roster;
use super::terms::Terms;

/// The object id of a user in Entra ID: a GUID as its 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId([u8; 16]);

impl UserId {
    /// The length of an id as text.
    pub const TEXT_LENGTH: usize = 36;

    /// The id in a text such as `0f8fad5b-d9cb-469f-a165-70867728950e`, in either case; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != Self::TEXT_LENGTH {
            return None;
        }
        let uuid = uuid::Uuid::try_parse_ascii(bytes).ok()?;
        Some(Self(uuid.into_bytes()))
    }

    /// Appends the id as text, lower case with hyphens.
    pub fn write_to(self, text: &mut Vec<u8>) {
        let mut buffer = [0; Self::TEXT_LENGTH];
        let id = uuid::Uuid::from_bytes(self.0);
        text.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
    }
}

/// The tracked users of one tenant, as one complete listing gave them, and the groups in which they are counted.
#[derive(Debug)]
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

impl std::fmt::Debug for UserId {
    /// Ids of people stay out of every log and panic message.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("UserId(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    #[test]
    fn an_id_is_written_as_it_was_read() {
        let id = UserId::parse(&ID.to_uppercase()).expect("a GUID");
        let mut text = Vec::new();
        id.write_to(&mut text);
        assert_eq!(String::from_utf8(text).expect("ascii"), ID);
    }

    #[test]
    fn what_is_not_a_hyphenated_guid_is_no_id() {
        for text in
            ["", "anna@contoso.com", "0f8fad5bd9cb469fa16570867728950e", "{0f8fad5b-d9cb-469f-a165-70867728950}"]
        {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_directory_is_sorted_and_holds_nobody_twice() {
        let (low, high) = (UserId([1; 16]), UserId([2; 16]));
        let directory = Directory::new(vec![high, low, high], Moment::from_millis(0));
        assert_eq!(directory.users(), [low, high]);
    }

    #[test]
    fn an_id_does_not_print_itself() {
        assert_eq!(format!("{:?}", UserId::parse(ID)), "Some(UserId(..))");
    }
}
