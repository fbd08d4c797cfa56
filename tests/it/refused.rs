//! Refusals: whom Graph does not answer about because a request is wrong as a whole, and for how long.
//!
//! One bad id makes Graph refuse everybody who is asked about with it; the others are found by halving. Where Graph refuses
//! everything, nobody in particular is at fault.

use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Settings, Switches, UnknownId};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

/// A tenant whose listing names a stranger, for whom Graph refuses every batch.
fn poisoned(people: u32) -> Tenant {
    let strangers =
        Fault { operation: Operation::ListUsers, occurrence: Occurrence::Always, effect: Effect::ForeignRows(1) };
    let switches = Switches { unknown_id: UnknownId::BadRequest, ..Switches::default() };
    Tenant::start("poisoned", Settings { switches, faults: vec![strangers], ..frozen(people, MORNING) })
}

/// Everybody but the stranger is counted.
#[track_caller]
fn check_counted(page: &Page, expected: &Census) {
    assert_same_lines(&page.of("poisoned", &PRESENCE_FAMILIES), &expected.lines(), "poisoned");
    assert_eq!(page.tracked("poisoned"), [expected.people, 0, 0, 1]);
    assert_eq!(page.of("poisoned", &["up", "quarantined_users"]), "up 1\nquarantined_users 1\n");
}

#[test]
fn a_poisoned_id_is_set_aside_within_one_cycle_and_costs_nobody_else_a_count() {
    let tenant = poisoned(1_500);
    let expected = Census::usual(&tenant.simulator);
    let exporter = Exporter::start(&[&tenant]);
    let check = |page: &Page| {
        check_counted(page, &expected);
        assert_eq!(page.sum("poisoned", "cycle_failures_total"), Some(0.0));
    };
    check(&exporter.wait_for_cycles(&tenant, 1));

    // From the second cycle on nobody asks about it, so nothing is refused.
    tenant.simulator.forget_calls();
    check(&exporter.wait_for_cycles(&tenant, 2));
    let calls = tenant.simulator.calls();
    assert!(calls.iter().all(|call| call.status == 200), "{calls:?}");
    let asked: usize = calls.iter().map(|call| call.ids).sum();
    assert_eq!(asked, usize::try_from(expected.people).unwrap());
}

#[test]
fn a_search_that_is_cut_goes_on_in_the_next_cycle_and_ends() {
    // Not even eight requests of a search, refusals included, fit into a cycle of five seconds; it takes some twenty.
    let tenant = poisoned(1_300);
    let effect = Effect::Delay(Duration::from_millis(600));
    tenant.simulator.inject(Fault { operation: Operation::GetPresences, occurrence: Occurrence::Always, effect });
    let expected = Census::usual(&tenant.simulator);
    let exporter = Exporter::start(&[&tenant]);
    let current = |page: &Page| page.tracked("poisoned")[0] == expected.people;
    let page = exporter.wait_until("everybody but the stranger", current);
    check_counted(&page, &expected);
    assert!(page.sum("poisoned", "cycles_total") > Some(1.0), "no cycle was cut: nothing was tested");
}

#[test]
fn where_graph_refuses_everything_nobody_is_set_aside() {
    let everything = |status: u16, code: &str| {
        let body = Some(format!(r#"{{"error":{{"code":"{code}","message":"x"}}}}"#));
        let effect = Effect::Status { status, headers: Vec::new(), body };
        let always = |operation| Fault { operation, occurrence: Occurrence::Always, effect: effect.clone() };
        let faults = [Operation::GetPresences, Operation::GetPresence].map(always).to_vec();
        Tenant::start(&format!("{status} {code}"), Settings { faults, ..frozen(1_300, MORNING) })
    };
    let tenants = [
        everything(404, "NotFound"),
        everything(400, "BadRequest"),
        // Pages of listings expire; presence has none.
        everything(410, "SyncStateNotFound"),
        everything(400, "Directory_ExpiredPageToken"),
    ];
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for tenant @ Tenant { name, simulator, .. } in &tenants {
        let page = exporter.wait_for_cycles(tenant, 2);
        let people = Census::usual(simulator).people;
        assert_eq!(page.tracked(name), [0, 0, people, 0], "{name}");
        assert_eq!(page.of(name, &["quarantined_users"]), "quarantined_users 0\n", "{name}");
        let rejected = format!(r#"teams_presence_cycle_failures_total{{reason="rejected",tenant="{name}"}}"#);
        assert_eq!(page.value(&rejected), page.sum(name, "cycles_total"), "{name}");
        assert!(!page.of(name, &["cycle_failures_total"]).contains("listing_expired"), "{name}");
    }
    for Tenant { simulator, .. } in &tenants {
        simulator.clear_faults();
    }
    let faulty = exporter.scrape();
    for Tenant { name, simulator, .. } in &tenants {
        // The one that was under way may have met the fault, the next one has not.
        let cycles = faulty.sum(name, "cycles_total").unwrap() + 2.0;
        let page = exporter.wait_until("two cycles", |page| page.sum(name, "cycles_total") >= Some(cycles));
        let expected = Census::usual(simulator);
        assert_eq!(page.tracked(name), [expected.people, 0, 0, 0], "{name}");
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &expected.lines(), name);
    }
}
