//! Refusals: what Entra's answer to a token request means when it brought no token.
//!
//! The body is JSON whose `error_description` holds escaped line breaks, trace ids and timestamps (facts/graph.md 4.8);
//! of it only the `error` word and the AADSTS number are read. How long Entra wants to be left alone stands in a header.

use std::time::Duration;

use serde::Deserialize;

use super::courier::Outcome;
use crate::domain::advice::{Advice, Obstacle, Reason, is_passing};
use crate::domain::moment::Now;
use crate::transport::{Failure, Reply, retry_after};

/// The `error` words of OAuth 2.0 and of Entra that may be repeated in a log.
const KNOWN: &[&str] = &[
    "access_denied", "interaction_required", "invalid_client", "invalid_grant", "invalid_request", "invalid_resource",
    "invalid_scope", "invalid_tenant", "login_required", "server_error", "temporarily_unavailable",
    "unauthorized_client", "unsupported_grant_type", "unsupported_response_type",
];

/// The AADSTS codes by which Entra says that it cannot read an assertion, or whose it is.
const OF_FORM: &[u32] = &[50_013, 50_027, 700_027];

/// A token request that brought no token.
#[derive(Debug)]
pub(super) struct Denial {
    /// What to tell the operator.
    pub(super) advice: Advice,
    /// How long Entra asked to be left alone, if it did.
    pub(super) pause: Option<Duration>,
    /// Whether anybody was asked.
    pub(super) asked: bool,
    /// The AADSTS code; zero without one.
    code: u32,
}

/// The body of a refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_codes: Vec<u32>,
    error_description: String,
}

impl Denial {
    /// What became of a token request to `server` by `now`, other than a token.
    pub(super) fn of(outcome: Option<&Outcome>, server: &str, now: Now) -> Self {
        let pause = match outcome {
            Some(Ok(reply)) if is_unable(reply) => retry_after::read(&reply.headers, now),
            _ => None,
        };
        let (advice, code) = advice(outcome, server);
        Self { advice, pause, asked: outcome.is_some(), code }
    }

    /// What became of a request to the endpoint of the machine's identity.
    pub(super) const fn by_machine(advice: Advice, pause: Option<Duration>, asked: bool) -> Self {
        Self { advice, pause, asked, code: 0 }
    }

    /// The same where another request of the attempt was denied as well.
    pub(super) fn after(self, other: &Self) -> Self {
        Self { asked: self.asked || other.asked, pause: self.pause.max(other.pause), ..self }
    }

    /// Whether it says something of the credential, and not of the way or of Entra's state. A file over which its reader
    /// fails inside is one that cannot be used.
    pub(super) fn is_verdict(&self) -> bool {
        matches!(self.advice.reason, Reason::Token | Reason::Panic)
    }

    /// Whether another form of the assertion may be taken.
    pub(super) fn is_of_form(&self) -> bool {
        OF_FORM.contains(&self.code)
    }
}

impl From<Advice> for Denial {
    /// Without a word of Entra's.
    fn from(advice: Advice) -> Self {
        Self { advice, pause: None, asked: false, code: 0 }
    }
}

/// What to tell the operator, and the AADSTS code.
fn advice(outcome: Option<&Outcome>, server: &str) -> (Advice, u32) {
    let reply = match outcome {
        None => return (Advice::no_credential(), 0),
        Some(Err(Failure::Obstacle(obstacle))) => return (Advice::unreachable(server, obstacle), 0),
        Some(Err(Failure::TooLarge)) => return (Advice::unreachable(server, &Obstacle::Body), 0),
        Some(Ok(reply)) => reply,
    };
    if is_unable(reply) {
        return (Advice::entra_unavailable(server, reply.status), 0);
    }
    match Refusal::read(reply) {
        Some(refusal) => {
            let code = refusal.code();
            (Advice::token_refused(code, &word(&refusal.error), reply.status), code)
        }
        None => (Advice::entra_unintelligible(server, reply.status), 0),
    }
}

/// Whether Entra says that it cannot serve now, which refuses nobody: by the status or, whatever that is, in words.
fn is_unable(reply: &Reply) -> bool {
    let says_so = |refusal: &Refusal| refusal.error == "temporarily_unavailable" || is_passing(refusal.code());
    reply.status == 429 || reply.status >= 500 || Refusal::read(reply).as_ref().is_some_and(says_so)
}

impl Refusal {
    /// The body of an answer, if it is a refusal.
    fn read(reply: &Reply) -> Option<Self> {
        let read: Self = serde_json::from_slice(&reply.body).ok()?;
        (!read.error.is_empty() || !read.error_codes.is_empty()).then_some(read)
    }

    /// Its AADSTS number, or 0 if it has none.
    fn code(&self) -> u32 {
        self.error_codes.first().copied().or_else(|| code_in(&self.error_description)).unwrap_or(0)
    }
}

/// The number in a description that begins with `AADSTS700016: `.
fn code_in(description: &str) -> Option<u32> {
    let digits = description.strip_prefix("AADSTS")?;
    digits.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// The `error` word, or nothing if it is none: what a stranger wrote freely is not repeated.
fn word(error: &str) -> String {
    if KNOWN.contains(&error) { error.to_owned() } else { "no known error word".to_owned() }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

    use super::*;
    use crate::domain::moment::Moment;

    fn check(status: u16, body: &str, expected: &str) {
        let reply = Reply { status, headers: HeaderMap::new(), body: body.into() };
        assert_eq!(advice(Some(&Ok(reply)), "Entra at login.example").0.what, expected);
    }

    #[test]
    fn a_file_over_which_its_reader_fails_does_not_cost_the_credential_before() {
        assert!(Denial::from(Advice::panic("reading of the credential")).is_verdict());
        assert!(!Denial::from(Advice::entra_unavailable("Entra", 503)).is_verdict());
    }

    #[test]
    fn a_real_body_with_line_breaks_is_understood() {
        check(
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nTimestamp: 2026-01-01 00:00:00Z","error_codes":[7000215],"timestamp":"2026-01-01 00:00:00Z","trace_id":"1","correlation_id":"2"}"#,
            "Entra refused a token: the client secret is wrong (AADSTS7000215, invalid_client, HTTP 401)",
        );
    }

    #[test]
    fn a_body_without_codes_is_read_by_its_description() {
        check(
            400,
            r#"{"error":"unauthorized_client","error_description":"AADSTS700016: Application not found"}"#,
            "Entra refused a token: the application is not known in this tenant (AADSTS700016, unauthorized_client, HTTP 400)",
        );
    }

    #[test]
    fn what_is_no_answer_of_entra_is_said_to_be_none() {
        check(
            200,
            "<html>Sign in to the guest network</html>",
            "Entra at login.example did not answer as Entra does (HTTP 200)",
        );
        check(503, "Service Unavailable", "Entra at login.example could not give a token now (HTTP 503)");
    }

    #[test]
    fn a_service_that_cannot_serve_has_not_refused_the_application() {
        check(
            503,
            r#"{"error":"temporarily_unavailable","error_codes":[90033]}"#,
            "Entra at login.example could not give a token now (HTTP 503)",
        );
        check(429, r#"{"error":"throttled"}"#, "Entra at login.example could not give a token now (HTTP 429)");
        check(
            400,
            r#"{"error":"invalid_request","error_codes":[90033]}"#,
            "Entra at login.example could not give a token now (HTTP 400)",
        );
        check(
            400,
            r#"{"error":"temporarily_unavailable"}"#,
            "Entra at login.example could not give a token now (HTTP 400)",
        );
    }

    #[test]
    fn only_an_entra_that_cannot_serve_is_left_alone_for_as_long_as_it_asks() {
        let check = |status, retry_after: Option<&'static str>, expected: Option<u64>| {
            let headers = retry_after.map(|value| (RETRY_AFTER, HeaderValue::from_static(value)));
            let reply = Reply { status, headers: headers.into_iter().collect(), body: Vec::new() };
            let now = Now { moment: Moment::from_millis(0), unix_millis: 0 };
            let pause = Denial::of(Some(&Ok(reply)), "Entra at login.example", now).pause;
            assert_eq!(pause, expected.map(Duration::from_secs), "{status} {retry_after:?}");
        };
        check(429, Some("41"), Some(41));
        check(503, Some("0,120"), Some(120));
        check(500, Some("99999999"), Some(600));
        check(503, None, None);
        check(400, Some("41"), None);
    }

    #[test]
    fn a_strange_error_word_is_not_repeated() {
        check(
            400,
            r#"{"error":"Anna Müller","error_codes":[90002]}"#,
            "Entra refused a token: the tenant is not known (AADSTS90002, no known error word, HTTP 400)",
        );
    }
}
