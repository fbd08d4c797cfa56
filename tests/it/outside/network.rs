//! Hosts that cannot be reached, are not trusted, or are somebody else; and certificates in `ca_file`.
//!
//! No test leaves loopback: what should not resolve is asked of a proxy on a closed port.

use simulator::{Effect, Fault, Occurrence, Operation, Simulator};

use super::{Patient, World};
use crate::harness::{MORNING, frozen};

/// Nobody listens there: it is a port for the privileged, of a service that nobody has run for decades.
const CLOSED: &str = "https://localhost:1";

const CHECK_THE_WAY: &str = "Check its name, DNS, the firewall and the proxy";

const NAME_IT_IN_CA_FILE: &str = "If a proxy inspects TLS, or the CA is your own, name its certificate in ca_file; a \
                                  server's own must not be a CA's";

const PUT_IT_THERE: &str =
    "Put the certificate of the proxy or of your CA there, in PEM form; the exporter reads it again by itself";

/// A good tenant whose authority, or whose Graph, is said to be elsewhere.
fn elsewhere(which: &str, place: &str) -> World {
    let world = World::good();
    let entry = format!("{which}: '{}'", world.tenant.simulator.origin());
    world.changed(&entry, &format!("{which}: '{place}'"))
}

fn untrusted(patient: &Patient) -> String {
    format!("Entra at {} has a certificate that is not trusted, or speaks no common TLS", patient.host())
}

#[test]
fn an_entra_that_cannot_be_reached_is_named() {
    let patient = elsewhere("authority", CLOSED).start();
    patient.check_not_ready();
    patient.check_listing("unavailable", "Entra at localhost:1 could not be reached", CHECK_THE_WAY);
    let connects = "graph_requests_total{code=\"connect\",operation=\"token\"} ";
    let page = patient.exporter.scrape();
    assert!(page.of("contoso", &["graph_requests_total"]).starts_with(connects), "{}", page.0);
}

#[test]
fn a_graph_that_cannot_be_reached_is_named() {
    let patient = elsewhere("graph", CLOSED).start();
    patient.check_listing("unavailable", "Graph at localhost:1 could not be reached", CHECK_THE_WAY);
}

#[test]
fn of_a_name_that_a_missing_proxy_would_look_up_the_proxy_is_told() {
    let world = elsewhere("authority", "https://login.invalid");
    let patient = world.start_within(&[("HTTPS_PROXY", "http://127.0.0.1:1")]);
    let what = "the proxy at 127.0.0.1:1, on the way to Entra at login.invalid, could not be reached";
    patient.check_listing("unavailable", what, "Check HTTPS_PROXY or the key proxy, its name, DNS and the firewall");
}

#[test]
fn a_server_that_is_not_trusted_leads_to_ca_file() {
    let patient = World::good().changed("ca_file: ca-0.pem", "").start();
    patient.check_listing("unavailable", &untrusted(&patient), NAME_IT_IN_CA_FILE);
    let distrusted = "graph_requests_total{code=\"tls\",operation=\"token\"} ";
    let page = patient.exporter.scrape();
    assert!(page.of("contoso", &["graph_requests_total"]).starts_with(distrusted), "{}", page.0);
}

#[test]
fn a_certificate_of_somebody_else_in_ca_file_leads_to_ca_file() {
    let stranger = Simulator::start(frozen(1, MORNING)).unwrap();
    let patient = World::good().with_file("ca-0.pem", stranger.ca_pem()).start();
    patient.check_listing("unavailable", &untrusted(&patient), NAME_IT_IN_CA_FILE);
}

#[test]
fn a_ca_file_that_is_missing_is_named_and_taken_up_once_it_is_there() {
    let world = World::good().without_file("ca-0.pem");
    let what = format!("the ca_file {} does not exist", world.path("ca-0.pem"));
    let patient = world.start();
    patient.check_not_ready();
    patient.check_start(&what, PUT_IT_THERE);
    patient.put("ca-0.pem", patient.simulator().ca_pem());
    patient.wait_for_recovery();
}

#[test]
fn a_ca_file_without_a_certificate_is_named() {
    for content in ["", "-----BEGIN NONSENSE-----\n"] {
        let world = World::good().with_file("ca-0.pem", content);
        let what = format!("the ca_file {} holds no PEM certificate", world.path("ca-0.pem"));
        world.start().check_start(&what, PUT_IT_THERE);
    }
}

#[test]
fn a_guest_network_in_place_of_entra_is_told() {
    let world = World::good();
    let fault = Fault { operation: Operation::Token, occurrence: Occurrence::Always, effect: Effect::Html(200) };
    world.tenant.simulator.inject(fault);
    let patient = world.start();
    patient.check_listing(
        "unintelligible",
        &format!("Entra at {} did not answer as Entra does (HTTP 200)", patient.host()),
        "Check cloud.authority, and that no proxy or guest network answers in its place",
    );
}

#[test]
fn a_proxy_that_answers_in_place_of_graph_is_told() {
    let world = World::good();
    let fault = Fault { operation: Operation::ListUsers, occurrence: Occurrence::Always, effect: Effect::Html(404) };
    world.tenant.simulator.inject(fault);
    world.start().check_listing(
        "rejected",
        "a request was refused with HTTP 404, and not in the words of Graph",
        "Check cloud.graph, and that no proxy answers in Graph's place",
    );
}
