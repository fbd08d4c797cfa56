//! The laws of the search, under random histories of many cycles.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::super::directory::Directory;
use super::super::moment::Moment;
use super::super::observations::Observations;
use super::super::presence::Presence;
use super::super::user::UserId;
use super::*;

const MAX_AGE: Duration = Duration::from_mins(5);

/// People by their places, and a Graph that refuses some requests about them.
struct Tenant<'a> {
    observations: Observations,
    /// Whether a request about these is refused.
    refuses: &'a dyn Fn(&[u32], Manner) -> bool,
    cycles: u64,
    /// Who was set aside so far.
    quarantined: BTreeSet<u32>,
    /// Who was ever answered.
    answered: BTreeSet<u32>,
}

/// How far a cycle gets.
#[derive(Debug, Clone, Copy)]
struct Limits {
    allowance: u32,
    /// The requests of all kinds for which it has time.
    requests: usize,
    dice: u64,
}

impl<'a> Tenant<'a> {
    fn new(people: u32, refuses: &'a dyn Fn(&[u32], Manner) -> bool) -> Self {
        let user = |number| UserId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a GUID");
        let directory = Directory::new((0..people).map(user).collect(), Moment::from_millis(0));
        let observations = Observations::new(Arc::new(directory));
        let (quarantined, answered) = (BTreeSet::new(), BTreeSet::new());
        Self { observations, refuses, cycles: 0, quarantined, answered }
    }

    /// One cycle as the collector makes it. Returns why its search found less than all, and the requests that it made.
    fn cycle(&mut self, limits: Limits) -> (Option<Hindered>, u32) {
        self.cycles += 1;
        let now = Moment::from_millis(self.cycles * 60_000);
        let mut search = Search::new(limits.allowance, limits.dice.wrapping_mul(self.cycles));
        let mut left = limits.requests;
        for batch in self.observations.begin(now, MAX_AGE).take(limits.requests) {
            left -= 1;
            self.ask(&mut search, &batch, Manner::Together, now);
        }
        let mut asked = 0;
        while left > 0
            && let Some((batch, manner)) = search.next_question()
        {
            assert!(search.next_question().is_none(), "two questions at a time");
            self.ask(&mut search, &batch, manner, now);
            (left, asked) = (left - 1, asked + 1);
        }
        let verdict = search.conclude();
        self.quarantined.extend(&verdict.poisoned);
        verdict.poisoned.iter().for_each(|place| self.observations.quarantine(*place));
        verdict.suspects.iter().for_each(|batch| self.observations.suspect(batch));
        (verdict.hindered, asked)
    }

    fn ask(&mut self, search: &mut Search, batch: &Batch, manner: Manner, now: Moment) {
        if (self.refuses)(batch.places(), manner) {
            let is_asked_again = manner == Manner::Together && self.observations.suspects(batch);
            let manner = if is_asked_again { Manner::Suspected } else { manner };
            return search.learn(batch, manner, Outcome::Refused);
        }
        search.learn(batch, manner, Outcome::Answered);
        self.answered.extend(batch.places());
        self.observations.take(batch, vec![Some(Presence::default()); batch.places().len()], now);
        if manner == Manner::Alone {
            self.observations.suspect(batch);
        }
    }
}

/// Cycles that a search may take, whatever happens.
const PATIENCE: usize = 200;

fn people_and_bad_ones() -> impl Strategy<Value = (u32, BTreeSet<u32>)> {
    (2_u32..1_500).prop_flat_map(|people| {
        let bad = prop::collection::btree_set(0..people, 0..=usize::try_from(people / 6).unwrap_or(0).min(40));
        (Just(people), bad)
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    (ONE_SEARCH..80, 30_usize..120, any::<u64>()).prop_map(|(allowance, requests, dice)| Limits {
        allowance,
        requests,
        dice,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn exactly_the_bad_ids_are_set_aside_and_nobody_else_goes_unanswered(
        (people, bad) in people_and_bad_ones(), limits in limits(),
    ) {
        let refuses = |places: &[u32], _| places.iter().any(|place| bad.contains(place));
        let mut tenant = Tenant::new(people, &refuses);
        for _ in 0..PATIENCE {
            let (_, asked) = tenant.cycle(limits);
            prop_assert!(asked <= limits.allowance);
            prop_assert!(tenant.quarantined.is_subset(&bad), "somebody was set aside who is not at fault");
            if asked == 0 {
                break;
            }
        }
        prop_assert_eq!(&tenant.quarantined, &bad);
        prop_assert_eq!(tenant.answered.len() + bad.len(), people as usize);
        prop_assert_eq!(tenant.cycle(limits), (None, 0));
    }

    /// Five batches at most (three of everybody, two of suspects), and few requests of the search besides.
    #[test]
    fn a_search_that_is_cut_early_in_every_cycle_ends_all_the_same(
        people in 3_u32..1_500, bad in any::<[prop::sample::Index; 2]>(), dice in any::<u64>(), requests in 1_usize..4,
    ) {
        let bad = BTreeSet::from(bad.map(|bad| u32::try_from(bad.index(people as usize)).unwrap_or(0)));
        let refuses = |places: &[u32], _| places.iter().any(|place| bad.contains(place));
        let mut tenant = Tenant::new(people, &refuses);
        let limits = Limits { allowance: FEWEST, requests: 5 + requests, dice };
        for _ in 0..PATIENCE {
            if tenant.cycle(limits) == (None, 0) {
                break;
            }
            prop_assert!(tenant.quarantined.is_subset(&bad));
        }
        prop_assert_eq!(&tenant.quarantined, &bad);
        prop_assert_eq!(tenant.answered.len() + bad.len(), people as usize);
    }

    #[test]
    fn a_service_that_refuses_everything_has_nobody_set_aside(
        people in 1_u32..1_500, limits in limits(), cycles in 1_usize..10,
    ) {
        let mut tenant = Tenant::new(people, &|_, _| true);
        for _ in 0..cycles {
            let (hindered, asked) = tenant.cycle(limits);
            prop_assert_eq!(hindered, Some(Hindered::RefusedThroughout));
            // A batch of three tells nothing, and takes seven.
            prop_assert!(asked <= ONE_SEARCH + 7, "one batch tells that nothing is answered");
        }
        prop_assert!(tenant.quarantined.is_empty());
    }

    /// The first batch of the directory is refused whatever is asked about it, the others are answered.
    #[test]
    fn a_batch_that_is_refused_throughout_has_nobody_set_aside(
        others in 1_u32..1_000, limits in limits(), cycles in 1_usize..10,
    ) {
        let mut tenant = Tenant::new(650 + others, &|places, _| places.iter().any(|place| *place < 650));
        for _ in 0..cycles {
            let (hindered, asked) = tenant.cycle(limits);
            prop_assert_eq!(hindered, Some(Hindered::BatchRefusedThroughout));
            prop_assert!(asked <= ONE_SEARCH);
        }
        prop_assert!(tenant.quarantined.is_empty());
        prop_assert_eq!(tenant.answered.len(), others as usize);
    }

    /// Nobody can be asked about together with others, though everybody alone.
    #[test]
    fn where_only_single_requests_are_answered_they_are_few_and_come_round(
        people in 1_u32..120, limits in limits(),
    ) {
        let mut tenant = Tenant::new(people, &|_, manner| manner != Manner::Alone);
        for _ in 0..PATIENCE {
            let (_, asked) = tenant.cycle(limits);
            prop_assert!(asked <= limits.allowance);
            if tenant.answered.len() == people as usize {
                break;
            }
        }
        prop_assert!(tenant.quarantined.is_empty());
        prop_assert_eq!(tenant.answered.len(), people as usize);
    }

    /// Some are refused in batches only: from then on they keep to themselves.
    #[test]
    fn who_is_answered_alone_only_poisons_nobody_again(
        (people, mut bad) in people_and_bad_ones(), limits in limits(),
    ) {
        while bad.len() > 6 {
            bad.pop_last();
        }
        let refuses = |places: &[u32], manner| manner != Manner::Alone && places.iter().any(|place| bad.contains(place));
        let mut tenant = Tenant::new(people, &refuses);
        for _ in 0..40 {
            tenant.cycle(limits);
        }
        tenant.answered.clear();
        tenant.cycle(limits);
        prop_assert!(tenant.quarantined.is_empty());
        prop_assert_eq!(tenant.answered.len(), people as usize);
    }

    #[test]
    fn the_allowance_is_small_beside_the_budget_or_fits_beside_the_batches(budget in 1_u32..2_000, batches in 0_u32..4_000) {
        let allowance = allowance(budget, batches);
        prop_assert!(allowance >= FEWEST);
        prop_assert!(allowance <= budget / 20 || allowance == FEWEST || allowance <= ONE_SEARCH && allowance + batches <= budget);
    }
}

/// Searches one batch of so many people. Returns who is at fault, and the requests that it took.
fn search(people: u32, refuses: &dyn Fn(&[u32], Manner) -> bool, dice: u64) -> (BTreeSet<u32>, u32) {
    let mut tenant = Tenant::new(people, refuses);
    let (_, asked) = tenant.cycle(Limits { allowance: 100, requests: 1_000, dice });
    (tenant.quarantined, asked)
}

#[test]
fn one_search_takes_no_more_requests_than_are_set_aside_for_it() {
    for dice in 0..200 {
        let bad = u32::try_from(dice * 13 % 650).expect("a place");
        let (found, asked) = search(650, &|places, _| places.contains(&bad), dice);
        assert!(found == BTreeSet::from([bad]) && asked <= 21, "{asked}");
        let (found, asked) = search(650, &|_, _| true, dice);
        assert!(found.is_empty() && asked <= ONE_SEARCH, "{asked}");
    }
}

#[test]
fn two_bad_ids_that_are_found_first_in_both_halves_are_no_systemic_refusal() {
    for dice in 0..50 {
        // Whoever is asked about alone first is at fault, in either half.
        let bad = std::cell::RefCell::new([None, None]);
        let refuses = |places: &[u32], manner| {
            let mut bad = bad.borrow_mut();
            let bad = &mut bad[usize::from(places[0] >= 325)];
            if manner == Manner::Alone && bad.is_none() {
                *bad = Some(places[0]);
            }
            bad.is_none_or(|bad| places.contains(&bad)) || places.len() == 650
        };
        let (found, _) = search(650, &refuses, dice);
        assert_eq!(found, bad.borrow().iter().flatten().copied().collect(), "with dice {dice}");
        assert_eq!(found.len(), 2, "with dice {dice}");
    }
}

#[test]
fn one_refused_batch_is_searched_to_its_end_before_the_next_one() {
    let bad = [100, 800];
    let asked = std::cell::RefCell::new(Vec::new());
    let refuses = |places: &[u32], _| {
        asked.borrow_mut().push(places[0] / 650);
        places.iter().any(|place| bad.contains(place))
    };
    assert_eq!(search(1_300, &refuses, 7).0, BTreeSet::from(bad));
    let mut order = asked.into_inner().split_off(2);
    order.dedup();
    assert_eq!(order.len(), 2, "{order:?}");
}

#[test]
fn a_question_that_is_lost_leaves_its_people_suspects() {
    let batch =
        Tenant::new(4, &|_, _| true).observations.begin(Moment::from_millis(1), MAX_AGE).next().expect("a batch");
    let mut search = Search::new(ONE_SEARCH, 1);
    search.learn(&batch, Manner::Together, Outcome::Refused);
    let (first, manner) = search.next_question().expect("a half");
    search.learn(&first, manner, Outcome::Answered);
    let (second, _) = search.next_question().expect("the other half");
    search.lose();
    assert!(search.next_question().is_none());
    let verdict = search.conclude();
    assert_eq!((verdict.suspects, verdict.poisoned), (vec![second], vec![]));
}

#[test]
fn a_service_that_cannot_answer_the_search_is_left_alone_until_the_next_cycle() {
    let batch =
        Tenant::new(4, &|_, _| true).observations.begin(Moment::from_millis(1), MAX_AGE).next().expect("a batch");
    let mut search = Search::new(24, 1);
    search.learn(&batch, Manner::Together, Outcome::Refused);
    let (half, manner) = search.next_question().expect("a half");
    search.learn(&half, manner, Outcome::Failed);
    assert!(search.next_question().is_none());
    let verdict = search.conclude();
    assert_eq!((verdict.poisoned, verdict.hindered), (vec![], None), "its fault is told by whoever asked");
}
