//! Permissions: which application permission of Microsoft Graph a feature needs, and which others include it.
//!
//! Least privilege by feature (facts/graph.md 2.6, 3.13, 3.18). It does not read tokens: `crate::entra` does. What is to be
//! said of the roles that a token holds is in `review`.

mod review;

pub use review::{Review, Wider};

/// The least application permission of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// To read presence.
    PresenceReadAll,
    /// To list users.
    UserReadAll,
    /// To list the members of groups.
    GroupMemberReadAll,
}

impl Permission {
    /// All that a configuration can need.
    pub const ALL: [Self; 3] = [Self::PresenceReadAll, Self::UserReadAll, Self::GroupMemberReadAll];

    /// The name as the Entra admin center shows it, and as a token's `roles` hold it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.granted_by()[0]
    }

    /// Whether these roles of a token hold the permission or one that includes it.
    pub fn granted<'a>(self, roles: impl IntoIterator<Item = &'a str>) -> bool {
        roles.into_iter().any(|role| self.granted_by().contains(&role))
    }

    /// Every permission that is enough, the least first.
    const fn granted_by(self) -> &'static [&'static str] {
        match self {
            Self::PresenceReadAll => &["Presence.Read.All", "Presence.ReadWrite.All"],
            Self::UserReadAll => {
                &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]
            }
            Self::GroupMemberReadAll => &[
                "GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All",
                "Directory.Read.All", "Directory.ReadWrite.All",
            ],
        }
    }
}

/// To whom permissions are granted: each has a way of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grantee {
    /// An application that is registered in Entra.
    Application,
    /// The identity that Azure gives a machine; no page of the portal grants it anything of Microsoft Graph.
    ManagedIdentity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_permission_includes_the_least_one() {
        assert!(Permission::PresenceReadAll.granted(["Mail.Read", "Presence.ReadWrite.All"]));
        assert!(Permission::UserReadAll.granted(["Directory.Read.All"]));
        assert!(!Permission::UserReadAll.granted(["User.ReadBasic.All", "Presence.Read.All"]));
        assert!(Permission::GroupMemberReadAll.granted(["Group.Read.All"]));
        assert!(!Permission::GroupMemberReadAll.granted(["GroupMember.ReadBasic.All", "User.Read.All"]));
    }
}
