//! Ending: SIGTERM and SIGINT end the process with 0 and soon, whatever is under way.
//!
//! The contract is one second. Machines that test have much else to do, so ten are allowed here, by the log's own clock;
//! what is under way would take minutes.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use simulator::Settings;

use crate::harness::{Exporter, MORNING, Stopped, Tenant, frozen};

/// Longer than any time limit of the exporter.
const ENDLESS: Duration = Duration::from_mins(10);

const AT_ONCE: f64 = 10.0;

/// The seconds of the day that a line of the log names.
fn seconds(line: &str) -> f64 {
    let time = line.split_once('T').and_then(|(_, time)| time.split_once('Z')).unwrap().0;
    time.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}

/// It ended well, on account of this signal, and soon.
#[track_caller]
fn check_ended(stopped: &Stopped, signal: &str) {
    let Stopped { status, log } = stopped;
    assert_eq!(status.code(), Some(0), "{log}");
    let line =
        |end: &str| log.lines().find(|line| line.ends_with(end)).unwrap_or_else(|| panic!("no {end} in:\n{log}"));
    let asked = line(&format!(" level=INFO msg=\"asked to end\" signal={signal}"));
    let ends = line(" level=INFO msg=\"teams-presence-exporter ends\"");
    // A day may have turned in between.
    let took = (seconds(ends) - seconds(asked)).rem_euclid(86_400.0);
    assert!(took < AT_ONCE, "it took {took} s:\n{log}");
}

#[track_caller]
fn check_signal(exporter: Exporter, signal: &str) {
    exporter.signal(signal);
    check_ended(&exporter.ended(), &format!("SIG{signal}"));
}

#[test]
fn both_signals_end_it() {
    for signal in ["TERM", "INT"] {
        let tenant = Tenant::start("contoso", frozen(100, MORNING));
        let exporter = Exporter::start(&[&tenant]);
        exporter.wait_for_cycles(&tenant, 1);
        check_signal(exporter, signal);
    }
}

#[test]
fn a_listing_under_way_does_not_hold_up_the_end() {
    let tenant = Tenant::start("contoso", Settings { listing_latency: ENDLESS, ..frozen(100, MORNING) });
    let exporter = Exporter::start(&[&tenant]);
    // The listing is asked for as soon as there is a token.
    let token = r#"teams_presence_graph_requests_total{code="200",operation="token",tenant="contoso"} 1"#;
    exporter.wait_until("a token", |page| page.says(token));
    check_signal(exporter, "TERM");
}

#[test]
fn a_presence_request_under_way_does_not_hold_up_the_end() {
    let tenant = Tenant::start("contoso", Settings { presence_latency: ENDLESS, ..frozen(1_500, MORNING) });
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("a presence request", |_| tenant.simulator.fullest_window() > 0);
    check_signal(exporter, "INT");
}

#[test]
fn a_file_that_is_never_read_to_its_end_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("web.yml");
    fs::write(&file, "").unwrap();
    let exporter = Exporter::demo(&["--web.config.file", file.to_str().unwrap()]);
    // A pipe that nothing comes through, as from a file system that hangs.
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    let _silent = fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
    exporter.signal("HUP");
    exporter.wait_for_log(&["asked to reload"]);
    check_signal(exporter, "TERM");
}

#[test]
fn a_tenant_that_waits_to_try_again_does_not_hold_up_the_end() {
    let tenant = Tenant::start("contoso", frozen(100, MORNING));
    tenant.simulator.set_secret_expired(true);
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_for_log(&["listing users failed"]);
    check_signal(exporter, "TERM");
}

/// A connection on which this was asked.
fn ask(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

#[test]
fn an_open_connection_does_not_hold_up_the_end() {
    let tenant = Tenant::start("contoso", frozen(100, MORNING));
    let exporter = Exporter::start(&[&tenant]);
    let mut kept = ask(exporter.address(), "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut answer = Vec::new();
    while !answer.ends_with(b"Healthy\n") {
        let mut byte = [0];
        kept.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    let mut silent = ask(exporter.address(), "");
    let mut slow = ask(exporter.address(), "GET /-/healthy HTT");
    check_signal(exporter, "TERM");
    for connection in [&mut kept, &mut silent, &mut slow] {
        // The end of the stream, or a connection that was reset: closed either way.
        assert_eq!(connection.read(&mut [0]).unwrap_or(0), 0);
    }
}

/// A configuration of so many tenants with names so long that their page is larger than all buffers between two processes.
fn crowd(tenants: usize) -> String {
    let mut file = "tenants:\n".to_owned();
    for number in 0..tenants {
        let name = "🌍".repeat(120);
        write!(
            file,
            "  - name: {name}{number}
    tenant_id: tenant-{number}.example
    client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
    credential: {{client_secret_file: none}}
    ca_file: none
    interval: 1h
"
        )
        .unwrap();
    }
    file
}

#[test]
fn an_answer_under_way_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exporter.yml");
    fs::write(&file, crowd(500)).unwrap();
    let mut command = Exporter::command();
    command.arg("--config.file").arg(&file).args(["--web.listen-address", "127.0.0.1:0", "--log.level", "info"]);
    let exporter = Exporter::launch(command, folder);
    let mut connection = ask(exporter.address(), "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut first = [0; 1_024];
    connection.read_exact(&mut first).unwrap();
    exporter.signal("TERM");
    exporter.wait_for_log(&["asked to end"]);
    let mut answer = first.to_vec();
    connection.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    assert!(length > 8_000_000, "{length} bytes may fit into buffers");
    assert_eq!(body.len(), length);
    check_ended(&exporter.ended(), "SIGTERM");
}
