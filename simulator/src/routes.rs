//! Routes: which path is which operation, and who answers it.
//!
//! Order of a Graph request: path, token, then the operation's own checks, so that an anonymous caller learns
//! nothing but 401.

use crate::answer::{Answer, Refusal, Request};
use crate::faults::Operation;
use crate::identity::Guid;
use crate::tenant::Tenant;
use crate::{batch, entra, members, presences, users};

/// What a call is for.
pub(crate) fn operation(method: &str, segments: &[&str]) -> Operation {
    match (method, segments) {
        ("POST", [_, "oauth2", "v2.0", "token"]) => Operation::Token,
        ("GET", ["v1.0", "users"]) => Operation::ListUsers,
        ("GET", ["v1.0", "users", "$count"]) => Operation::CountUsers,
        ("GET", ["v1.0", "groups", _, "transitiveMembers"] | ["v1.0", "groups", _, "transitiveMembers", _]) => {
            Operation::ListMembers
        }
        ("POST", ["v1.0", "communications", "getPresencesByUserId" | "microsoft.graph.getPresencesByUserId"]) => {
            Operation::GetPresences
        }
        ("GET", ["v1.0", "users", _, "presence"] | ["v1.0", "communications", "presences", _]) => {
            Operation::GetPresence
        }
        ("POST", ["v1.0", "$batch"]) => Operation::Batch,
        _ => Operation::Other,
    }
}

/// The group that a path is about.
pub(crate) fn group(segments: &[&str]) -> Option<Guid> {
    let ["v1.0", "groups", id, ..] = segments else { return None };
    Guid::parse(id.as_bytes())
}

/// The right answer to a request, without its faults.
pub(crate) fn answer(tenant: &Tenant, request: &Request) -> Answer {
    match (request.operation, request.route().as_slice()) {
        (Operation::Token, [name, ..]) => entra::token(tenant, request, name),
        (_, [name, "v2.0", ".well-known", "openid-configuration"]) if request.method == "GET" => {
            entra::discovery(request, name)
        }
        _ => {
            let mut ids = 0;
            let mut answer = graph(tenant, request, &mut ids).unwrap_or_else(|refusal| refusal.into_answer(request));
            answer.ids = ids;
            answer
        }
    }
}

fn graph(tenant: &Tenant, request: &Request, ids: &mut usize) -> Result<Answer, Refusal> {
    let route = request.route();
    if request.is_too_large {
        return Err(Refusal::new(413, "RequestEntityTooLarge", "The request is too large."));
    }
    if request.operation == Operation::Other {
        return Err(unknown(&request.method, &route));
    }
    let access = tenant.mint.check(request.headers.authorization.as_deref(), request.at)?;
    match (request.operation, route.as_slice()) {
        (Operation::ListUsers, _) => users::list(tenant, request, &access),
        (Operation::CountUsers, _) => users::count(tenant, request, &access),
        (Operation::ListMembers, [_, _, group, _, cast @ ..]) => {
            members::list(tenant, request, &access, group, cast.first().copied())
        }
        (Operation::GetPresences, _) => presences::bulk(tenant, request, &access, ids),
        (Operation::GetPresence, [_, "users", id, _] | [_, _, _, id]) => {
            presences::single(tenant, request, &access, id)
        }
        (Operation::Batch, _) => batch::answer(tenant, request),
        _ => Err(unknown(&request.method, &route)),
    }
}

fn unknown(method: &str, route: &[&str]) -> Refusal {
    let is_known = |other: &&str| *other != method && operation(other, route) != Operation::Other;
    if ["GET", "POST"].iter().any(is_known) {
        let message = "Specified HTTP method is not allowed for the request target.";
        return Refusal::new(405, "Request_BadRequest", message);
    }
    match route {
        ["v1.0", rest @ ..] => {
            let segment = rest.last().copied().unwrap_or_default();
            Refusal::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
        }
        [version, ..] => Refusal::new(400, "BadRequest", format!("Invalid version: {version}")),
        [] => Refusal::new(400, "BadRequest", "Empty path."),
    }
}
