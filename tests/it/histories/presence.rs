//! Histories of cycles: listings, answers whole and in part, refusals and the search for whom they are about, cuts at the
//! deadline, machines that sleep; schedule and observations against the model of them.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use teams_presence_exporter::domain::batch::{Answer, Batch};
use teams_presence_exporter::domain::counters::Counters;
use teams_presence_exporter::domain::directory::Directory;
use teams_presence_exporter::domain::moment::Moment;
use teams_presence_exporter::domain::observations::{Batches, Observations};
use teams_presence_exporter::domain::presence::{Field, Presence, Word};
use teams_presence_exporter::domain::schedule;
use teams_presence_exporter::domain::user::UserId;

use super::model::{Counts, Model, Sums};

const INTERVAL: Duration = Duration::from_mins(1);
const MAX_AGE: Duration = Duration::from_mins(5);

/// The fewest people whose time is told.
const LEAST: u32 = 5;

/// Observations keep tenths of a second, so everything happens at one.
const TENTH: Duration = Duration::from_millis(100);

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A cycle runs, when it is time for it.
    Cycle,
    /// The machine sleeps for so many minutes.
    Sleep(u32),
    /// A listing has ended: some have come, some have left.
    List,
    /// The collector failed, and begins anew.
    Restart,
}

/// A tenant, what the exporter knows of it, and what the model knows.
struct History {
    now: Moment,
    /// When the next cycle is due.
    due: Moment,
    /// Where the grid of cycles begins, and how many intervals ago.
    grid: (Moment, u32),
    /// All who may ever be listed.
    crowd: Vec<UserId>,
    /// Listed, and not yet in force.
    listed: Option<Vec<UserId>>,
    observations: Observations,
    model: Model,
    /// They outlive the collector.
    counters: Counters,
}

/// A cycle under way.
struct Asking {
    batches: Batches,
    /// What is to be asked next because it was refused, and whether one user alone.
    suspects: VecDeque<(Batch, bool)>,
    flying: Vec<(Batch, bool)>,
    poisoned: Vec<(u32, UserId)>,
    answered: bool,
    complete: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_count_is_that_of_a_plain_list_of_people(
        crowd in prop_oneof![300 => 1_u32..40, 100 => 40_u32..70, 1 => 1_200_u32..1_500],
        steps in prop::collection::vec((step(), any::<u64>()), 1..25),
    ) {
        let mut history = History::new(crowd);
        for (step, seed) in steps {
            history.live(step, &mut Rng::with_seed(seed))?;
        }
    }

    #[test]
    fn a_listing_that_fails_is_repeated_ever_more_rarely_within_bounds(
        refresh in 60_u64..7_200, failures in prop::collection::vec(0.0..1.0_f64, 1..30),
    ) {
        let (refresh, mut longest) = (Duration::from_secs(refresh), Duration::from_secs(5));
        for (failed, dice) in (1..).zip(failures) {
            let wait = schedule::retry_after_failures(failed, refresh, dice);
            let bound = longest.min(Duration::from_mins(5)).min(refresh);
            prop_assert!(wait <= bound && wait >= bound / 2, "{wait:?} after {failed}");
            longest *= 2;
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => Just(Step::Cycle),
        2 => (1_u32..600).prop_map(Step::Sleep),
        3 => Just(Step::List),
        1 => Just(Step::Restart),
    ]
}

fn user(number: u32) -> UserId {
    // Not in the order of their numbers, as ids are not.
    UserId::parse(&format!("{:08x}-0000-4000-8000-{number:012x}", number.wrapping_mul(2_654_435_761))).unwrap()
}

impl History {
    fn new(crowd: u32) -> Self {
        let crowd: Vec<UserId> = (0..crowd).map(user).collect();
        let now = Moment::from_millis(1_000_000);
        let (observations, model) = (observations_of(&crowd, now), Model::new(&crowd));
        let counters = Counters::default();
        Self { now, due: now, grid: (now, 0), crowd, listed: None, observations, model, counters }
    }

    fn live(&mut self, step: Step, dice: &mut Rng) -> Result<(), TestCaseError> {
        match step {
            Step::Sleep(minutes) => self.now = self.now.plus(INTERVAL * minutes),
            Step::List => {
                let share = dice.f64();
                let listed = self.crowd.iter().copied().filter(|_| dice.f64() < share).collect();
                self.listed = Some(listed);
            }
            Step::Restart => {
                let people = self.observations.directory().users().to_vec();
                let book = std::mem::take(&mut self.model.book);
                (self.observations, self.model) = (observations_of(&people, self.now), Model::new(&people));
                self.model.book = book;
                (self.due, self.grid) = (self.now, (self.now, 0));
            }
            Step::Cycle => self.cycle(dice)?,
        }
        self.check(Duration::ZERO)?;
        self.check(TENTH * dice.u32(0..4_000))
    }

    /// The counts are the model's so much later, if nothing happens until then.
    fn check(&self, wait: Duration) -> Result<(), TestCaseError> {
        let now = self.now.plus(wait);
        let tally = self.observations.tally(now, MAX_AGE);
        prop_assert_eq!(tally.freshness.tracked() as usize, self.model.tracked(), "the classes sum to tracked");
        prop_assert_eq!(Counts::of(&tally), self.model.counts(now, MAX_AGE), "{:?} later", wait);
        Ok(())
    }

    /// One cycle, when it is due, as the collector runs it.
    fn cycle(&mut self, dice: &mut Rng) -> Result<(), TestCaseError> {
        let late = if dice.u8(0..3) == 0 { dice.u32(0..20) } else { 0 };
        self.now = self.now.max(self.due).plus(TENTH * late);
        if let Some(listed) = self.listed.take() {
            self.model.adopt(&listed);
            self.observations = self.observations.adopting(Arc::new(Directory::new(listed, self.now)));
        }
        let deadline = self.now.plus(INTERVAL);
        let mut asking = self.begin()?;
        while let Some((batch, alone)) = asking.next(dice) {
            self.now = self.now.plus(TENTH * if dice.u8(0..20) == 0 { dice.u32(0..700) } else { dice.u32(0..10) });
            if self.now >= deadline {
                asking.complete = false;
                break;
            }
            self.end(&mut asking, batch, alone, dice);
            self.check(Duration::ZERO)?;
        }
        for (place, user) in asking.poisoned {
            if asking.answered {
                self.observations.quarantine(place);
                self.model.quarantine(user);
            }
        }
        drop(self.observations.conclude(asking.complete));
        self.model.conclude(asking.complete);
        self.counters = self.counters.plus(&self.observations.credit(LEAST));
        self.model.enter(LEAST as usize);
        prop_assert_eq!(Sums::told(&self.counters), Sums::of(&self.model.book), "person-time and transitions");
        self.schedule()
    }

    /// Begins a cycle: it asks about everybody whom the model would ask about, in the same order.
    fn begin(&mut self) -> Result<Asking, TestCaseError> {
        // Before the first answer of this cycle there is a tenth after the last of the one before.
        self.now = self.now.plus(TENTH);
        let asked: Vec<BTreeSet<UserId>> = self
            .observations
            .clone()
            .begin(self.now, MAX_AGE)
            .map(|batch| batch.ids().iter().copied().collect())
            .collect();
        prop_assert!(asked == self.model.begin(self.now), "other batches than the model's, or in another order");
        let batches = self.observations.begin(self.now, MAX_AGE);
        let (suspects, flying, poisoned) = (VecDeque::new(), Vec::new(), Vec::new());
        Ok(Asking { batches, suspects, flying, poisoned, answered: false, complete: true })
    }

    /// A request ends.
    fn end(&mut self, asking: &mut Asking, batch: Batch, alone: bool, dice: &mut Rng) {
        match dice.u8(0..20) {
            0 | 1 if alone => asking.poisoned.extend(batch.places().iter().copied().zip(batch.ids().iter().copied())),
            0 | 1 => {
                self.observations.suspect(&batch);
                batch.ids().iter().for_each(|user| self.model.suspect(*user));
                match batch.clone().halves() {
                    Some((lower, upper)) => asking.suspects.extend([(lower, false), (upper, false)]),
                    None => asking.suspects.push_back((batch, true)),
                }
            }
            2 => asking.complete = false,
            3 => {
                asking.complete = false;
                asking.batches.abandon();
                asking.suspects.clear();
            }
            _ => {
                asking.answered |= !alone;
                self.answer(&batch, dice);
            }
        }
    }

    /// Answers in any order, some missing, some twice, some about strangers.
    fn answer(&mut self, batch: &Batch, dice: &mut Rng) {
        let missing = if dice.bool() { 0.0 } else { dice.f64() };
        let mut answers = Vec::new();
        for user in batch.ids() {
            let newest = (dice.f64() >= missing).then(|| presence(dice));
            self.model.answered(*user, newest.as_ref(), self.now, MAX_AGE);
            let Some(presence_now) = newest else { continue };
            if dice.u8(0..10) == 0 {
                answers.push(Answer { user: *user, presence: presence(dice), sequence: Some(Cow::Borrowed("A1")) });
            }
            answers.push(Answer { user: *user, presence: presence_now, sequence: Some(Cow::Borrowed("A2")) });
        }
        for _ in 0..dice.usize(0..3) {
            let stranger = if dice.bool() { user(u32::MAX) } else { self.crowd[dice.usize(0..self.crowd.len())] };
            if batch.ids().binary_search(&stranger).is_err() {
                answers.push(Answer { user: stranger, presence: presence(dice), sequence: None });
            }
        }
        dice.shuffle(&mut answers);
        self.observations.take(batch, batch.matched(answers), self.now);
    }

    /// The next cycle: on the grid, or at once after one that overran it.
    fn schedule(&mut self) -> Result<(), TestCaseError> {
        self.due = schedule::next_cycle(self.due, INTERVAL, self.now);
        self.grid.1 += 1;
        if self.grid.0.plus(INTERVAL * self.grid.1) < self.now {
            self.grid = (self.now, 0);
        }
        prop_assert_eq!(self.due, self.grid.0.plus(INTERVAL * self.grid.1), "off the grid");
        Ok(())
    }
}

impl Asking {
    /// What is answered next: of two or three in flight, any.
    fn next(&mut self, dice: &mut Rng) -> Option<(Batch, bool)> {
        while self.flying.len() < 3 {
            let next = self.suspects.pop_front().or_else(|| self.batches.next().map(|batch| (batch, false)));
            let Some(next) = next else { break };
            self.flying.push(next);
        }
        (!self.flying.is_empty()).then(|| self.flying.swap_remove(dice.usize(0..self.flying.len())))
    }
}

fn observations_of(people: &[UserId], now: Moment) -> Observations {
    Observations::new(Arc::new(Directory::new(people.to_vec(), now)))
}

/// How somebody may be: words known and unknown, properties that the answer does not carry.
fn presence(dice: &mut Rng) -> Presence {
    let mut word = |field: Field| match dice.u8(0..10) {
        0 => None,
        1 => Some(Word::Other(["Juggling", "Écoute", "Zen"][dice.usize(0..3)].into())),
        _ => Some(Word::Known(u8::try_from(dice.usize(0..field.known().len())).unwrap())),
    };
    let [availability, activity, work_location] = Field::ALL.map(&mut word);
    let mut mark = || [None, Some(false), Some(true)][dice.usize(0..3)];
    Presence { availability, activity, work_location, out_of_office: mark(), status_message: mark() }
}
