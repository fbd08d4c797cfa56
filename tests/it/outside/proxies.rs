//! Proxies on the way: those of the environment, a tenant's own, and what is told of one that does not let through.
//!
//! A simulated tenant is on this machine, where the environment's proxy is not asked. So it is called `localhost.` here, with a
//! full stop, which is the same host and another name.

use super::{Patient, World};
use crate::harness::proxy::{Manner, Proxy, base64};

const NAME_THEM: &str = "Name user and password in HTTPS_PROXY, as http://user:password@host:port, or have it let this \
                         machine through without";

/// A good tenant that is not known to be on this machine.
fn far_away() -> World {
    let world = World::good();
    let (origin, elsewhere) = origins(&world);
    world.changed(
        &format!("authority: '{origin}', graph: '{origin}'"),
        &format!("authority: '{elsewhere}', graph: '{elsewhere}'"),
    )
}

fn origins(world: &World) -> (String, String) {
    let origin = world.tenant.simulator.origin();
    let elsewhere = origin.replace("localhost", "localhost.");
    (origin, elsewhere)
}

/// The host and port that a proxy is asked for by a tenant that is far away.
fn wanted(patient: &Patient) -> String {
    patient.host().replace("localhost", "localhost.")
}

/// A tenant that is far away behind a proxy of this manner, named in the environment.
fn behind(manner: Manner) -> (Patient, Proxy) {
    let proxy = Proxy::start(manner);
    let patient = far_away().start_within(&[("HTTPS_PROXY", &format!("http://{}", proxy.place()))]);
    (patient, proxy)
}

/// What is told of a proxy that refuses, and that it is over once it does not.
#[track_caller]
fn check_refusal(line: &'static str, status: u16, action: &str) {
    let (patient, proxy) = behind(Manner::Refuses(line));
    let what =
        format!("the proxy at {} refuses the way to Entra at {} (HTTP {status})", proxy.place(), wanted(&patient));
    patient.check_listing("unavailable", &what, action);
    let kept = "graph_requests_total{code=\"proxy\",operation=\"token\"} ";
    let page = patient.exporter.scrape();
    assert!(page.of("contoso", &["graph_requests_total"]).starts_with(kept), "{}", page.0);
    proxy.turn(Manner::Open);
    patient.wait_for_recovery();
}

#[test]
fn a_variable_that_holds_no_proxy_is_told_and_never_what_it_holds() {
    for value in ["http://anna:12345/6@proxy:3128", "ftp://proxy:3128"] {
        let patient = far_away().start_within(&[("https_proxy", value)]);
        let what = "the environment variable https_proxy holds no proxy that can be used";
        let action = "Write it as http://host:port or http://user:password@host:port, with %2F, %3F, %23 and %40 for /, ?, # and \
                      @ in the password, or leave it out, and start the exporter again";
        patient.exporter.wait_for_log(&["level=WARN", "reason=unavailable", what, action]);
        let log = patient.exporter.log();
        assert!(!log.contains("anna") && !log.contains("12345") && !log.contains("3128"), "{log}");
    }
    // Whoever is on this machine needs no proxy.
    World::good().start_within(&[("https_proxy", "ftp://proxy:3128")]).wait_for_recovery();
}

#[test]
fn the_proxy_of_the_environment_is_gone_through_in_either_case() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let proxy = Proxy::start(Manner::Open);
        let patient = far_away().start_within(&[(variable, &format!("http://{}", proxy.place()))]);
        patient.wait_for_recovery();
        assert!(proxy.tunnels() > 0, "{variable}");
        assert!(proxy.asked().iter().all(|asked| *asked == wanted(&patient)), "{:?}", proxy.asked());
    }
}

#[test]
fn who_is_excepted_from_the_proxy_of_the_environment_is_asked_directly() {
    for (variable, exception) in
        [("NO_PROXY", "localhost."), ("no_proxy", "elsewhere.example, localhost."), ("NO_PROXY", "*")]
    {
        let proxy = Proxy::start(Manner::Open);
        let url = format!("http://{}", proxy.place());
        let patient = far_away().start_within(&[("HTTPS_PROXY", &url), (variable, exception)]);
        // No machine resolves that name without a proxy.
        let what = format!("Entra at {} could not be reached", wanted(&patient));
        patient.check_listing("unavailable", &what, "Check its name, DNS, the firewall and the proxy");
        assert_eq!(proxy.asked(), [""; 0], "{variable}={exception}");
    }
}

#[test]
fn a_tenant_on_this_machine_is_asked_directly_unless_it_has_a_proxy_of_its_own() {
    let proxy = Proxy::start(Manner::Open);
    let url = format!("http://{}", proxy.place());
    let patient = World::good().start_within(&[("HTTPS_PROXY", &url)]);
    patient.wait_for_recovery();
    assert_eq!(proxy.asked(), [""; 0]);

    let world = World::good().changed("ca_file:", &format!("proxy: {url}\n    ca_file:"));
    let patient = world.start_within(&[("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "*")]);
    patient.wait_for_recovery();
    assert!(proxy.tunnels() > 0);
    assert!(patient.exporter.get("/config").body.contains(&format!("proxy: \"{url}\"")));
}

#[test]
fn a_password_for_the_proxy_is_shown_to_it_and_to_nobody_else() {
    let proxy = Proxy::start(Manner::Wants("canary-name:canary 4711"));
    let url = format!("http://canary-name:canary%204711@{}", proxy.place());
    let patient = far_away().start_within(&[("HTTPS_PROXY", &url)]);
    patient.wait_for_recovery();
    assert!(proxy.tunnels() > 0);

    let wrong = format!("http://canary-name:canary%204712@{}", proxy.place());
    let refused = far_away().start_within(&[("HTTPS_PROXY", &wrong)]);
    let what = format!("the proxy at {} refuses the way to Entra at {} (HTTP 407)", proxy.place(), wanted(&refused));
    refused.check_listing("unavailable", &what, NAME_THEM);
    for patient in [patient, refused] {
        let pages = ["/", "/metrics", "/config"].map(|path| patient.exporter.get(path).body);
        let log = patient.exporter.log();
        for text in pages.iter().chain([&log]) {
            for secret in ["canary", &base64("canary-name:canary 4711")] {
                assert!(!text.contains(secret), "{secret} in:\n{text}");
            }
        }
    }
}

#[test]
fn a_proxy_that_refuses_is_named_with_what_it_says_and_not_microsoft() {
    check_refusal("HTTP/1.1 407 Proxy Authentication Required", 407, NAME_THEM);
    check_refusal("HTTP/1.1 403 Forbidden", 403, "Have it allow CONNECT to that host and port");
    let behind_it = "It does not reach that server itself: check its DNS and the firewall behind it";
    check_refusal("HTTP/1.0 502 Bad Gateway", 502, behind_it);
}

#[test]
fn a_proxy_that_is_none_is_told() {
    let (patient, proxy) = behind(Manner::Refuses("SSH-2.0-OpenSSH_9.6"));
    patient.check_listing(
        "unavailable",
        &format!("what answers at {}, on the way to Entra at {}, is no HTTP proxy", proxy.place(), wanted(&patient)),
        "Check host, port and scheme in HTTPS_PROXY or the key proxy; it must allow CONNECT",
    );
}

#[test]
fn a_proxy_that_is_not_there_is_told() {
    let world = World::good().changed("ca_file:", "proxy: http://127.0.0.1:1\n    ca_file:");
    let patient = world.start();
    patient.check_listing(
        "unavailable",
        &format!("the proxy at 127.0.0.1:1, on the way to Entra at {}, could not be reached", patient.host()),
        "Check HTTPS_PROXY or the key proxy, its name, DNS and the firewall",
    );
}

#[test]
fn a_proxy_that_hangs_is_told_and_one_that_wakes_is_taken_up() {
    let (patient, proxy) = behind(Manner::Hangs);
    patient.check_listing(
        "unavailable",
        &format!("the proxy at {}, on the way to Entra at {}, did not answer in time", proxy.place(), wanted(&patient)),
        "Check the proxy, the network path to it, and whether it reaches that server itself",
    );
    proxy.turn(Manner::Open);
    patient.wait_for_recovery();
}

#[test]
fn a_reload_that_names_another_proxy_has_the_tenant_go_through_it() {
    let [first, second] = [Proxy::start(Manner::Open), Proxy::start(Manner::Open)];
    let world = World::good().changed("ca_file:", &format!("proxy: http://{}\n    ca_file:", first.place()));
    let section = world.section.clone();
    let patient = world.start();
    patient.wait_for_recovery();
    assert_eq!(second.tunnels(), 0);
    patient.put("exporter.yml", &format!("tenants:\n{}", section.replace(&first.place(), &second.place())));
    patient.exporter.signal("HUP");
    patient.exporter.wait_for_log(&["in force", "changed=1"]);
    patient.exporter.wait_for("a tunnel of the other proxy", || second.tunnels() > 0);
    patient.wait_for_recovery();
}
