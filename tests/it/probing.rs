//! What a look at the way to a server reports: the doctor's eyes, before any advice.
//!
//! The servers are simulated tenants, and the exporter's own where a certificate is to be of a certain kind.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, Issuer, KeyPair, date_time_ymd};
use simulator::Settings;
use teams_presence_exporter::config;
use teams_presence_exporter::domain::advice::{Hurdle, Obstacle};
use teams_presence_exporter::telemetry::{Build, Telemetry};
use teams_presence_exporter::transport::probe::{Certificate, Distrust, Probe, Unconnected, Unresolved};
use teams_presence_exporter::transport::{Failure, Transport};
use tokio::runtime;
use url::Url;

use crate::harness::proxy::{Manner, Proxy};
use crate::harness::{MORNING, Tenant, frozen};
use crate::web::served::serve_by;

/// What the transport of a tenant sees on the way to a URL.
fn look(tenant: &Tenant, url: &str, change: impl FnOnce(&mut config::Tenant)) -> Probe {
    let folder = tempfile::tempdir().unwrap();
    let config = tenant.configured(folder.path(), change);
    let counters = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
    let telemetry = counters.tenant(&config.name, config.permissions());
    let transport = Transport::new(&config, telemetry).unwrap();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(transport.probe(&Url::parse(url).unwrap()))
}

fn tenant() -> Tenant {
    Tenant::start("contoso", Settings { people: 1, ..frozen(1, MORNING) })
}

/// The certificate that a server shows whose own is of this kind, to somebody who trusts the authority that issued it.
fn shown(names: &[&str], until: i32) -> Certificate {
    let folder = tempfile::tempdir().unwrap();
    let authority = issue(folder.path(), names, until);
    let file = folder.path().join("web.yml");
    fs::write(&file, "tls_server_config: {cert_file: server.crt, key_file: server.key}\n").unwrap();
    let served = serve_by(&file);
    let ca = folder.path().join("authority.pem");
    fs::write(&ca, authority).unwrap();
    let url = format!("https://{}/", served.address);
    look(&tenant(), &url, |config| config.ca_file = Some(ca)).certificate.unwrap()
}

/// Writes a server's certificate and key into a folder. Returns the authority's certificate.
fn issue(folder: &Path, names: &[&str], until: i32) -> String {
    let mut authority = CertificateParams::default();
    authority
        .distinguished_name
        .push(DnType::CommonName, "The\u{7} inspecting proxy of a company that has a name longer than others");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let own = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    fs::write(folder.join("server.crt"), params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    own
}

#[test]
fn of_a_good_way_every_step_is_told_and_nothing_is_asked_but_one_page() {
    let tenant = tenant();
    let origin = tenant.simulator.origin();
    let probe = look(&tenant, &origin, |_| {});
    assert_eq!(probe.proxy, None);
    assert_eq!(format!("https://{}", probe.first), origin);
    let addresses = probe.addresses.unwrap();
    assert!(!addresses.is_empty() && addresses.iter().all(std::net::IpAddr::is_loopback), "{addresses:?}");
    assert!(probe.connected.unwrap().is_ok());
    let certificate = probe.certificate.unwrap();
    assert_eq!((certificate.issuer.as_deref(), certificate.distrust), (Some("Simulated Graph CA"), None));
    assert_eq!(certificate.tls, Some("1.3"));
    assert!(certificate.expires > Some(MORNING), "{certificate:?}");
    let answer = probe.answer.unwrap();
    assert_eq!(answer.status, 400);
    // Both read the clock of this machine.
    let server = answer.server_unix_millis.unwrap();
    assert!(server % 1000 == 0 && server.abs_diff(answer.own_unix_millis) < 600_000, "{answer:?}");
    assert_eq!(tenant.simulator.calls().len(), 1);
}

#[test]
fn who_issued_a_certificate_that_is_not_trusted_is_told() {
    let tenant = tenant();
    let probe = look(&tenant, &tenant.simulator.origin(), |config| config.ca_file = None);
    let certificate = probe.certificate.unwrap();
    assert_eq!(certificate.issuer.as_deref(), Some("Simulated Graph CA"));
    assert_eq!((certificate.distrust, certificate.tls), (Some(Distrust::UnknownIssuer), None));
    assert_eq!(format!("{:?}", probe.answer), "Err(Obstacle(Tls))");
    assert_eq!(tenant.simulator.calls().len(), 0);
}

#[test]
fn in_which_way_a_certificate_fails_is_told_and_its_issuer_cannot_break_a_line() {
    let good = shown(&["localhost", "127.0.0.1"], 2096);
    assert_eq!((good.distrust, good.expires), (None, Some(3_976_214_400)));
    let issuer = good.issuer.unwrap();
    assert_eq!(issuer, "The inspecting proxy of a company that has a name longer than ot");
    assert_eq!(shown(&["127.0.0.1"], 2020).distrust, Some(Distrust::Expired));
    assert_eq!(shown(&["elsewhere.example"], 2096).distrust, Some(Distrust::OtherName));
}

#[test]
fn a_name_without_an_address_and_a_port_where_nobody_listens_end_it_there() {
    let tenant = tenant();
    let probe = look(&tenant, "https://nowhere.invalid/", |_| {});
    assert_eq!((probe.addresses, probe.connected, probe.certificate), (Err(Unresolved::Unknown), None, None));
    assert_eq!(format!("{:?}", probe.answer), "Err(Obstacle(Connect))");

    // A port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let probe = look(&tenant, &format!("https://{closed}/"), |_| {});
    assert_eq!((probe.connected, probe.certificate), (Some(Err(Unconnected::Refused)), None));
    assert_eq!(format!("{:?}", probe.answer), "Err(Obstacle(Connect))");
}

#[test]
fn the_proxy_on_the_way_is_told_and_what_it_says() {
    let (tenant, proxy) = (tenant(), Proxy::start(Manner::Open));
    let through = |config: &mut config::Tenant| {
        config.proxy = Some(Url::parse(&format!("http://{}", proxy.place())).unwrap());
    };
    let probe = look(&tenant, &tenant.simulator.origin(), through);
    assert_eq!((probe.proxy.as_ref(), &probe.first), (Some(&proxy.place()), &proxy.place()));
    assert_eq!(probe.certificate.unwrap().issuer.as_deref(), Some("Simulated Graph CA"));
    assert_eq!((probe.answer.unwrap().status, proxy.tunnels()), (400, 1));

    proxy.turn(Manner::Refuses("HTTP/1.1 403 Forbidden"));
    let probe = look(&tenant, &tenant.simulator.origin(), through);
    assert!(probe.connected.unwrap().is_ok());
    assert_eq!(probe.certificate, None);
    let refused = Obstacle::Proxy(proxy.place().into(), Hurdle::Refuses(403));
    assert_eq!(probe.answer.unwrap_err(), Failure::Obstacle(refused));

    // No way is open by that word, however well it is meant.
    proxy.turn(Manner::Refuses("HTTP/1.1 201 Created"));
    let refused = Obstacle::Proxy(proxy.place().into(), Hurdle::Refuses(201));
    let probe = look(&tenant, &tenant.simulator.origin(), through);
    assert_eq!(probe.answer.unwrap_err(), Failure::Obstacle(refused));

    // A port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let probe = look(&tenant, &tenant.simulator.origin(), |config| {
        config.proxy = Some(Url::parse(&format!("http://{closed}")).unwrap());
    });
    assert_eq!(probe.connected, Some(Err(Unconnected::Refused)));
    let missing = Obstacle::Proxy(closed.to_string().into(), Hurdle::Unreachable);
    assert_eq!(probe.answer.unwrap_err(), Failure::Obstacle(missing));
}
