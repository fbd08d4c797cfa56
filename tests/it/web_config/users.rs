//! What the web configuration says beyond TLS: users, headers on every answer, and how many requests are let in.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::certificates::{Folder, hash};
use crate::web::served::{Reply, Served, serve_by};

/// The header line of somebody.
pub(super) fn credentials(name: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{name}:{password}")))
}

fn serve(text: &str) -> Served {
    serve_by(&Folder::new().write("web.yml", text))
}

/// Alice and Bob, with headers on every answer.
fn guarded() -> Served {
    serve(&format!(
        "basic_auth_users:\n  alice: {}\n  bob: {}\nhttp_server_config:\n  headers:\n    \
         Content-Security-Policy: \"default-src 'self'\"\n    Strict-Transport-Security: max-age=31536000\n    \
         X-Content-Type-Options: nosniff\n    X-Frame-Options: deny\n    X-XSS-Protection: 0\n",
        hash("wonderland"),
        hash("build: it"),
    ))
}

#[test]
fn users_come_in_by_their_own_password_and_nobody_else_does() {
    let served = guarded();
    for (name, password, status) in [
        ("alice", "wonderland", 200),
        ("bob", "build: it", 200),
        ("alice", "build: it", 401),
        ("alice", "wonderlan", 401),
        ("alice", "", 401),
        ("Alice", "wonderland", 401),
        ("carol", "wonderland", 401),
        ("", "", 401),
        ("alice", "wonderland", 200),
    ] {
        let reply = served.get("/metrics", &credentials(name, password));
        assert_eq!(reply.status, status, "{name}:{password}");
        assert_eq!(reply.header("www-authenticate"), if status == 401 { "Basic" } else { "" });
    }
}

#[test]
fn nothing_is_told_to_whoever_does_not_say_who_he_is() {
    let served = guarded();
    for path in ["/", "/style.css", "/metrics", "/metrics/contoso", "/-/healthy", "/-/ready", "/nowhere"] {
        let reply = served.get(path, "");
        assert_eq!((reply.status, reply.text()), (401, "Unauthorized\n"), "{path}");
    }
    for line in ["Basic", "Basic ", "Basic !!!", "Basic YWxpY2U=", "Bearer YWxpY2U6d29uZGVybGFuZA==", "Digest a=b"] {
        assert_eq!(served.get("/metrics", &format!("Authorization: {line}\r\n")).status, 401, "{line}");
    }
}

#[test]
fn headers_are_on_every_answer() {
    let served = guarded();
    let alice = credentials("alice", "wonderland");
    let asked =
        |request: &str| served.ask(&format!("{request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{alice}\r\n"));
    let check = |reply: &Reply, status: u16| {
        assert_eq!(reply.status, status);
        for (name, value) in [
            ("content-security-policy", "default-src 'self'"),
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "deny"),
            ("x-xss-protection", "0"),
        ] {
            assert_eq!(reply.header(name), value, "{status}");
        }
    };
    check(&asked("GET /"), 200);
    check(&asked("HEAD /metrics"), 200);
    check(&asked("GET /nowhere"), 404);
    check(&asked("POST /metrics"), 405);
    check(&served.get("/", ""), 401);
}

#[test]
fn the_rate_limit_comes_before_the_question_who_asks() {
    let text = format!("rate_limit: {{interval: 1h, burst: 3}}\nbasic_auth_users: {{alice: {}}}\n", hash("wonderland"));
    let served = serve(&text);
    let alice = credentials("alice", "wonderland");
    let statuses: Vec<u16> =
        [&*alice, "", &alice, &alice, ""].iter().map(|headers| served.get("/-/healthy", headers).status).collect();
    assert_eq!(statuses, [200, 401, 200, 429, 429]);
    assert_eq!(served.get("/metrics", &alice).text(), "Too Many Requests\n");
}

#[test]
fn the_rate_limit_counts_requests_and_not_connections() {
    let served = serve("rate_limit: {interval: 1h, burst: 2}\n");
    let mut stream = served.connect();
    let request = "GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n";
    let last = "GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all([request, request, last].concat().as_bytes()).unwrap();
    let mut answers = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answers).unwrap();
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "200", "429"]);
}
