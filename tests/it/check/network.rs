//! What is found on the way to Entra and Graph, each with its cause.

use std::fs;

use rcgen::{CertificateParams, DnType, Issuer, KeyPair, date_time_ymd};
use simulator::{Effect, Operation};
use teams_presence_exporter::clock;

use super::credentials::{struck, well};
use super::run::{self, Run, Stage};
use crate::harness::Tenant;
use crate::harness::proxy::{Manner, Proxy};
use crate::web::served::serve_by;

/// `localhost:1234`
fn host(tenant: &Tenant) -> String {
    tenant.simulator.origin().trim_start_matches("https://").to_owned()
}

/// A tenant whose Entra is well and whose Graph is a server with a certificate for these names, good from and until these
/// years, by an authority that is trusted. Returns what is said, and where that Graph is.
fn shown(names: &[&str], [from, until]: [i32; 2]) -> (Run, String) {
    let tenant = well();
    let stage = Stage::of(&[&tenant]);
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Inspecting\u{202e} Proxy");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let trusted = tenant.simulator.ca_pem().to_owned() + &authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap().pem();
    let stage =
        stage.write("ca-0.pem", &trusted).write("server.crt", &certificate).write("server.key", &key.serialize_pem());
    let stage = stage.write("graph.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
    let served = serve_by(&stage.folder().join("graph.yml"));
    let graph = format!("localhost:{}", served.address.port());
    let run =
        stage.replace(&format!("graph: '{}'", tenant.simulator.origin()), &format!("graph: 'https://{graph}'")).json();
    (run, graph)
}

#[test]
fn a_name_that_dns_does_not_know_is_told_and_nothing_beyond_is_tried() {
    let tenant = well();
    let stage = Stage::of(&[&tenant])
        .replace(&format!("authority: '{}'", tenant.simulator.origin()), "authority: 'https://login.contoso.invalid'");
    stage
        .json()
        .finds(
            "dns",
            "failure",
            "login.contoso.invalid:443 has no address: DNS does not know it, or cannot be asked",
            "Check the name for typing errors, and the DNS servers of this machine (of a container: its own); if only a \
             proxy may go out from here, name it in proxy or HTTPS_PROXY",
        )
        .says("tcp", "skipped", "not tried: login.contoso.invalid:443 has no address")
        .says("tcp", "ok", &format!("Graph at {}: connected", host(&tenant)))
        .says("token", "skipped", "not tried: Entra cannot be reached")
        .ends_with(1);
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let tenant = well();
    tenant.simulator.go_offline().unwrap();
    run::json(&tenant)
        .finds(
            "tcp",
            "failure",
            &format!("{} refuses connections: nobody listens there, or a firewall says so", host(&tenant)),
            "Check the firewall; if only a proxy may go out from here, name it in proxy or HTTPS_PROXY",
        )
        .says("tls", "skipped", "not tried: there is no connection")
        .says("clock", "skipped", "not known: nobody told the time")
        .says("token", "skipped", "not tried: Entra cannot be reached")
        .ends_with(1);
}

#[test]
fn a_graph_that_cannot_be_reached_keeps_nobody_from_the_token() {
    let (tenant, other) = (well(), well());
    other.simulator.go_offline().unwrap();
    let graph = other.simulator.origin();
    let stage =
        Stage::of(&[&tenant]).replace(&format!("graph: '{}'", tenant.simulator.origin()), &format!("graph: '{graph}'"));
    stage
        .json()
        .says("roles", "ok", "Presence.Read.All and User.Read.All granted")
        .says("users", "skipped", "not tried: Graph cannot be reached")
        .ends_with(1);
}

#[test]
fn a_certificate_of_a_stranger_is_told_with_who_issued_it() {
    let tenant = well();
    let stage = Stage::of(&[&tenant]).replace("    ca_file: ca-0.pem\n", "");
    stage
        .json()
        .finds(
            "tls",
            "failure",
            &format!(
                "the certificate of Entra and Graph at {} was issued by Simulated Graph CA, which is not trusted here",
                host(&tenant)
            ),
            "If that is a proxy that inspects TLS, or a CA of your own, put its certificate into ca_file; else somebody is \
             in between who should not be",
        )
        .ends_with(1);
}

#[test]
fn in_which_way_a_certificate_fails_is_told() {
    let whose = |graph: &str| format!("the certificate of Graph at {graph}, issued by Inspecting Proxy,");
    let (run, graph) = shown(&["localhost"], [2015, 2020]);
    let what = format!("{} has expired", whose(&graph));
    run.finds("tls", "failure", &what, "Check this machine's clock; else whoever issued it has to renew it")
        .ends_with(1);
    let (run, graph) = shown(&["localhost"], [2090, 2096]);
    let what = format!("{} is not valid yet", whose(&graph));
    run.finds("tls", "failure", &what, "Check this machine's clock").ends_with(1);
    let (run, graph) = shown(&["elsewhere.example"], [2015, 2096]);
    let what = format!("{} is one for another name", whose(&graph));
    let action = "Check cloud, and whether a proxy or a guest network answers in its place";
    run.finds("tls", "failure", &what, action).ends_with(1);
}

#[test]
fn a_ca_file_that_is_not_there_ends_it() {
    let stage = Stage::of(&[&well()]);
    fs::remove_file(stage.folder().join("ca-0.pem")).unwrap();
    stage
        .json()
        .finds(
            "trust",
            "failure",
            "the ca_file ca-0.pem does not exist",
            "Put the certificate of the proxy or of your CA there, in PEM form; the exporter reads it again by itself",
        )
        .says("dns", "skipped", "not tried: without certificates to trust nobody can be asked")
        .ends_with(1);
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let dated = |seconds: i64| {
        let now = i64::try_from(clock::now().unix_millis / 1000).unwrap();
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(now + seconds).unwrap());
        let date = vec![("Date".to_owned(), httpdate::fmt_http_date(at))];
        let tenant = struck(Operation::Other, Effect::Headers(date));
        let steps = run::json(&tenant).steps();
        steps.into_iter().find(|step| step.name == "clock").unwrap()
    };
    let action =
        "Let it be set by NTP (chrony, systemd-timesyncd): the age of data and the life of tokens are told by it";
    let fast = dated(-3600);
    assert_eq!((&*fast.mark, fast.action.as_deref()), ("warning", Some(action)));
    let [before, after] = ["this machine's clock is ", " ahead of that of Entra and Graph at localhost:"];
    assert!(fast.what.starts_with(before) && fast.what.contains(after), "{fast:?}");
    let slow = dated(3600);
    assert!(slow.mark == "warning" && slow.what.contains(" behind that of Entra and Graph at "), "{slow:?}");
    assert_eq!(dated(5).mark, "ok");
}

#[test]
fn a_proxy_on_the_way_is_told_and_one_that_lets_nobody_through_is_named() {
    let tenant = well();
    let proxy = Proxy::start(Manner::Open);
    let further = |proxy: &Proxy| format!("interval: 5s\n    proxy: http://{}", proxy.place());
    let run = Stage::of(&[&tenant]).replace("interval: 5s", &further(&proxy)).json();
    let way = format!("the proxy {}, on the way to Entra and Graph at {}", proxy.place(), host(&tenant));
    run.says("tcp", "ok", &format!("{way}: connected")).ends_with(0);
    let proxy = Proxy::start(Manner::Refuses("HTTP/1.1 403 Forbidden"));
    let run = Stage::of(&[&tenant]).replace("interval: 5s", &further(&proxy)).json();
    let what =
        format!("the proxy at {} refuses the way to Entra and Graph at {} (HTTP 403)", proxy.place(), host(&tenant));
    run.finds("tls", "failure", &what, "Have it allow CONNECT to that host and port").ends_with(1);
}

#[test]
fn a_variable_that_holds_no_proxy_is_told_and_not_what_it_holds() {
    let tenant = well();
    let (here, far) = (tenant.simulator.origin(), tenant.simulator.origin().replace("localhost", "localhost."));
    let stage = Stage::of(&[&tenant]).replace(&here, &far);
    for flags in [&["--format", "json"][..], &["--format", "json", "--offline"]] {
        let mut command = stage.command(flags);
        let run = Run::of(command.env("HTTPS_PROXY", "http://anna:12345/6@proxy:3128").output().unwrap());
        run.finds(
            "proxy",
            "failure",
            "the environment variable HTTPS_PROXY holds no proxy that can be used",
            "Write it as http://host:port or http://user:password@host:port, with %2F, %3F, %23 and %40 for /, ?, # and @ in \
             the password, or leave it out, and start the exporter again",
        )
        .says("dns", "skipped", "not tried: it is not known through which proxy")
        .ends_with(1);
        assert!(!run.stdout.contains("anna") && !run.stdout.contains("12345"), "{}", run.stdout);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named_and_nobody_is_told_to_name_one() {
    let tenant = well();
    // A port that is taken and at which nobody listens for TCP.
    let gone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let behind = |place: &str| {
        let further = format!("interval: 5s\n    proxy: http://{place}");
        Stage::of(&[&tenant]).replace("interval: 5s", &further).json()
    };
    let what = format!("the proxy at {gone} refuses connections: nobody listens there, or a firewall says so");
    let action = "Check host and port in HTTPS_PROXY or the key proxy, that the proxy runs, and the firewall";
    behind(&gone.to_string()).finds("tcp", "failure", &what, action).ends_with(1);
    let what = "the proxy at proxy.contoso.invalid:3128 has no address: DNS does not know it, or cannot be asked";
    let action = "Check host and port in HTTPS_PROXY or the key proxy for typing errors, and the DNS servers of this machine \
                  (of a container: its own)";
    behind("proxy.contoso.invalid:3128").finds("dns", "failure", what, action).ends_with(1);
}
