//! `GET /v1.0/groups/{id}/transitiveMembers`, with and without the cast to users.
//!
//! After "List group transitive members": the cast needs the advanced parameters, and without a role to read
//! users members come with their ids only.

use crate::answer::{Answer, Refusal, Request};
use crate::identity::Guid;
use crate::listing::{self, Listing, Options, Reading};
use crate::query;
use crate::tenant::Tenant;
use crate::tokens::Access;
use crate::users;

/// Roles that read memberships.
const ROLES: &[&str] = &[
    "GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// One page of members; `cast` is the segment after `transitiveMembers`.
pub(crate) fn list(
    tenant: &Tenant,
    request: &Request,
    access: &Access,
    group: &str,
    cast: Option<&str>,
) -> Result<Answer, Refusal> {
    if !access.has_any(ROLES) {
        return Err(users::denied());
    }
    let id = Guid::parse(group.as_bytes())
        .ok_or_else(|| Refusal::new(400, "Request_BadRequest", format!("Invalid object identifier '{group}'.")))?;
    let found = tenant.groups.find(id).ok_or_else(|| users::not_found(group))?;
    let users_only = match cast {
        None => false,
        Some("microsoft.graph.user") if is_advanced(request) => true,
        Some(_) => return Err(Refusal::new(400, "Request_UnsupportedQuery", "Unsupported Query.")),
    };
    let options = Options::parse(tenant, request)?;
    let directory = tenant.directory();
    let listing = Listing {
        set: if users_only { "users" } else { "directoryObjects" },
        typed: true,
        reading: users::reading(tenant, access).unwrap_or(Reading::IdOnly),
        directory: &directory,
        includes: &|person| directory.is_member(found, person),
        groups: if users_only { &[] } else { found.nested() },
    };
    let answer = listing::page(tenant, request, &options, &listing)?;
    let units = if request.query.contains("select") { "4" } else { "5" };
    Ok(answer.header("x-ms-resource-unit", units))
}

fn is_advanced(request: &Request) -> bool {
    let asks = |(name, value): (String, String)| {
        name.trim_start_matches('$').eq_ignore_ascii_case("count") && value.eq_ignore_ascii_case("true")
    };
    request.is_eventual() && query::pairs(&request.query).into_iter().any(asks)
}
