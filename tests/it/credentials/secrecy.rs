//! Secrecy: whatever becomes of a credential, nothing that is emitted holds a key, a password, an assertion, a federated token
//! or the header of a machine's endpoint.

use std::fs;
use std::time::Duration;

use simulator::{Assertions, Switches};

use super::application::{PASSWORD, place};
use super::{ISSUER, SUBJECT, tenant};
use crate::harness::{Exporter, Tenant};
use crate::privacy::Canaries;

/// A password that opens nothing, and what stands where a token should.
const WRONG: &str = "hunter2hunter2";

/// Credentials that work and credentials that do not, by the name of their tenant.
fn tenants(wrong: &str, token: &str) -> Vec<Tenant> {
    let certificate = |file: &str, rest: &str| format!("{{client_certificate_file: '{}'{rest}}}", place(file));
    let usual = Switches::default();
    let only = Switches { assertions: Assertions::OnlyRs256, ..usual };
    let key =
        format!(", client_certificate_key_file: '{}', client_certificate_password_env: PASSWORD", place("aes256.key"));
    vec![
        tenant("good", &certificate("openssl3.pfx", ", client_certificate_password_env: PASSWORD"), usual),
        tenant("old way", &certificate("app.pem", &key), only),
        tenant("wrong", &certificate("openssl3.pfx", &format!(", client_certificate_password_file: '{wrong}'")), usual),
        tenant("key for a certificate", &certificate("pkcs8.key", ""), usual),
        tenant(
            "other pair",
            &certificate("app.pem", &format!(", client_certificate_key_file: '{}'", place("other.key"))),
            usual,
        ),
        tenant("pod", &format!("{{workload_identity: {{token_file: '{token}'}}}}"), usual),
        tenant("no token", &format!("{{workload_identity: {{token_file: '{wrong}'}}}}"), usual),
        tenant("machine", "{managed_identity: {}}", usual),
        tenant("key for a secret", &format!("{{client_secret_file: '{}'}}", place("pkcs8.key")), usual),
    ]
}

/// The lines of keys in PEM.
fn keys() -> impl Iterator<Item = (&'static str, String)> {
    ["pkcs8.key", "pkcs1.key", "other.key", "aes256.key"].into_iter().flat_map(|name| {
        let text = fs::read_to_string(place(name)).unwrap();
        let lines: Vec<String> = text.lines().filter(|line| line.len() == 64).map(str::to_owned).collect();
        assert!(lines.len() > 10, "{name}");
        lines.into_iter().map(|line| ("a line of a key", line))
    })
}

#[test]
fn nothing_that_is_emitted_holds_what_an_application_proves_itself_with() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("wrong"), WRONG).unwrap();
    let tenants = tenants(&at("wrong"), &at("token"));
    let [pod, machine] = ["pod", "machine"].map(|name| tenants.iter().find(|tenant| tenant.name == name).unwrap());
    let token = pod.simulator.federated_token(ISSUER, SUBJECT, Duration::from_hours(1));
    fs::write(at("token"), &token).unwrap();
    let (endpoint, header) = (machine.simulator.identity_endpoint(), machine.simulator.identity_header());
    let variables = [("PASSWORD", PASSWORD), ("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", header)];
    let everybody: Vec<&Tenant> = tenants.iter().collect();
    let exporter = Exporter::start_within(&everybody, &["--log.level", "debug"], &variables);
    for name in ["good", "old way", "pod", "machine"] {
        exporter.wait_until(name, |page| page.up(name));
    }
    let told = ["wrong", "key for a certificate", "other pair", "no token", "key for a secret"];
    for name in told {
        let name = if name.contains(' ') { format!("\"{name}\"") } else { name.to_owned() };
        exporter.wait_for_log(&["listing users failed", &format!("tenant={name}")]);
    }
    // A rotation that goes wrong, besides.
    fs::write(at("token"), WRONG).unwrap();
    exporter.wait_for_log(&["so the one before stays in use", "tenant=pod"]);
    let pages: String = ["/metrics", "/", "/config", "/-/ready"].iter().map(|path| exporter.get(path).body).collect();
    let emitted = pages + &exporter.printed() + &exporter.stop().log;
    assert!(emitted.contains("client_certificate_password_env: \"PASSWORD\""), "{emitted}");

    let secrets = [("a password", PASSWORD.to_owned()), ("a wrong password", WRONG.to_owned()), ("a token", token)];
    Canaries::of(&machine.simulator).and(secrets).and(keys()).assert_not_in(&emitted);
}
