//! One exchange: from hyper's request to hyper's response, with faults, compression and the journal.

use std::borrow::Cow;
use std::io::Write as _;
use std::time::{Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request as HttpRequest, Response};

use crate::answer::{Answer, Entrance, Headers, Refusal, Request};
use crate::app_service;
use crate::entra;
use crate::faults::{Effect, Operation};
use crate::journal::Call;
use crate::payload::{Broken, Payload};
use crate::presences;
use crate::query::decoded;
use crate::routes;
use crate::tenant::Tenant;

/// More than any request needs: 650 ids are 26 kB, a batch of twenty such is 600 kB.
const LARGEST_REQUEST: usize = 4 << 20;

/// The most bytes of a request that is too large that are still read.
const LARGEST_DISCARDED: usize = 64 << 20;
/// Answers below this are not worth compressing.
const SMALLEST_COMPRESSED: usize = 256;

/// Answers one request; `Err` resets the connection.
pub(crate) async fn exchange(
    tenant: &Tenant,
    entrance: Entrance,
    http: HttpRequest<Incoming>,
) -> Result<Response<Payload>, Broken> {
    let mut request = read(tenant, entrance, http).await?;
    let _guest = tenant.receive(request.operation);
    request.effects = tenant.strike(request.operation, routes::group(&request.route()));
    request.admission = presences::enter(tenant, request.operation, &request.body, request.arrived);
    for effect in &request.effects {
        if let Effect::Delay(delay) = effect {
            tokio::time::sleep(*delay).await;
        }
    }
    if request.effects.contains(&Effect::Reset) {
        note(tenant, &request, 0, 0, 0);
        return Err(Broken::Reset);
    }
    let mut answer = instead(tenant, &request).unwrap_or_else(|| right(tenant, &request));
    if !answer.latency.is_zero() {
        tokio::time::sleep(answer.latency).await;
    }
    spoil(&request, &mut answer);
    let compressed = accepts_gzip(&request) && answer.body.len() >= SMALLEST_COMPRESSED;
    let body = if compressed { gzip(&answer.body) } else { std::mem::take(&mut answer.body) };
    note(tenant, &request, answer.status, answer.ids, body.len());
    Ok(respond(&request, &answer, body, compressed))
}

/// The right answer, of whoever is behind the entrance.
fn right(tenant: &Tenant, request: &Request) -> Answer {
    match request.entrance {
        Entrance::Cloud => routes::answer(tenant, request),
        Entrance::Machine => app_service::answer(tenant, request),
    }
}

/// The body of a request, or `None` if it is too large. That one is read to its end as well: who is answered while still
/// sending may never see the answer.
async fn receive(mut body: Incoming) -> Result<Option<Bytes>, Broken> {
    let mut received = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Broken::CutOff)?.into_data() else { continue };
        length += data.len();
        if length <= LARGEST_REQUEST {
            received.extend_from_slice(&data);
        } else if length > LARGEST_DISCARDED {
            return Err(Broken::CutOff);
        }
    }
    Ok((length <= LARGEST_REQUEST).then(|| received.freeze()))
}

async fn read(tenant: &Tenant, entrance: Entrance, http: HttpRequest<Incoming>) -> Result<Request, Broken> {
    let (at, arrived) = (SystemTime::now(), Instant::now());
    let (parts, body) = http.into_parts();
    let body = receive(body).await?;
    let path = parts.uri.path().to_owned();
    let segments: Vec<String> = path.split('/').skip(1).filter(|part| !part.is_empty()).map(decoded).collect();
    let route: Vec<&str> = segments.iter().map(String::as_str).collect();
    let trace_id = tenant.next_request_id();
    let header = |name: &str| text(&parts.headers, name);
    let operation = match entrance {
        Entrance::Cloud => routes::operation,
        Entrance::Machine => app_service::operation,
    };
    Ok(Request {
        at,
        arrived,
        operation: operation(parts.method.as_str(), &route),
        entrance,
        method: parts.method.as_str().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        host: header("host").unwrap_or_else(|| "localhost".to_owned()),
        headers: Headers {
            authorization: header("authorization"),
            consistency_level: header("consistencylevel"),
            user_agent: header("user-agent"),
            client_request_id: header("client-request-id"),
            accept_encoding: header("accept-encoding"),
            prefer: header("prefer"),
            content_type: header("content-type"),
            identity: header("x-identity-header"),
        },
        segments,
        path,
        is_too_large: body.is_none(),
        body: body.unwrap_or_default(),
        trace_id,
        admission: Ok(()),
        effects: Vec::new(),
    })
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The answer that a fault gives instead of the right one.
fn instead(tenant: &Tenant, request: &Request) -> Option<Answer> {
    request.effects.iter().find_map(|effect| match effect {
        Effect::Status { status, headers, body } => Some(failed(request, *status, headers, body.as_deref())),
        Effect::Throttled { retry_after, wait } => {
            Some(presences::throttled(tenant, request, *retry_after, *wait).into_answer(request))
        }
        Effect::Html(status) => {
            let page = format!(
                "<!DOCTYPE html>\n<html><head><title>{status}</title></head>\n<body><h1>{status}</h1>\
                 <p>The gateway could not process your request.</p></body></html>\n"
            );
            Some(Answer { content_type: "text/html; charset=utf-8", ..Answer::new(*status, page.into_bytes()) })
        }
        Effect::Redirect(to) => Some(Answer::new(302, Vec::new()).header("Location", to.as_str())),
        // What stands there is made while it is sent.
        Effect::Endless(_) | Effect::GzipBomb(_) => Some(Answer::json(Vec::new())),
        Effect::MalformedJson => Some(Answer::json(br#"{"@odata.context":"https://graph.micro"#.to_vec())),
        _ => None,
    })
}

fn failed(request: &Request, status: u16, headers: &[(String, String)], body: Option<&str>) -> Answer {
    let mut answer = match body {
        Some(body) => Answer::new(status, body.as_bytes().to_vec()),
        None if status == 204 => Answer::new(status, Vec::new()),
        None if request.operation == Operation::Token => entra::unable(request, status),
        None if request.entrance == Entrance::Machine => app_service::failed(request, status, app_service::UNEXPECTED),
        None => Refusal::of_status(status).into_answer(request),
    };
    answer.headers.extend_from_slice(headers);
    answer
}

/// Changes in the body of a right answer.
fn spoil(request: &Request, answer: &mut Answer) {
    for effect in &request.effects {
        match effect {
            Effect::Replace { from, to } => {
                let body = String::from_utf8_lossy(&answer.body).replace(from.as_str(), to);
                answer.body = body.into_bytes();
            }
            Effect::DeepNesting(depth) => {
                let nested = [b"\"nested\":".as_slice(), &b"[".repeat(*depth), &b"]".repeat(*depth)].concat();
                put_first(&nested, &mut answer.body);
            }
            Effect::InvalidUtf8 => put_first(b"\"text\":\"\xc3\x28\xff\"", &mut answer.body),
            Effect::DuplicateKeys => {
                if let Some(members) = members(&answer.body) {
                    answer.body = [b"{", members, b",", members, b"}"].concat();
                }
            }
            _ => {}
        }
    }
}

/// What stands between the braces of an object that has members.
fn members(body: &[u8]) -> Option<&[u8]> {
    body.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}").filter(|members| !members.trim_ascii().is_empty())
}

/// Puts one more member in front of those of an object.
fn put_first(member: &[u8], body: &mut Vec<u8>) {
    if let Some(rest) = members(body) {
        *body = [b"{", member, b",", rest, b"}"].concat();
    }
}

fn accepts_gzip(request: &Request) -> bool {
    let accepted = request.headers.accept_encoding.as_deref().unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 5), Compression::fast());
    // Writing to memory does not fail.
    drop(encoder.write_all(body));
    encoder.finish().unwrap_or_default()
}

fn note(tenant: &Tenant, request: &Request, status: u16, ids: usize, answer_bytes: usize) {
    let headers = &request.headers;
    tenant.journal().note(|| Call {
        at: request.at,
        operation: request.operation,
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        status,
        ids,
        answer_bytes,
        consistency_level: headers.consistency_level.clone(),
        authorized: headers.authorization.is_some(),
        user_agent: headers.user_agent.clone(),
        client_request_id: headers.client_request_id.clone(),
        accept_encoding: headers.accept_encoding.clone(),
        prefer: headers.prefer.clone(),
    });
}

/// What Graph tells about the machine that answered.
const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"Germany West Central","Slice":"E","Ring":"5","ScaleUnit":"002","RoleInstance":"SIMPEPF0000000A"}}"#;

fn respond(request: &Request, answer: &Answer, body: Vec<u8>, compressed: bool) -> Response<Payload> {
    let mut response = Response::new(Payload::new(body, &request.effects));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    let mut set = |name: &str, value: Cow<'_, str>| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
            // There is room for some 24,000.
            drop(headers.try_append(name, value));
        }
    };
    set("content-type", answer.content_type.into());
    if request.entrance == Entrance::Cloud {
        set("strict-transport-security", "max-age=31536000".into());
        set("client-request-id", request.client_request_id().into());
    }
    if request.entrance == Entrance::Cloud && request.operation != Operation::Token {
        set("request-id", request.trace_id.to_string().into());
        set("x-ms-ags-diagnostic", DIAGNOSTIC.into());
        set("vary", "Accept-Encoding".into());
        set("odata-version", "4.0".into());
    }
    if compressed || request.effects.iter().any(|effect| matches!(effect, Effect::GzipBomb(_))) {
        set("content-encoding", "gzip".into());
    }
    for (name, value) in &answer.headers {
        set(name, value.as_str().into());
    }
    for effect in &request.effects {
        if let Effect::Headers(more) = effect {
            for (name, value) in more {
                set(name, value.as_str().into());
            }
        }
    }
    response
}
