//! Advice about listings: of users, of the members of groups, of a file of ids.

use std::time::Duration;

use super::{Advice, Reason};
use crate::domain::moment::Span;

impl Advice {
    /// A page of a listing pointed to another host.
    #[must_use]
    pub fn foreign_link() -> Self {
        let what = "a page named a next page on another host, which was not followed".to_owned();
        let action = "Check cloud.graph, and that no proxy rewrites links; the token was not sent there";
        Self { reason: Reason::ForeignLink, what, action: action.into() }
    }

    /// A listing expired under way more often than it was restarted.
    #[must_use]
    pub fn listing_expired() -> Self {
        let what = "the listing expired under way, again and again".to_owned();
        let action = "It is tried again; if it stays, Graph is too slow for so many users: narrow users.filter";
        Self { reason: Reason::ListingExpired, what, action: action.into() }
    }

    /// A listing was cut. No setting gives it more time.
    #[must_use]
    pub fn listing_cut(limit: Duration) -> Self {
        let what = format!("the listing did not end within {} s and was cut", limit.as_secs());
        let action = "It is tried again; if it stays, Graph is too slow for so many users: narrow users.filter";
        Self { reason: Reason::Deadline, what, action: action.into() }
    }

    /// Graph does not know a group.
    #[must_use]
    pub fn no_group() -> Self {
        let what = "Graph knows no such group".to_owned();
        let action = "Put its Object ID there, which the Entra admin center shows under Groups > the group > Overview, or \
                      take it out of the configuration";
        Self { reason: Reason::NoGroup, what, action: action.into() }
    }

    /// Why the members of a group could not be listed. `group` says which group it is, and where it was configured.
    #[must_use]
    pub fn group(group: &str, why: Self) -> Self {
        let action = match why.reason {
            Reason::Deadline | Reason::ListingExpired => {
                "It is tried again; if it stays, Graph is too slow for so many members: name a smaller group".into()
            }
            _ => why.action,
        };
        Self { reason: why.reason, what: format!("the members of {group} could not be listed: {}", why.what), action }
    }

    /// The same of a group and so many more that met it.
    #[must_use]
    pub fn groups(first: &str, more: usize, why: Self) -> Self {
        match more {
            0 => Self::group(first, why),
            1 => Self::group(&format!("{first} and of one more group"), why),
            _ => Self::group(&format!("{first} and of {more} more groups"), why),
        }
    }

    /// Whether another group that met this needs no word of its own: a permission that is missing is told once. A group that
    /// does not exist is told of by itself, as its id is to be mended.
    #[must_use]
    pub fn tells_of_groups(&self, why: &Self) -> bool {
        self == why && why.reason != Reason::NoGroup
    }

    /// A file of object ids that could not be used; `what` names it, and lines, but no id.
    #[must_use]
    pub fn ids_file(what: String) -> Self {
        let action = "Put the object ids of users there, one a line, readable for the exporter; it is read again at every \
                      attempt";
        Self { reason: Reason::IdsFile, what, action: action.into() }
    }

    /// The listing matched nobody.
    #[must_use]
    pub fn no_users() -> Self {
        let what = "0 users matched, so there is nobody whose presence could be read".to_owned();
        let action = "Check users.filter and users.groups, and grant User.Read.All: without it the default filter matches nobody";
        Self { reason: Reason::NoUsers, what, action: action.into() }
    }

    /// The listing named so few users where so many are tracked.
    #[must_use]
    pub fn shrunk(listed: usize, tracked: usize) -> Self {
        let what =
            format!("{listed} users matched where {tracked} did before, which is not believed until it comes twice");
        let action = "Check users.filter, the groups or the file that users names, and that User.Read.All is granted: a filter \
                      on a property that the application may not read drops users without a word; if so many did leave, \
                      nothing";
        Self { reason: Reason::Shrunk, what, action: action.into() }
    }

    /// What to add where a listing failed and an earlier one of so many users, so long ago, stays in force; nothing where
    /// that named nobody.
    #[must_use]
    pub fn held(users: u32, age: Duration) -> Option<String> {
        (users > 0).then(|| format!("; the {users} users listed {} ago stay tracked", Span(age)))
    }
}
