//! Entra's token endpoint: `POST /{tenant}/oauth2/v2.0/token`, client credentials with a secret.
//!
//! Statuses, codes and texts are those of the page "client credentials grant flow", of the list of AADSTS codes
//! and of captured answers; descriptions carry CRLF and trace ids as Entra's do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Answer, Request};
use crate::calendar::timestamp;
use crate::query::{decoded, pairs};
use crate::tenant::Tenant;
use crate::tokens::Subject;

/// Graph itself, as the audience that every cloud's client may name.
const GRAPH_HOST: &str = "graph.microsoft.com";

/// An error of the token endpoint.
struct Failure {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

const fn failure(status: u16, error: &'static str, code: u32, text: String) -> Failure {
    Failure { status, error, code, text }
}

/// Answers a request for a token; `tenant_name` is the first segment of the path.
pub(crate) fn token(tenant: &Tenant, request: &Request, tenant_name: &str) -> Answer {
    let mut answer = match issue(tenant, request, tenant_name) {
        Ok(body) => Answer::new(200, body.to_string().into_bytes()),
        Err(failure) => failure.into_answer(request),
    };
    answer.latency = tenant.token_latency;
    answer
        .header("Cache-Control", "no-store, no-cache")
        .header("Pragma", "no-cache")
        .header("x-ms-request-id", request.trace_id.to_string())
        .header("x-ms-ests-server", "2.1.21000.1 - SIM ProdSlices")
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`: what clients read of it.
pub(crate) fn discovery(request: &Request, tenant_name: &str) -> Answer {
    let origin = request.origin();
    let body = json!({
        "token_endpoint": format!("{origin}/{tenant_name}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "issuer": format!("{origin}/{tenant_name}/v2.0"),
        "authorization_endpoint": format!("{origin}/{tenant_name}/oauth2/v2.0/authorize"),
        "jwks_uri": format!("{origin}/{tenant_name}/discovery/v2.0/keys"),
    });
    Answer::new(200, body.to_string().into_bytes())
}

/// What Entra says when it fails: 429 and 5xx are transient, anything else is refused without a reason.
pub(crate) fn failed(request: &Request, status: u16) -> Answer {
    let transient = status == 429 || status >= 500;
    let error = if transient { "temporarily_unavailable" } else { "invalid_request" };
    let text = "A transient error has occurred. Please try again.".to_owned();
    failure(status, error, 90033, text).into_answer(request)
}

fn issue(tenant: &Tenant, request: &Request, tenant_name: &str) -> Result<Value, Failure> {
    if !tenant_name.eq_ignore_ascii_case(&tenant.directory_id) && tenant_name != crate::names::DOMAIN {
        let text = format!(
            "Tenant '{tenant_name}' not found. Check to make sure you have the correct tenant ID and are signing \
             into the correct cloud. Check with your subscription administrator, this may happen if there are no \
             active subscriptions for the tenant."
        );
        return Err(failure(400, "invalid_request", 90002, text));
    }
    let mut form = Form::of(request);
    let grant = form.required("grant_type")?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(failure(400, "unsupported_grant_type", 70003, text));
    }
    let client_id = form.required("client_id")?;
    let scope = form.required("scope")?;
    check_client(tenant, &mut form, &client_id)?;
    let audience = audience(request, &scope)?;
    let roles = tenant.roles().clone();
    let lifetime = tenant.token_lifetime();
    let claims = form.field("claims").unwrap_or_default();
    let token = tenant.mint.issue(
        &Subject {
            tenant_id: &tenant.directory_id,
            client_id: &tenant.client_id,
            audience,
            roles: &roles,
            understands_challenges: claims.contains("xms_cc") && claims.contains("cp1"),
            unique: request.trace_id.to_string(),
            lifetime,
        },
        request.at,
    );
    let seconds = lifetime.as_secs();
    Ok(json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}))
}

fn check_client(tenant: &Tenant, form: &mut Form, client_id: &str) -> Result<(), Failure> {
    if !client_id.eq_ignore_ascii_case(&tenant.client_id) {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory 'Brightwater'. This can happen \
             if the application has not been installed by the administrator of the tenant or consented to by any \
             user in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(failure(400, "unauthorized_client", 700_016, text));
    }
    let Some(secret) = form.field("client_secret").filter(|secret| !secret.is_empty()) else {
        if form.field("client_assertion").is_some() {
            let text = "Client assertion failed signature validation. No certificate is registered.".to_owned();
            return Err(failure(401, "invalid_client", 700_027, text));
        }
        let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(failure(401, "invalid_client", 7_000_218, text.to_owned()));
    };
    if secret != tenant.client_secret {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{client_id}'."
        );
        return Err(failure(401, "invalid_client", 7_000_215, text));
    }
    if tenant.is_secret_expired() {
        let text = format!(
            "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new \
             keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added \
             security: https://aka.ms/certCreds."
        );
        return Err(failure(401, "invalid_client", 7_000_222, text));
    }
    Ok(())
}

/// The one resource of a scope `https://{host}/.default`.
fn audience<'a>(request: &Request, scope: &'a str) -> Result<&'a str, Failure> {
    let bad = || {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input \
             parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        failure(400, "invalid_scope", 70011, text)
    };
    let mut resources = scope.split(' ').filter(|part| !part.is_empty());
    let (Some(only), None) = (resources.next(), resources.next()) else { return Err(bad()) };
    let resource = only.strip_suffix("/.default").ok_or_else(bad)?;
    let host = resource.strip_prefix("https://").unwrap_or(resource).trim_end_matches('/');
    if host == request.host || host == GRAPH_HOST || is_here(host) {
        return Ok(resource);
    }
    let text = format!(
        "The resource principal named {resource} was not found in the tenant named Brightwater. This can happen if \
         the application has not been installed by the administrator of the tenant or consented to by any user in \
         the tenant. You might have sent your authentication request to the wrong tenant."
    );
    Err(failure(400, "invalid_resource", 500_011, text))
}

fn is_here(host: &str) -> bool {
    matches!(host.split(':').next(), Some("localhost" | "127.0.0.1"))
}

/// The form of the body, with the credentials of HTTP Basic among its fields.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(request: &Request) -> Self {
        let mut fields = pairs(&String::from_utf8_lossy(&request.body));
        let basic = request.headers.authorization.as_deref().and_then(|header| header.strip_prefix("Basic "));
        let basic = basic.and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((id, secret)) = basic.as_deref().and_then(|text| text.split_once(':')) {
            fields.push(("client_id".to_owned(), decoded(id)));
            fields.push(("client_secret".to_owned(), decoded(secret)));
        }
        Self(fields)
    }

    fn field(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    }

    fn required(&self, name: &str) -> Result<String, Failure> {
        self.field(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            failure(400, "invalid_request", 900_144, text)
        })
    }
}

impl Failure {
    fn into_answer(self, request: &Request) -> Answer {
        let at = format!("{}Z", timestamp(request.at, ' '));
        let (trace, correlation) = (request.trace_id.to_string(), request.client_request_id());
        let code = self.code;
        let description = format!(
            "AADSTS{code}: {}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {at}",
            self.text
        );
        let body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Answer::new(self.status, body.to_string().into_bytes())
    }
}
