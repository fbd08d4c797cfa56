//! Rotation: a credential that changes is tried within seconds, and one that does not work costs no cycle.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use simulator::Settings;
use tempfile::TempDir;

use super::application::{Certificate, certificate, expiry};
use super::{ISSUER, SUBJECT, check_counts, tokens};
use crate::harness::{Exporter, MORNING, Page, Tenant, frozen};

const WORKS: &str = "the credential has changed and works";
const KEPT: &str = "the credential has changed and does not work, so the one before stays in use: ";

/// A tenant whose credential is in a file that is written anew.
struct Changing {
    tenant: Tenant,
    folder: TempDir,
    exporter: Option<Exporter>,
}

impl Changing {
    /// `credential` has the file in braces; `token_lifetime` is in seconds.
    fn new(credential: &str, token_lifetime: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credential").display().to_string();
        let settings = Settings { token_lifetime: Duration::from_secs(token_lifetime), ..frozen(100, MORNING) };
        let tenant = Tenant::start("contoso", settings).proving(&credential.replace("FILE", &file));
        Self { tenant, folder, exporter: None }
    }

    fn certified(token_lifetime: u64, certificates: &[&Certificate]) -> Self {
        let changing = Self::new("{client_certificate_file: 'FILE'}", token_lifetime);
        for certificate in certificates {
            changing.tenant.simulator.register_certificate(&certificate.der);
        }
        changing
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("credential")
    }

    /// Puts it in place as Kubernetes does: at once.
    fn put(&self, content: &str) {
        let new = self.folder.path().join("new");
        fs::write(&new, content).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    /// Starts with this in the file, and waits for counts.
    fn started(mut self, content: &str) -> Self {
        self.put(content);
        let exporter = Exporter::start(&[&self.tenant]);
        exporter.wait_until("counts", |page| page.up("contoso"));
        self.exporter = Some(exporter);
        self
    }

    fn exporter(&self) -> &Exporter {
        self.exporter.as_ref().unwrap()
    }

    /// How often this was said.
    fn said(&self, what: &str) -> usize {
        self.exporter().log().matches(what).count()
    }

    fn wait_for_tokens(&self, more: usize) {
        let before = tokens(&self.tenant).len();
        self.exporter().wait_until("renewals", |_| tokens(&self.tenant).len() >= before + more);
    }

    /// No cycle failed and no listing, whatever became of the credential.
    fn check_nothing_lost(&self) -> Page {
        let page = self.exporter().scrape();
        let failures = ["cycle_failures_total", "directory_failures_total"].map(|it| page.sum("contoso", it));
        assert_eq!((page.up("contoso"), failures), (true, [Some(0.0); 2]), "{}", self.exporter().log());
        check_counts(&page, &self.tenant);
        page
    }
}

fn expires(page: &Page) -> Option<f64> {
    page.sum("contoso", "credential_expiry_timestamp_seconds")
}

#[test]
fn a_new_certificate_is_used_within_seconds_and_its_end_is_shown() {
    let (old, new) = (certificate("old", [2020, 2080]), certificate("new", [2020, 2090]));
    let changing = Changing::certified(3_600, &[&old, &new]).started(&old.pem);
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&old.der)));
    changing.put(&new.pem);
    let line = changing.exporter().wait_for_log(&[WORKS]);
    assert!(line.contains("level=INFO") && line.contains("tenant=contoso"), "{line}");
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&new.der)));
    assert_eq!(tokens(&changing.tenant).len(), 2);
    // The same bytes written once more are nothing new, and Entra is not asked.
    let cycles = changing.exporter().scrape().sum("contoso", "cycles_total").unwrap();
    changing.put(&new.pem);
    changing.exporter().wait_until("cycles", |page| page.sum("contoso", "cycles_total") >= Some(cycles + 4.0));
    assert_eq!((tokens(&changing.tenant).len(), changing.said(WORKS)), (2, 1));
}

/// The file system of the credential hangs, as a share of the network does. Without a word the token would run out.
#[test]
fn a_file_that_hangs_is_told_and_what_was_read_before_stays_in_use() {
    let changing = Changing::new("{client_secret_file: 'FILE'}", 30);
    let secret = changing.tenant.simulator.client_secret().to_owned();
    let changing = changing.started(&secret);
    fs::remove_file(changing.file()).unwrap();
    assert!(Command::new("mkfifo").arg(changing.file()).status().unwrap().success());
    // Nothing comes through.
    let _silent = fs::OpenOptions::new().read(true).write(true).open(changing.file()).unwrap();
    let line = changing.exporter().wait_for_log(&[KEPT]);
    assert!(line.contains("the credential cannot be read to its end within 10 s"), "{line}");
    changing.wait_for_tokens(2);
    changing.check_nothing_lost();
    assert_eq!(changing.said(KEPT), 1);
}

#[test]
fn a_new_secret_is_used_within_seconds_and_the_old_one_may_then_expire() {
    let changing = Changing::new("{client_secret_file: 'FILE'}", 12);
    let simulator = &changing.tenant.simulator;
    simulator.register_secret("another~secret");
    let old = simulator.client_secret().to_owned();
    let changing = changing.started(&old);
    changing.put("another~secret\n");
    changing.exporter().wait_for_log(&[WORKS]);
    changing.tenant.simulator.set_secret_expired(true);
    changing.wait_for_tokens(3);
    changing.check_nothing_lost();
    assert!(!changing.exporter().log().contains("level=WARN"), "{}", changing.exporter().log());
}

#[test]
fn a_new_certificate_that_entra_refuses_leaves_the_old_one_in_use_and_says_so_once() {
    let (old, new) = (certificate("old", [2020, 2080]), certificate("new", [2020, 2090]));
    let changing = Changing::certified(12, &[&old]).started(&old.pem);
    changing.put(&new.pem);
    let line = changing.exporter().wait_for_log(&[KEPT]);
    let told = "level=WARN msg=\"the credential has changed and does not work, so the one before stays in use: Entra refused a \
                token: the signature fits no certificate of the application (AADSTS700027, invalid_client, HTTP 401)\" \
                tenant=contoso reason=token advice=\"";
    assert!(line.contains(told), "{line}");
    // Two renewals: each tries the new one, and then the old one.
    changing.wait_for_tokens(4);
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&old.der)), "it shows the one in use");
    assert_eq!((changing.said(KEPT), changing.said(WORKS)), (1, 0), "{}", changing.exporter().log());
    // Once it is uploaded, the next renewal takes it up.
    changing.tenant.simulator.register_certificate(&new.der);
    changing.exporter().wait_for_log(&[WORKS]);
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&new.der)));
}

#[test]
fn a_new_certificate_that_cannot_be_read_leaves_the_old_one_in_use_until_it_is_mended() {
    let (old, new) = (certificate("old", [2020, 2080]), certificate("new", [2020, 2090]));
    let changing = Changing::certified(12, &[&old, &new]).started(&old.pem);
    changing.put(&new.pem[..new.pem.len() / 2]);
    let line = changing.exporter().wait_for_log(&[KEPT]);
    let file = changing.file().display().to_string();
    assert!(
        line.contains(&format!("the file {file} is neither PEM nor PFX that can be read here\" tenant=contoso")),
        "{line}"
    );
    changing.wait_for_tokens(1);
    fs::remove_file(changing.file()).unwrap();
    let line = changing.exporter().wait_for_log(&[KEPT, "does not exist"]);
    assert!(line.contains(&format!("the certificate file {file} does not exist")), "{line}");
    changing.wait_for_tokens(1);
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&old.der)));
    assert_eq!(changing.said(KEPT), 2, "once for each change:\n{}", changing.exporter().log());
    changing.put(&old.pem);
    changing.exporter().wait_for_log(&["level=INFO", "the credential is again the one in use"]);
    changing.put(&new.pem);
    changing.exporter().wait_for_log(&[WORKS]);
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&new.der)));
}

#[test]
fn an_entra_that_cannot_be_reached_says_nothing_about_a_new_certificate() {
    let (old, new) = (certificate("old", [2020, 2080]), certificate("new", [2020, 2090]));
    let changing = Changing::certified(3_600, &[&old, &new]).started(&old.pem);
    let down = simulator::Fault::status(simulator::Operation::Token, simulator::Occurrence::Always, 503);
    changing.tenant.simulator.inject(down);
    changing.put(&new.pem);
    changing.exporter().wait_until("an attempt", |_| tokens(&changing.tenant).len() >= 3);
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&old.der)));
    assert_eq!((changing.said(KEPT), changing.said(WORKS)), (0, 0), "{}", changing.exporter().log());
    changing.tenant.simulator.clear_faults();
    changing.exporter().wait_for_log(&[WORKS]);
    assert_eq!(expires(&changing.check_nothing_lost()), Some(expiry(&new.der)));
}

#[test]
fn a_pods_new_token_is_used_before_the_old_one_ends() {
    let changing = Changing::new("{workload_identity: {token_file: 'FILE'}}", 12);
    changing.tenant.simulator.trust_issuer(ISSUER, SUBJECT);
    let minted = |seconds| changing.tenant.simulator.federated_token(ISSUER, SUBJECT, Duration::from_secs(seconds));
    let (first, second) = (minted(20), minted(3_600));
    let changing = changing.started(&first);
    changing.put(&second);
    changing.exporter().wait_for_log(&[WORKS]);
    // Renewals go on past the end of the first.
    changing.wait_for_tokens(3);
    changing.check_nothing_lost();
    assert!(!changing.exporter().log().contains("level=WARN"), "{}", changing.exporter().log());
}
