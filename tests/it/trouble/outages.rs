//! Nobody there; and time that does not suffice.

use std::time::Duration;

use simulator::Settings;

use super::{Cause, Trouble, endure};
use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, frozen};

#[test]
fn a_whole_outage_ends_and_all_is_as_it_was() {
    let outage = |name: &str, token_lifetime| {
        let token_lifetime = Duration::from_secs(token_lifetime);
        let tenant = Tenant::start(name, Settings { token_lifetime, ..frozen(200, MORNING) });
        Trouble::by(tenant, Cause::Offline)
    };
    endure(vec![
        outage("with-token", 3_600).told("unavailable", "Graph at localhost"),
        // It is asked for again after half a minute at the latest.
        outage("token-expires", 8).told("unavailable", "Entra at localhost").pausing(30),
    ]);
}

const CUT: &str = r#"teams_presence_cycle_failures_total{reason="deadline",tenant="slow"}"#;

#[test]
fn a_cycle_that_overruns_is_cut_publishes_what_it_learned_and_starves_nobody_twice() {
    // Three batches, one after the other, of three seconds each: two of them fit into the longest cycle that may be.
    let settings = Settings { presence_latency: Duration::from_secs(3), ..frozen(2_000, MORNING) };
    let tenant = Tenant::start("slow", settings).with("interval: 5s\nmax_age: 15s\nconcurrency: 1");
    let expected = Census::usual(&tenant.simulator);
    assert_eq!(expected.people.div_ceil(650), 3, "the three batches that this test is about");
    let exporter = Exporter::start(&[&tenant]);
    let mut most = 0;
    let page = exporter.wait_until("everybody known after cycles that were cut", |page| {
        let [current, held, ..] = page.tracked("slow");
        most = most.max(current);
        // Two cycles as long as may be, one right after the other.
        page.value(CUT) >= Some(3.0) && current < expected.people && current + held == expected.people
    });
    assert!((650..expected.people).contains(&most), "a cycle that was cut learned about {most}");
    assert_same_lines(&page.of("slow", &PRESENCE_FAMILIES), &expected.lines(), "slow");
    assert_eq!(tenant.simulator.most_at_once(), 1, "two cycles asked at one time");
}
