//! One tenant from the `AZURE_*` variables, as the SDKs of Azure read them; for those who have no file.
//!
//! An empty variable is one that is not set. What a newcomer sees who gave nothing at all stands here too.

use super::{Cloud, Config, Credential, FEDERATED_TOKEN, Faults, SecretSource, Tenant, words};
use crate::domain::tenant::TenantName;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const PASSWORD: &str = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
const TOKEN: &str = FEDERATED_TOKEN.0;
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

const NOTHING_GIVEN: &str = "\
no tenant is configured. Either write a file, teams-presence.yml,

    tenants:
      - name: contoso
        tenant_id: 11111111-2222-3333-4444-555555555555
        client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
        credential:
          client_certificate_file: /run/secrets/contoso.pem

and name it:

    teams-presence-exporter --config.file teams-presence.yml

(to try it out, client_secret_file and a file with the value of a client secret
will do) or, for a single tenant with the defaults, set three variables:

    AZURE_TENANT_ID                the directory (tenant) ID, or a domain
    AZURE_CLIENT_ID                the application (client) ID
    AZURE_CLIENT_CERTIFICATE_PATH  a PEM or PFX file with certificate and key;
                                   or AZURE_CLIENT_SECRET, a secret's value";

/// Reads the variables through `env`.
pub(super) fn load(env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Faults> {
    let given = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    if [TENANT, CLIENT, SECRET, CERTIFICATE].iter().all(|name| given(name).is_none()) {
        return Err(Faults::one(NOTHING_GIVEN));
    }
    let tenant_id = required(TENANT, &given).and_then(|typed| within(TENANT, words::tenant_id(&typed)));
    let client_id = required(CLIENT, &given).and_then(|typed| within(CLIENT, words::client_id(&typed)));
    let credential = credential(&given);
    let cloud = given(AUTHORITY).map_or_else(|| Ok(Cloud::global()), |typed| within(AUTHORITY, cloud(&typed)));
    let name = tenant_id.clone().and_then(|id| within(TENANT, TenantName::parse(&id)));
    match (name, tenant_id, client_id, credential, cloud) {
        (Ok(name), Ok(tenant_id), Ok(client_id), Ok(credential), Ok(cloud)) => Ok(Config {
            tenants: vec![Tenant { cloud, ..Tenant::new(name, tenant_id, client_id, credential) }],
            web_users: None,
        }),
        (_, tenant_id, client_id, credential, cloud) => {
            let faults = [tenant_id.err(), client_id.err(), credential.err(), cloud.err()];
            Err(Faults::several(faults.into_iter().flatten()))
        }
    }
}

/// The credential, of which the first that is given counts; the order is that of the SDKs.
fn credential(given: &impl Fn(&str) -> Option<String>) -> Result<Credential, String> {
    if given(SECRET).is_some() {
        return Ok(Credential::ClientSecret { source: SecretSource::Environment(SECRET.into()), expires: None });
    }
    if let Some(file) = given(CERTIFICATE) {
        let password = given(PASSWORD).map(|_| SecretSource::Environment(PASSWORD.into()));
        return Ok(Credential::Certificate { file: file.into(), key_file: None, password });
    }
    if let Some(file) = given(TOKEN) {
        return Ok(Credential::WorkloadIdentity { token_file: Some(file.into()) });
    }
    Err(format!(
        "{CERTIFICATE}: not set, nor {TOKEN}, nor {SECRET}; without a configuration file one of them is needed"
    ))
}

fn required(name: &str, given: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    given(name).ok_or_else(|| {
        format!("{name}: not set; without a configuration file {TENANT}, {CLIENT} and a credential are needed")
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

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    const GOOD: [(&str, &str); 3] = [(TENANT, "contoso.com"), (CLIENT, GUID), (SECRET, "hunter2")];

    /// Reads the good variables, changed by these.
    fn read(changed: &[(&str, &str)]) -> Result<Config, Faults> {
        let all = || changed.iter().chain(&GOOD);
        load(&|name| all().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    fn check(changed: &[(&str, &str)], cloud: &str) {
        let source = SecretSource::Environment(SECRET.into());
        let credential = Credential::ClientSecret { source, expires: None };
        let name = TenantName::parse("contoso.com").expect("a name");
        let tenant = Tenant::new(name, "contoso.com".into(), GUID.into(), credential);
        let cloud = Cloud::named(cloud).expect("a cloud");
        assert_eq!(read(changed), Ok(Config { tenants: vec![Tenant { cloud, ..tenant }], web_users: None }));
    }

    #[test]
    fn three_variables_make_a_tenant_and_a_fourth_its_cloud() {
        check(&[], "global");
        check(&[(AUTHORITY, "")], "global");
        check(&[(AUTHORITY, "https://login.microsoftonline.com/")], "global");
        check(&[(AUTHORITY, "https://login.microsoftonline.us")], "us_gov");
        check(&[(AUTHORITY, "login.microsoftonline.us")], "us_gov");
        check(&[(TOKEN, "/var/run/token"), (CERTIFICATE, "app.pem")], "global");
    }

    #[test]
    fn without_a_secret_a_certificate_counts_and_then_a_federated_token() {
        let check = |changed: &[(&str, &str)], expected: Credential| {
            let config = read(&[changed, &[(SECRET, "")]].concat()).expect("a credential");
            assert_eq!(config.tenants[0].credential, expected);
        };
        let certificate = |password| Credential::Certificate { file: "/run/app.pfx".into(), key_file: None, password };
        let (path, token) = ((CERTIFICATE, "/run/app.pfx"), (TOKEN, "/var/run/token"));
        check(&[path, token], certificate(None));
        check(&[path, (PASSWORD, " ")], certificate(None));
        let password = SecretSource::Environment("AZURE_CLIENT_CERTIFICATE_PASSWORD".into());
        check(&[path, (PASSWORD, "hunter2")], certificate(Some(password)));
        check(&[token], Credential::WorkloadIdentity { token_file: Some("/var/run/token".into()) });
    }

    fn check_bad(changed: &[(&str, &str)], expected: &[&str]) {
        let faults = read(changed).expect_err("a fault");
        let said: Vec<String> = faults.0.iter().map(ToString::to_string).collect();
        assert_eq!(said, expected);
        assert!(!faults.to_string().contains("hunter2"));
    }

    #[test]
    fn all_faults_of_the_variables_are_told_together() {
        check_bad(
            &[(TENANT, "common"), (CLIENT, " "), (SECRET, ""), (AUTHORITY, "http://login.microsoftonline.com")],
            &[
                "AZURE_TENANT_ID: \"common\" names no single tenant; write its GUID or a verified domain",
                "AZURE_CLIENT_ID: not set; without a configuration file AZURE_TENANT_ID, AZURE_CLIENT_ID and a \
                 credential are needed",
                "AZURE_CLIENT_CERTIFICATE_PATH: not set, nor AZURE_FEDERATED_TOKEN_FILE, nor AZURE_CLIENT_SECRET; without \
                 a configuration file one of them is needed",
                "AZURE_AUTHORITY_HOST: \"http://login.microsoftonline.com\" is not safe for a secret; it must begin \
                 with https://",
            ],
        );
    }

    #[test]
    fn an_authority_without_presence_or_unknown_is_refused() {
        check_bad(
            &[(AUTHORITY, "https://login.partner.microsoftonline.cn/")],
            &[
                "AZURE_AUTHORITY_HOST: \"https://login.partner.microsoftonline.cn/\" belongs to the cloud in China, which \
               has no presence API: Graph offers it in global, us_gov and us_gov_dod alone",
            ],
        );
        check_bad(
            &[(AUTHORITY, "https://login.example")],
            &["AZURE_AUTHORITY_HOST: \"https://login.example\" belongs to no cloud this exporter knows; write a \
               configuration file with cloud: {authority: https://..., graph: https://...}"],
        );
    }

    #[test]
    fn who_gives_nothing_is_told_both_ways() {
        assert_eq!(load(&|_| None).expect_err("nothing").to_string(), NOTHING_GIVEN);
        assert!(NOTHING_GIVEN.lines().all(|line| line.len() <= 80));
    }
}
