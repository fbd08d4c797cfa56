//! The command, started as a process, as the tests of other programs start it.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::signing::Signer;

/// The command as a process, and what it said until it was ready.
struct Running {
    child: Child,
    said: HashMap<String, String>,
}

impl Running {
    /// Starts it with these arguments and a folder of this name.
    fn start(arguments: &[&str], folder: &str) -> Self {
        let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        let mut child = Command::new(env!("CARGO_BIN_EXE_simulator"))
            .args(arguments)
            .arg("--directory")
            .arg(&directory)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut said = HashMap::new();
        for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
            let line = line.expect("a line");
            let Some((key, value)) = line.split_once('=') else {
                assert_eq!(line, "ready");
                break;
            };
            said.insert(key.to_owned(), value.to_owned());
        }
        Self { child, said }
    }

    /// What is in a file that it named.
    fn read(&self, key: &str) -> String {
        fs::read_to_string(&self.said[key]).expect("a file")
    }

    fn end(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(asked.success());
        assert!(self.child.wait().expect("an end").success());
    }
}

#[test]
fn the_command_tells_where_it_is_and_ends_when_asked() {
    let arguments = ["--people", "10", "--seed", "3", "--speed", "60", "--scenario", "outage"];
    let running = Running::start(&arguments, "command");
    let said = &running.said;
    assert!(said["origin"].starts_with("https://localhost:"));
    assert_eq!((said["tenant_id"].len(), said["client_id"].len()), (36, 36));
    let (id, name) = said["group"].split_once(' ').expect("an id and a name");
    assert_eq!((id.len(), name), (36, "On call SRE backup"));
    assert!(running.read("ca_file").starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(running.read("client_secret_file").len(), 40);
    let port = said["origin"].rsplit(':').next().expect("a port");
    assert!(std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());
    assert!(!said.contains_key("identity_endpoint") && !said.contains_key("federated_token_file"));
    running.end();
}

#[test]
fn the_command_has_every_credential_and_cloud_that_a_client_may_be_tried_with() {
    let certificate = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("certificate.pem");
    fs::write(&certificate, Signer::new().pem()).expect("a file");
    let certificate = certificate.display().to_string();
    let arguments = [
        "--people", "10", "--cloud", "usgov", "--shape", "Government", "--certificate", &certificate, "--refuse",
        "700016", "--role", "Presence.Read.All", "--identity-endpoint", "--federated-issuer", "https://oidc.example",
        "--federated-subject", "me",
    ];
    let running = Running::start(&arguments, "credentials");
    let said = &running.said;
    assert!(said["identity_endpoint"].starts_with("http://127.0.0.1:"));
    assert_eq!(running.read("identity_header_file").len(), 32);
    assert_eq!((said["system_assigned_id"].len(), said["user_assigned_id"].len()), (36, 36));
    assert_eq!(running.read("federated_token_file").split('.').count(), 3);
    running.end();
}

#[test]
fn a_certificate_that_is_none_is_named() {
    let arguments = ["--certificate", env!("CARGO_MANIFEST_PATH")];
    let output = Command::new(env!("CARGO_BIN_EXE_simulator")).args(arguments).output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("Cargo.toml: "), "{said}");
}

#[test]
fn a_scenario_that_is_none_is_refused_with_those_that_there_are() {
    let output = Command::new(env!("CARGO_BIN_EXE_simulator")).args(["--scenario", "night"]).output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for scenario in simulator::Scenario::ALL {
        assert!(said.contains(scenario.name()), "{scenario} is missing in:\n{said}");
    }
}
