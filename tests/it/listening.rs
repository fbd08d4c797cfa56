//! Where it listens: IPv6, sockets in the file system, those that somebody else opened, and the second door for probes.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::harness::{Exporter, MORNING, Tenant, frozen, get};

/// What is answered to a GET on a connection of any kind: the whole answer.
fn ask(mut stream: impl Read + Write, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A folder with a configuration of this tenant.
fn folder(tenant: &Tenant) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("exporter.yml"), format!("tenants:\n{}", tenant.write(folder.path(), 0))).unwrap();
    folder
}

/// The exporter on this configuration, with these flags.
fn command(folder: &TempDir, flags: &[&str]) -> Command {
    let mut command = Exporter::command();
    command.arg("--config.file").arg(folder.path().join("exporter.yml")).args(flags);
    command
}

/// The same as a service manager starts it that passes so many sockets, found at standard input and then output.
fn activated(folder: &TempDir, sockets: usize, flags: &[&str]) -> Command {
    let script = format!("exec 3<&0 4<&1 </dev/null >/dev/null; LISTEN_PID=$$ LISTEN_FDS={sockets} exec \"$@\"");
    let mut shell = Command::new("sh");
    let exporter = command(folder, flags);
    shell.args(["-c", &script, "sh"]).arg(exporter.get_program()).args(exporter.get_args()).env_clear();
    shell
}

fn socket(socket: impl Into<OwnedFd>) -> Stdio {
    Stdio::from(socket.into())
}

/// It does not start, and says this.
#[track_caller]
fn check_refused(output: &Output, expected: &str) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn both_families_of_addresses_are_served_and_named_in_the_log() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let exporter = Exporter::start_with(&[&tenant], &["--web.listen-address", "[::1]:0"]);
    let line = exporter.wait_for_log(&["msg=listening", "address=[::1]:"]);
    let address: SocketAddr = line.split_once("address=").unwrap().1.parse().unwrap();
    assert_eq!(get(address, "/-/healthy").unwrap().status, 200);
    assert!(exporter.address().is_ipv4());
    assert_eq!(exporter.get("/-/healthy").status, 200);
}

#[test]
fn a_socket_in_the_file_system_is_served_and_removed_in_the_end() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("metrics.sock");
    // As if a process before had been killed.
    drop(UnixListener::bind(&path).unwrap());
    let address = format!("unix:{}", path.display());
    let exporter = Exporter::start_with(&[&tenant], &["--web.listen-address", &address]);
    exporter.wait_for_log(&["msg=listening", &format!("address={address}")]);
    exporter.wait_for_cycles(&tenant, 1);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o660);

    let answer = ask(UnixStream::connect(&path).unwrap(), "/metrics");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\nteams_presence_up{tenant=\"contoso\"} 1\n"), "{answer}");

    let output = command(&folder(&tenant), &["--web.listen-address", &address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).replace("\n    ", " ");
    let fault = "another process listens there; choose another with --web.listen-address";
    assert_eq!(said, format!("cannot listen on {address}: {fault}\n"));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        ask(UnixStream::connect(&path).unwrap(), "/-/healthy").ends_with("\r\n\r\nHealthy\n"),
        "it is not disturbed"
    );

    assert_eq!(exporter.stop().status.code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let folder = folder(&tenant);
    let path = folder.path().join("exporter.yml");
    let before = fs::read_to_string(&path).unwrap();
    let address = format!("unix:{}", path.display());
    let output = command(&folder, &["--web.listen-address", &address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).replace("\n    ", " ");
    assert!(said.contains(": something else than a socket is there; move it away, or "), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn sockets_that_were_passed_are_served_in_place_of_addresses() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let folder = folder(&tenant);
    let network = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = network.local_addr().unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("metrics.sock");
    let file = UnixListener::bind(&path).unwrap();
    let mut command = activated(&folder, 2, &["--web.systemd-socket", "--web.listen-address", "127.0.0.1:1"]);
    command.stdin(socket(network)).stdout(socket(file));
    let exporter = Exporter::launch_as_it_is(command, folder);
    assert_eq!(exporter.address(), address);
    exporter.wait_for_log(&["level=WARN", "--web.listen-address is not used, as --web.systemd-socket is set"]);
    exporter.wait_for_log(&["msg=listening", &format!("address=unix:{}", path.display())]);
    assert_eq!(exporter.get("/-/healthy").status, 200);
    let answer = ask(UnixStream::connect(&path).unwrap(), "/metrics");
    assert!(answer.contains("\nteams_presence_up{"), "{answer}");
    let stopped = exporter.stop();
    assert_eq!(stopped.status.code(), Some(0));
    assert_eq!(stopped.log.matches("msg=listening").count(), 2, "{}", stopped.log);
    assert!(path.exists(), "whoever opened it removes it");
}

#[test]
fn sockets_that_were_passed_are_not_used_without_the_flag() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let folder = folder(&tenant);
    let passed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = passed.local_addr().unwrap();
    let mut command = activated(&folder, 1, &["--web.listen-address", "127.0.0.1:0"]);
    command.stdin(socket(passed)).stdout(Stdio::null());
    let exporter = Exporter::launch_as_it_is(command, folder);
    assert_ne!(exporter.address(), address);
    exporter.wait_for_log(&["level=WARN", "which are not used without --web.systemd-socket", "sockets=1"]);
    assert_eq!(exporter.get("/-/healthy").status, 200);
}

const NOTHING_PASSED: &str = "\
--web.systemd-socket is set, but no socket was passed; start the socket unit and
    let it start the exporter, or leave the flag out
";

#[test]
fn without_a_socket_that_was_passed_to_it_it_does_not_start() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let folder = folder(&tenant);
    let mut alone = command(&folder, &["--web.systemd-socket"]);
    check_refused(&alone.output().unwrap(), NOTHING_PASSED);
    // Meant for a process that started this one.
    alone.env("LISTEN_PID", "1").env("LISTEN_FDS", "1");
    check_refused(&alone.output().unwrap(), NOTHING_PASSED);
    alone.env_remove("LISTEN_PID");
    check_refused(&alone.output().unwrap(), NOTHING_PASSED);
    assert_eq!(tenant.simulator.calls(), []);
}

#[test]
fn what_nobody_can_connect_to_is_refused_by_its_number() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let folder = folder(&tenant);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connected = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let refused: [(&str, OwnedFd); 4] = [
        ("a connection", connected.into()),
        ("a pair", UnixStream::pair().unwrap().0.into()),
        ("letters", UnixDatagram::unbound().unwrap().into()),
        ("a file", fs::File::open("/dev/null").unwrap().into()),
    ];
    for (what, passed) in refused {
        let mut command = activated(&folder, 2, &["--web.systemd-socket"]);
        let good = TcpListener::bind("127.0.0.1:0").unwrap();
        command.stdin(socket(good)).stdout(Stdio::from(passed)).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).replace("\n    ", " ");
        let fault = "--web.systemd-socket: descriptor 4, which was passed, is not a stream socket that listens; write \
                     ListenStream= with a port or a path, and no Accept=yes, in the socket unit\n";
        assert_eq!((said.as_str(), output.status.code()), (fault, Some(1)), "{what}");
    }
}

/// TLS, a user, a rate limit and a header: nothing that a probe could get past.
fn well_guarded(folder: &Path) {
    let names = ["localhost".to_owned()];
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    let hash = bcrypt::hash("secret", 4).unwrap();
    let web = format!(
        "tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}
http_server_config: {{headers: {{X-Frame-Options: deny}}}}
basic_auth_users: {{prometheus: {hash}}}
rate_limit: {{interval: 1h, burst: 1}}
"
    );
    fs::write(folder.join("web.yml"), web).unwrap();
}

#[test]
fn probes_need_neither_tls_nor_a_password_and_see_health_alone() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let folder = folder(&tenant);
    well_guarded(folder.path());
    let web = folder.path().join("web.yml");
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("health.sock");
    let unix = format!("unix:{}", path.display());
    let flags = [
        "--web.listen-address",
        "127.0.0.1:0",
        "--web.health-listen-address",
        "127.0.0.1:0",
        "--web.health-listen-address",
        &unix,
        "--web.config.file",
        web.to_str().unwrap(),
    ];
    let exporter = Exporter::launch(command(&folder, &flags), folder);
    let line = exporter.wait_for_log(&["listening for probes", "address=127.0.0.1:"]);
    let probes: SocketAddr = line.split_once("address=").unwrap().1.parse().unwrap();
    assert_ne!(probes, exporter.address());
    assert_eq!(get(exporter.address(), "/-/healthy").unwrap().status, 400, "the other door speaks TLS");

    // More often than the rate limit lets anybody in.
    for _ in 0..3 {
        let healthy = get(probes, "/-/healthy").unwrap();
        assert_eq!((healthy.status, healthy.body.as_str()), (200, "Healthy\n"));
        assert!(!healthy.headers.contains("x-frame-options"), "{}", healthy.headers);
    }
    exporter.wait_for_log(&["presence read"]);
    assert_eq!(get(probes, "/-/ready?verbose").unwrap().body, "Ready\n");
    assert!(ask(UnixStream::connect(&path).unwrap(), "/-/ready").ends_with("\r\n\r\nReady\n"));
    for elsewhere in ["/", "/metrics", "/metrics/contoso", "/style.css", "/config", "/-/reload", "/nowhere"] {
        let answer = get(probes, elsewhere).unwrap();
        let text = "Nothing else is here than health: /-/healthy and /-/ready\n";
        assert_eq!((answer.status, answer.body.as_str()), (404, text), "{elsewhere}");
    }
    let mut post = TcpStream::connect(probes).unwrap();
    post.write_all(b"POST /-/healthy HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    post.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("\r\nallow: GET, HEAD\r\n"), "{answer}");
    assert_eq!(exporter.stop().status.code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_door_for_probes_that_is_taken_is_named_by_its_own_flag() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let flags = ["--web.listen-address", "127.0.0.1:0", "--web.health-listen-address", &address];
    let output = command(&folder(&tenant), &flags).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).replace("\n    ", " ");
    assert!(said.ends_with(", choose another with --web.health-listen-address\n"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_demo_names_no_port_where_it_has_none() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("demo.sock");
    let mut command = Exporter::command();
    command.env("TMPDIR", place.path()).args(["demo", "--users", "10", "--web.listen-address"]);
    command.arg(format!("unix:{}", path.display())).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut demo = command.spawn().unwrap();
    let mut stdout = demo.stdout.take().unwrap();
    let mut said = String::new();
    while !said.contains("Ctrl-C ends it.") {
        let mut more = [0; 1_024];
        let length = stdout.read(&mut more).unwrap();
        assert_ne!(length, 0, "{said}");
        said.push_str(&String::from_utf8_lossy(&more[..length]));
    }
    let answer = ask(UnixStream::connect(&path).unwrap(), "/-/healthy");
    demo.kill().unwrap();
    demo.wait().unwrap();
    assert!(said.contains("It listens on no port of the network; the log names the socket.\n"), "{said}");
    assert!(!said.contains("localhost"), "{said}");
    assert!(answer.ends_with("Healthy\n"), "{answer}");
}
