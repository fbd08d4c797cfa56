//! Requests as the routes see them, and answers as they give them; no socket, no hyper body.

use crate::calendar::timestamp;
use crate::faults::{Effect, Operation};
use crate::identity::Guid;
use crate::json;
use std::time::{Duration, Instant, SystemTime};

/// A request that has been read whole.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) at: SystemTime,
    pub(crate) arrived: Instant,
    pub(crate) operation: Operation,
    pub(crate) entrance: Entrance,
    pub(crate) method: String,
    /// Decoded segments of the path.
    pub(crate) segments: Vec<String>,
    pub(crate) path: String,
    pub(crate) query: String,
    /// What the client calls this server, for links back to it.
    pub(crate) host: String,
    pub(crate) headers: Headers,
    pub(crate) body: bytes::Bytes,
    /// The body was longer than anything sensible and has been thrown away.
    pub(crate) is_too_large: bool,
    /// Ours for this request.
    pub(crate) trace_id: Guid,
    /// Whether the presence throttle lets it pass, or after how long it would.
    pub(crate) admission: Result<(), Duration>,
    /// What goes wrong with this one.
    pub(crate) effects: Vec<Effect>,
}

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// Over TLS, as from anywhere: Entra and Graph.
    Cloud,
    /// Over plain http, as from the machine that App Service runs it on.
    Machine,
}

/// The headers that matter here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers {
    pub(crate) authorization: Option<String>,
    pub(crate) consistency_level: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) client_request_id: Option<String>,
    pub(crate) accept_encoding: Option<String>,
    pub(crate) prefer: Option<String>,
    pub(crate) content_type: Option<String>,
    /// `X-IDENTITY-HEADER`
    pub(crate) identity: Option<String>,
}

impl Request {
    /// The origin under which the client reached this server.
    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.host)
    }

    /// The path's segments as string slices.
    pub(crate) fn route(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// `ConsistencyLevel: eventual`
    pub(crate) fn is_eventual(&self) -> bool {
        self.headers.consistency_level.as_deref().is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
    }

    /// The client's id for this request, or ours.
    pub(crate) fn client_request_id(&self) -> String {
        self.headers.client_request_id.clone().unwrap_or_else(|| self.trace_id.to_string())
    }

    pub(crate) fn omitted_rows(&self) -> usize {
        self.rows(|effect| if let Effect::OmitRows(rows) = effect { *rows } else { 0 })
    }

    pub(crate) fn duplicated_rows(&self) -> usize {
        self.rows(|effect| if let Effect::DuplicateRows(rows) = effect { *rows } else { 0 })
    }

    pub(crate) fn foreign_rows(&self) -> usize {
        self.rows(|effect| if let Effect::ForeignRows(rows) = effect { *rows } else { 0 })
    }

    /// Several effects add up, as far as numbers go: "all of them" is a number, too.
    fn rows(&self, rows: impl Fn(&Effect) -> usize) -> usize {
        self.effects.iter().map(rows).fold(0, usize::saturating_add)
    }

    pub(crate) fn refuses(&self, id: &Guid) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::RefuseIds(ids) if ids.contains(id)))
    }
}

/// What is sent back, before compression.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Besides the ones that every answer has.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Ids that the request named.
    pub(crate) ids: usize,
    /// How long it takes at least.
    pub(crate) latency: Duration,
}

/// Graph's `Content-Type` of JSON answers.
pub(crate) const ODATA_JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

impl Answer {
    pub(crate) fn json(body: Vec<u8>) -> Self {
        Self { content_type: ODATA_JSON, ..Self::new(200, body) }
    }

    pub(crate) fn text(body: String) -> Self {
        Self { content_type: "text/plain", ..Self::new(200, body.into_bytes()) }
    }

    pub(crate) fn new(status: u16, body: Vec<u8>) -> Self {
        let content_type = "application/json; charset=utf-8";
        Self { status, content_type, headers: Vec::new(), body, ids: 0, latency: Duration::ZERO }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An error in Graph's terms, before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Graph's usual error of a status.
    pub(crate) fn of_status(status: u16) -> Self {
        let (code, message) = match status {
            400 => ("BadRequest", "Bad Request."),
            401 => ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
            403 => ("Authorization_RequestDenied", DENIED),
            404 => ("Request_ResourceNotFound", "Resource does not exist."),
            410 => ("SyncStateNotFound", "The sync state is not found."),
            429 => ("TooManyRequests", "Too many requests."),
            500 => ("InternalServerError", "Internal server error."),
            502 => ("BadGateway", "Bad gateway."),
            503 => ("ServiceUnavailable", "The service is temporarily unavailable."),
            504 => ("GatewayTimeout", "The gateway timed out."),
            _ => ("UnknownError", ""),
        };
        Self::new(status, code, message)
    }

    /// `{"error": {"code", "message", "innerError": {"date", "request-id", "client-request-id"}}}`; `date` has
    /// no zone, as Graph's has none.
    pub(crate) fn into_answer(self, request: &Request) -> Answer {
        let mut body = Vec::with_capacity(400);
        body.extend_from_slice(br#"{"error":{"code":"#);
        json::string(&mut body, self.code);
        body.extend_from_slice(br#","message":"#);
        json::string(&mut body, &self.message);
        body.extend_from_slice(br#","innerError":{"date":"#);
        json::string(&mut body, &timestamp(request.at, 'T'));
        body.extend_from_slice(br#","request-id":"#);
        json::string(&mut body, &request.trace_id.to_string());
        body.extend_from_slice(br#","client-request-id":"#);
        json::string(&mut body, &request.client_request_id());
        body.extend_from_slice(b"}}}");
        let content_type = "application/json";
        Answer { headers: self.headers, content_type, ..Answer::new(self.status, body) }
    }
}

/// What the directory says to a caller without the role.
pub(crate) const DENIED: &str = "Insufficient privileges to complete the operation.";
