//! Scenarios: the exporter watches one tenant of each kind of trouble at once, and every page is right or silent.
//!
//! People stand still, so that what is counted of them can be held against what is true at any time: nobody is counted as
//! anything but what they are, and nobody twice.

use std::time::Duration;

use simulator::{Scenario, Settings};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, frozen};

/// A tenant in a scenario, so far into it that trouble begins within seconds.
fn tenant(scenario: Scenario) -> Tenant {
    let (people, seconds) = match scenario {
        // A few failures among many answers take many answers.
        Scenario::Flaky => (4_000, 55),
        Scenario::Slow => (600, 95),
        Scenario::TokenTrouble => (600, 160),
        Scenario::Shrinking => (600, 180),
        Scenario::LongListing => (1_500, 270),
        Scenario::Random => (600, 0),
        _ => (600, 55),
    };
    let scenario_skipped = Duration::from_secs(seconds);
    let settings = Settings { scenario, scenario_skipped, ..frozen(people, MORNING) };
    Tenant::start(scenario.name(), settings).with("interval: 5s\nmax_age: 10s\nusers: {refresh_interval: 1m}")
}

/// What a line of a presence family says: of what, and how many.
fn told(line: &str) -> (&str, u32) {
    let (what, users) = line.rsplit_once(' ').unwrap();
    (what, users.parse().unwrap())
}

/// Fails if somebody is counted who is not so.
fn assert_right_or_absent(page: &Page, tenant: &Tenant, truth: &str) {
    let counted = page.assert_sums_agree(&tenant.name);
    let lines = page.of(&tenant.name, &PRESENCE_FAMILIES);
    assert!(lines.is_empty() || counted > 0, "{}:\n{lines}", tenant.name);
    for (what, users) in lines.lines().map(told) {
        let right = truth.lines().map(told).find(|(known, _)| *known == what).map_or(0, |(_, users)| users);
        assert!(users <= right, "{}: {what} {users}, but there are {right}\n{lines}", tenant.name);
    }
}

/// Whether anything at all has gone wrong with a tenant.
fn is_troubled(page: &Page, name: &str) -> bool {
    let failed = ["cycle_failures_total", "directory_failures_total", "graph_throttled_seconds_total"];
    let [_, held, ..] = page.tracked(name);
    let requests = page.of(name, &["graph_requests_total"]);
    let mut refused = requests.lines().filter(|line| !line.contains("code=\"200\""));
    refused.any(|line| !line.ends_with(" 0"))
        || held > 0
        || failed.iter().any(|family| page.sum(name, family).is_some_and(|sum| sum > 0.0))
}

#[test]
fn in_every_scenario_a_count_is_right_or_absent_and_comes_back() {
    let tenants = Scenario::ALL.map(tenant);
    let truths = tenants.each_ref().map(|tenant| Census::usual(&tenant.simulator));
    let lines = truths.each_ref().map(Census::lines);
    let exporter = Exporter::start(&tenants.each_ref());
    let wait_for_all = |what: &str, wanted: &dyn Fn(&Page, usize) -> bool| {
        exporter.wait_until(what, |page| {
            for (tenant, truth) in tenants.iter().zip(&lines) {
                assert_right_or_absent(page, tenant, truth);
            }
            (0..tenants.len()).all(|at| wanted(page, at))
        })
    };
    let calm = 0;
    let page = wait_for_all("trouble everywhere but in the calm", &|page, at| {
        let name = &tenants[at].name;
        if at == calm { page.sum(name, "cycles_total") >= Some(5.0) } else { is_troubled(page, name) }
    });
    assert!(!is_troubled(&page, "calm"), "{}", page.of("calm", &["graph_requests_total", "tracked_users"]));
    assert_eq!(page.of("calm", &PRESENCE_FAMILIES), lines[calm]);

    for tenant in &tenants {
        tenant.simulator.set_scenario(Scenario::Calm);
    }
    // The three who poisoned their batches are set aside until the next listing.
    let everybody = |page: &Page, at: usize| {
        let [current, ..] = page.tracked(&tenants[at].name);
        page.up(&tenants[at].name) && current + 3 >= truths[at].people
    };
    wait_for_all("everybody again", &everybody);
}
