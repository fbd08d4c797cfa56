//! Advice about permissions, by the roles that a token holds: before Graph refuses anything, and where it never would.

use super::{Advice, Reason, listed};
use crate::domain::permission::{Grantee, Permission, Review};

/// The most permissions that one sentence names.
const MOST_NAMES: usize = 20;

impl Advice {
    /// The token lacks permissions that the configuration needs, granted to `whom`; nothing where it has them all.
    #[must_use]
    pub fn not_granted(review: &Review, whom: Grantee) -> Option<Self> {
        let names: Vec<&str> = review.missing.iter().map(|permission| permission.name()).collect();
        let what = match names.as_slice() {
            [] => return None,
            [name] => format!("the application permission {name} is not granted"),
            names => format!("the application permissions {} are not granted", listed(names)),
        };
        Some(Self { reason: Reason::Forbidden, what, action: how_to_grant(&names, whom).into() })
    }

    /// The token holds permissions that the configuration does not need, granted to `whom`; nothing where it has none of these.
    #[must_use]
    pub fn over_privileged(review: &Review, whom: Grantee) -> Option<Self> {
        let what = excess(review)?;
        let narrower: Vec<&str> =
            review.wider.iter().flat_map(|wider| &wider.enough).map(|permission| permission.name()).collect();
        Some(Self { reason: Reason::Forbidden, what, action: how_to_narrow(&narrower, whom).into() })
    }
}

/// How permissions of applications are granted.
pub(super) fn how_to_grant(names: &[&str], whom: Grantee) -> String {
    let names = listed(names);
    match whom {
        Grantee::Application => format!(
            "In the Entra admin center open App registrations > your app > API permissions > Add a permission > Microsoft \
             Graph > Application permissions, choose {names} and click Grant admin consent"
        ),
        Grantee::ManagedIdentity => format!(
            "Assign {names} of Microsoft Graph to the managed identity by the commands in docs/REGISTRATION.md under A \
             managed identity, for no page of the portal does it; a token that Azure keeps shows it up to a day late"
        ),
    }
}

/// How permissions are taken away that are not needed, once those have been granted that do instead.
fn how_to_narrow(narrower: &[&str], whom: Grantee) -> String {
    let first = |verb: &str| match narrower {
        [] => String::new(),
        narrower => format!("{verb} {}, then ", listed(narrower)),
    };
    match whom {
        Grantee::Application => format!(
            "In the Entra admin center open App registrations > your app > API permissions, {}choose Revoke admin consent \
             and Remove permission in the menu of each that is not needed",
            first("grant")
        ),
        Grantee::ManagedIdentity => format!(
            "By the commands in docs/REGISTRATION.md under A managed identity {}take each away that is not needed, for no \
             page of the portal does it",
            first("assign")
        ),
    }
}

/// What is permitted beyond need, for people; nothing where nothing is.
#[must_use]
pub fn excess(review: &Review) -> Option<String> {
    if !review.is_excessive() {
        return None;
    }
    let mut parts = Vec::new();
    for wider in &review.wider {
        let enough: Vec<&str> = wider.enough.iter().map(|permission| permission.name()).collect();
        let verb = if enough.len() == 1 { "is" } else { "are" };
        parts.push(format!("{} where {} {verb} enough", wider.granted, listed(&enough)));
    }
    if !review.needless.is_empty() {
        let mut names: Vec<&str> = review.needless.iter().map(String::as_str).take(MOST_NAMES).collect();
        let more = format!("{} more", review.needless.len() - names.len());
        if review.needless.len() > names.len() {
            names.push(&more);
        }
        parts.push(format!("{}, which nothing here needs", listed(&names)));
    }
    if review.strange > 0 {
        let noun = if review.strange == 1 { "role" } else { "roles" };
        parts.push(format!("{} {noun} whose names are none of Microsoft Graph", review.strange));
    }
    Some(format!("the application may do more than it needs to: {}", parts.join("; ")))
}

/// The granted and the missing permissions in a line, for people.
#[must_use]
pub fn told(review: &Review) -> String {
    let names = |permissions: &[Permission]| {
        let names: Vec<&str> = permissions.iter().map(|permission| permission.name()).collect();
        listed(&names)
    };
    match (review.granted.as_slice(), review.missing.as_slice()) {
        (granted, []) => format!("{} granted", names(granted)),
        ([], missing) => format!("{} not granted", names(missing)),
        (granted, missing) => format!("{} granted, {} not", names(granted), names(missing)),
    }
}

#[cfg(test)]
mod tests {
    use Grantee::{Application, ManagedIdentity};

    use super::*;

    fn review(roles: &str) -> Review {
        Review::of(&Permission::ALL, roles.split_whitespace())
    }

    #[test]
    fn what_is_missing_is_told_with_where_to_grant_it() {
        let advice = Advice::not_granted(&review("Presence.Read.All User.Read.All"), Application).expect("advice");
        assert_eq!(advice.what, "the application permission GroupMember.Read.All is not granted");
        let advice = Advice::not_granted(&review(""), Application).expect("advice");
        assert_eq!(
            advice.what,
            "the application permissions Presence.Read.All, User.Read.All and GroupMember.Read.All are not granted"
        );
        assert!(advice.action.ends_with(
            "Microsoft Graph > Application permissions, choose Presence.Read.All, User.Read.All and GroupMember.Read.All \
             and click Grant admin consent"
        ));
        assert_eq!(Advice::not_granted(&review("Presence.Read.All Directory.Read.All"), Application), None);
    }

    #[test]
    fn what_is_too_much_is_told_with_what_would_do() {
        let advice =
            Advice::over_privileged(&review("Presence.ReadWrite.All Directory.Read.All Mail.Read anna"), Application);
        let advice = advice.expect("advice");
        assert_eq!(
            advice.what,
            "the application may do more than it needs to: Presence.ReadWrite.All where Presence.Read.All is enough; \
             Directory.Read.All where User.Read.All and GroupMember.Read.All are enough; Mail.Read, which nothing here needs; 1 role \
             whose names are none of Microsoft Graph"
        );
        assert_eq!(
            advice.action,
            "In the Entra admin center open App registrations > your app > API permissions, grant Presence.Read.All, \
             User.Read.All and GroupMember.Read.All, then choose Revoke admin consent and Remove permission in the menu \
             of each that is not needed"
        );
        assert_eq!(Advice::over_privileged(&review("Presence.Read.All"), Application), None);
    }

    #[test]
    fn a_managed_identity_has_no_page_to_click_on() {
        let wide = review("Presence.ReadWrite.All");
        let advice = Advice::not_granted(&wide, ManagedIdentity).expect("advice");
        assert_eq!(advice.what, "the application permissions User.Read.All and GroupMember.Read.All are not granted");
        assert_eq!(
            advice.action,
            "Assign User.Read.All and GroupMember.Read.All of Microsoft Graph to the managed identity by the commands in \
             docs/REGISTRATION.md under A managed identity, for no page of the portal does it; a token that Azure keeps \
             shows it up to a day late"
        );
        let taken_away = |review| Advice::over_privileged(review, ManagedIdentity).expect("advice").action;
        assert_eq!(
            taken_away(&wide),
            "By the commands in docs/REGISTRATION.md under A managed identity assign Presence.Read.All, then take each \
             away that is not needed, for no page of the portal does it"
        );
        assert_eq!(
            taken_away(&review("Mail.Read")),
            "By the commands in docs/REGISTRATION.md under A managed identity take each away that is not needed, for no \
             page of the portal does it"
        );
    }

    #[test]
    fn an_application_that_may_do_everything_makes_no_endless_sentence() {
        let roles: Vec<String> = (0..700).map(|number| format!("Mail{number}.Read")).collect();
        let advice = Advice::over_privileged(&review(&roles.join(" ")), Application).expect("advice");
        assert!(
            advice.what.ends_with(" Mail18.Read, Mail19.Read and 680 more, which nothing here needs"),
            "{}",
            advice.what
        );
    }

    #[test]
    fn a_line_tells_what_is_granted_and_what_not() {
        let check = |roles, expected: &str| assert_eq!(told(&review(roles)), expected);
        check("", "Presence.Read.All, User.Read.All and GroupMember.Read.All not granted");
        check("Presence.Read.All", "Presence.Read.All granted, User.Read.All and GroupMember.Read.All not");
        check(
            "Presence.ReadWrite.All Directory.Read.All",
            "Presence.Read.All, User.Read.All and GroupMember.Read.All granted",
        );
    }
}
