//! Ageing: what the page says while answers become too old, instant by instant.

use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Settings};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

#[test]
fn counts_never_blink_when_a_held_answer_becomes_too_old() {
    // Many tenants whose answers become too old at about the same time, so that there is much to count at that instant.
    let tenant = |number| Tenant::start(&format!("tenant {number}"), frozen(60, MORNING));
    let tenants: Vec<Tenant> = (0..8).map(|number| tenant(number).with("interval: 5s\nmax_age: 12s")).collect();
    let people = Census::usual(&tenants[0].simulator).people;
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    let all = |page: &Page, tracked: [u32; 4]| tenants.iter().all(|tenant| page.tracked(&tenant.name) == tracked);
    exporter.wait_until("everybody", |page| all(page, [people, 0, 0, 0]));
    for Tenant { simulator, .. } in &tenants {
        let (operation, occurrence) = (Operation::GetPresences, Occurrence::Always);
        simulator.inject(Fault { operation, occurrence, effect: Effect::OmitRows(1) });
    }
    let counted =
        |page: &Page| PRESENCE_FAMILIES.map(|family| page.0.matches(&format!("\nteams_presence_{family}{{")).count());
    let mut page = exporter.wait_until("one held of each", |page| all(page, [people - 1, 1, 0, 0]));
    let expected = counted(&page);

    let is_held = |page: &Page| tenants.iter().any(|tenant| page.tracked(&tenant.name)[1] > 0);
    while is_held(&page) {
        // Page after page without a breath, as a blink is short; a closer look at some of them.
        for _ in 0..10 {
            page = exporter.scrape();
            assert_eq!(counted(&page), expected, "{}", page.0);
        }
        for Tenant { name, .. } in &tenants {
            let [current, held, unanswered, unanswerable] = page.tracked(name);
            // Where this machine is slow, the third answer in a row may have left the user out by now.
            assert_eq!((current, held + unanswered + unanswerable), (people - 1, 1), "{name}");
            page.assert_sums_agree(name);
        }
    }
}

#[test]
fn a_long_cycle_after_a_good_one_is_no_reason_to_be_down() {
    // The second of two requests takes a while, so that the first one's answers become too old before two intervals have
    // passed since the cycle's end; the second cycle is never answered at all.
    let delay = |occurrence, seconds| {
        let effect = Effect::Delay(Duration::from_secs(seconds));
        Fault { operation: Operation::GetPresences, occurrence, effect }
    };
    let faults = vec![delay(Occurrence::Nth(2), 3), delay(Occurrence::From(3), 60)];
    let tenant = Tenant::start("contoso", Settings { faults, ..frozen(1_300, MORNING) });
    let tenant = tenant.with("interval: 5s\nmax_age: 10s\nconcurrency: 1");
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("contoso"));
    exporter.wait_until("the end of the second cycle", |page| {
        // A page is one moment, so this tells which cycle the rest of it is of.
        let ended = page.sum("contoso", "cycle_duration_seconds") > Some(4.5);
        assert!(ended || page.up("contoso"), "{}", page.0);
        ended
    });
}

#[test]
fn a_process_that_stood_still_longer_than_the_maximum_age_shows_nothing_old() {
    let tenant = Tenant::start("contoso", frozen(60, MORNING)).with("interval: 5s\nmax_age: 10s");
    let people = Census::usual(&tenant.simulator).people;
    let exporter = Exporter::start(&[&tenant]);
    let everybody = |page: &Page| page.up("contoso") && page.tracked("contoso") == [people, 0, 0, 0];
    let before = exporter.wait_until("everybody", everybody);
    exporter.signal("STOP");
    // When it goes on, Graph has nothing to say, so whatever number it shows is old.
    tenant.simulator.inject(Fault::status(Operation::GetPresences, Occurrence::Always, 503));

    // Another exporter tells the time: its cycles are five seconds apart, so between four ends of them lie ten and more.
    let neighbour = Tenant::start("neighbour", frozen(60, MORNING));
    let clock = Exporter::start(&[&neighbour]);
    let cycles = clock.wait_for_cycles(&neighbour, 1).sum("neighbour", "cycles_total").unwrap();
    clock.wait_until("ten seconds", |page| page.sum("neighbour", "cycles_total") >= Some(cycles + 3.0));
    exporter.signal("CONT");
    let after = exporter.scrape();
    assert_eq!(after.of("contoso", &PRESENCE_FAMILIES), "");
    assert_eq!((after.up("contoso"), after.tracked("contoso")), (false, [0, 0, people, 0]));
    assert!(after.sum("contoso", "cycles_total") >= before.sum("contoso", "cycles_total"), "{}", after.0);

    tenant.simulator.clear_faults();
    let page = exporter.wait_until("everybody again", everybody);
    assert_same_lines(&page.of("contoso", &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), "afterwards");
}

#[test]
fn an_answer_that_was_long_under_way_is_as_old_as_its_question() {
    // The first cycle is answered after four seconds, the second never; when that one ends, ten have passed since anybody
    // was asked about.
    let delay = |occurrence, seconds| {
        let effect = Effect::Delay(Duration::from_secs(seconds));
        Fault { operation: Operation::GetPresences, occurrence, effect }
    };
    let faults = vec![delay(Occurrence::Nth(1), 4), delay(Occurrence::From(2), 60)];
    let tenant = Tenant::start("contoso", Settings { faults, ..frozen(60, MORNING) });
    let tenant = tenant.with("interval: 5s\nmax_age: 10s");
    let people = Census::usual(&tenant.simulator).people;
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("everybody", |page| page.tracked("contoso") == [people, 0, 0, 0]);
    let page = exporter
        .wait_until("the end of the second cycle", |page| page.sum("contoso", "cycle_duration_seconds") > Some(4.5));
    assert_eq!(page.tracked("contoso"), [0, 0, people, 0], "{}", page.0);
}
