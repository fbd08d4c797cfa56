//! Bodies: longer than any that is right, and how much of them the exporter holds at a time.

use std::fs;
use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Settings};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, frozen};

/// Half as much again as the process takes for it, and far less than eight of the longest bodies take at once.
const MEMORY: usize = 80 << 20;

/// The most memory that the process ever took, in bytes.
fn most_memory(exporter: &Exporter) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", exporter.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[test]
fn long_answers_are_taken_one_at_a_time_and_none_is_lost() {
    let fault = |operation, occurrence, effect| Fault { operation, occurrence, effect };
    // Right answers with much blank space: more of it than may be held of several answers at once.
    let (from, to) = ("\"value\":".to_owned(), " ".repeat(3 << 20) + "\"value\":");
    let spacious = fault(Operation::GetPresences, Occurrence::Always, Effect::Replace { from, to });
    // And before them some that never end, to as many requests as are in flight at a time.
    let endless = fault(Operation::GetPresences, Occurrence::During(1..=8), Effect::Endless(u64::MAX));
    let settings = Settings { faults: vec![spacious, endless], ..frozen(6_500, MORNING) };
    // Time enough for any machine: what is received and read without optimisation takes seconds.
    let tenant = Tenant::start("long", settings).with("interval: 60s");
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_for_cycles(&tenant, 1);
    assert_eq!(page.sum("long", "cycle_failures_total"), Some(0.0));
    assert_same_lines(&page.of("long", &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), "long");
    let broken_off = r#"teams_presence_graph_requests_total{code="body",operation="presences",tenant="long"}"#;
    assert_eq!(page.value(broken_off), Some(8.0));
    let most = most_memory(&exporter);
    assert!(most < MEMORY, "{most} bytes of memory were taken");
}

#[test]
fn a_pause_is_kept_whatever_follows_in_the_body() {
    let headers = vec![("Retry-After".to_owned(), "3".to_owned())];
    let body = Some(" ".repeat(17 << 20));
    let long = Effect::Status { status: 429, headers: headers.clone(), body };
    let short = Effect::Status { status: 429, headers, body: None };
    let (operation, occurrence) = (Operation::GetPresences, Occurrence::Nth(1));
    let start = |name, effects: Vec<Effect>| {
        let fault = |effect| Fault { operation, occurrence: occurrence.clone(), effect };
        let settings = Settings { faults: effects.into_iter().map(fault).collect(), ..frozen(200, MORNING) };
        // Time enough for any machine: the simulator packs the body first.
        Tenant::start(name, settings).with("interval: 60s")
    };
    let tenants = [start("long", vec![long]), start("broken off", vec![short, Effect::Truncate(10)])];
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for Tenant { name, simulator, .. } in &tenants {
        let page = exporter.wait_until("up", |page| page.up(name));
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(simulator).lines(), name);
        let calls = simulator.calls();
        let asked: Vec<_> = calls.iter().filter(|call| call.operation == Operation::GetPresences).collect();
        let gap = asked[1].at.duration_since(asked[0].at).unwrap();
        assert!(gap >= Duration::from_secs(3), "{name}: asked again after {gap:?}");
        let throttled =
            format!(r#"teams_presence_graph_requests_total{{code="429",operation="presences",tenant="{name}"}}"#);
        assert_eq!(page.value(&throttled), Some(1.0), "{name}");
    }
}
