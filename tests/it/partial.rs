//! Partial truth: what becomes of the counts when Graph answers about some users only, cycle by cycle.
//!
//! A cycle of these tenants is one request, so the number of a presence request is the number of a cycle.

use simulator::{Effect, Fault, Occurrence, Operation, Settings, Switches, UnknownId};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

/// A tenant to which this happens in some of its cycles.
fn tenant(name: &str, during: std::ops::RangeInclusive<u32>, effect: Effect) -> Tenant {
    let fault = Fault { operation: Operation::GetPresences, occurrence: Occurrence::During(during), effect };
    let settings = Settings { faults: vec![fault], ..frozen(200, MORNING) };
    Tenant::start(name, settings).with("interval: 5s\nmax_age: 10s")
}

/// What a tenant's pages said one after the other: up or not, tracked users by freshness, whether there were counts.
fn story(pages: &[Page], tenant: &str) -> Vec<(bool, [u32; 4], bool)> {
    let said = |page: &Page| (page.up(tenant), page.tracked(tenant), !page.of(tenant, &PRESENCE_FAMILIES).is_empty());
    let mut story: Vec<_> = pages.iter().map(said).collect();
    story.dedup();
    story
}

/// Whether these lines come in this order, whatever comes between.
fn in_order<T: PartialEq>(story: &[T], expected: &[T]) -> bool {
    let mut rest = story.iter();
    expected.iter().all(|line| rest.any(|told| told == line))
}

#[test]
fn who_is_left_out_is_held_then_unanswered_then_unanswerable_and_comes_back() {
    let few = tenant("few", 2..=4, Effect::OmitRows(5));
    let half = tenant("half", 2..=3, Effect::OmitRows(100));
    let all = Census::usual(&few.simulator);
    let (people, expected) = (all.people, all.lines());
    let exporter = Exporter::start(&[&few, &half]);

    let mut pages: Vec<Page> = Vec::new();
    exporter.wait_until("all of it", |page| {
        for name in ["few", "half"] {
            let counted = page.assert_sums_agree(name);
            if counted == people {
                assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &expected, name);
            }
        }
        pages.push(page.clone());
        story(&pages, "few").iter().any(|(_, [.., unanswerable], _)| *unanswerable > 0)
            && page.tracked("few")[0] == people
    });

    let told = story(&pages, "few");
    let expected = [
        (true, [people, 0, 0, 0], true),
        (true, [people - 5, 5, 0, 0], true),
        (true, [people - 5, 0, 5, 0], true),
        (true, [people - 5, 0, 0, 5], true),
        (true, [people, 0, 0, 0], true),
    ];
    assert!(in_order(&told, &expected), "{told:?}");
    assert!(told.iter().all(|(up, ..)| *up) || !told[0].0 && told[1..].iter().all(|(up, ..)| *up), "{told:?}");

    let told = story(&pages, "half");
    let expected = [
        (true, [people, 0, 0, 0], true),
        // Not enough were answered, but enough are known.
        (false, [people - 100, 100, 0, 0], true),
        // Now not enough are known either: no number is better than a wrong one.
        (false, [people - 100, 0, 100, 0], false),
        (true, [people, 0, 0, 0], true),
    ];
    assert!(in_order(&told, &expected), "{told:?}");
    let tokens = few.simulator.calls().iter().filter(|call| call.operation == Operation::Token).count();
    assert_eq!(tokens, 1, "one token is enough for many cycles");
    assert_eq!(exporter.get("/-/ready").status, 200);
}

#[test]
fn a_poisoned_id_is_set_aside_within_one_cycle_and_costs_nobody_else_a_count() {
    let strangers =
        Fault { operation: Operation::ListUsers, occurrence: Occurrence::Always, effect: Effect::ForeignRows(1) };
    let switches = Switches { unknown_id: UnknownId::BadRequest, ..Switches::default() };
    let settings = Settings { switches, faults: vec![strangers], ..frozen(1_500, MORNING) };
    let tenant = Tenant::start("poisoned", settings);
    let expected = Census::usual(&tenant.simulator);
    let exporter = Exporter::start(&[&tenant]);
    let check = |page: &Page| {
        assert_same_lines(&page.of("poisoned", &PRESENCE_FAMILIES), &expected.lines(), "poisoned");
        assert_eq!(page.tracked("poisoned"), [expected.people, 0, 0, 1]);
        assert_eq!(page.of("poisoned", &["up", "quarantined_users"]), "up 1\nquarantined_users 1\n");
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
