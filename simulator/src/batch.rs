//! `POST /v1.0/$batch`: up to twenty requests in one.
//!
//! After "Combine multiple HTTP requests using JSON batching". Parts are answered one after the other by the same
//! routes, each throttled on its own.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Headers, Refusal, Request};
use crate::faults::Operation;
use crate::presences;
use crate::query::decoded;
use crate::routes;
use crate::switches::Batch;
use crate::tenant::Tenant;

/// Requests that a batch may have.
const MOST: usize = 20;

/// Answers a batch whose token has been checked.
pub(crate) fn answer(tenant: &Tenant, request: &Request) -> Result<Answer, Refusal> {
    let bad = |message: &str| Refusal::new(400, "BadRequest", message);
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| bad("Invalid batch payload format."))?;
    let parts = body["requests"].as_array().ok_or_else(|| bad("Invalid batch payload format."))?;
    if parts.is_empty() || parts.len() > MOST {
        return Err(bad("Number of batch request steps exceeds the maximum value of 20."));
    }
    let mut ids = HashSet::new();
    let mut responses = Vec::new();
    let mut latency = std::time::Duration::ZERO;
    let mut is_throttled = false;
    for part in parts {
        let id = part["id"].as_str().ok_or_else(|| bad("Invalid batch payload format."))?;
        if !ids.insert(id.to_ascii_lowercase()) {
            return Err(bad("Duplicate batch request id."));
        }
        let answer = match step(tenant, request, part) {
            Some(step) if step.operation != Operation::Batch => routes::answer(tenant, &step),
            _ => bad("Invalid batch request step.").into_answer(request),
        };
        latency = latency.max(answer.latency);
        is_throttled |= answer.status == 429;
        responses.push(response(id, &answer));
    }
    if is_throttled && tenant.switches().batch == Batch::Outer424 {
        return Err(Refusal::new(424, "FailedDependency", "Failed Dependency"));
    }
    let mut answer = Answer::json(json!({"responses": responses}).to_string().into_bytes());
    answer.latency = latency;
    Ok(answer)
}

/// One part as a request of its own; it inherits the token, for Graph ignores one of a part.
fn step(tenant: &Tenant, outer: &Request, part: &Value) -> Option<Request> {
    let url = part["url"].as_str()?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = format!("/v1.0/{}", path.trim_start_matches('/'));
    let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let method = part["method"].as_str()?.to_owned();
    let route: Vec<&str> = segments.iter().map(String::as_str).collect();
    let operation = routes::operation(&method, &route);
    let trace_id = tenant.next_request_id();
    let empty = Map::new();
    let sent = part["headers"].as_object().unwrap_or(&empty);
    let header = |wanted: &str| {
        let found = sent.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
    };
    let headers = Headers {
        consistency_level: header("ConsistencyLevel"),
        content_type: header("Content-Type"),
        prefer: header("Prefer"),
        ..outer.headers.clone()
    };
    let body = if part["body"].is_null() { Bytes::new() } else { part["body"].to_string().into() };
    let admission = presences::enter(tenant, operation, &body, outer.arrived);
    let effects = tenant.strike(operation, routes::group(&segments.iter().map(String::as_str).collect::<Vec<_>>()));
    Some(Request {
        at: outer.at,
        arrived: outer.arrived,
        operation,
        entrance: outer.entrance,
        method,
        segments,
        path,
        query: query.to_owned(),
        host: outer.host.clone(),
        headers,
        body,
        is_too_large: false,
        trace_id,
        admission,
        effects,
    })
}

fn response(id: &str, answer: &Answer) -> Value {
    let mut headers: Map<String, Value> =
        answer.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    headers.insert("Content-Type".to_owned(), json!(answer.content_type));
    let body: Value =
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&answer.body)));
    json!({"id": id, "status": answer.status, "headers": headers, "body": body})
}
