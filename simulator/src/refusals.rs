//! Refusals: how Entra's token endpoint says no, code by code.
//!
//! One table ([`REFUSALS`]) of status, `error` word and text; the checks of `entra`, `assertion` and `issuer` name a code of
//! it, and [`crate::Simulator::refuse_tokens`] plays any of them. Codes and meanings are those of the page "Microsoft Entra
//! authentication and authorization error codes" (learn.microsoft.com/entra/identity-platform/reference-error-codes).
//! Statuses and `error` words are captured where a report shows one (`7000215`, `7000218`, `700025`, `700016`, `90002`,
//! `70011`, `53003`, `700024`, `700211`, `70021`), and else what the family of the code has: 401 for `invalid_client`, 400
//! for the rest. Of the transient ones 400 was seen as well as 503, and 429 is for throttling.

use serde_json::json;

use crate::answer::{Answer, Request};
use crate::calendar::timestamp;

/// One way in which a request for a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRefusal {
    /// The number after `AADSTS`.
    pub code: u32,
    /// The HTTP status.
    pub status: u16,
    /// The `error` word.
    pub error: &'static str,
    /// What the description says after the code, where nothing of the request is named.
    pub text: &'static str,
}

const fn refusal(code: u32, status: u16, error: &'static str, text: &'static str) -> TokenRefusal {
    TokenRefusal { code, status, error, text }
}

const CLIENT: &str = "invalid_client";
const REQUEST: &str = "invalid_request";
const SCOPE: &str = "invalid_scope";
const UNAUTHORIZED: &str = "unauthorized_client";
const BUSY: &str = "temporarily_unavailable";

/// Every refusal that this Entra knows.
pub const REFUSALS: &[TokenRefusal] = &[
    // The secret.
    refusal(
        7_000_215,
        401,
        CLIENT,
        "Invalid client secret provided. Ensure the secret being sent is the client secret value.",
    ),
    refusal(7_000_222, 401, CLIENT, "The provided client secret keys are expired."),
    refusal(
        7_000_216,
        401,
        CLIENT,
        "'client_assertion', 'client_secret' or 'request' is required for this grant type.",
    ),
    refusal(
        7_000_218,
        401,
        CLIENT,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    // The application.
    refusal(700_016, 400, UNAUTHORIZED, "Application was not found in the directory."),
    refusal(7_000_112, 400, UNAUTHORIZED, "Application is disabled."),
    refusal(70_001, 400, UNAUTHORIZED, "The application is disabled."),
    refusal(
        700_025,
        401,
        CLIENT,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    // The certificate and what it signed.
    refusal(700_027, 401, CLIENT, "Client assertion failed signature validation. [Reason - The key was not found.]"),
    refusal(50_013, 401, CLIENT, "Assertion failed signature validation."),
    refusal(700_021, 401, CLIENT, "Client assertion application identifier doesn't match 'client_id' parameter."),
    refusal(700_023, 401, CLIENT, "Client assertion audience claim does not match Realm issuer."),
    refusal(700_024, 401, CLIENT, "Client assertion is not within its valid time range."),
    refusal(700_030, 401, CLIENT, "Invalid certificate - subject name in certificate is not authorized."),
    refusal(50_012, 401, CLIENT, "Authentication failed: the certificate chain is not trusted."),
    refusal(50_027, 400, REQUEST, "JWT token is invalid or malformed."),
    // The federated token.
    refusal(70_021, 400, REQUEST, "No matching federated identity record found for presented assertion."),
    refusal(700_211, 401, CLIENT, "No matching federated identity record found for presented assertion issuer."),
    refusal(700_212, 401, CLIENT, "No matching federated identity record found for presented assertion audience."),
    refusal(700_213, 401, CLIENT, "No matching federated identity record found for presented assertion subject."),
    refusal(
        7_002_138,
        401,
        CLIENT,
        "No matching federated identity record found for presented assertion subject: the matching is case-sensitive.",
    ),
    // The scope.
    refusal(70_011, 400, SCOPE, "The provided value for the input parameter 'scope' is not valid."),
    refusal(28_002, 400, SCOPE, "The provided value for the input parameter 'scope' can't be a reserved value."),
    refusal(700_022, 400, SCOPE, "Provided value for the input parameter scope can't contain more than one resource."),
    refusal(
        1_002_012,
        400,
        SCOPE,
        "Client credential flows must have a scope value with /.default suffixed to the resource.",
    ),
    refusal(500_011, 400, "invalid_resource", "The resource principal was not found in the tenant."),
    refusal(650_056, 400, CLIENT, "Misconfigured application: the client lists no permission for the resource."),
    refusal(650_057, 400, "invalid_resource", "Invalid resource: it is not listed in the requested permissions."),
    // The tenant, and the cloud where it lives.
    refusal(90_002, 400, REQUEST, "Tenant not found. Check that you are signing into the correct cloud."),
    refusal(90_038, 400, REQUEST, "The tenant belongs to another national cloud: it is redirected there."),
    refusal(900_382, 400, REQUEST, "Confidential Client is not supported in Cross Cloud request."),
    refusal(900_432, 400, REQUEST, "Confidential Client is not supported in Cross Cloud request."),
    refusal(9_001_023, 400, REQUEST, "The grant type is not supported over the /common or /consumers endpoints."),
    // The form.
    refusal(900_144, 400, REQUEST, "The request body must contain a parameter that it does not."),
    refusal(90_014, 400, REQUEST, "The required field is missing from the credential."),
    refusal(70_003, 400, "unsupported_grant_type", "The app requested an unsupported grant type."),
    // Policies.
    refusal(53_003, 400, "invalid_grant", "Access has been blocked by Conditional Access policies."),
    refusal(530_032, 400, "interaction_required", "Blocked by security policy: the tenant admin has configured one."),
    // What passes.
    refusal(90_006, 400, BUSY, "An external server returned a retryable error."),
    refusal(90_012, 400, BUSY, "The request has timed out."),
    refusal(90_024, 400, BUSY, "The request budget was exceeded: a transient error has occurred."),
    refusal(90_033, 503, BUSY, "A transient error has occurred. Please try again."),
    refusal(90_090, 503, BUSY, "The service returned an error that can be retried."),
    refusal(90_055, 429, BUSY, "There are too many incoming requests for this tenant."),
];

/// A refusal under way: with the words for this request.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

/// The refusal of this code with words of its own; one that this Entra does not know is a wrong request.
pub(crate) fn failure(code: u32, text: impl Into<String>) -> Failure {
    let (status, error) = known(code).map_or((400, REQUEST), |known| (known.status, known.error));
    Failure { status, error, code, text: text.into() }
}

/// The refusal of this code as the table has it.
pub(crate) fn refused(code: u32) -> Failure {
    failure(code, known(code).map_or("The request is refused.", |known| known.text))
}

/// An Entra that answers with this status: 429 and 5xx are transient, anything else is refused without a reason.
pub(crate) fn failed(status: u16) -> Failure {
    let transient = status == 429 || status >= 500;
    Failure { status, error: if transient { BUSY } else { REQUEST }, ..refused(90_033) }
}

fn known(code: u32) -> Option<&'static TokenRefusal> {
    REFUSALS.iter().find(|known| known.code == code)
}

impl Failure {
    /// The body of Entra: the description carries CRLF, trace ids and the time; the timestamps have a space, no `T`.
    pub(crate) fn into_answer(self, request: &Request) -> Answer {
        let at = format!("{}Z", timestamp(request.at, ' '));
        let (trace, correlation) = (request.trace_id.to_string(), request.client_request_id());
        let code = self.code;
        let description = format!(
            "AADSTS{code}: {}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {at}",
            self.text
        );
        let body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Answer::new(self.status, body.to_string().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{REFUSALS, failed, known};

    #[test]
    fn each_code_stands_once_and_says_something() {
        for refusal in REFUSALS {
            assert_eq!(known(refusal.code), Some(refusal), "{} stands twice", refusal.code);
            assert!(refusal.text.ends_with(['.', ']']) && (400..600).contains(&refusal.status), "{refusal:?}");
        }
    }

    #[test]
    fn a_status_that_is_no_refusal_is_a_transient_error() {
        assert_eq!((failed(503).status, failed(503).error), (503, "temporarily_unavailable"));
        assert_eq!((failed(404).status, failed(404).error), (404, "invalid_request"));
    }
}
