//! Partial truth: what becomes of the counts when Graph answers about some users only, cycle by cycle.
//!
//! What happens to a tenant is begun and ended when its page shows that it is time, not by the number of a request: a
//! request that is repeated, or a machine that stalls, tells the same story more slowly.

use simulator::{Effect, Fault, Occurrence, Operation};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

fn tenant(name: &str) -> Tenant {
    Tenant::start(name, frozen(200, MORNING)).with("interval: 5s\nmax_age: 12s")
}

/// From now on so many users are left out of its answers.
fn leave_out(tenant: &Tenant, users: usize) {
    let effect = Effect::OmitRows(users);
    tenant.simulator.inject(Fault { operation: Operation::GetPresences, occurrence: Occurrence::Always, effect });
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
    let (few, half) = (tenant("few"), tenant("half"));
    let all = Census::usual(&few.simulator);
    let (people, expected) = (all.people, all.lines());
    let exporter = Exporter::start(&[&few, &half]);

    let mut pages: Vec<Page> = Vec::new();
    let mut look_until = |what: &str, wanted: &dyn Fn(&Page) -> bool| {
        exporter.wait_until(what, |page| {
            for name in ["few", "half"] {
                let counted = page.assert_sums_agree(name);
                if counted == people {
                    assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &expected, name);
                }
            }
            pages.push(page.clone());
            wanted(page)
        });
    };
    let everybody = |page: &Page| ["few", "half"].iter().all(|name| page.tracked(name) == [people, 0, 0, 0]);
    look_until("everybody", &everybody);
    leave_out(&few, 5);
    leave_out(&half, 100);
    look_until("half of them unanswered", &|page| page.tracked("half") == [people - 100, 0, 100, 0]);
    half.simulator.clear_faults();
    look_until("five unanswerable", &|page| page.tracked("few") == [people - 5, 0, 0, 5]);
    few.simulator.clear_faults();
    look_until("everybody again", &everybody);

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
