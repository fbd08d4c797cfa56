//! Credentials of every kind: what an application proves itself with, by which a real exporter gets its tokens.
//!
//! The files of `credentials/files` are what OpenSSL, Windows and Java write, see make.sh there. Next: [`files`], for those
//! that cannot be used; [`identities`], for those without a secret; [`rotation`], for those that change;
//! [`secrecy`], for what is never said of any.

mod application;
mod files;
mod identities;
mod rotation;
mod secrecy;

use std::time::Duration;

use simulator::{Assertions, Call, Operation, Settings, Switches};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};
use application::{APP, expiry, place};

/// Who is believed to say whose the pod is.
const ISSUER: &str = "https://oidc.example/cluster";
const SUBJECT: &str = "system:serviceaccount:monitoring:teams-presence-exporter";

/// A tenant whose application proves itself by this, where files are named in braces.
fn tenant(name: &str, credential: &str, switches: Switches) -> Tenant {
    let tenant = Tenant::start(name, Settings { switches, ..frozen(100, MORNING) }).proving(credential);
    tenant.simulator.register_certificate(APP);
    tenant.simulator.trust_issuer(ISSUER, SUBJECT);
    tenant
}

fn tokens(tenant: &Tenant) -> Vec<Call> {
    let of_tokens = |call: &Call| matches!(call.operation, Operation::Token | Operation::IdentityToken);
    tenant.simulator.calls().into_iter().filter(of_tokens).collect()
}

fn check_counts(page: &Page, tenant: &Tenant) {
    let name = &tenant.name;
    assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), name);
}

#[test]
fn every_kind_of_credential_brings_counts_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        file.display().to_string()
    };
    let (password, usual) = (write("password", application::PASSWORD), Switches::default());
    let certificate = |file: &str, rest: &str| format!("{{client_certificate_file: '{}'{rest}}}", place(file));
    let opened = format!(", client_certificate_password_file: '{password}'");
    let token = folder.path().join("token").display().to_string();
    let only = |assertions| Switches { assertions, ..usual };
    let tenants = [
        tenant("pem", &certificate("chain.pem", ""), usual),
        tenant(
            "two files",
            &certificate("app.pem", &format!(", client_certificate_key_file: '{}'", place("pkcs1.key"))),
            usual,
        ),
        tenant(
            "encrypted",
            &certificate("app.pem", &format!(", client_certificate_key_file: '{}'{opened}", place("aes256.key"))),
            usual,
        ),
        tenant("pfx", &certificate("openssl3.pfx", &opened), usual),
        tenant("variable", &certificate("windows.pfx", ", client_certificate_password_env: PFX_PASSWORD"), usual),
        tenant("no password", &certificate("null.pfx", ""), usual),
        tenant("new signatures", &certificate("chain.pem", ""), only(Assertions::OnlyPs256)),
        tenant("old signatures", &certificate("chain.pem", ""), only(Assertions::OnlyRs256)),
        tenant("named token", &format!("{{workload_identity: {{token_file: '{token}'}}}}"), usual),
        tenant("pod", "{workload_identity: {}}", usual),
        tenant("secret", "{client_secret_env: SECRET}", usual),
    ];
    let by_name = |name: &str| tenants.iter().find(|tenant| tenant.name == name).unwrap();
    let day = Duration::from_hours(24);
    // Whoever mints is whoever verifies, so each pod has a token of its own.
    write("token", &by_name("named token").simulator.federated_token(ISSUER, SUBJECT, day));
    let of_pod = write("token of the pod", &by_name("pod").simulator.federated_token(ISSUER, SUBJECT, day));
    let variables = [
        ("PFX_PASSWORD", application::PASSWORD),
        ("AZURE_FEDERATED_TOKEN_FILE", of_pod.as_str()),
        ("SECRET", by_name("secret").simulator.client_secret()),
    ];
    let exporter = Exporter::start_within(&tenants.iter().collect::<Vec<_>>(), &[], &variables);
    for tenant in &tenants {
        let page = exporter.wait_until(&format!("counts of {}", tenant.name), |page| page.up(&tenant.name));
        check_counts(&page, tenant);
        let is_certificate = !["named token", "pod", "secret"].contains(&tenant.name.as_str());
        let expires = is_certificate.then_some(expiry(APP));
        assert_eq!(page.sum(&tenant.name, "credential_expiry_timestamp_seconds"), expires, "{}", tenant.name);
        let statuses: Vec<u16> = tokens(tenant).iter().map(|call| call.status).collect();
        let expected: &[u16] = if tenant.name == "old signatures" { &[401, 200] } else { &[200] };
        assert_eq!(statuses, expected, "{}", tenant.name);
    }
    let log = exporter.log();
    assert!(!log.contains("level=WARN") && !log.contains("the credential has changed"), "{log}");
}

#[test]
fn how_entra_wants_assertions_to_be_signed_is_found_out_once() {
    let (token_lifetime, switches) =
        (Duration::from_secs(8), Switches { assertions: Assertions::OnlyRs256, ..Switches::default() });
    let credential = format!("{{client_certificate_file: '{}'}}", place("chain.pem"));
    let tenant =
        Tenant::start("old", Settings { token_lifetime, switches, ..frozen(100, MORNING) }).proving(&credential);
    tenant.simulator.register_certificate(APP);
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("three renewals", |_| tokens(&tenant).len() >= 5);
    let statuses: Vec<u16> = tokens(&tenant).iter().take(5).map(|call| call.status).collect();
    assert_eq!(statuses, [401, 200, 200, 200, 200]);
    assert_eq!(exporter.scrape().sum("old", "cycle_failures_total"), Some(0.0), "{}", exporter.log());
}

#[test]
fn the_variables_of_the_sdks_name_a_certificate_as_well() {
    // They know no ca_file, so this meets no server that it trusts; that it is the certificate that is used is told by when
    // it expires.
    let folder = tempfile::tempdir().unwrap();
    let mut command = Exporter::command();
    command.args(["--web.listen-address", "127.0.0.1:0"]);
    command.env("AZURE_TENANT_ID", "contoso.example").env("AZURE_CLIENT_ID", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
    command.env("AZURE_CLIENT_CERTIFICATE_PATH", place("openssl3.pfx"));
    command.env("AZURE_CLIENT_CERTIFICATE_PASSWORD", application::PASSWORD).env("HTTPS_PROXY", "http://127.0.0.1:9");
    let exporter = Exporter::launch(command, folder);
    exporter.wait_until("when it expires", |page| {
        page.sum("contoso.example", "credential_expiry_timestamp_seconds") == Some(expiry(APP))
    });
}
