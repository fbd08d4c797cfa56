//! Credentials of every kind, as they are written and shown again.

use super::*;

const GUID: &str = "cccccccc-bbbb-cccc-dddd-eeeeeeeeeeee";

/// A tenant with this credential is the usual one but for that, and is shown so that it reads again as the same.
fn check_credential(typed: &str, expected: &Credential) {
    check(&format!("credential: {{{typed}}}"), |tenant| tenant.credential = expected.clone());
    let shown = parse(&with(&format!("credential: {{{typed}}}"))).expect("a good file").to_string();
    assert_eq!(parse(&shown).expect(&shown).tenants[0].credential, *expected, "{shown}");
}

#[test]
fn every_kind_of_credential_is_read_and_shown() {
    let at = |name: &str| PathBuf::from("/etc/exporter").join(name);
    let variable = |name: &str| SecretSource::Environment(name.into());
    let certificate = |key_file, password| Credential::Certificate { file: at("app.pem"), key_file, password };
    check_credential(
        "client_secret_env: A, client_secret_expires: 1970-01-02",
        &Credential::ClientSecret { source: variable("A"), expires: Some(86_400) },
    );
    check_credential("client_certificate_file: app.pem", &certificate(None, None));
    check_credential(
        "client_certificate_file: app.pem, client_certificate_key_file: '/k y.pem', client_certificate_password_file: p",
        &certificate(Some("/k y.pem".into()), Some(SecretSource::File(at("p")))),
    );
    check_credential(
        "client_certificate_file: app.pem, client_certificate_password_env: P",
        &certificate(None, Some(variable("P"))),
    );
    check_credential("workload_identity: {}", &Credential::WorkloadIdentity { token_file: None });
    check_credential(
        "workload_identity: {token_file: token}",
        &Credential::WorkloadIdentity { token_file: Some(at("token")) },
    );
    check_credential("managed_identity: {}", &Credential::ManagedIdentity { client_id: None });
    check_credential(
        &format!("managed_identity: {{client_id: {GUID}}}"),
        &Credential::ManagedIdentity { client_id: Some(GUID.into()) },
    );
}

#[test]
fn a_managed_identity_alone_needs_no_client_id() {
    let text = |credential: &str| {
        format!("tenants:\n- {{name: contoso, tenant_id: contoso.com, credential: {{{credential}}}}}\n")
    };
    let config = parse(&text("managed_identity: {}")).expect("a good file");
    assert_eq!(config.tenants[0].client_id, None);
    assert_eq!(parse(&config.to_string()), Ok(config));
    let faults = parse(&text("workload_identity: {}")).expect_err("no client_id").to_string();
    assert_eq!(faults, "/etc/exporter/config.yml:2:3: tenants[0].client_id: is missing, and has no\n    default");
}
