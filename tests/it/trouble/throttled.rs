//! Throttling of presence in every form: the tenant pauses as it is told to, and no longer than anybody could mean.

use simulator::{Effect, Fault, Occurrence, Operation};

use super::{Recovery, Trouble, endure};
use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

fn refusal(status: u16, retry_after: Option<&str>) -> Effect {
    let headers = retry_after.map(|value| ("Retry-After".to_owned(), value.to_owned()));
    Effect::Status { status, headers: headers.into_iter().collect(), body: None }
}

#[test]
fn whatever_form_a_pause_has_the_tenant_is_back_after_it() {
    let throttled = |name: &str, status: u16, retry_after: Option<&str>| {
        let trouble = Trouble::of(name, Operation::GetPresences, [refusal(status, retry_after)]);
        // Half a second is the shortest pause.
        trouble.told("throttled", "Graph throttles this application and asked for").costs(11)
    };
    let too_many = |name: &str, retry_after| throttled(name, 429, retry_after).pausing(2);
    // Nobody said how long, so each pause is longer than the one before.
    let speechless =
        |name: &str, retry_after| Trouble { recovery: Recovery::Slow, ..throttled(name, 429, retry_after) };
    endure(vec![
        too_many("integer", Some("1")),
        too_many("fraction", Some("0.249")),
        too_many("zero", Some("0")),
        too_many("joined", Some("0,2")),
        too_many("date-in-the-past", Some("Mon, 23 Nov 2015 18:00:30 GMT")),
        speechless("absent", None),
        speechless("nonsense", Some("soon")),
        throttled("unavailable", 503, Some("1")).pausing(1),
        throttled("timeout", 504, Some("1.5")).pausing(2),
        Trouble::of("unavailable-at-once", Operation::GetPresences, [refusal(503, None)])
            .told("unavailable", "Graph could not serve a request (HTTP 503)"),
    ]);
}

#[test]
fn an_absurd_pause_is_bounded_and_nobody_asks_meanwhile() {
    let absurd = |name: &str, retry_after: &str| {
        let tenant = Tenant::start(name, frozen(200, MORNING)).with("interval: 5s\nmax_age: 10s");
        (tenant, retry_after.to_owned())
    };
    let cases =
        [absurd("years", "99999999999"), absurd("joined", "1,1e300"), absurd("date", "Fri, 31 Dec 9999 23:59:59 GMT")];
    let exporter = Exporter::start(&cases.iter().map(|(tenant, _)| tenant).collect::<Vec<_>>());
    for (Tenant { name, simulator, .. }, retry_after) in &cases {
        let page = exporter.wait_until("up", |page| page.up(name));
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(simulator).lines(), name);
        simulator.forget_calls();
        simulator.inject(Fault::throttled(Operation::GetPresences, Occurrence::Nth(1), retry_after));
    }
    for (Tenant { name, simulator, .. }, _) in &cases {
        let throttled = format!(r#"teams_presence_cycle_failures_total{{reason="throttled",tenant="{name}"}}"#);
        let is_silent = |page: &Page| !page.up(name) && page.of(name, &PRESENCE_FAMILIES).is_empty();
        let page = exporter.wait_until("no counts", is_silent);
        assert!(page.value(&throttled) >= Some(1.0), "{name}\n{}", page.0);
        let line = exporter.wait_for_log(&["level=WARN", &format!("tenant={name} "), " s of it are left"]);
        let silence = line.split("silence, ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        let silence: f64 = silence.parse().unwrap();
        assert!((500.0..=600.0).contains(&silence), "{name}: {line}");
        let asked = simulator
            .calls()
            .iter()
            .filter(|call| call.operation == Operation::GetPresences && call.status == 429)
            .count();
        assert_eq!(
            (asked, simulator.calls().last().unwrap().status),
            (1, 429),
            "{name}: who was told to wait asked again"
        );
    }
}
