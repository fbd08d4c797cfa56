//! The laws of observations, told as small histories.

use super::super::presence::Word;
use super::super::user::UserId;
use super::*;

const MAX_AGE: Duration = Duration::from_mins(5);

fn at(seconds: u64) -> Moment {
    Moment::from_millis(1_000_000 + seconds * 1000)
}

fn directory(numbers: impl IntoIterator<Item = u32>) -> Arc<Directory> {
    let user = |number| UserId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a GUID");
    Arc::new(Directory::new(numbers.into_iter().map(user).collect(), at(0)))
}

fn available() -> Presence {
    Presence { availability: Some(Word::Known(0)), activity: Some(Word::Known(0)), ..Presence::default() }
}

/// One cycle in which everybody is answered but those at the places of `silent`.
fn cycle(observations: &mut Observations, start: u64, silent: &[u32]) {
    for batch in observations.begin(at(start), MAX_AGE) {
        let answers = batch.places().iter().map(|place| (!silent.contains(place)).then(available)).collect();
        observations.take(&batch, answers, at(start + 1));
    }
    observations.conclude(true);
}

fn check(observations: &Observations, seconds: u64, expected: [u32; 4]) {
    let freshness = observations.tally(at(seconds), MAX_AGE).freshness;
    let found = [freshness.current, freshness.held, freshness.unanswered, freshness.unanswerable];
    assert_eq!(found, expected, "current, held, unanswered, unanswerable after {seconds} s");
}

#[test]
fn an_answer_is_current_then_held_then_too_old() {
    let mut observations = Observations::new(directory(0..10));
    check(&observations, 0, [0, 0, 10, 0]);
    cycle(&mut observations, 0, &[]);
    check(&observations, 2, [10, 0, 0, 0]);
    cycle(&mut observations, 60, &[3, 4]);
    check(&observations, 62, [8, 2, 0, 0]);
    check(&observations, 301, [8, 0, 2, 0]);
}

#[test]
fn who_is_left_out_three_times_is_unanswerable_until_answered() {
    let mut observations = Observations::new(directory(0..10));
    for start in [0, 60, 120] {
        cycle(&mut observations, start, &[9]);
    }
    check(&observations, 122, [9, 0, 0, 1]);
    cycle(&mut observations, 180, &[]);
    check(&observations, 182, [10, 0, 0, 0]);
}

#[test]
fn the_least_recently_answered_are_asked_first() {
    let mut observations = Observations::new(directory(0..1300));
    let cut = observations.begin(at(0), MAX_AGE).next().expect("a batch");
    observations.take(&cut, vec![Some(available()); 650], at(1));
    observations.conclude(false);
    let first = observations.begin(at(60), MAX_AGE).next().expect("a batch");
    assert_eq!(first.places(), (650..1300).collect::<Vec<u32>>());
}

#[test]
fn a_new_directory_keeps_who_stays_and_forgets_who_left() {
    let mut observations = Observations::new(directory([1, 2, 3, 4]));
    cycle(&mut observations, 0, &[]);
    let observations = observations.adopting(directory([0, 2, 4, 5, 6]));
    check(&observations, 2, [2, 0, 3, 0]);
}

#[test]
fn a_new_directory_costs_nobody_who_is_never_answered_a_cycle() {
    let mut observations = Observations::new(directory(0..10));
    for start in [0, 60, 120] {
        cycle(&mut observations, start, &[9]);
    }
    let mut observations = observations.adopting(directory(0..11));
    check(&observations, 122, [9, 0, 1, 1]);
    cycle(&mut observations, 180, &[9]);
    check(&observations, 182, [10, 0, 0, 1]);
    let mut observations = observations.adopting(directory(0..11));
    cycle(&mut observations, 240, &[]);
    check(&observations, 242, [11, 0, 0, 0]);
}

#[test]
fn a_quarantined_user_has_another_chance_that_costs_no_coverage() {
    let mut observations = Observations::new(directory(0..10));
    observations.begin(at(0), MAX_AGE);
    observations.quarantine(3);
    cycle(&mut observations, 60, &[]);
    check(&observations, 62, [9, 0, 0, 1]);
    let mut observations = observations.adopting(directory(0..10));
    check(&observations, 62, [9, 0, 0, 1]);
    let quarantined = |observations: &Observations| observations.tally(at(62), MAX_AGE).quarantined;
    assert_eq!(quarantined(&observations), 0, "no batch leaves the user out any more");
    cycle(&mut observations, 120, &[3]);
    check(&observations, 122, [9, 0, 0, 1]);
    cycle(&mut observations, 180, &[]);
    check(&observations, 182, [10, 0, 0, 0]);
}

#[test]
fn suspects_are_asked_first_and_among_themselves_until_somebody_answers_for_them() {
    let mut observations = Observations::new(directory(0..1300));
    let batches: Vec<Batch> = observations.begin(at(0), MAX_AGE).collect();
    let (lower, upper) = batches[0].clone().halves().expect("two halves");
    observations.suspect(&batches[0]);
    observations.take(&lower, vec![Some(available()); 325], at(1));
    observations.take(&batches[1], vec![Some(available()); 650], at(1));
    observations.conclude(false);
    let (first, second) = upper.halves().expect("two quarters");
    let mut batches = observations.begin(at(60), MAX_AGE);
    assert_eq!(batches.next().expect("a batch").places().len(), second.places().len());
    assert_eq!(batches.next().expect("a batch").places().len(), first.places().len());
    assert_eq!(batches.map(|batch| batch.places().len()).collect::<Vec<usize>>(), [650, 325]);
}

#[test]
fn a_property_that_no_answer_carried_has_no_counts() {
    let mut observations = Observations::new(directory(0..10));
    cycle(&mut observations, 0, &[]);
    let tally = observations.tally(at(1), MAX_AGE);
    assert!(tally.words[0].is_some() && tally.words[2].is_none());
    assert_eq!((tally.out_of_office, tally.status_message), (None, None));
}

#[test]
fn an_incomplete_cycle_does_not_tell_that_a_property_is_gone() {
    let mut observations = Observations::new(directory(0..10));
    let located = Presence { work_location: Some(Word::Known(1)), ..available() };
    let batch = observations.begin(at(0), MAX_AGE).next().expect("a batch");
    observations.take(&batch, vec![Some(located); 10], at(1));
    observations.conclude(true);
    observations.begin(at(60), MAX_AGE);
    observations.take(&batch, vec![Some(available()); 10], at(61));
    observations.conclude(false);
    assert!(observations.tally(at(62), MAX_AGE).words[2].is_some());
}

#[test]
fn a_quarantined_user_is_in_no_batch_until_the_next_directory() {
    let mut observations = Observations::new(directory(0..10));
    cycle(&mut observations, 0, &[]);
    observations.quarantine(3);
    check(&observations, 2, [9, 0, 0, 1]);
    assert_eq!(observations.begin(at(60), MAX_AGE).next().expect("a batch").places().len(), 9);
    let mut adopted = observations.adopting(directory(0..10));
    let batches = adopted.begin(at(120), MAX_AGE).map(|batch| batch.places().len());
    assert_eq!(batches.collect::<Vec<usize>>(), [1, 9], "alone, to poison nobody again");
}

#[test]
fn one_users_state_takes_eight_bytes() {
    assert_eq!(size_of::<Observation>(), 8);
}
