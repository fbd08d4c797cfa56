//! Graph's refusals, each as the reaction that it asks for.
//!
//! The caller matches on the variant; nobody parses a message. Of the body only the error's code word is read, for Graph
//! says that messages may change and they may name people (facts/graph.md 5.1); of the headers `challenge` and
//! `Retry-After`.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::challenge;
use crate::domain::advice::Advice;
use crate::domain::moment::Now;
use crate::domain::permission::{Grantee, Permission};
use crate::entra::Token;
use crate::telemetry::Operation;
use crate::transport::{Failure, Reply, retry_after};

/// Why Graph did not do what it was asked, one variant for each reaction.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GraphError {
    /// There is no token: wait for the next attempt.
    #[error("no token")]
    NoToken(Advice),
    /// The token is refused: fetch one new token, then ask again.
    #[error("token refused")]
    TokenRejected(Arc<Token>),
    /// The token was good and is no more, or not from here: fetch one new token, then ask again.
    #[error("further claims wanted")]
    ClaimsWanted(Arc<Token>),
    /// The presence service does not know a good token now and then (facts 2.18): ask again with the same, a few times.
    #[error("presence service unauthorized")]
    BackendUnauthorized(Arc<Token>),
    /// A permission is missing: tell the operator, try again slowly.
    #[error("forbidden")]
    Forbidden(Arc<Token>),
    /// Too many requests: the whole tenant waits, and makes fewer.
    #[error("throttled")]
    Throttled {
        /// How long, where Graph said so.
        wait: Option<Duration>,
    },
    /// Not now, and Graph says until when: the whole tenant waits this long.
    #[error("paused")]
    Paused {
        /// How long.
        wait: Duration,
    },
    /// Not now: ask again after a while.
    #[error("unavailable")]
    Unavailable(Advice),
    /// The request is wrong as a whole: halve it to find what is wrong with it.
    #[error("rejected")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// Graph's code word, if it gave one.
        code: String,
    },
    /// The pages of a listing expired: list from the start.
    #[error("listing expired")]
    ListingExpired,
    /// There is no presence of such a user: ask about the others.
    #[error("user not found")]
    UserNotFound,
    /// There is no such group: what is known of its members is no longer true.
    #[error("group not found")]
    GroupNotFound,
    /// A page named a next page elsewhere: end the listing.
    #[error("foreign link")]
    ForeignLink,
    /// An answer that makes no sense: ask again a few times, then tell the operator.
    #[error("unintelligible: {0}")]
    Unintelligible(&'static str),
}

/// The body of a refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Code,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Code {
    code: String,
}

impl GraphError {
    /// What a refusal asks for.
    pub(super) fn of(operation: Operation, reply: &Reply, token: &Arc<Token>, now: Now) -> Self {
        let refusal: Refusal = serde_json::from_slice(&reply.body).unwrap_or_default();
        let code = refusal.error.code;
        let is = |word: &str| code.eq_ignore_ascii_case(word);
        let wait = retry_after::read(&reply.headers, now);
        let lists = matches!(operation, Operation::Users | Operation::GroupMembers);
        match (reply.status, wait) {
            // Conditional Access may refuse with 403 what it would have a fresh token for (facts 5.3).
            (401 | 403, _) if challenge::wants_claims(&reply.headers) => Self::ClaimsWanted(Arc::clone(token)),
            (401, _) if !lists && is("Unauthorized") => Self::BackendUnauthorized(Arc::clone(token)),
            (401, _) => Self::TokenRejected(Arc::clone(token)),
            (403, _) => Self::Forbidden(Arc::clone(token)),
            (400 | 410, _) if lists && (is("Directory_ExpiredPageToken") || reply.status == 410) => {
                Self::ListingExpired
            }
            (404, _) if operation == Operation::Presence => Self::UserNotFound,
            // Without a word of Graph's it is somebody else who does not know the path.
            (404, _) if operation == Operation::GroupMembers && !word(&code).is_empty() => Self::GroupNotFound,
            (429, wait) => Self::Throttled { wait },
            (503 | 504, Some(wait)) => Self::Paused { wait },
            (408 | 500..=599, _) => Self::Unavailable(Advice::unavailable(reply.status)),
            (300..=399, _) => Self::Unintelligible("a redirect, which is not followed"),
            (400 | 404 | 410 | 413, _) => Self::Rejected { status: reply.status, code: word(&code) },
            // No part of such a request would fare better than the whole.
            (status, _) => Self::Unavailable(Advice::rejected(status, &word(&code), permission(operation))),
        }
    }

    /// What an answer that did not come asks for.
    pub(super) fn unanswered(server: &str, failure: Failure) -> Self {
        match failure {
            Failure::Obstacle(obstacle) => Self::Unavailable(Advice::unreachable(server, &obstacle)),
            Failure::TooLarge => Self::Unintelligible("it is larger than any that could be right"),
        }
    }

    /// What to tell the operator, who may or may not have `granted` to `whom` the permission that the request needs.
    pub(super) fn advice(&self, permission: Permission, granted: Option<bool>, whom: Grantee) -> Advice {
        match self {
            Self::NoToken(advice) | Self::Unavailable(advice) => advice.clone(),
            Self::TokenRejected(_) | Self::BackendUnauthorized(_) => Advice::token_rejected(),
            Self::ClaimsWanted(_) => Advice::claims_wanted(),
            Self::Forbidden(_) if granted == Some(true) => Advice::denied(permission),
            Self::Forbidden(_) => Advice::forbidden(permission, whom),
            Self::Throttled { wait } => Advice::throttled(*wait),
            Self::Paused { wait } => Advice::throttled(Some(*wait)),
            Self::Rejected { status, code } => Advice::rejected(*status, code, permission),
            Self::ListingExpired => Advice::listing_expired(),
            Self::UserNotFound => Advice::rejected(404, "UserNotFound", permission),
            Self::GroupNotFound => Advice::no_group(),
            Self::ForeignLink => Advice::foreign_link(),
            Self::Unintelligible(what) => Advice::unintelligible(what),
        }
    }

    /// Whether asking again after a while may help.
    #[must_use]
    pub fn passing(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Throttled { .. }
                | Self::Paused { .. }
                | Self::BackendUnauthorized(_)
                | Self::Unintelligible(_)
        )
    }
}

/// The permission that an operation needs.
pub(super) fn permission(operation: Operation) -> Permission {
    match operation {
        Operation::Users => Permission::UserReadAll,
        Operation::GroupMembers => Permission::GroupMemberReadAll,
        Operation::Presences | Operation::Presence | Operation::Token => Permission::PresenceReadAll,
    }
}

/// A code word that may be repeated in a log, or nothing: what a stranger wrote freely is not.
fn word(code: &str) -> String {
    let plain = !code.is_empty()
        && code.len() <= 64
        && code.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.'));
    if plain { code.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

    use super::*;
    use crate::clock;

    /// The reaction to a refusal of this operation, as the name of its variant and what it carries.
    fn check(operation: Operation, status: u16, body: &str, retry_after: Option<&'static str>, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
        }
        let reply = Reply { status, headers, body: body.into() };
        let reaction = match GraphError::of(operation, &reply, &Arc::new(Token::opaque()), clock::now()) {
            GraphError::NoToken(_) => "no token".to_owned(),
            GraphError::TokenRejected(_) => "new token".to_owned(),
            GraphError::ClaimsWanted(_) => "new token with claims".to_owned(),
            GraphError::BackendUnauthorized(_) => "same token again".to_owned(),
            GraphError::Forbidden(_) => "forbidden".to_owned(),
            GraphError::Throttled { wait } => format!("wait and make fewer: {wait:?}"),
            GraphError::Paused { wait } => format!("wait: {wait:?}"),
            GraphError::Unavailable(advice) => format!("later: {}", advice.what),
            GraphError::Rejected { status, code } => format!("halve: {status} {code}"),
            GraphError::ListingExpired => "from the start".to_owned(),
            GraphError::UserNotFound => "not this user".to_owned(),
            GraphError::GroupNotFound => "no such group".to_owned(),
            GraphError::ForeignLink => "foreign link".to_owned(),
            GraphError::Unintelligible(what) => format!("nonsense: {what}"),
        };
        assert_eq!(reaction, expected, "{status} {body}");
    }

    fn coded(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"Anna","innerError":{{}}}}}}"#)
    }

    #[test]
    fn a_refused_token_is_told_from_a_presence_service_that_errs() {
        use Operation::{Presences, Users};
        check(Presences, 401, &coded("InvalidAuthenticationToken"), None, "new token");
        check(Presences, 401, &coded("Unauthorized"), None, "same token again");
        check(Users, 401, &coded("Unauthorized"), None, "new token");
        check(Presences, 401, "", None, "new token");
    }

    #[test]
    fn a_claims_challenge_wants_a_new_token_whatever_refuses_with_it() {
        let challenge = r#"Bearer realm="", error="insufficient_claims", claims="e30=""#;
        let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]);
        for (status, code, wanted) in [
            (401, "InvalidAuthenticationToken", true),
            (401, "Unauthorized", true),
            (403, "Forbidden", true),
            (400, "BadRequest", false),
        ] {
            let reply = Reply { status, headers: headers.clone(), body: coded(code).into() };
            let reaction = GraphError::of(Operation::Presences, &reply, &Arc::new(Token::opaque()), clock::now());
            assert_eq!(matches!(reaction, GraphError::ClaimsWanted(_)), wanted, "{status} {code}");
        }
    }

    #[test]
    fn a_pause_is_asked_for_by_three_statuses() {
        check(Operation::Presences, 429, "", Some("41"), "wait and make fewer: Some(41s)");
        check(Operation::Presences, 429, "", None, "wait and make fewer: None");
        for status in [503, 504] {
            check(Operation::Presences, status, "", Some("41"), "wait: 41s");
        }
        check(Operation::Presences, 503, "", None, "later: Graph could not serve a request (HTTP 503)");
    }

    #[test]
    fn servers_that_fail_are_asked_again_later() {
        for status in [408, 500, 502, 507, 509] {
            let expected = format!("later: Graph could not serve a request (HTTP {status})");
            check(Operation::Users, status, "<html>", None, &expected);
        }
    }

    #[test]
    fn a_request_that_is_wrong_is_halved_and_its_code_repeated_only_if_it_is_one() {
        check(Operation::Presences, 400, &coded("BadRequest"), None, "halve: 400 BadRequest");
        check(Operation::Presences, 404, "", None, "halve: 404 ");
        check(Operation::Presences, 413, &coded("Anna Müller"), None, "halve: 413 ");
        check(
            Operation::Presences,
            402,
            &coded("PaymentRequired"),
            None,
            "later: Graph rejected a request as wrong (HTTP 402, PaymentRequired)",
        );
        check(Operation::Presence, 404, &coded("itemNotFound"), None, "not this user");
    }

    #[test]
    fn expired_pages_start_a_listing_over() {
        check(Operation::Users, 400, &coded("Directory_ExpiredPageToken"), None, "from the start");
        check(Operation::Users, 410, &coded("SyncStateNotFound"), None, "from the start");
        check(Operation::Presences, 410, &coded("Gone"), None, "halve: 410 Gone");
        check(Operation::Users, 400, &coded("Request_UnsupportedQuery"), None, "halve: 400 Request_UnsupportedQuery");
    }

    #[test]
    fn a_group_is_missing_on_the_word_of_graph_alone() {
        use Operation::{GroupMembers, Users};
        check(GroupMembers, 404, &coded("Request_ResourceNotFound"), None, "no such group");
        check(GroupMembers, 404, "<html>", None, "halve: 404 ");
        check(Users, 404, &coded("Request_ResourceNotFound"), None, "halve: 404 Request_ResourceNotFound");
        check(GroupMembers, 401, &coded("Unauthorized"), None, "new token");
        check(GroupMembers, 400, &coded("Directory_ExpiredPageToken"), None, "from the start");
    }

    #[test]
    fn a_missing_permission_is_forbidden_and_a_redirect_makes_no_sense() {
        check(Operation::Users, 403, &coded("Authorization_RequestDenied"), None, "forbidden");
        check(Operation::Presences, 403, "", None, "forbidden");
        check(Operation::Presences, 302, "", None, "nonsense: a redirect, which is not followed");
    }
}
