//! Certificates that nothing can be proved with: what an operator reads, and when the metric says that it ends.

use std::fs;

use simulator::Operation;
use tempfile::TempDir;

use super::application::{APP, Certificate, certificate, expiry, place};
use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// Whatever is said of the file named at the end, which stands in `{}`.
struct Case {
    name: &'static str,
    /// The file, and the keys besides it.
    file: String,
    rest: String,
    what: &'static str,
    action: &'static str,
}

impl Case {
    fn new(name: &'static str, file: String, what: &'static str, action: &'static str) -> Self {
        Self { name, file, rest: String::new(), what, action }
    }

    /// The same with a further key.
    fn with(self, key: &str, file: &str) -> Self {
        Self { rest: format!(", {key}: '{file}'"), ..self }
    }
}

/// Files that are written for a test.
struct Files(TempDir);

impl Files {
    fn write(&self, name: &str, content: &str) -> String {
        let file = self.0.path().join(name);
        fs::write(&file, content).unwrap();
        file.display().to_string()
    }

    /// Passwords that open nothing.
    fn passwords(&self) -> [Case; 3] {
        let (pfx, key) = (|| place("openssl3.pfx"), "client_certificate_password_file");
        [
            Case::new(
                "wrong password",
                pfx(),
                "the password does not open the key in {}",
                "Put the password that this file was made with where the configuration says that it is",
            )
            .with(key, &self.write("wrong", "hunter2\n")),
            Case::new(
                "no password",
                pfx(),
                "the key in {} is encrypted, and no password is configured",
                "Name its password's file in client_certificate_password_file, or a variable that holds it in \
                 client_certificate_password_env",
            ),
            Case::new(
                "empty password",
                pfx(),
                "the password file EMPTY is empty",
                "Put the certificate's password there, readable for the exporter; it is read again at every attempt",
            )
            .with(key, &self.write("empty", "\n")),
        ]
    }

    /// Certificates that are valid at another time.
    fn ages(&self, expired: &Certificate, future: &Certificate) -> [Case; 2] {
        [
            Case::new(
                "expired",
                self.write("expired.pem", &expired.pem),
                "the certificate in {} has expired, on 2021-01-01",
                "Make a new one, upload it under App registrations > your app > Certificates & secrets > Certificates, and \
                 put it in place with its key",
            ),
            Case::new(
                "not yet valid",
                self.write("future.pem", &future.pem),
                "the certificate in {} is not valid yet, but from 2090-01-01 on",
                "Check this machine's clock; else put one in place that is valid now",
            ),
        ]
    }
}

/// Files without what is needed.
fn halves() -> [Case; 3] {
    [
        Case::new(
            "another key",
            place("app.pem"),
            "no certificate in {} belongs to the private key",
            "Put the certificate and the key of one pair in place",
        )
        .with("client_certificate_key_file", &place("other.key")),
        Case::new(
            "no key",
            place("app.pem"),
            "the file {} holds no private key",
            "Put the certificate's key into it as well, or name the key's file in client_certificate_key_file",
        ),
        Case::new(
            "missing",
            "/nowhere/app.pem".to_owned(),
            "the certificate file {} does not exist",
            "Put the certificate and its key there, readable for the exporter; it is read again at every attempt",
        ),
    ]
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_with_its_file_and_asks_entra_nothing() {
    let files = Files(tempfile::tempdir().unwrap());
    let (expired, future) = (certificate("expired", [2020, 2021]), certificate("future", [2090, 2100]));
    let cases: Vec<Case> = files.passwords().into_iter().chain(files.ages(&expired, &future)).chain(halves()).collect();
    let tenant = |case: &Case| {
        let credential = format!("{{client_certificate_file: '{}'{}}}", case.file, case.rest);
        let tenant = Tenant::start(case.name, frozen(100, MORNING)).proving(&credential);
        for der in [APP, &expired.der, &future.der] {
            tenant.simulator.register_certificate(der);
        }
        tenant
    };
    let tenants: Vec<Tenant> = cases.iter().map(tenant).collect();
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for (case, tenant) in cases.iter().zip(&tenants) {
        let what =
            case.what.replace("{}", &case.file).replace("EMPTY", &files.0.path().join("empty").display().to_string());
        let told = format!("level=WARN msg=\"listing users failed: {what}\" tenant=");
        let line = exporter.wait_for_log(&[&told, case.name]);
        assert!(line.contains(&format!(" reason=token advice=\"{}\"", case.action)), "{line}");
        assert!(tenant.simulator.calls().iter().all(|call| call.operation != Operation::Token), "{}", case.name);
        assert!(!exporter.scrape().up(case.name));
    }
    let page = exporter.scrape();
    let shown = |name: &str| page.sum(name, "credential_expiry_timestamp_seconds");
    assert_eq!(shown("expired"), Some(expiry(&expired.der)));
    assert_eq!(shown("not yet valid"), Some(expiry(&future.der)));
    assert_eq!((shown("wrong password"), shown("missing")), (None, None), "nobody knows when it expires");
    assert!(!exporter.log().contains("hunter2") && !exporter.get("/").body.contains("hunter2"));
}

#[test]
fn a_certificate_that_was_not_uploaded_is_told_and_taken_up_once_it_is() {
    let credential = format!("{{client_certificate_file: '{}'}}", place("chain.pem"));
    let tenant = Tenant::start("contoso", frozen(100, MORNING)).proving(&credential);
    let exporter = Exporter::start(&[&tenant]);
    let told = "listing users failed: Entra refused a token: the signature fits no certificate of the application \
                (AADSTS700027, invalid_client, HTTP 401)\" tenant=contoso";
    let line = exporter.wait_for_log(&["level=WARN", told]);
    assert!(line.contains("Certificates & secrets > Certificates > Upload certificate"), "{line}");
    assert_eq!(exporter.scrape().sum("contoso", "credential_expiry_timestamp_seconds"), Some(expiry(APP)));
    tenant.simulator.register_certificate(APP);
    exporter.wait_until("recovery", |page| page.up("contoso"));
}
