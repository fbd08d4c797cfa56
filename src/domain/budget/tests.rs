//! Budgets: slots, pauses and what is learned, and that no window is ever fuller than allowed.

use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Moment {
    Moment::from_millis(millis)
}

#[test]
fn a_slot_is_free_thirty_seconds_after_its_answer() {
    let mut budget = Budget::new(1, 8);
    assert_eq!(budget.take(at(0)), Permit::Granted);
    assert_eq!(budget.take(at(1)), Permit::Full);
    budget.give_back(at(0), Outcome::Accepted, at(2_000));
    assert_eq!(budget.take(at(31_999)), Permit::NotBefore(at(32_000)));
    assert_eq!(budget.take(at(32_000)), Permit::Granted);
}

#[test]
fn a_budget_that_is_changed_knows_what_was_asked_and_learned_before() {
    let mut budget = Budget::new(3, 8);
    for _ in 0..3 {
        assert_eq!(budget.take(at(1_000)), Permit::Granted);
    }
    budget.allow(5, 4);
    assert_eq!(budget.take(at(1_000)), Permit::Granted);
    assert_eq!(budget.take(at(1_000)), Permit::Full, "four are in flight");
    (0..4).for_each(|_| budget.give_back(at(1_000), Outcome::Accepted, at(2_000)));
    budget.allow(2, 4);
    assert_eq!(budget.take(at(3_000)), Permit::NotBefore(at(32_000)), "four were asked, two are allowed");
    budget.allow(1_200, 4);
    assert_eq!((budget.limit(), budget.take(at(3_000))), (1_200, Permit::Granted));
    budget.give_back(at(3_000), Outcome::Throttled, at(3_100));
    let learned = budget.limit();
    assert!(learned < 1_200, "{learned}");
    budget.allow(1_400, 4);
    assert_eq!(budget.limit(), learned, "Graph has not changed its mind");
    budget.allow(0, 0);
    assert_eq!((budget.limit(), budget.means().concurrency), (1, 1));
}

#[test]
fn a_pause_holds_everything_back_and_the_longer_one_counts() {
    let mut budget = Budget::new(10, 8);
    for seconds in [5, 3, 6] {
        budget.pause(Some(Duration::from_secs(seconds)), 0.0, at(0));
    }
    assert_eq!(budget.take(at(5_999)), Permit::Paused(at(6_000)));
    assert_eq!(budget.take(at(6_000)), Permit::Granted);
}

#[test]
fn time_that_two_wait_together_is_counted_once() {
    let mut budget = Budget::new(10, 8);
    assert_eq!(budget.count_waited(at(1_000), at(3_000)), Duration::from_secs(2));
    assert_eq!(budget.count_waited(at(2_000), at(4_000)), Duration::from_secs(1));
    assert_eq!(budget.count_waited(at(9_000), at(9_500)), Duration::from_millis(500));
}

/// A budget whose requests are taken and given back in turn.
fn exchange(budget: &mut Budget, now: u64, outcome: Outcome) {
    assert_eq!(budget.take(at(now)), Permit::Granted, "at {now}");
    budget.give_back(at(now), outcome, at(now));
}

#[test]
fn after_a_pause_one_request_goes_alone_and_each_answer_lets_one_more_go() {
    let mut budget = Budget::new(100, 3);
    budget.pause(Some(Duration::from_secs(1)), 0.0, at(0));
    assert_eq!(budget.take(at(1_000)), Permit::Granted);
    assert_eq!(budget.take(at(1_000)), Permit::Full);
    budget.give_back(at(1_000), Outcome::Accepted, at(1_100));
    let permits: Vec<Permit> = (0..3).map(|_| budget.take(at(1_100))).collect();
    assert_eq!(permits, [Permit::Granted, Permit::Granted, Permit::Full]);
}

#[test]
fn a_service_that_cannot_serve_halves_what_is_in_flight_once_for_all_that_were() {
    let mut budget = Budget::new(100, 8);
    for _ in 0..8 {
        assert_eq!(budget.take(at(0)), Permit::Granted);
    }
    for _ in 0..8 {
        budget.give_back(at(0), Outcome::Unavailable, at(10));
    }
    let granted = (0..8).filter(|_| budget.take(at(20)) == Permit::Granted).count();
    assert_eq!((granted, budget.limit()), (4, 100));
}

#[test]
fn pauses_without_a_length_grow_until_an_answer_comes() {
    let mut budget = Budget::new(100, 8);
    let mut now = 0;
    let mut pauses = Vec::new();
    for _ in 0..7 {
        budget.pause(None, 1.0, at(now));
        let until = budget.paused_until(at(now)).expect("a pause").millis();
        pauses.push(until - now);
        now = until;
    }
    assert_eq!(pauses, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    exchange(&mut budget, now, Outcome::Accepted);
    budget.pause(None, 1.0, at(now));
    assert_eq!(budget.paused_until(at(now)), Some(at(now + 2_000)));
}

#[test]
fn a_lowered_limit_that_is_used_up_is_told() {
    let mut budget = Budget::new(4, 8);
    exchange(&mut budget, 0, Outcome::Accepted);
    exchange(&mut budget, 0, Outcome::Throttled);
    assert_eq!((budget.limit(), budget.exhausted()), (2, Some(2)));
    assert_eq!(budget.take(at(31_000)), Permit::Granted);
    assert_eq!(budget.exhausted(), None);
}

#[test]
fn what_graph_lets_through_is_found_out_where_it_counts_otherwise() {
    // Two requests in 30 s are let through, whoever counts how; a refused one says how long to wait.
    let mut budget = Budget::new(1200, 8);
    let (mut now, mut refusals, mut answered) = (0_u64, Vec::new(), VecDeque::<u64>::new());
    while now < 900_000 {
        match budget.take(at(now)) {
            Permit::Granted => {
                answered.retain(|instant| instant + 30_000 > now);
                let accepted = answered.len() < 2;
                if accepted {
                    answered.push_back(now);
                } else {
                    refusals.push(now / 1000);
                    budget.pause(Some(Duration::from_millis(answered[0] + 30_000 - now)), 0.0, at(now));
                }
                let outcome = if accepted { Outcome::Accepted } else { Outcome::Throttled };
                budget.give_back(at(now), outcome, at(now));
            }
            Permit::NotBefore(moment) | Permit::Paused(moment) => now = moment.millis(),
            Permit::Full => panic!("nothing is in flight"),
        }
    }
    assert_eq!(budget.limit(), 2);
    assert!(refusals.len() < 15, "{refusals:?}");
}

#[test]
fn a_request_that_a_machine_slept_over_is_not_taken_for_a_slow_one() {
    let mut budget = Budget::new(100, 8);
    assert_eq!(budget.take(at(0)), Permit::Granted);
    budget.give_back(at(0), Outcome::Accepted, at(8 * 3_600_000));
    assert_eq!(budget.means().latency, Some(Duration::from_mins(2)));
}

proptest! {
    /// Each request reaches the server at some instant between its sending and its answer.
    #[test]
    fn the_server_sees_no_window_above_the_budget(
        limit in 1_u32..20, concurrency in 1_u32..20,
        steps in prop::collection::vec((0_u64..4_000, 0_u64..3_000, 0.0..1.0_f64), 1..300),
    ) {
        let mut budget = Budget::new(limit, concurrency);
        let mut now = 0;
        let (mut flying, mut seen): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        for (wait, latency, share) in steps {
            let next = now + wait;
            flying.sort_unstable();
            while flying.first().is_some_and(|answer| *answer <= next) {
                let answer = flying.remove(0);
                budget.give_back(at(answer), Outcome::Accepted, at(answer));
            }
            now = next;
            if budget.take(at(now)) == Permit::Granted {
                flying.push(now + latency);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small number")]
                seen.push(now + (latency as f64 * share) as u64);
            }
        }
        seen.sort_unstable();
        for (index, start) in seen.iter().enumerate() {
            let window = seen[index..].iter().take_while(|instant| **instant < start + 30_000).count();
            prop_assert!(window <= limit as usize, "{window} requests in 30 s, {limit} allowed");
        }
    }
}
