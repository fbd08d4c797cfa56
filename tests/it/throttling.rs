//! Throttling: whatever form `Retry-After` has, the whole tenant waits at least that long, and then it goes on.
//!
//! Only ever waits that are too short are failures here; how long anything takes is no matter.

use std::time::Duration;

use simulator::{Budget, Fault, Occurrence, Operation, RetryAfter, Settings, Switches};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

/// The presence requests of a tenant so far, and when they came.
fn asked(tenant: &Tenant) -> Vec<simulator::Call> {
    let calls = tenant.simulator.calls().into_iter();
    calls.filter(|call| call.operation == Operation::GetPresences).collect()
}

#[test]
fn a_short_pause_is_waited_out_within_the_cycle() {
    let case = |value: &str, least: u64| {
        let fault = Fault::throttled(Operation::GetPresences, Occurrence::Nth(1), value);
        let tenant = Tenant::start(value, Settings { faults: vec![fault], ..frozen(200, MORNING) });
        (tenant, Duration::from_millis(least))
    };
    let cases = [case("2", 2_000), case("1.249", 1_249), case("0,2", 2_000), case("0", 500)];
    let tenants: Vec<&Tenant> = cases.iter().map(|(tenant, _)| tenant).collect();
    let exporter = Exporter::start(&tenants);
    for (tenant, least) in &cases {
        let name = &tenant.name;
        let page = exporter.wait_until(name, |page| page.up(name));
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), name);
        let failures = page.sum(name, "cycle_failures_total");
        assert_eq!(failures, Some(0.0), "{name}: a cycle that waited and then did all of its work has not failed");
        let waited = page.sum(name, "graph_throttled_seconds_total");
        // The pause begins with the answer, the waiting some moments later.
        assert!(waited.is_some_and(|waited| waited + 0.1 >= least.as_secs_f64()), "{name}: {waited:?}");
        let calls = asked(tenant);
        assert_eq!((calls[0].status, calls[1].status), (429, 200), "{name}");
        let gap = calls[1].at.duration_since(calls[0].at).unwrap();
        assert!(gap >= *least, "{name}: asked again after {gap:?}");
    }
}

#[test]
fn a_long_pause_silences_the_tenant_and_is_told() {
    let case = |retry_after: &RetryAfter| {
        let switches = Switches { retry_after: *retry_after, ..Switches::default() };
        let settings = Settings { switches, presence_limit: Some(1), ..frozen(200, MORNING) };
        Tenant::start(&format!("{retry_after:?}"), settings).with("interval: 5s\nmax_age: 10s")
    };
    let tenants: Vec<Tenant> = RetryAfter::ALL.iter().map(case).collect();
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for (tenant, retry_after) in tenants.iter().zip(RetryAfter::ALL) {
        let name = &tenant.name;
        // The first cycle is served; the second, five seconds later, is refused for the rest of the thirty.
        let page = exporter.wait_for_cycles(tenant, 3);
        assert_eq!(page.of(name, &["up"]), "up 0\n", "{name}");
        assert_eq!(page.of(name, &PRESENCE_FAMILIES), "", "{name}");
        assert_eq!(page.tracked(name), [0, 0, Census::usual(&tenant.simulator).people, 0], "{name}");
        let throttled = format!(r#"teams_presence_cycle_failures_total{{reason="throttled",tenant="{name}"}}"#);
        let (throttled, cycles) = (page.value(&throttled), page.sum(name, "cycles_total"));
        assert_eq!(throttled, cycles.map(|cycles| cycles - 1.0), "{name}: all cycles but the first");
        let calls = asked(tenant);
        assert_eq!((calls[0].status, calls[1].status), (200, 429), "{name}");
        for pair in calls[1..].windows(2) {
            let since = |earlier: &simulator::Call| pair[1].at.duration_since(earlier.at).unwrap();
            // The thirty begin with the request that was served. Without the header nobody knows better than to try again
            // after a while that the dice choose.
            let is_told = *retry_after != RetryAfter::Absent;
            let (gap, least) = if is_told { (since(&calls[0]), 29_000) } else { (since(&pair[0]), 500) };
            assert!(gap >= Duration::from_millis(least), "{name}: asked again after {gap:?}");
        }
    }
}

#[test]
fn a_budget_of_ids_instead_of_requests_leaves_counts_out_but_never_wrong() {
    let switches = Switches { budget: Budget::PerId, ..Switches::default() };
    let small = Tenant::start("small", Settings { switches, ..frozen(200, MORNING) });
    let large = Tenant::start("large", Settings { switches, ..frozen(5_000, MORNING) });
    let exporter = Exporter::start(&[&small, &large]);
    let page = exporter.wait_until("up", |page| page.up("small"));
    assert_same_lines(&page.of("small", &PRESENCE_FAMILIES), &Census::usual(&small.simulator).lines(), "small");

    // Two batches of 650 fit into 1,500 ids; the others are refused for thirty seconds.
    let page = exporter.wait_for_cycles(&large, 1);
    let people = Census::usual(&large.simulator).people;
    assert_eq!(page.tracked("large"), [1_300, 0, people - 1_300, 0]);
    assert_eq!(page.of("large", &PRESENCE_FAMILIES), "");
    assert_eq!(page.of("large", &["up"]), "up 0\n");
    let batches = usize::try_from(people).unwrap().div_ceil(650);
    assert_eq!(asked(&large).len(), batches, "who was told to wait asked again");
}

#[test]
fn what_graph_lets_through_is_learned_and_cycles_come_less_often() {
    // Graph counts ids: of three batches of 650 it lets two through in any thirty seconds.
    let switches = Switches { budget: Budget::PerId, ..Switches::default() };
    let settings = Settings { switches, ..frozen(2_100, MORNING) };
    let tenant = Tenant::start("ids", settings).with("interval: 5s\nmax_age: 5m\nrequest_budget: 8");
    let expected = Census::usual(&tenant.simulator);
    assert_eq!(expected.people.div_ceil(650), 3, "the three batches that this test is about");
    let exporter = Exporter::start(&[&tenant]);
    let budget = |page: &Page| page.sum("ids", "graph_budget_requests");
    let page = exporter.wait_until("the first refusal is learned from", |page| budget(page) < Some(8.0));
    assert_eq!(budget(&page), Some(4.0));
    let mut counted = false;
    exporter.wait_until("two requests are learned", |page| {
        let counts = page.of("ids", &PRESENCE_FAMILIES);
        counted |= !counts.is_empty();
        assert!(!counted || counts == expected.lines(), "the counts went away or wrong:\n{}", page.0);
        budget(page) == Some(2.0)
    });
    // Which of the batches were let through by then is Graph's affair; the next cycle asks for whoever was left out. Until
    // everybody is counted, calm may have raised the limit to three, which takes half a minute as well.
    let stretched = |page: &Page| page.sum("ids", "poll_interval_seconds") >= Some(30.0);
    let page = exporter.wait_until("cycles come less often, and everybody is counted", |page| {
        stretched(page) && !page.of("ids", &PRESENCE_FAMILIES).is_empty()
    });
    assert_eq!(page.of("ids", &["planned_requests"]), "planned_requests 3\n");
    let plan = "3 requests a cycle, 150 % of the 2 that any 30 s may hold; a cycle takes up to 4";
    let line = exporter.wait_for_log(&["planned: ", plan, " s, so there is one every ", " s only"]);
    assert!(line.contains("level=WARN"), "{line}");
    let status = exporter.get("/").body.replace('\u{a0}', " ");
    assert!(status.contains("3 requests a cycle, 1"), "{status}");
    assert_same_lines(&page.of("ids", &PRESENCE_FAMILIES), &expected.lines(), "ids");
}
