//! Entra's token endpoint: `POST /{tenant}/oauth2/v2.0/token`, client credentials with a secret, with what a certificate's
//! key signed, or with a token of a trusted issuer.
//!
//! The page "client credentials grant flow" says what is sent and answered; how it is refused stands in `refusals`, what an
//! assertion must be in `assertion` and `issuer`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Answer, Request};
use crate::assertion;
use crate::jwt::Jwt;
use crate::query::{decoded, pairs};
use crate::refusals::{Failure, failed, failure, refused};
use crate::switches::Cloud;
use crate::tenant::Tenant;
use crate::tokens::Subject;

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

/// What Entra says when it fails.
pub(crate) fn unable(request: &Request, status: u16) -> Answer {
    failed(status).into_answer(request)
}

fn issue(tenant: &Tenant, request: &Request, tenant_name: &str) -> Result<Value, Failure> {
    if let Some(code) = tenant.refused_code() {
        return Err(refused(code));
    }
    if !tenant_name.eq_ignore_ascii_case(&tenant.directory_id) && tenant_name != crate::names::DOMAIN {
        let text = format!(
            "Tenant '{tenant_name}' not found. Check to make sure you have the correct tenant ID and are signing \
             into the correct cloud. Check with your subscription administrator, this may happen if there are no \
             active subscriptions for the tenant."
        );
        return Err(failure(90_002, text));
    }
    let form = Form::of(request);
    let grant_type = form.required("grant_type")?;
    if grant_type != "client_credentials" {
        return Err(failure(70_003, format!("The app requested an unsupported grant type '{grant_type}'.")));
    }
    let client_id = form.required("client_id")?;
    let scope = form.required("scope")?;
    check_client(tenant, request, &form, &client_id)?;
    let audience = audience(tenant, request, &scope)?;
    let claims = form.field("claims").unwrap_or_default();
    let understands_challenges = claims.contains("xms_cc") && claims.contains("cp1");
    let grantee = Grantee { client_id: &tenant.client_id, audience, understands_challenges };
    let (token, lifetime) = grant(tenant, request, &grantee);
    let seconds = lifetime.as_secs();
    Ok(json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}))
}

/// Who is given a token, and for what.
#[derive(Debug)]
pub(crate) struct Grantee<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) audience: &'a str,
    /// The client declared that it understands continuous access evaluation.
    pub(crate) understands_challenges: bool,
}

/// A token with the roles of now, and how long it is good.
pub(crate) fn grant(tenant: &Tenant, request: &Request, grantee: &Grantee<'_>) -> (String, Duration) {
    let (roles, lifetime) = (tenant.roles().clone(), tenant.token_lifetime());
    let subject = Subject {
        tenant_id: &tenant.directory_id,
        client_id: grantee.client_id,
        audience: grantee.audience,
        roles: &roles,
        understands_challenges: grantee.understands_challenges,
        unique: request.trace_id.to_string(),
        lifetime,
    };
    (tenant.mint.issue(&subject, request.at), lifetime)
}

fn check_client(tenant: &Tenant, request: &Request, form: &Form, client_id: &str) -> Result<(), Failure> {
    if !client_id.eq_ignore_ascii_case(&tenant.client_id) {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory 'Brightwater'. This can happen \
             if the application has not been installed by the administrator of the tenant or consented to by any \
             user in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(failure(700_016, text));
    }
    if let Some(assertion) = form.filled("client_assertion") {
        return check_assertion(tenant, request, form, &assertion, client_id);
    }
    let Some(secret) = form.filled("client_secret") else { return Err(refused(7_000_218)) };
    if tenant.registration().secrets.contains(&secret) {
        return Ok(());
    }
    if secret != tenant.client_secret {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{client_id}'."
        );
        return Err(failure(7_000_215, text));
    }
    if tenant.is_secret_expired() {
        let text = format!(
            "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new \
             keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added \
             security: https://aka.ms/certCreds."
        );
        return Err(failure(7_000_222, text));
    }
    Ok(())
}

/// How an assertion says that it is one (RFC 7523, section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion of the application's own, or a token of another issuer: that one's `iss` is a URL.
fn check_assertion(
    tenant: &Tenant,
    request: &Request,
    form: &Form,
    assertion: &str,
    client_id: &str,
) -> Result<(), Failure> {
    if form.required("client_assertion_type")? != JWT_BEARER {
        return Err(failure(50_027, format!("The client_assertion_type must be '{JWT_BEARER}'.")));
    }
    let token = Jwt::parse(assertion).ok_or_else(|| refused(50_027))?;
    let allowed = tenant.switches().assertions;
    let registration = tenant.registration();
    if token.claim("iss").starts_with("https://") {
        return tenant.issuer.check(&token, &registration.trusted, request.at);
    }
    assertion::check(&token, &registration.certificates, allowed, request, client_id)
}

/// The one resource of a scope `https://{host}/.default`.
fn audience<'a>(tenant: &Tenant, request: &Request, scope: &'a str) -> Result<&'a str, Failure> {
    let mut resources = scope.split(' ').filter(|part| !part.is_empty());
    let (Some(only), None) = (resources.next(), resources.next()) else {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input \
             parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        return Err(failure(70_011, text));
    };
    let Some(resource) = only.strip_suffix("/.default") else {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(failure(1_002_012, text));
    };
    if is_graph(tenant, request, resource) {
        return Ok(resource);
    }
    let text = format!(
        "The resource principal named {resource} was not found in the tenant named Brightwater. This can happen if \
         the application has not been installed by the administrator of the tenant or consented to by any user in \
         the tenant. You might have sent your authentication request to the wrong tenant."
    );
    Err(failure(500_011, text))
}

/// Whether a resource is the Graph of this tenant: this server, or that of the tenant's cloud by its name.
pub(crate) fn is_graph(tenant: &Tenant, request: &Request, resource: &str) -> bool {
    // The page "National cloud deployments" of Graph.
    let own = match tenant.switches().cloud {
        Cloud::Global => "graph.microsoft.com",
        Cloud::UsGov => "graph.microsoft.us",
        Cloud::UsGovDod => "dod-graph.microsoft.us",
    };
    let host = resource.strip_prefix("https://").unwrap_or(resource).trim_end_matches('/');
    host == request.host || host == own || is_here(host)
}

fn is_here(host: &str) -> bool {
    matches!(host.split(':').next(), Some("localhost" | "127.0.0.1")) && !host.contains('/')
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

    /// A field that is there and not empty.
    fn filled(&self, name: &str) -> Option<String> {
        self.field(name).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<String, Failure> {
        let missing = || failure(900_144, format!("The request body must contain the following parameter: '{name}'."));
        self.filled(name).ok_or_else(missing)
    }
}
