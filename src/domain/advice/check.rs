//! What a check alone can find: things that nobody counts, because the daemon goes on with them, or cannot see them.
//!
//! Sentences keep the rules of all advice: settings, permissions and names of the configuration, never a person, a token
//! or what a stranger wrote. What the daemon meets as well is an [`Advice`] and becomes a finding as it is.

use std::borrow::Cow;

use super::Advice;
use crate::domain::permission::Permission;
use crate::domain::series::{Counted, Grouped};

/// What a check found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was found: one sentence without its full stop.
    pub what: String,
    /// What to do: one sentence without its full stop.
    pub action: Cow<'static, str>,
}

impl From<Advice> for Finding {
    /// The same words, but that a check tries nothing again by itself.
    fn from(advice: Advice) -> Self {
        let Advice { what, action, .. } = advice;
        let action = match action.strip_prefix("It is tried again") {
            Some(rest) => format!("Run the check again{rest}").into(),
            None if action == "Nothing: it is tried again" => "Run the check again in a few minutes".into(),
            None => action,
        };
        Self { what, action }
    }
}

impl Finding {
    fn new(what: impl Into<String>, action: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), action: action.into() }
    }

    /// A configuration that does not hold; `fault` says where and what.
    #[must_use]
    pub fn faulty(fault: String) -> Self {
        Self::new(fault, "Correct it: docs/CONFIGURATION.md says what may stand there")
    }

    /// A credential that expires soon; `what` says which.
    #[must_use]
    pub fn expires_soon(what: &str, days: u64) -> Self {
        let days = Counted(days, "day", "days");
        Self::new(
            format!("{what} expires in {days}"),
            "Make the next one now and put it in place: both are good until the old one expires",
        )
    }

    /// A credential that has expired, as far as is known here; `what` says which.
    #[must_use]
    pub fn expired(what: &str, days: u64) -> Self {
        let ago = match days {
            0 => "today".to_owned(),
            days => format!("{} ago", Counted(days, "day", "days")),
        };
        Self::new(format!("{what} expired {ago}"), "Make a new one and put it in place, and its date with it")
    }

    /// Somebody did not answer within the time that a check has.
    #[must_use]
    pub fn no_answer(who: &str, seconds: u64) -> Self {
        let action = "Check the network path, the proxy included, and whether Microsoft reports trouble";
        Self::new(format!("{who} did not answer within {seconds} s"), action)
    }

    /// The roles of a token cannot be read, so it is not known what it may.
    #[must_use]
    pub fn unreadable_token() -> Self {
        let what = "the token is not one whose permissions can be read, so the requests below must show them";
        Self::new(what, "Nothing, if they succeed")
    }

    /// The token holds no permission at all.
    #[must_use]
    pub fn no_roles(needed: &[Permission]) -> Self {
        let names: Vec<&str> = needed.iter().map(|permission| permission.name()).collect();
        let action = format!(
            "In the Entra admin center open App registrations > your app > API permissions > Add a permission > \
             Microsoft Graph > Application permissions (not Delegated), choose {} and click Grant admin consent",
            listed(&names)
        );
        Self::new("the token holds no permission: none was added, or nobody consented to them", action)
    }

    /// The token lacks a permission.
    #[must_use]
    pub fn missing(permission: Permission) -> Self {
        let what = format!("the application permission {} is missing", permission.name());
        Self::new(what, Advice::forbidden(permission).action)
    }

    /// Users can be counted, but by how many Graph does not say.
    #[must_use]
    pub fn uncounted(listed: usize) -> Self {
        let what = format!("the filter matches people, {} on the first page; Graph does not say how many", number(listed));
        Self::new(what, "Check that no proxy answers in Graph's place or takes parameters out of requests")
    }

    /// Some of those who match have no Teams plan.
    #[must_use]
    pub fn without_plan(without: u64, matched: u64) -> Self {
        let (without, matched) = (Grouped(without), Grouped(matched));
        Self::new(
            format!(
                "{without} of the {matched} have no enabled Teams plan: service and room accounts, most likely, whose \
                 PresenceUnknown and Offline dilute every ratio"
            ),
            "Set users.teams_plan_only: true, unless they are to be counted",
        )
    }

    /// Nobody has the plan that can be asked for.
    #[must_use]
    pub fn nobody_with_plan() -> Self {
        Self::new(
            "nobody who matches has the usual Teams plan; those of governments and schools are other ones, which cannot be \
             told here",
            "Leave users.teams_plan_only: false; if nobody has Teams at all, there is no presence to read",
        )
    }

    /// Graph knows how nobody is.
    #[must_use]
    pub fn all_unknown(answered: usize) -> Self {
        Self::new(
            format!("Graph answered PresenceUnknown for all {} users", number(answered)),
            "Check that they use Teams and have a mailbox in the cloud, and that Presence.Read.All is granted to the \
             application; users who never signed in to Teams are unknown",
        )
    }

    /// Graph does not know how many are.
    #[must_use]
    pub fn many_unknown(unknown: usize, answered: usize) -> Self {
        Self::new(
            format!("Graph answered PresenceUnknown for {} of {} users", number(unknown), number(answered)),
            "They are left out of every ratio; narrow users.filter or set users.teams_plan_only: true, if they do not use Teams",
        )
    }

    /// Answers lack properties, so families will be absent.
    #[must_use]
    pub fn absent_properties(missing: &[&str], families: &[&str]) -> Self {
        let action = "Nothing, if the tenant is one of the US Government; else check that no proxy answers in Graph's place";
        Self::new(absent(missing, families), action)
    }
}

/// Which properties no answer carried, and which families are not shown for it.
#[must_use]
pub fn absent(missing: &[&str], families: &[&str]) -> String {
    format!("no answer carried {}, so {} will be absent", listed(missing), listed(families))
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [words @ .., last] => format!("{} and {last}", words.join(", ")),
    }
}

fn number(count: usize) -> Grouped {
    Grouped(u64::try_from(count).unwrap_or(u64::MAX))
}
