//! Identity: what the answer of a machine's identity endpoint means when it brought no token.
//!
//! A virtual machine's says `error` and `error_description` as Entra does, App Service's `statusCode` and `message`; only
//! the status and that word are read. A virtual machine answers 404 and 410 while its endpoint is being updated.

use serde::Deserialize;

use super::courier::Outcome;
use super::refusal::Denial;
use crate::domain::advice::{Advice, Obstacle};
use crate::domain::moment::Now;
use crate::transport::{Failure, Reply, retry_after};

/// What it is called, for people.
pub(super) const ENDPOINT: &str = "the endpoint of managed identities";

/// The body of a refusal, in either form and as App Service wrote it once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Option<String>,
    #[serde(alias = "StatusCode", rename = "statusCode")]
    status_code: Option<u16>,
}

/// What became of a request to the endpoint by `now`, other than a token; `by_id`: it was for the identity of an id.
pub(super) fn denial(outcome: Option<&Outcome>, by_id: bool, now: Now) -> Denial {
    let pause = match outcome {
        Some(Ok(reply)) if reply.status == 429 || reply.status >= 500 => retry_after::read(&reply.headers, now),
        _ => None,
    };
    Denial::by_machine(advice(outcome, by_id), pause, outcome.is_some())
}

fn advice(outcome: Option<&Outcome>, by_id: bool) -> Advice {
    let reply = match outcome {
        None => return Advice::foreign_identity_endpoint(),
        Some(Err(Failure::Obstacle(Obstacle::Connect | Obstacle::Timeout))) => return Advice::no_identity_endpoint(),
        Some(Err(Failure::Obstacle(obstacle))) => {
            return Advice::unreachable(ENDPOINT, obstacle);
        }
        Some(Err(Failure::TooLarge)) => return Advice::identity_unintelligible(200),
        Some(Ok(reply)) => reply,
    };
    refused(reply, by_id)
}

fn refused(reply: &Reply, by_id: bool) -> Advice {
    let status = reply.status;
    let Refusal { error, status_code } = serde_json::from_slice(&reply.body).unwrap_or_default();
    match (status, error.as_deref(), status_code) {
        (429 | 500.., ..) | (404 | 410, _, None) => Advice::identity_unavailable(status),
        (400, Some("invalid_resource" | "invalid_scope"), _) | (401 | 403, ..) => Advice::identity_refused(status),
        (400, Some(_), _) | (400 | 404, _, Some(_)) => Advice::no_such_identity(by_id, status),
        _ => Advice::identity_unintelligible(status),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn check(status: u16, body: &str, by_id: bool, expected: &str) {
        let reply = Reply { status, headers: HeaderMap::new(), body: body.into() };
        assert_eq!(advice(Some(&Ok(reply)), by_id).what, expected, "{body}");
    }

    #[test]
    fn an_identity_that_the_machine_does_not_have_is_told_in_either_form() {
        let none = "this machine has no managed identity of its own (HTTP 400)";
        let other = "no managed identity with this client id is assigned to this machine (HTTP 400)";
        let of_machine = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
        let of_app_service = r#"{"statusCode":400,"message":"No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.","correlationId":"1"}"#;
        check(400, of_machine, false, none);
        check(400, of_machine, true, other);
        check(400, of_app_service, false, none);
        check(400, of_app_service, true, other);
        let once = r#"{"StatusCode":404,"Message":"No MSI found for specified ClientId/ResourceId."}"#;
        check(404, once, true, "no managed identity with this client id is assigned to this machine (HTTP 404)");
    }

    #[test]
    fn an_endpoint_that_cannot_serve_has_refused_nobody() {
        let unable = |status| format!("the endpoint of managed identities could not give a token now (HTTP {status})");
        check(404, r#"{"error":"not_found"}"#, false, &unable(404));
        check(410, "", false, &unable(410));
        check(429, r#"{"error":"too_many_requests"}"#, false, &unable(429));
        check(500, r#"{"statusCode":500,"message":"x"}"#, true, &unable(500));
    }

    #[test]
    fn other_refusals_and_other_servers_are_told_apart() {
        let refused = |status| format!("the endpoint of managed identities refused a token (HTTP {status})");
        check(400, r#"{"error":"invalid_resource","error_description":"AADSTS500011: x"}"#, false, &refused(400));
        check(401, r#"{"statusCode":401,"message":"x"}"#, false, &refused(401));
        check(403, "", false, &refused(403));
        let strange = |status| format!("the endpoint of managed identities did not answer as one does (HTTP {status})");
        check(200, "<html>", false, &strange(200));
        check(302, "", false, &strange(302));
        check(400, "Bad Request", false, &strange(400));
    }

    #[test]
    fn where_nobody_answers_there_is_no_identity() {
        for obstacle in [Obstacle::Connect, Obstacle::Timeout] {
            let advice = advice(Some(&Err(Failure::Obstacle(obstacle))), false);
            let expected = "nobody gives tokens of a managed identity here, so this is no Azure machine that has one";
            assert_eq!(advice.what, expected);
        }
    }
}
