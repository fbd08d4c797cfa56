//! Listings: they end where Graph ends, go nowhere else, and hold nobody up.

use std::io::ErrorKind;
use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Settings};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, frozen};

fn fault(operation: Operation, occurrence: Occurrence, effect: Effect) -> Fault {
    Fault { operation, occurrence, effect }
}

/// A tenant of several pages to which these things happen.
fn tenant(name: &str, faults: Vec<Fault>) -> Tenant {
    Tenant::start(name, Settings { faults, ..frozen(2_500, MORNING) })
}

fn listed(tenant: &Tenant) -> usize {
    tenant.simulator.calls().iter().filter(|call| call.operation == Operation::ListUsers).count()
}

/// Somebody else's host: it counts nobody, for nobody may come.
struct Elsewhere(std::net::TcpListener);

impl Elsewhere {
    fn new() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn origin(&self) -> String {
        format!("https://localhost:{}", self.0.local_addr().unwrap().port())
    }

    #[track_caller]
    fn assert_nobody_came(&self) {
        assert_eq!(self.0.accept().map(|_| ()).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    }
}

#[test]
fn a_listing_is_never_led_astray() {
    use Operation::{GetPresences, ListUsers, Token};
    let elsewhere = Elsewhere::new();
    let always = |name: &str, operation, effect| tenant(name, vec![fault(operation, Occurrence::Always, effect)]);
    let redirect = || Effect::Redirect(elsewhere.origin() + "/v1.0/users");
    let cases = [
        (always("foreign link", ListUsers, Effect::NextLinkElsewhere(elsewhere.origin())), "directory", "foreign_link"),
        (always("loop", ListUsers, Effect::NextLinkLoop), "directory", "unintelligible"),
        (always("redirected listing", ListUsers, redirect()), "directory", "unintelligible"),
        (always("redirected presence", GetPresences, redirect()), "cycle", "unintelligible"),
        (always("redirected token", Token, redirect()), "directory", "unintelligible"),
    ];
    let exporter = Exporter::start(&cases.iter().map(|(tenant, ..)| tenant).collect::<Vec<_>>());
    for (tenant, family, reason) in &cases {
        let name = &tenant.name;
        let failures = format!(r#"teams_presence_{family}_failures_total{{reason="{reason}",tenant="{name}"}}"#);
        let page = exporter.wait_until(&failures, |page| page.value(&failures) >= Some(1.0));
        assert_eq!(page.of(name, &["up"]), "up 0\n", "{name}");
        assert_eq!(page.of(name, &PRESENCE_FAMILIES), "", "{name}");
        exporter.wait_for_log(&["level=WARN", name, &format!("reason={reason}")]);
    }
    elsewhere.assert_nobody_came();
    // Two pages, and again when the listing is tried again.
    assert!(listed(&cases[1].0) <= 6, "a loop was followed");
}

#[test]
fn a_listing_that_stumbles_ends_well_and_one_that_lacks_people_is_told() {
    let expired = Effect::Status {
        status: 400,
        headers: Vec::new(),
        body: Some(r#"{"error":{"code":"Directory_ExpiredPageToken","message":"x"}}"#.to_owned()),
    };
    let status = |status| Effect::Status { status, headers: Vec::new(), body: None };
    let second = |name: &str, effect| tenant(name, vec![fault(Operation::ListUsers, Occurrence::Nth(2), effect)]);
    let cases = [
        second("expired", expired),
        second("unavailable", status(503)),
        second("throttled", status(429)),
        second("reset", Effect::Reset),
        second("cut", Effect::Truncate(100)),
        second("not json", Effect::MalformedJson),
        second("html", Effect::Html(502)),
        second("empty page", Effect::EmptyPage),
    ];
    let lacking = tenant("lacking", vec![fault(Operation::ListUsers, Occurrence::Nth(1), Effect::OmitRows(200))]);
    let exporter = Exporter::start(&cases.iter().chain([&lacking]).collect::<Vec<_>>());
    for Tenant { name, simulator, .. } in &cases {
        let page = exporter.wait_until(name, |page| page.up(name));
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(simulator).lines(), name);
        assert_eq!(page.sum(name, "directory_failures_total"), Some(0.0), "{name}");
    }
    let people = Census::usual(&lacking.simulator).people;
    let (announced, told) = (format!("announced={people}"), format!("listed={}", people - 200));
    exporter.wait_for_log(&["level=WARN", "tenant=lacking", &announced, &told]);
}

#[test]
fn a_slow_listing_delays_no_cycle() {
    // The first listing is of nobody, so the second comes within seconds and not after a refresh interval; it takes
    // longer than cycles do.
    let nobody = fault(Operation::ListUsers, Occurrence::Nth(1), Effect::OmitRows(1_000));
    let slow = fault(Operation::ListUsers, Occurrence::Nth(2), Effect::Delay(Duration::from_secs(9)));
    let settings = Settings { faults: vec![nobody, slow], ..frozen(300, MORNING) };
    let tenant = Tenant::start("slow", settings);
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_for_cycles(&tenant, 3);
    assert_eq!((listed(&tenant), page.tracked("slow")), (1, [0, 0, 0, 0]), "the second listing has ended too early");
    let page = exporter.wait_until("up", |page| page.up("slow"));
    assert_same_lines(&page.of("slow", &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), "slow");
}
