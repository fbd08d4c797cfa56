//! The courier: carries `azure_identity`'s requests over our transport, and remembers what came of them.

use std::sync::{Mutex, PoisonError};

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};

use crate::telemetry::Operation;
use crate::transport::{Failure, Reply, Transport};

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
            Ok(reply) => Ok(AsyncRawResponse::from_bytes(reply.status.into(), Headers::new(), reply.body.clone())),
            Err(_) => Err(failed("there was no answer")),
        };
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        answer
    }
}
