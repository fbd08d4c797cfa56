//! One tenant from the `AZURE_*` variables, as the SDKs of Azure read them; for those who have no file.
//!
//! An empty variable is one that is not set. What a newcomer sees who gave nothing at all stands here too.

use super::{Cloud, Config, Credential, Faults, SecretSource, Tenant, words};
use crate::domain::tenant::TenantName;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
/// Credentials that are not built yet.
const LATER: [&str; 2] = ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"];

const NOTHING_GIVEN: &str = "\
no tenant is configured. Either write a file, teams-presence.yml,

    tenants:
      - name: contoso
        tenant_id: 11111111-2222-3333-4444-555555555555
        client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
        credential:
          client_secret_file: /run/secrets/contoso

and name it:

    teams-presence-exporter --config.file teams-presence.yml

or, for a single tenant with the defaults, set three variables:

    AZURE_TENANT_ID      the directory (tenant) ID, or a verified domain
    AZURE_CLIENT_ID      the application (client) ID
    AZURE_CLIENT_SECRET  the value of a client secret";

/// Reads the variables through `env`.
pub(super) fn load(env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Faults> {
    let given = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    if [TENANT, CLIENT, SECRET].iter().all(|name| given(name).is_none()) {
        return Err(Faults::one(NOTHING_GIVEN));
    }
    let tenant_id = required(TENANT, &given).and_then(|typed| within(TENANT, words::tenant_id(&typed)));
    let client_id = required(CLIENT, &given).and_then(|typed| within(CLIENT, words::client_id(&typed)));
    let secret = match LATER.iter().find(|name| given(name).is_some()) {
        Some(later) if given(SECRET).is_none() => Err(format!("{later}: not yet supported; set {SECRET}")),
        _ => required(SECRET, &given),
    };
    let cloud = given(AUTHORITY).map_or_else(|| Ok(Cloud::global()), |typed| within(AUTHORITY, cloud(&typed)));
    let name = tenant_id.clone().and_then(|id| within(TENANT, TenantName::parse(&id)));
    match (name, tenant_id, client_id, secret, cloud) {
        (Ok(name), Ok(tenant_id), Ok(client_id), Ok(_), Ok(cloud)) => {
            let source = SecretSource::Environment(SECRET.into());
            let credential = Credential::ClientSecret { source, expires: None };
            Ok(Config { tenants: vec![Tenant { cloud, ..Tenant::new(name, tenant_id, client_id, credential) }] })
        }
        (_, tenant_id, client_id, secret, cloud) => {
            let faults = [tenant_id.err(), client_id.err(), secret.err(), cloud.err()];
            Err(Faults::several(faults.into_iter().flatten()))
        }
    }
}

fn required(name: &str, given: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    given(name).ok_or_else(|| {
        format!("{name}: not set; without a configuration file {TENANT}, {CLIENT} and {SECRET} are needed")
    })
}

fn within<T>(name: &str, result: Result<T, String>) -> Result<T, String> {
    result.map_err(|message| format!("{name}: {message}"))
}

/// The cloud of an authority host, which the SDKs take with or without `https://` and a slash at the end.
fn cloud(typed: &str) -> Result<Cloud, String> {
    let lower = typed.to_lowercase();
    if lower.starts_with("http://") {
        return Err(format!("{} is not safe for a secret; it must begin with https://", words::quoted(typed)));
    }
    let host = lower.strip_prefix("https://").unwrap_or(&lower).trim_end_matches('/');
    Cloud::of_authority(host).map_err(|reason| format!("{} {reason}", words::quoted(typed)))
}
