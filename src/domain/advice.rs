//! Advice: what went wrong, in words, and what to do about it.
//!
//! One table for the log and the status page, so that an operator reads the same sentence everywhere. Sentences name
//! settings, hosts, permissions and codes, never a person, a token or a secret, and nothing that a foreign server wrote
//! freely. The adapters say what they met by choosing a function; nobody parses a message. The meanings of Entra's codes
//! are those of facts/graph.md 4.11. What only a listing can meet stands in `listing`, what keeps an application from
//! proving itself in `credential`, what the roles of a token tell in `permissions`.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::permission::{Grantee, Permission};

mod aadsts;
mod check;
mod credential;
mod listing;
mod network;
mod proxy;
pub mod permissions;
mod reason;

pub use aadsts::is_passing;
pub use check::{Finding, absent};
pub use credential::Flaw;
pub use reason::Reason;

/// What went wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The kind of fault.
    pub reason: Reason,
    /// What happened: one sentence without its full stop.
    pub what: String,
    /// What to do: one sentence without its full stop.
    pub action: Cow<'static, str>,
}

/// What kept a request from being answered, on the way to its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// No answer in time.
    Timeout,
    /// No connection, or no address for the host.
    Connect,
    /// No trust in the server's certificate, or no common TLS.
    Tls,
    /// The answer broke off.
    Body,
    /// The proxy at this host and port.
    Proxy(Arc<str>, Hurdle),
}

/// Why a proxy did not let a request through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurdle {
    /// It could not be connected to.
    Unreachable,
    /// It did not answer in time.
    Silent,
    /// It refused with this HTTP status.
    Refuses(u16),
    /// It answered as no proxy does.
    Unintelligible,
}

impl Obstacle {
    /// The value of the `code` label where there is no HTTP status.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Body => "body",
            Self::Proxy(..) => "proxy",
        }
    }
}

impl Advice {
    /// A file of certificates that could not be used; `what` names it.
    #[must_use]
    pub fn ca_file(what: String) -> Self {
        let action =
            "Put the certificate of the proxy or of your CA there, in PEM form; the exporter reads it again by itself";
        Self { reason: Reason::Unavailable, what, action: action.into() }
    }

    /// There is not one certificate authority to trust.
    #[must_use]
    pub fn no_roots() -> Self {
        let what = "this system has no certificate authorities to trust".to_owned();
        let action = "Install them (the package ca-certificates) or name a file of them in ca_file";
        Self { reason: Reason::Unavailable, what, action: action.into() }
    }

    /// A token request that could not even be made.
    #[must_use]
    pub fn no_credential() -> Self {
        let what = "no token can be asked for with this tenant_id, client_id and cloud.authority".to_owned();
        Self { reason: Reason::Token, what, action: "Check them for typing errors".into() }
    }

    /// Entra refused a token request with this AADSTS code (zero if it gave none), `error` word and HTTP status.
    #[must_use]
    pub fn token_refused(code: u32, error: &str, status: u16) -> Self {
        let (meaning, action) = aadsts::meaning(code);
        let code = if code == 0 { String::new() } else { format!("AADSTS{code}, ") };
        let what = format!("Entra refused a token: {meaning} ({code}{error}, HTTP {status})");
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// `server` answered a token request by saying that it can not serve now.
    #[must_use]
    pub fn entra_unavailable(server: &str, status: u16) -> Self {
        let what = format!("{server} could not give a token now (HTTP {status})");
        Self { reason: Reason::Unavailable, what, action: "Nothing: it is tried again".into() }
    }

    /// What answered in place of Entra is not Entra.
    #[must_use]
    pub fn entra_unintelligible(server: &str, status: u16) -> Self {
        let what = format!("{server} did not answer as Entra does (HTTP {status})");
        let action = "Check cloud.authority, and that no proxy or guest network answers in its place";
        Self { reason: Reason::Unintelligible, what, action: action.into() }
    }

    /// `server`, such as `Graph at graph.microsoft.com`, did not answer.
    #[must_use]
    pub fn unreachable(server: &str, obstacle: &Obstacle) -> Self {
        let (what, action) = match obstacle {
            Obstacle::Timeout => ("did not answer in time", "Check the network path to it, the proxy included"),
            Obstacle::Connect => ("could not be reached", "Check its name, DNS, the firewall and the proxy"),
            Obstacle::Tls => (
                "has a certificate that is not trusted, or speaks no common TLS",
                "If a proxy inspects TLS, or the CA is your own, name its certificate in ca_file; a server's own must not be \
                 a CA's",
            ),
            Obstacle::Body => ("broke its answer off", "It is tried again; if it stays, check proxies on the way"),
            Obstacle::Proxy(place, hurdle) => return proxy::unreachable(server, place, *hurdle),
        };
        Self { reason: Reason::Unavailable, what: format!("{server} {what}"), action: action.into() }
    }

    /// Graph refused a request for want of a permission, which is granted to `whom`.
    #[must_use]
    pub fn forbidden(permission: Permission, whom: Grantee) -> Self {
        let name = permission.name();
        let what = format!("Graph refuses the request: the application permission {name} is missing");
        let action = permissions::how_to_grant(&[name], whom);
        Self { reason: Reason::Forbidden, what, action: action.into() }
    }

    /// Graph refused a request although the token holds the permission that it needs.
    #[must_use]
    pub fn denied(permission: Permission) -> Self {
        let name = permission.name();
        let what = format!("Graph refuses the request although the token holds {name}");
        let action = match permission {
            Permission::GroupMemberReadAll => {
                "Grant Member.Read.Hidden as well if the group hides its members; else check Conditional Access policies for \
                 workload identities"
            }
            Permission::UserReadAll | Permission::PresenceReadAll => {
                "Check Conditional Access policies for workload identities, and that the tenant has Teams"
            }
        };
        Self { reason: Reason::Forbidden, what, action: action.into() }
    }

    /// Graph refused a token that Entra had just given.
    #[must_use]
    pub fn token_rejected() -> Self {
        let what = "Graph refuses the token that Entra gave".to_owned();
        let action = "Check that cloud names the Graph and the authority of one cloud, and this machine's clock";
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// Graph refused a good token by a claims challenge: continuous access evaluation, or Conditional Access.
    #[must_use]
    pub fn claims_wanted() -> Self {
        let what = "Graph wants a token with further claims (continuous access evaluation)";
        let action = "Check whether the application was disabled or flagged as risky, and Conditional Access policies for \
                      workload identities and the locations that they allow";
        Self { reason: Reason::Token, what: what.to_owned(), action: action.into() }
    }

    /// Graph asked for a pause, perhaps without a word on how long.
    #[must_use]
    pub fn throttled(wait: Option<Duration>) -> Self {
        let silence = wait.map_or("silence".to_owned(), |wait| format!("{:.1} s of silence", wait.as_secs_f64()));
        let what = format!("Graph throttles this application and asked for {silence}");
        let action = "Nothing at first; the budget falls by itself; if it stays, find out who else uses the application, or raise interval";
        Self { reason: Reason::Throttled, what, action: action.into() }
    }

    /// Graph has let only so many requests through in 30 s, too few for a whole cycle.
    #[must_use]
    pub fn limited(requests: u32) -> Self {
        let noun = if requests == 1 { "request" } else { "requests" };
        let what = format!("Graph let only {requests} {noun} in 30 s through, too few for the cycle");
        let action =
            "Nothing at first: calm raises the limit, and the plan on the status page says how often cycles come";
        Self { reason: Reason::Throttled, what, action: action.into() }
    }

    /// Graph asked for a pause, and so much of it is left.
    #[must_use]
    pub fn silent(rest: Duration) -> Self {
        let what = format!(
            "Graph throttles this application and asked for silence, {:.1} s of it are left",
            rest.as_secs_f64()
        );
        Self { what, ..Self::throttled(None) }
    }

    /// Graph answered with a status that says it can not serve now.
    #[must_use]
    pub fn unavailable(status: u16) -> Self {
        let what = format!("Graph could not serve a request (HTTP {status})");
        Self { reason: Reason::Unavailable, what, action: "It is tried again; see Microsoft 365 service health".into() }
    }

    /// Graph refused a request as wrong, with this HTTP status and code word, where there was one. What was asked is told
    /// by the permission that it needs.
    #[must_use]
    pub fn rejected(status: u16, code: &str, needed: Permission) -> Self {
        if code.is_empty() {
            let what = format!("a request was refused with HTTP {status}, and not in the words of Graph");
            let action = "Check cloud.graph, and that no proxy answers in Graph's place";
            return Self { reason: Reason::Rejected, what, action: action.into() };
        }
        let what = format!("Graph rejected a request as wrong (HTTP {status}, {code})");
        let action = match needed {
            Permission::UserReadAll => "Check users.filter",
            Permission::GroupMemberReadAll => "Check the object ids of the groups in users and group_by",
            Permission::PresenceReadAll => "Report this with the log",
        };
        Self { reason: Reason::Rejected, what, action: action.into() }
    }

    /// Graph refused every request for presence, those for one user too.
    #[must_use]
    pub fn refused_throughout() -> Self {
        let what = "Graph rejects every request for presence as wrong, of single users too".to_owned();
        let action = "It is tried again; check cloud.graph, that the tenant has Teams, and proxies on the way";
        Self { reason: Reason::Rejected, what, action: action.into() }
    }

    /// Graph refused a batch, and whomever of it was asked about alone, but answered others.
    #[must_use]
    pub fn batch_refused_throughout() -> Self {
        let what = "Graph rejects a batch of users as wrong, and all of them who were tried alone".to_owned();
        let action = "It is tried again, and nobody is set aside for it; if it stays, report this with the log";
        Self { reason: Reason::Rejected, what, action: action.into() }
    }

    /// More users are at fault than one cycle searches for.
    #[must_use]
    pub fn search_unfinished() -> Self {
        let what = "Graph rejects requests for more users than one cycle can search for".to_owned();
        Self { reason: Reason::Rejected, what, action: "The search goes on in the next cycle".into() }
    }

    /// An answer that can not be understood; `what` says in which way.
    #[must_use]
    pub fn unintelligible(what: &str) -> Self {
        let what = format!("an answer of Graph made no sense: {what}");
        let action = "Check that no proxy answers in Graph's place; otherwise report this with the log";
        Self { reason: Reason::Unintelligible, what, action: action.into() }
    }

    /// A cycle was cut.
    #[must_use]
    pub fn cycle_cut(limit: Duration) -> Self {
        let what = format!("the cycle did not end within {} s and was cut", limit.as_secs());
        let action = "Check whether Graph and Entra answer slowly; raise interval, concurrency or request_budget, or track \
                      fewer users";
        Self { reason: Reason::Deadline, what, action: action.into() }
    }

    /// A cycle was answered but for too many users.
    #[must_use]
    pub fn incomplete(answered: u32, answerable: u32, unanswerable: u32) -> Self {
        let mut what = format!("Graph answered for {answered} of {answerable} users only");
        if unanswerable > 0 {
            what = format!("{what}, and for {unanswerable} others never");
        }
        let action = "It is tried again; users whom Graph never answers soon stop to count against coverage";
        Self { reason: Reason::Incomplete, what, action: action.into() }
    }

    /// A task of the exporter failed.
    #[must_use]
    pub fn panic(task: &str) -> Self {
        let what = format!("the {task} failed inside and was started again");
        Self { reason: Reason::Panic, what, action: "Report this with the log".into() }
    }

    /// What asked about one batch failed inside.
    #[must_use]
    pub fn lost_batch() -> Self {
        let what = "a request for presence failed inside, so its users are not answered in this cycle".to_owned();
        Self { reason: Reason::Panic, what, action: "Report this with the log".into() }
    }
}

/// Words in a row: `a`, `a and b`, `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_secret_says_to_paste_the_value_and_not_the_id() {
        let advice = Advice::token_refused(7_000_215, "invalid_client", 401);
        assert_eq!(
            advice.what,
            "Entra refused a token: the client secret is wrong (AADSTS7000215, invalid_client, HTTP 401)"
        );
        assert!(advice.action.starts_with("Paste the secret's value, not its id"));
    }

    #[test]
    fn who_is_told_that_a_listing_was_cut_is_not_sent_to_settings_of_cycles() {
        let (cycle, listing) =
            (Advice::cycle_cut(Duration::from_mins(1)), Advice::listing_cut(Duration::from_hours(2)));
        assert!(cycle.action.contains("raise interval"), "{}", cycle.action);
        assert_eq!(listing.what, "the listing did not end within 7200 s and was cut");
        assert!(listing.action.ends_with("narrow users.filter"), "{}", listing.action);
    }

    #[test]
    fn nobody_is_not_named_as_never_answered() {
        let what = |unanswerable| Advice::incomplete(40, 60, unanswerable).what;
        assert_eq!(what(0), "Graph answered for 40 of 60 users only");
        assert_eq!(what(3), "Graph answered for 40 of 60 users only, and for 3 others never");
    }

    #[test]
    fn a_refusal_without_a_known_code_still_says_where_to_look() {
        let advice = Advice::token_refused(0, "invalid_request", 400);
        assert_eq!(
            advice.what,
            "Entra refused a token: it gave no reason that is known here (invalid_request, HTTP 400)"
        );
    }
}
