//! `GET /v1.0/users` and `/users/$count`: who may list, and what it costs.

use crate::answer::{Answer, DENIED, Refusal, Request};
use crate::listing::{self, Listing, Options, Reading};
use crate::switches::ReadBasic;
use crate::tenant::Tenant;
use crate::tokens::Access;

/// Roles that read every property of a user ("List users", permissions).
const FULL: &[&str] = &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

/// One page of all users.
pub(crate) fn list(tenant: &Tenant, request: &Request, access: &Access) -> Result<Answer, Refusal> {
    let reading = reading(tenant, access).ok_or_else(denied)?;
    let options = Options::parse(tenant, request)?;
    let directory = tenant.directory();
    let listing =
        Listing { set: "users", typed: false, reading, directory: &directory, includes: &|_| true, groups: &[] };
    let answer = listing::page(tenant, request, &options, &listing)?;
    let units = if request.query.contains("select") { "1" } else { "2" };
    Ok(answer.header("x-ms-resource-unit", units))
}

/// The number of users as plain text; needs `ConsistencyLevel: eventual`.
pub(crate) fn count(tenant: &Tenant, request: &Request, access: &Access) -> Result<Answer, Refusal> {
    let reading = reading(tenant, access).ok_or_else(denied)?;
    if !request.is_eventual() {
        return Err(Refusal::new(400, "Request_BadRequest", "$count is not currently supported."));
    }
    let options = Options::parse_for_count(tenant, request)?;
    let directory = tenant.directory();
    let listing =
        Listing { set: "users", typed: false, reading, directory: &directory, includes: &|_| true, groups: &[] };
    let mut answer = Answer::text(options.count(tenant, &listing).to_string());
    answer.latency = tenant.listing_latency;
    Ok(answer.header("x-ms-resource-unit", "1"))
}

/// What a caller may read of users; `None` without a role.
pub(crate) fn reading(tenant: &Tenant, access: &Access) -> Option<Reading> {
    if access.has_any(FULL) {
        return Some(Reading::Everything);
    }
    let basic = tenant.switches().read_basic == ReadBasic::Works && access.has_any(&["User.ReadBasic.All"]);
    basic.then_some(Reading::Basic)
}

pub(crate) fn denied() -> Refusal {
    Refusal::new(403, "Authorization_RequestDenied", DENIED)
}

pub(crate) fn not_found(id: &str) -> Refusal {
    let message =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    Refusal::new(404, "Request_ResourceNotFound", message)
}
