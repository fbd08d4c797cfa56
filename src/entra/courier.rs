//! The courier: carries `azure_identity`'s requests over our transport, and remembers what came of them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};

use crate::telemetry::Operation;
use crate::transport::{Failure, Reply, Transport};

/// The longest life of a token that is believed; Entra's longest is 28 hours (facts/graph.md 4.6).
const LONGEST_LIFE: Duration = Duration::from_hours(7 * 24);

/// The HTTP client of one token request.
#[derive(Debug)]
pub(super) struct Courier {
    transport: Transport,
    outcome: Mutex<Option<Outcome>>,
}

/// What came of a token request.
pub(super) type Outcome = Result<Reply, Failure>;

impl Courier {
    pub(super) fn new(transport: Transport) -> Self {
        Self { transport, outcome: Mutex::default() }
    }

    /// What came of the request, if one was sent.
    pub(super) fn take_outcome(&self) -> Option<Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait::async_trait]
impl HttpClient for Courier {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let failed = |what| Error::with_message(ErrorKind::Io, what);
        let mut post = self.transport.client().post(request.url().clone());
        for (name, value) in request.headers().iter() {
            post = post.header(name.as_str(), value.as_str());
        }
        let Body::Bytes(body) = request.body() else { return Err(failed("a token request has a plain body")) };
        let post = post.body(body.clone()).build().map_err(|_| failed("the token request could not be made"))?;
        let outcome = self.transport.send(Operation::Token, post).await;
        let answer = match &outcome {
            Ok(reply) => Ok(AsyncRawResponse::from_bytes(reply.status.into(), Headers::new(), digestible(reply))),
            Err(_) => Err(failed("there was no answer")),
        };
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        answer
    }
}

/// The body of an answer as `azure_identity` can take it: it reads lives as numbers only, and adds any number of seconds to
/// the time, which panics past the end of the calendar.
fn digestible(reply: &Reply) -> Vec<u8> {
    let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&reply.body) else { return reply.body.clone() };
    for name in ["expires_in", "ext_expires_in"] {
        let Some(life) = body.get_mut(name) else { continue };
        let written = life.as_str().and_then(|text| text.parse().ok());
        let seconds = life.as_f64().or(written).unwrap_or_default().clamp(0.0, LONGEST_LIFE.as_secs_f64());
        *life = Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs().into();
    }
    serde_json::to_vec(&body).unwrap_or_else(|_| reply.body.clone())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn check(expires_in: &str, expected: &str) {
        let body = format!(r#"{{"access_token":"a.b.c","expires_in":{expires_in}}}"#).into_bytes();
        let reply = Reply { status: 200, headers: HeaderMap::new(), body };
        let body = String::from_utf8(digestible(&reply)).expect("text");
        assert_eq!(body, format!(r#"{{"access_token":"a.b.c","expires_in":{expected}}}"#));
    }

    #[test]
    fn the_life_of_a_token_is_a_number_that_the_library_can_take() {
        check("3599", "3599");
        check("\"3599\"", "3599");
        check("1e300", "604800");
        check("-5", "0");
        check("null", "0");
    }

    #[test]
    fn what_is_no_token_is_left_as_it_is() {
        let reply = Reply { status: 200, headers: HeaderMap::new(), body: b"<html>".to_vec() };
        assert_eq!(digestible(&reply), b"<html>");
    }
}
