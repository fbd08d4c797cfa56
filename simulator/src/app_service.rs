//! The identity endpoint of App Service: tokens for whoever runs on the machine, without a secret of their own.
//!
//! `GET {IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=...[&client_id=...]` with the header `X-IDENTITY-HEADER`, over
//! plain http on loopback; the page "How to use managed identities for App Service and Azure Functions", REST endpoint
//! reference (learn.microsoft.com/azure/app-service/overview-managed-identity). It takes a resource and no scope. Errors
//! are `{"statusCode", "message", "correlationId"}`: captured in MSAL's tests are 400 "No User Assigned or Delegated Managed
//! Identity found ..." and 500 "An unexpected error occured while fetching the AAD Token." (spelled so), which is also
//! what becomes of any refusal of Entra's. What a missing header gets is not documented: 401 here.

use serde_json::json;

use crate::answer::{Answer, Request};
use crate::entra::{self, Grantee};
use crate::faults::Operation;
use crate::query::pairs;
use crate::tenant::Tenant;

/// The path of the endpoint, as App Service on Windows has it.
pub(crate) const PATH: &str = "/msi/token";

/// The one version of the protocol that is spoken here; the one of 2017 writes times in another way.
const API_VERSION: &str = "2019-08-01";

/// What a call is for.
pub(crate) fn operation(method: &str, segments: &[&str]) -> Operation {
    if method == "GET" && segments == ["msi", "token"] { Operation::IdentityToken } else { Operation::Other }
}

/// The right answer to a request, without its faults.
pub(crate) fn answer(tenant: &Tenant, request: &Request) -> Answer {
    if request.operation != Operation::IdentityToken {
        return failed(request, 404, "There is nothing here but /msi/token for GET.");
    }
    let mut answer = match token(tenant, request) {
        Ok(answer) => answer,
        Err((status, message)) => failed(request, status, message),
    };
    answer.latency = tenant.token_latency;
    answer
}

/// An error in the endpoint's shape.
pub(crate) fn failed(request: &Request, status: u16, message: &str) -> Answer {
    let body = json!({"statusCode": status, "message": message, "correlationId": request.trace_id.to_string()});
    Answer::new(status, body.to_string().into_bytes())
}

/// What is said when Entra gave no token, whatever it said.
pub(crate) const UNEXPECTED: &str = "An unexpected error occured while fetching the AAD Token.";

fn token(tenant: &Tenant, request: &Request) -> Result<Answer, (u16, &'static str)> {
    if request.headers.identity.as_deref() != Some(&tenant.identity_header) {
        return Err((401, "The header X-IDENTITY-HEADER is missing or wrong."));
    }
    let query = pairs(&request.query);
    let given = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match given("api-version") {
        Some(API_VERSION) => {}
        Some(_) => return Err((400, "The api-version is not supported.")),
        None => return Err((400, "The query parameter api-version is missing.")),
    }
    let resource = given("resource").filter(|resource| !resource.is_empty());
    let resource = resource.ok_or((400, "The query parameter resource is missing."))?;
    let client_id = identity(tenant, &query)?;
    // Entra's own refusals end here: the endpoint says that something went wrong, and no more.
    if tenant.refused_code().is_some() || !entra::is_graph(tenant, request, resource) {
        return Err((500, UNEXPECTED));
    }
    let grantee = Grantee { client_id, audience: resource, understands_challenges: false };
    let (token, lifetime) = entra::grant(tenant, request, &grantee);
    let expires = request.at + lifetime;
    let body = json!({
        "access_token": token,
        "client_id": client_id,
        "expires_on": crate::calendar::unix_seconds(expires).to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Ok(Answer::new(200, body.to_string().into_bytes()))
}

/// The client id of the identity that a query asks for.
fn identity<'t>(tenant: &'t Tenant, query: &[(String, String)]) -> Result<&'t str, (u16, &'static str)> {
    let by = |(name, _): &&(String, String)| {
        ["client_id", "object_id", "principal_id", "mi_res_id", "msi_res_id"].contains(&name.as_str())
    };
    match query.iter().find(by) {
        None => Ok(&tenant.system_assigned_id),
        Some((name, id)) if name == "client_id" && id.eq_ignore_ascii_case(&tenant.user_assigned_id) => {
            Ok(&tenant.user_assigned_id)
        }
        Some(_) => Err((
            400,
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
        )),
    }
}
