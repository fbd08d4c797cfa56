//! What a check alone can find: things that nobody counts, because the daemon goes on with them, or cannot see them.
//!
//! Sentences keep the rules of all advice: settings, permissions and names of the configuration, never a person, a token
//! or what a stranger wrote. What the daemon meets as well is an [`Advice`] and becomes a finding as it is.

use std::borrow::Cow;

use super::{Advice, listed, permissions};
use crate::domain::permission::{Grantee, Permission};
use crate::domain::plan::Plan;
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
    pub(super) fn new(what: impl Into<String>, action: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), action: action.into() }
    }

    /// A configuration that does not hold; `fault` says where and what.
    #[must_use]
    pub fn faulty(fault: String) -> Self {
        Self::new(fault, "Correct it: docs/CONFIGURATION.md says what may stand there")
    }

    /// There is no configuration, neither in a file nor in the environment.
    #[must_use]
    pub fn unconfigured() -> Self {
        Self::new(
            "no tenant is configured: there is no --config.file, and no AZURE_TENANT_ID",
            "Write a file and name it with --config.file, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a credential: \
             docs/CONFIGURATION.md shows both",
        )
    }

    /// A command line that does not hold; `fault` says where and what.
    #[must_use]
    pub fn mistyped(fault: String) -> Self {
        Self::new(fault, "Correct it: teams-presence-exporter check --help says what may be typed")
    }

    /// A credential that expires soon; `what` says which.
    #[must_use]
    pub fn expires_soon(what: &str, days: u64) -> Self {
        let days = Counted(days, "day", "days");
        Self::new(
            format!("{what} expires in {days}"),
            "Make the next one now, add it in Entra beside this one, and then put it in this one's place: \
             docs/REGISTRATION.md, \"Rotate without downtime\"",
        )
    }

    /// A client secret whose date, as the configuration has it, has passed.
    #[must_use]
    pub fn secret_overdue(days: u64) -> Self {
        Self::new(
            format!("the client secret expired {}, as client_secret_expires has it", ago(days)),
            "Make a new one and put it in place; if that was done already, correct the date",
        )
    }

    /// The certificate that the exporter shows to its clients expires soon.
    #[must_use]
    pub fn served_certificate_expires_soon(days: u64) -> Self {
        let days = Counted(days, "day", "days");
        Self::new(format!("the certificate of the web configuration expires in {days}"), RENEW_IT)
    }

    /// The certificate that the exporter shows to its clients has expired.
    #[must_use]
    pub fn served_certificate_expired(days: u64) -> Self {
        Self::new(
            format!("the certificate of the web configuration expired {}, so clients refuse it", ago(days)),
            RENEW_IT,
        )
    }

    /// A file that cannot be read to its end; `what` says which and how that shows.
    #[must_use]
    pub fn hanging(what: String) -> Self {
        Self::new(what, "Put it on a file system that answers")
    }

    /// The check itself failed.
    #[must_use]
    pub fn failed_inside() -> Self {
        Self::new("the check failed inside", "Report this with what it wrote to standard error")
    }

    /// The roles of a token cannot be read, so it is not known what it may.
    #[must_use]
    pub fn unreadable_token() -> Self {
        let what = "the token is not one whose permissions can be read, so the requests below must show them";
        Self::new(what, "Nothing, if they succeed")
    }

    /// The token holds no role at all.
    #[must_use]
    pub fn no_roles(needed: &[Permission], whom: Grantee) -> Self {
        let names: Vec<&str> = needed.iter().map(|permission| permission.name()).collect();
        let what = match whom {
            Grantee::Application => {
                "the token holds no permission at all: none was added, or nobody consented, or they are Delegated ones"
            }
            Grantee::ManagedIdentity => {
                "the token holds no permission at all: none was assigned, or Azure gave it before one was"
            }
        };
        Self::new(what, permissions::how_to_grant(&names, whom))
    }

    /// Users can be counted, but by how many Graph does not say.
    #[must_use]
    pub fn uncounted(listed: usize) -> Self {
        let what = format!(
            "the filter matches people, {} on the first page; Graph does not say how many",
            Grouped::of(listed)
        );
        Self::new(what, "Check that no proxy answers in Graph's place or takes parameters out of requests")
    }

    /// So few are tracked that nothing of them is shown.
    #[must_use]
    pub fn too_few(tracked: u64, least: u32) -> Self {
        let users = Counted(tracked, "user is tracked", "users are tracked");
        Self::new(
            format!("only {users}, fewer than min_group_size: {least}, so no presence will be shown"),
            "Track more users; min_group_size is 3 at the least",
        )
    }

    /// Graph refuses a batch as a whole and answers for a part of it.
    #[must_use]
    pub fn refused_batch(asked: usize, part: usize) -> Self {
        Self::new(
            format!(
                "Graph rejects a batch of {} users as wrong, but answers for {} of them",
                Grouped::of(asked),
                Grouped::of(part)
            ),
            "Nothing, if few are at fault: the exporter finds them and asks without them; else narrow users.filter",
        )
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
            format!("Graph answered PresenceUnknown for all {} users", Grouped::of(answered)),
            "Check that they use Teams and have a mailbox in the cloud, and that Presence.Read.All is granted to the \
             application; users who never signed in to Teams are unknown",
        )
    }

    /// Graph does not know how many are.
    #[must_use]
    pub fn many_unknown(unknown: usize, answered: usize) -> Self {
        Self::new(
            format!("Graph answered PresenceUnknown for {} of {} users", Grouped::of(unknown), Grouped::of(answered)),
            "They are left out of every ratio; narrow users.filter or set users.teams_plan_only: true, if they do not use Teams",
        )
    }

    /// Answers lack properties, so families will be absent.
    #[must_use]
    pub fn absent_properties(missing: &[&str], families: &[&str]) -> Self {
        let action =
            "Nothing, if the tenant is one of the US Government; else check that no proxy answers in Graph's place";
        Self::new(absent(missing, families), action)
    }

    /// Nobody is in a group of Entra that the configuration names.
    #[must_use]
    pub fn empty_group(group: &str) -> Self {
        Self::new(
            format!("{group} has no members"),
            "Check its Object ID, and who is in it; devices and contacts do not count",
        )
    }

    /// No group of a dimension is large enough, or few enough are, to be shown without telling about a few people.
    #[must_use]
    pub fn withheld_dimension(dimension: &str, least: u32, on_duty: bool) -> Self {
        let what = format!("{dimension}: no group is shown{}", but_reachable(on_duty));
        Self::new(what, withheld_action(least))
    }

    /// Groups of Entra that the configuration names and privacy withholds.
    #[must_use]
    pub fn withheld_groups(dimension: &str, groups: &[&str], least: u32, on_duty: bool) -> Self {
        let verb = if groups.len() == 1 { "is" } else { "are" };
        let what = format!("{dimension}: {} {verb} withheld{}", listed(groups), but_reachable(on_duty));
        Self::new(what, withheld_action(least))
    }

    /// A group on duty that has fewer members than shall be reachable.
    #[must_use]
    pub fn never_reachable(dimension: &str, group: &str, members: u32, needed: u32) -> Self {
        let members = Counted(u64::from(members), "tracked member", "tracked members");
        Self::new(
            format!("{dimension}: {group} is on duty with {members}, so min_reachable: {needed} is never reached"),
            "Lower min_reachable, or see that its members are among the users who are tracked",
        )
    }

    /// Cycles come less often than configured.
    #[must_use]
    pub fn stretched(plan: &Plan) -> Self {
        Self::new(plan.to_string(), "Nothing, if that is often enough; else raise request_budget, or track fewer users")
    }

    /// A cycle cannot ask about everybody in time.
    #[must_use]
    pub fn exceeds(plan: &Plan, remedy: String) -> Self {
        Self::new(plan.to_string(), remedy)
    }

    /// More series than Prometheus keeps without notice.
    #[must_use]
    pub fn many_series(what: &str, remedy: String) -> Self {
        Self::new(format!("{what}, which can become a lot for Prometheus"), remedy)
    }

    /// `web_users` names users whom the web configuration does not know.
    #[must_use]
    pub fn strangers(strangers: usize, nobody: bool) -> Self {
        if nobody {
            return Self::new(
                "web_users says what users see, but there are none: nobody sees more than health",
                "Add basic_auth_users to the web configuration, or take web_users out",
            );
        }
        let users = Counted::of(strangers, "user", "users");
        Self::new(
            format!("web_users names {users} whom the web configuration does not know"),
            "Correct the names in one of the two files",
        )
    }
}

/// What to do about the certificate that the exporter shows.
const RENEW_IT: &str = "Renew it and put it in place; it is taken up without a restart";

/// How many days ago it was.
fn ago(days: u64) -> String {
    if days == 0 { "today".to_owned() } else { format!("{} ago", Counted(days, "day", "days")) }
}

/// What is shown of a group on duty all the same.
fn but_reachable(on_duty: bool) -> &'static str {
    if on_duty { ", but for whether enough of a group on duty are reachable" } else { "" }
}

fn withheld_action(least: u32) -> String {
    format!(
        "Nothing, if that is right: what is shown may never tell about fewer than {least} people, not even by subtracting; \
         else name larger groups, or put the dimension first in group_by"
    )
}

/// Which properties no answer carried, and which families are not shown for it.
#[must_use]
pub fn absent(missing: &[&str], families: &[&str]) -> String {
    format!("no answer carried {}, so {} will be absent", listed(missing), listed(families))
}
