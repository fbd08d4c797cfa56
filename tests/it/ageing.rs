//! Ageing: what the page says while answers become too old, instant by instant.

use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Settings};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, frozen};

#[test]
fn counts_never_blink_when_a_held_answer_becomes_too_old() {
    let tenant = Tenant::start("contoso", frozen(200, MORNING)).with("interval: 5s\nmax_age: 12s");
    let people = Census::usual(&tenant.simulator).people;
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("everybody", |page| page.tracked("contoso") == [people, 0, 0, 0]);
    let (operation, occurrence) = (Operation::GetPresences, Occurrence::Always);
    tenant.simulator.inject(Fault { operation, occurrence, effect: Effect::OmitRows(5) });
    exporter.wait_until("five held", |page| page.tracked("contoso") == [people - 5, 5, 0, 0]);

    // Page after page without a breath, as the blink of a timer is short.
    loop {
        let page = exporter.scrape();
        let [current, held, unanswered, unanswerable] = page.tracked("contoso");
        assert_eq!(current, people - 5);
        assert_eq!((held + unanswered, unanswerable), (5, 0), "from held to unanswered, and nowhere else");
        assert_eq!(page.assert_sums_agree("contoso"), current + held);
        for family in PRESENCE_FAMILIES {
            assert_ne!(page.of("contoso", &[family]), "", "{family} is not on the page:\n{}", page.0);
        }
        if held == 0 {
            return;
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
