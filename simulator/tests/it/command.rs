//! The command, started as a process, as the tests of other programs start it.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

#[test]
fn the_command_tells_where_it_is_and_ends_when_asked() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("command");
    let mut child = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args(["--people", "10", "--seed", "3", "--speed", "60", "--scenario", "outage", "--directory"])
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
    assert!(said["origin"].starts_with("https://localhost:"));
    assert_eq!((said["tenant_id"].len(), said["client_id"].len()), (36, 36));
    let (id, name) = said["group"].split_once(' ').expect("an id and a name");
    assert_eq!((id.len(), name), (36, "On call SRE backup"));
    let read = |key: &str| fs::read_to_string(&said[key]).expect("a file");
    assert!(read("ca_file").starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(read("client_secret_file").len(), 40);
    let port = said["origin"].rsplit(':').next().expect("a port");
    assert!(std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());

    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
    assert!(asked.success());
    assert!(child.wait().expect("an end").success());
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
