//! Refusals: whom Graph does not answer about because a request is wrong as a whole, and for how long.
//!
//! One bad id makes Graph refuse everybody who is asked about with it; the others are found by halving. Where Graph refuses
//! everything, nobody in particular is at fault.

use std::time::Duration;

use simulator::{Effect, Fault, Guid, Occurrence, Operation, Settings, Switches, UnknownId};

use crate::harness::{
    Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, enabled_member, frozen,
};

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

/// The ids of those who are tracked, in the order in which they are first asked about.
fn tracked(tenant: &Tenant) -> Vec<Guid> {
    let people = tenant.simulator.organisation().people().filter(enabled_member);
    let mut ids: Vec<Guid> = people.map(|person| person.id).collect();
    ids.sort_unstable();
    ids
}

/// From now on Graph refuses these people, singly and with whoever is asked about together with them.
fn poison(tenant: &Tenant, ids: &[Guid]) {
    for fault in Fault::poisoned(ids) {
        tenant.simulator.inject(fault);
    }
}

/// How many people each presence request asked about, in order.
fn asked(tenant: &Tenant) -> Vec<usize> {
    let calls = tenant.simulator.calls();
    let together = |call: &&simulator::Call| call.operation == Operation::GetPresences;
    calls.iter().filter(together).map(|call| call.ids).collect()
}

#[test]
fn poisoned_people_are_set_aside_and_come_back_with_a_listing_when_they_are_well() {
    let tenant = Tenant::start("contoso", frozen(1_500, MORNING));
    let tenant = tenant.with("interval: 5s\nusers: {refresh_interval: 1m}");
    let all = Census::usual(&tenant.simulator);
    let ids = tracked(&tenant);
    // Two of them stand first in both halves of the first batch: two poisons make no systemic refusal.
    let poisoned = [ids[0], ids[325], ids[900]];
    let others =
        Census::of(&tenant.simulator, |it| enabled_member(it) && !poisoned.contains(&it.id), |_, it| Some(it.into()));
    let exporter = Exporter::start(&[&tenant]);
    let everybody = |page: &Page| page.tracked("contoso") == [all.people, 0, 0, 0];
    exporter.wait_until("everybody", everybody);

    poison(&tenant, &poisoned);
    let set_aside = |page: &Page| {
        // Before, during and after: a poison costs nobody else a count.
        let counted = page.assert_sums_agree("contoso");
        assert!(page.up("contoso") && counted >= others.people, "{}", page.0);
        page.tracked("contoso") == [others.people, 0, 0, 3]
    };
    let page = exporter.wait_until("three set aside", set_aside);
    assert_same_lines(&page.of("contoso", &PRESENCE_FAMILIES), &others.lines(), "poisoned");
    assert_eq!(page.of("contoso", &["quarantined_users"]), "quarantined_users 3\n");
    exporter.wait_for_log(&["level=WARN", "users are set aside until the next listing", "users=3"]);

    tenant.simulator.clear_faults();
    let page = exporter.wait_until("everybody again", everybody);
    assert_same_lines(&page.of("contoso", &PRESENCE_FAMILIES), &all.lines(), "well again");
    assert_eq!(page.of("contoso", &["quarantined_users"]), "quarantined_users 0\n");
}

#[test]
fn a_batch_that_is_refused_throughout_costs_nobody_a_quarantine_and_the_others_no_count() {
    let tenant = Tenant::start("contoso", frozen(1_500, MORNING)).with("interval: 5s\nconcurrency: 1");
    let ids = tracked(&tenant);
    poison(&tenant, &ids[..650]);
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_for_cycles(&tenant, 1);
    let others = u32::try_from(ids.len() - 650).unwrap();
    assert_eq!(page.tracked("contoso"), [others, 0, 650, 0]);
    assert_eq!(page.of("contoso", &["up", "quarantined_users"]), "up 0\nquarantined_users 0\n");
    assert_eq!(page.of("contoso", &PRESENCE_FAMILIES), "", "too few were answered");
    exporter
        .wait_for_log(&["level=WARN", "Graph rejects a batch of users as wrong, and all of them who were tried alone"]);
    // The batches come first, whole; the search has to wait for them.
    let requests = asked(&tenant);
    let batches = ids.len().div_ceil(650);
    assert_eq!(requests[..batches].iter().sum::<usize>(), ids.len(), "{requests:?}");

    // No cycle takes more than its batches and one search.
    tenant.simulator.forget_calls();
    let before = exporter.scrape().sum("contoso", "cycles_total").unwrap();
    let page = exporter.wait_until("two cycles", |page| page.sum("contoso", "cycles_total") >= Some(before + 2.0));
    let cycles = page.sum("contoso", "cycles_total").unwrap() - before + 1.0;
    let most = cycles * f64::from(u32::try_from(batches + 26).unwrap());
    assert!(f64::from(u32::try_from(tenant.simulator.calls().len()).unwrap()) <= most);
    assert_eq!(page.of("contoso", &["quarantined_users"]), "quarantined_users 0\n");

    tenant.simulator.clear_faults();
    let all = Census::usual(&tenant.simulator);
    let page = exporter.wait_until("everybody", |page| page.tracked("contoso") == [all.people, 0, 0, 0]);
    assert_same_lines(&page.of("contoso", &PRESENCE_FAMILIES), &all.lines(), "afterwards");
}

#[test]
fn where_only_single_requests_are_answered_the_counts_are_right_or_absent() {
    let refusing = |name: &str, people: u32| {
        let faults = vec![Fault::status(Operation::GetPresences, Occurrence::Always, 400)];
        Tenant::start(name, Settings { faults, ..frozen(people, MORNING) })
    };
    let (small, large) = (refusing("small", 12), refusing("large", 400));
    let exporter = Exporter::start(&[&small, &large]);
    for cycle in 1..=3 {
        let page = exporter.wait_for_cycles(&small, cycle);
        let expected = Census::usual(&small.simulator);
        assert_same_lines(&page.of("small", &PRESENCE_FAMILIES), &expected.lines(), "small");
        assert_eq!(page.tracked("small"), [expected.people, 0, 0, 0]);
        let page = exporter.wait_for_cycles(&large, cycle);
        assert_eq!(page.of("large", &PRESENCE_FAMILIES), "", "few of many");
        assert_eq!(page.of("large", &["up", "quarantined_users"]), "up 0\nquarantined_users 0\n");
    }
    let page = exporter.scrape();
    let calls = large.simulator.calls().iter().filter(|call| call.path.contains("resence")).count();
    // One that is under way has made its requests, too; suspects are asked about in two batches. The search takes 5 % of
    // the default budget.
    let most = (page.sum("large", "cycles_total").unwrap() + 1.0) * (2.0 + 60.0);
    assert!(f64::from(u32::try_from(calls).unwrap()) <= most, "{calls} requests");
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
