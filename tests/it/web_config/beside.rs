//! Beside `node_exporter`: both serve by one web configuration, the same requests get the same statuses, but for what is
//! listed. Debian's 1.5.0 knows neither `rate_limit` nor allowed names, nor certificates inline.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustls::{CipherSuite, version};

use super::certificates::{Authority, Folder, hash, names};
use super::client::{Client, ask, get, plain};
use super::files::differences;
use super::users::credentials;
use crate::tools::tool;
use crate::web::served::{Served, serve_by};

/// Where the two answer differently on purpose: what was asked, what they and we answer, and why. docs/CONFIGURATION.md
/// says the same in words.
const DIFFERENT: [(&str, &str, &str, &str); 5] = [
    ("POST", "200", "405", "nothing is to be posted here"),
    ("an unknown path", "200", "404", "others of its time answer their start page"),
    ("HEAD of an unknown path", "200", "404", "others of its time answer their start page"),
    ("a broken file later", "500", "200", "what was in force stays so, and a metric tells"),
    ("no file any more", "500", "200", "what was in force stays so, and a metric tells"),
];

/// A running `node_exporter` that measures nothing of the machine.
struct Other {
    child: Child,
    address: SocketAddr,
}

impl Other {
    fn start(web_config: &Path) -> Self {
        let mut child = Command::new(tool("node_exporter"))
            .args(["--collector.disable-defaults", "--web.listen-address=127.0.0.1:0"])
            .arg(format!("--web.config.file={}", web_config.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = log.find(|line| line.contains("Listening on")).expect("it listens");
        // What else it logs is taken, so that it never waits for a reader; the thread ends with the process.
        std::thread::spawn(move || log.for_each(drop));
        let address = line.split("address=").nth(1).and_then(|text| text.trim().parse().ok()).expect("an address");
        Self { child, address }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // Either fails only if the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Both of them by one file.
struct Both {
    other: Other,
    ours: Served,
}

impl Both {
    fn start(web_config: &Path) -> Self {
        Self { other: Other::start(web_config), ours: serve_by(web_config) }
    }

    /// What both come to must be this, or what is listed.
    #[track_caller]
    fn check(&self, what: &str, expected: &str, outcome: impl Fn(SocketAddr) -> String) {
        let got = (outcome(self.other.address), outcome(self.ours.address));
        let listed = DIFFERENT.iter().find(|(name, ..)| *name == what);
        let expected = listed.map_or((expected, expected), |(_, theirs, ours, _)| (*theirs, *ours));
        assert_eq!((&*got.0, &*got.1), expected, "{what}: theirs and ours");
    }
}

/// The status of the answer to this request.
fn status(request: &str) -> impl Fn(SocketAddr) -> String {
    move |address| plain(address, request).status.to_string()
}

/// The status over TLS, or that the connection was refused.
fn over_tls(client: Client) -> impl Fn(SocketAddr) -> String {
    let config = client.config();
    move |address| match ask(address, &config, &get("/metrics", "")) {
        Ok(talk) if talk.protocol == "h2" => "HTTP/2".to_owned(),
        Ok(talk) => talk.reply.status.to_string(),
        Err(_) => "refused".to_owned(),
    }
}

#[test]
fn users_get_the_same_statuses_as_from_node_exporter() {
    let folder = Folder::new();
    let users = format!("basic_auth_users:\n  alice: {}\n  bob: {}\n", hash("wonderland"), hash("build: it"));
    let path = folder.write("web.yml", users);
    let both = Both::start(&path);
    let alice = credentials("alice", "wonderland");
    let line = |value: &str| get("/metrics", &format!("Authorization: {value}\r\n"));
    let other = |method: &str, path: &str| get(path, &alice).replacen("GET", method, 1);
    for (what, expected, request) in [
        ("no credentials", "401", get("/metrics", "")),
        ("the right ones", "200", get("/metrics", &alice)),
        ("another user", "200", get("/metrics", &credentials("bob", "build: it"))),
        ("a wrong password", "401", get("/metrics", &credentials("alice", "hunter2"))),
        ("the password of another", "401", get("/metrics", &credentials("alice", "build: it"))),
        ("an unknown user", "401", get("/metrics", &credentials("carol", "wonderland"))),
        ("an empty password", "401", get("/metrics", &credentials("alice", ""))),
        ("a name in capitals", "401", get("/metrics", &credentials("ALICE", "wonderland"))),
        ("a scheme in capitals", "200", get("/metrics", &alice.replace("Basic", "BASIC"))),
        ("another scheme", "401", line("Bearer YWxpY2U6d29uZGVybGFuZA==")),
        ("a scheme alone", "401", line("Basic")),
        ("no base64", "401", line("Basic !!!!")),
        ("base64 without its end", "401", line("Basic YWxpY2U6d29uZGVybGFuZA")),
        ("two spaces", "401", line("Basic  YWxpY2U6d29uZGVybGFuZA==")),
        ("no colon", "401", line("Basic YWxpY2U=")),
        ("two lines, the right one first", "200", get("/metrics", &format!("{alice}Authorization: Basic YTpi\r\n"))),
        ("two lines, the right one last", "401", get("/metrics", &format!("Authorization: Basic YTpi\r\n{alice}"))),
        ("HEAD", "200", other("HEAD", "/metrics")),
        ("POST", "", other("POST", "/metrics")),
        ("POST without credentials", "401", get("/metrics", "").replacen("GET", "POST", 1)),
        ("a start page", "200", get("/", &alice)),
        ("an unknown path", "", get("/nowhere", &alice)),
        ("an unknown path without credentials", "401", get("/nowhere", "")),
        ("HEAD of an unknown path", "", other("HEAD", "/nowhere")),
        ("the health page, which others have not", "200", get("/-/healthy", &alice)),
        ("the health page without credentials", "401", get("/-/healthy", "")),
        ("gzip", "200", get("/metrics", &format!("{alice}Accept-Encoding: gzip\r\n"))),
        ("HTTP/1.0", "200", format!("GET /metrics HTTP/1.0\r\n{alice}\r\n")),
        ("no HTTP", "400", "hello\r\n\r\n".to_owned()),
    ] {
        both.check(what, expected, status(&request));
    }

    let scrape = get("/metrics", &alice);
    folder.write("web.yml", "basic_auth_users: {alice: hunter2}\n");
    // Only what it does not read at all breaks theirs: a bad hash is a wrong password.
    both.check("no credentials", "401", status(&get("/metrics", "")));
    folder.write("web.yml", "surprise: 1\n");
    assert!(look_again(&both.ours).contains("surprise: unknown key"));
    both.check("a broken file later", "", status(&scrape));
    std::fs::remove_file(&path).unwrap();
    assert!(look_again(&both.ours).contains("does not exist"));
    both.check("no file any more", "", status(&scrape));
}

/// Has the file read now, rather than in a while; what is wrong with it.
fn look_again(served: &Served) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let read = runtime.block_on(std::sync::Arc::clone(&served.site.gate).look_again());
    read.expect_err("a fault").to_string()
}

#[test]
fn clients_are_believed_as_by_node_exporter() {
    let folder = Folder::new();
    let good = folder.of_clients.client(names(&["prometheus.example"]));
    let unknown = Authority::new("Somebody").client(names(&["prometheus.example"]));
    let [ok, no] = ["200", "refused"];
    for (policy, ca, expected) in [
        ("NoClientCert", "", [ok, ok, ok]),
        ("RequestClientCert", "", [ok, ok, ok]),
        ("RequireAnyClientCert", "", [no, ok, ok]),
        ("RequireClientCert", "", [no, ok, ok]),
        ("VerifyClientCertIfGiven", ", client_ca_file: ca.crt", [ok, no, ok]),
        ("RequireAndVerifyClientCert", ", client_ca_file: ca.crt", [no, no, ok]),
    ] {
        let tls = format!("{{cert_file: server.crt, key_file: server.key, client_auth_type: {policy}{ca}}}");
        let both = Both::start(&folder.write("web.yml", format!("tls_server_config: {tls}\n")));
        let client = || Client::trusting(&folder.authority);
        for (client, expected) in
            [client(), client().showing(&unknown), client().showing(&good)].into_iter().zip(expected)
        {
            both.check(policy, expected, over_tls(client));
        }
    }
}

#[test]
fn tls_is_agreed_on_as_with_node_exporter() {
    let folder = Folder::new();
    let client = || Client::trusting(&folder.authority);
    let tls = |keys: &str| format!("tls_server_config: {{cert_file: server.crt, key_file: server.key{keys}}}\n");
    let start = |text: String| Both::start(&folder.write("web.yml", text));
    let [old, new] = [&version::TLS12, &version::TLS13];

    let both = start(tls(""));
    both.check("plain HTTP", "400", status(&get("/metrics", "")));
    both.check("TLS 1.2", "200", over_tls(client().of_version(old)));
    both.check("TLS 1.3", "200", over_tls(client().of_version(new)));
    both.check("HTTP/1.1", "200", over_tls(client().offering(&["http/1.1"])));

    let both = start(tls("") + "http_server_config: {http2: false}\n");
    both.check("HTTP/2 that is off", "200", over_tls(client().offering(&["h2", "http/1.1"])));

    let both = start(tls(", min_version: TLS13"));
    both.check("too old a version", "refused", over_tls(client().of_version(old)));
    both.check("TLS 1.3", "200", over_tls(client().of_version(new)));
    let both = start(tls(", max_version: TLS12"));
    both.check("too new a version", "refused", over_tls(client().of_version(new)));
    both.check("TLS 1.2", "200", over_tls(client().of_version(old)));

    // With HTTP/2 on, theirs does not start without a suite of AES_128_GCM.
    let suites = ", cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384], curve_preferences: [CurveP384]";
    let both = start(tls(suites) + "http_server_config: {http2: false}\n");
    let with = |suite| client().of_version(old).with_suites(&[suite]);
    let [listed, unlisted] =
        [CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
    both.check("a suite that is listed", "200", over_tls(with(listed)));
    both.check("a suite that is not listed", "refused", over_tls(with(unlisted)));
    both.check(
        "a curve that is not listed",
        "refused",
        over_tls(client().with_curve(rustls::crypto::ring::kx_group::X25519)),
    );
}

#[test]
fn the_document_lists_what_is_answered_otherwise() {
    assert!(DIFFERENT.iter().all(|(_, theirs, ours, reason)| theirs != ours && !reason.is_empty()));
    let rows = DIFFERENT.map(|(what, theirs, ours, reason)| format!("| {what} | {theirs} | {ours} | {reason} |"));
    assert_eq!(differences(1), rows);
}
