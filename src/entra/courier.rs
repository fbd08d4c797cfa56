//! The courier: carries `azure_identity`'s requests over our transport, and remembers what came of them.
//!
//! The library is handed an answer only where it may hold a token: whatever else came it would repeat the request by itself,
//! for a minute and more at the endpoint of a machine's identity.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use serde_json::Value;

use crate::clock;
use crate::telemetry::Operation;
use crate::transport::{Failure, Reply, Transport};

/// The longest life of a token that is believed; Entra's longest is 28 hours (facts/graph.md 4.6).
const LONGEST_LIFE: Duration = Duration::from_hours(7 * 24);

/// The HTTP client of one token request.
#[derive(Debug)]
pub(super) struct Courier {
    transport: Transport,
    server: Server,
    outcome: Mutex<Option<Outcome>>,
}

/// Who is asked for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    Entra,
    /// The endpoint of the machine's identity.
    Machine,
}

/// What came of a token request.
pub(super) type Outcome = Result<Reply, Failure>;

impl Courier {
    pub(super) fn new(transport: Transport, server: Server) -> Self {
        Self { transport, server, outcome: Mutex::default() }
    }

    /// What came of the request, if one was sent.
    pub(super) fn take_outcome(&self) -> Option<Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait::async_trait]
impl HttpClient for Courier {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        // Of a kind that is not tried again.
        let failed = |what| Error::with_message(ErrorKind::Credential, what);
        let request = carried(request).ok_or_else(|| failed("the token request could not be made"))?;
        let outcome = match self.server {
            Server::Entra => Some(self.transport.send(Operation::Token, request).await),
            Server::Machine => self.transport.ask_identity(request).await,
        };
        let answer = match &outcome {
            Some(Ok(reply)) if (200..300).contains(&reply.status) => {
                let body = digestible(reply, self.server, clock::now().unix_millis / 1000);
                Ok(AsyncRawResponse::from_bytes(reply.status.into(), Headers::new(), body))
            }
            _ => Err(failed("there is no token")),
        };
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
        answer
    }
}

/// The library's request as our transport takes it, with its method, its address, its headers and its body.
fn carried(request: &Request) -> Option<reqwest::Request> {
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes()).ok()?;
    let mut carried = reqwest::Request::new(method, request.url().clone());
    for (name, value) in request.headers().iter() {
        let name = reqwest::header::HeaderName::try_from(name.as_str()).ok()?;
        let mut value = reqwest::header::HeaderValue::try_from(value.as_str()).ok()?;
        value.set_sensitive(true);
        carried.headers_mut().append(name, value);
    }
    let Body::Bytes(body) = request.body() else { return None };
    if !body.is_empty() {
        *carried.body_mut() = Some(body.clone().into());
    }
    Some(carried)
}

/// The body of an answer as `azure_identity` can take it: it reads lives as numbers only, and adds any number of seconds to
/// the time, which panics past the end of the calendar. Of a machine's endpoint it wants the end of the life as a text, and
/// two fields that nobody looks at.
fn digestible(reply: &Reply, server: Server, now: u64) -> Vec<u8> {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&reply.body) else { return reply.body.clone() };
    match server {
        Server::Entra => {
            for name in ["expires_in", "ext_expires_in"] {
                if let Some(value) = body.get_mut(name) {
                    *value = life(seconds(value).unwrap_or_default()).as_secs().into();
                }
            }
        }
        Server::Machine => {
            let now = Duration::from_secs(now);
            let end = body.get("expires_on").and_then(seconds).map(|end| now + life(end - now.as_secs_f64()));
            let end = end.or_else(|| body.get("expires_in").and_then(seconds).map(|left| now + life(left)));
            if let Some(end) = end {
                body.insert("expires_on".into(), end.as_secs().to_string().into());
            }
            for name in ["resource", "token_type"] {
                body.entry(name).or_insert_with(|| "".into());
            }
        }
    }
    serde_json::to_vec(&body).unwrap_or_else(|_| reply.body.clone())
}

/// A number, or one that was written as a text.
fn seconds(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// A life that is believed.
fn life(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST_LIFE.as_secs_f64())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use azure_core::credentials::TokenCredential as _;
    use azure_core::http::{ClientOptions, Transport};
    use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
    use reqwest::header::HeaderMap;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn answered(body: String, server: Server) -> String {
        let reply = Reply { status: 200, headers: HeaderMap::new(), body: body.into_bytes() };
        String::from_utf8(digestible(&reply, server, NOW)).expect("text")
    }

    #[test]
    fn the_life_of_a_token_is_a_number_that_the_library_can_take() {
        let check = |expires_in: &str, expected: &str| {
            let body = |life: &str| format!(r#"{{"access_token":"a.b.c","expires_in":{life}}}"#);
            assert_eq!(answered(body(expires_in), Server::Entra), body(expected));
        };
        check("3599", "3599");
        check("\"3599\"", "3599");
        check("1e300", "604800");
        check("-5", "0");
        check("null", "0");
    }

    #[test]
    fn the_end_of_a_machines_token_is_a_text_that_the_library_can_take() {
        let check = |given: &str, expected: &str| {
            let answered = answered(format!(r#"{{"access_token":"a.b.c",{given}}}"#), Server::Machine);
            let value: Value = serde_json::from_str(&answered).expect("JSON");
            assert_eq!(value["expires_on"].as_str(), Some(expected), "{given}");
            assert!(value["resource"].is_string() && value["token_type"].is_string(), "{given}");
        };
        check(r#""expires_on":"1800003599""#, "1800003599");
        check(r#""expires_on":1800003599,"token_type":"Bearer""#, "1800003599");
        check(r#""expires_on":"9999999999999""#, "1800604800");
        check(r#""expires_on":"12","expires_in":"99""#, "1800000000");
        check(r#""expires_in":"3599""#, "1800003599");
        check(r#""expires_on":"09/14/2027 00:00:00 +00:00","expires_in":60"#, "1800000060");
    }

    #[test]
    fn what_is_no_token_is_left_as_it_is() {
        assert_eq!(answered("<html>".into(), Server::Entra), "<html>");
        assert_eq!(answered("<html>".into(), Server::Machine), "<html>");
    }

    /// Keeps what it is asked, and answers nothing.
    #[derive(Debug, Default)]
    struct Listener(Mutex<Vec<Request>>);

    #[async_trait::async_trait]
    impl HttpClient for Listener {
        async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
            self.0.lock().expect("unpoisoned").push(request.clone());
            Err(Error::with_message(ErrorKind::Credential, "nobody answers"))
        }
    }

    /// Its address is a constant of the library's, and no test could listen there.
    #[tokio::test]
    async fn what_is_asked_of_a_virtual_machine_is_carried_as_the_library_made_it() {
        let listener = Arc::new(Listener::default());
        let client_options =
            ClientOptions { transport: Some(Transport::new(Arc::clone(&listener) as Arc<_>)), ..Default::default() };
        let user_assigned_id = Some(UserAssignedId::ClientId("an id".into()));
        let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
        let credential = ManagedIdentityCredential::new(Some(options)).expect("a credential");
        credential.get_token(&["https://graph.microsoft.com/.default"], None).await.expect_err("no token");

        let asked = listener.0.lock().expect("unpoisoned").clone();
        let [asked] = &asked[..] else { panic!("asked again: {asked:?}") };
        let carried = carried(asked).expect("a request");
        assert_eq!(carried.method(), "GET");
        let expected = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2019-08-01\
                        &resource=https%3A%2F%2Fgraph.microsoft.com&client_id=an+id";
        assert_eq!(carried.url().as_str(), expected);
        assert_eq!(carried.headers()["metadata"], "true");
        assert!(carried.body().is_none());
    }
}
