//! A review: what is missing in the roles of a token, and what is there beyond need.
//!
//! Least privilege has two sides. What is missing keeps the exporter from its work; what is too much is nobody's gain but
//! of whoever gets hold of the credential. What is to be done about either is in `crate::domain::advice`.

use super::Permission;

/// What opens the hidden membership of groups, besides the permission to read members (facts/graph.md 3.18).
const HIDDEN_MEMBERS: &str = "Member.Read.Hidden";

/// The longest name that is taken for a permission's; Microsoft's longest have about 60 letters.
const LONGEST: usize = 80;

/// The roles of a token, held against what a configuration needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// What is needed and granted, by its own name or by a wider one.
    pub granted: Vec<Permission>,
    /// What is needed and not granted.
    pub missing: Vec<Permission>,
    /// What is granted in place of something narrower that would do.
    pub wider: Vec<Wider>,
    /// What is granted and not needed, in the order of the token.
    pub needless: Vec<String>,
    /// Roles whose names are none of a permission, and which nobody is shown.
    pub strange: usize,
}

/// A permission that is wider than what it is needed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wider {
    /// What is granted.
    pub granted: String,
    /// What would do.
    pub enough: Vec<Permission>,
}

impl Review {
    /// Holds the roles of a token against what is needed.
    pub fn of<'a>(needed: &[Permission], roles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all: Vec<&str> = Vec::new();
        for role in roles {
            if !all.contains(&role) {
                all.push(role);
            }
        }
        let is_granted = |permission: &Permission| permission.granted(all.iter().copied());
        let (granted, missing): (Vec<_>, Vec<_>) = needed.iter().copied().partition(is_granted);
        let mut review = Self { granted, missing, ..Self::default() };
        for role in &all {
            review.weigh(role, needed, &all);
        }
        review
    }

    /// Whether there is more than is needed.
    #[must_use]
    pub fn is_excessive(&self) -> bool {
        !self.wider.is_empty() || !self.needless.is_empty() || self.strange > 0
    }

    /// Notes a role that is not exactly what is needed.
    fn weigh(&mut self, role: &str, needed: &[Permission], all: &[&str]) {
        let exact = |permission: &&Permission| permission.name() == role;
        let hidden = role == HIDDEN_MEMBERS && needed.contains(&Permission::GroupMemberReadAll);
        if needed.iter().any(|permission| exact(&permission)) || hidden {
            return;
        }
        if !is_name(role) {
            self.strange += 1;
            return;
        }
        // What a narrower one grants as well, the wider one is not needed for.
        let serves = |permission: &&Permission| permission.granted([role]) && !all.contains(&permission.name());
        let enough: Vec<Permission> = needed.iter().filter(serves).copied().collect();
        if enough.is_empty() {
            self.needless.push(role.to_owned());
        } else {
            self.wider.push(Wider { granted: role.to_owned(), enough });
        }
    }
}

/// Whether a role may be repeated: anybody may name a role of an application, even after a person.
fn is_name(role: &str) -> bool {
    let is_part = |part: &str| part.starts_with(|letter: char| letter.is_ascii_uppercase()) && is_word(part);
    role.len() <= LONGEST && role.contains('.') && role.split('.').all(is_part)
}

fn is_word(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use Permission::{GroupMemberReadAll, PresenceReadAll, UserReadAll};

    use super::*;

    /// Reviews roles, and says of it what there is to say.
    fn check(needed: &[Permission], roles: &str, expected: &str) {
        let review = Review::of(needed, roles.split_whitespace());
        let names = |permissions: &[Permission]| permissions.iter().map(|it| it.name()).collect::<Vec<_>>().join(" ");
        let mut said: Vec<String> = Vec::new();
        if !review.missing.is_empty() {
            said.push(format!("missing {}", names(&review.missing)));
        }
        said.extend(review.wider.iter().map(|wider| format!("{} for {}", wider.granted, names(&wider.enough))));
        said.extend(review.needless.iter().map(|role| format!("needless {role}")));
        said.extend((review.strange > 0).then(|| format!("{} strange", review.strange)));
        assert_eq!(said.join(", "), expected, "{roles}");
        assert_eq!(review.granted.len() + review.missing.len(), needed.len());
        assert_eq!(review.is_excessive(), said.iter().any(|it| !it.starts_with("missing")), "{roles}");
    }

    #[test]
    fn exactly_what_is_needed_leaves_nothing_to_say() {
        check(&[PresenceReadAll, UserReadAll], "User.Read.All Presence.Read.All", "");
        check(&Permission::ALL, "User.Read.All Presence.Read.All GroupMember.Read.All Member.Read.Hidden", "");
        check(&[PresenceReadAll], "Presence.Read.All Presence.Read.All", "");
    }

    #[test]
    fn what_is_missing_is_named_by_its_least_name() {
        check(&[PresenceReadAll, UserReadAll], "", "missing Presence.Read.All User.Read.All");
        check(
            &[PresenceReadAll, UserReadAll],
            "User.ReadBasic.All Presence.Read.All",
            "missing User.Read.All, needless User.ReadBasic.All",
        );
    }

    #[test]
    fn what_is_wider_is_told_with_what_would_do() {
        check(
            &Permission::ALL,
            "Presence.ReadWrite.All Directory.Read.All",
            "Presence.ReadWrite.All for Presence.Read.All, Directory.Read.All for User.Read.All GroupMember.Read.All",
        );
        check(
            &[PresenceReadAll, UserReadAll],
            "Presence.Read.All Directory.Read.All",
            "Directory.Read.All for User.Read.All",
        );
    }

    #[test]
    fn what_nothing_is_needed_for_is_needless() {
        check(
            &[PresenceReadAll],
            "Presence.Read.All User.Read.All Mail.Read",
            "needless User.Read.All, needless Mail.Read",
        );
        check(
            &[PresenceReadAll],
            "Presence.ReadWrite.All Presence.Read.All Member.Read.Hidden",
            "needless Presence.ReadWrite.All, needless Member.Read.Hidden",
        );
        check(
            &[GroupMemberReadAll, UserReadAll],
            "User.Read.All GroupMember.Read.All Group.Read.All",
            "needless Group.Read.All",
        );
    }

    #[test]
    fn a_role_that_is_no_permission_by_its_name_is_counted_and_not_shown() {
        let long = format!("Presence.{}", "A".repeat(100));
        let roles = format!("Presence.Read.All anna.mueller Anna-Müller.Reads admin {long}");
        check(&[PresenceReadAll], &roles, "4 strange");
    }
}
