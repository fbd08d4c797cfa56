//! Histories of requests: many in flight, answered late, refused for their number or for another reason, pauses with and
//! without a length, machines that sleep; the budget against a book of all that was ever sent.

use std::time::Duration;

use fastrand::Rng;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use teams_presence_exporter::domain::budget::{Budget, Outcome, Permit};
use teams_presence_exporter::domain::moment::Moment;

/// The window of Graph's limit.
const WINDOW: Duration = Duration::from_secs(30);

/// A request that was sent.
#[derive(Debug, Clone, Copy)]
struct Request {
    taken: Moment,
    /// When it reaches the server, somewhere between its beginning and its end.
    arrives: Moment,
    ends: Moment,
    ended: bool,
}

/// An application, the server that it asks, and the book.
struct History {
    budget: Budget,
    ceiling: usize,
    concurrency: usize,
    /// What the server lets through in any 30 s.
    lets_through: usize,
    now: Moment,
    book: Vec<Request>,
    /// Until when the server has asked for silence.
    silence: Moment,
    /// How many requests were answered well since then; `None` if it never asked.
    answered_since: Option<usize>,
    /// The fullest window since the last cycle began.
    fullest: usize,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn no_window_is_above_the_budget_and_nobody_asks_in_a_pause(
        ceiling in 1_u32..25, concurrency in 1_u32..12, lets_through in 1_usize..40,
        steps in prop::collection::vec(any::<u64>(), 1..80),
    ) {
        let mut history = History::new(ceiling, concurrency, lets_through);
        for seed in steps {
            history.live(&mut Rng::with_seed(seed))?;
        }
        history.server_sees_no_window_above_the_ceiling()?;
        history.calm_brings_all_back()?;
    }
}

impl History {
    fn new(ceiling: u32, concurrency: u32, lets_through: usize) -> Self {
        let now = Moment::from_millis(1_000_000);
        Self {
            budget: Budget::new(ceiling, concurrency),
            ceiling: ceiling as usize,
            concurrency: concurrency as usize,
            lets_through,
            now,
            book: Vec::new(),
            silence: now,
            answered_since: None,
            fullest: 0,
        }
    }

    /// Some time passes, requests end meanwhile, and a few more want to be sent.
    fn live(&mut self, dice: &mut Rng) -> Result<(), TestCaseError> {
        let millis = match dice.u8(0..50) {
            0 => dice.u64(0..8 * 3_600_000),
            1..=5 => dice.u64(0..60_000),
            _ => dice.u64(0..3_000),
        };
        let until = self.now.plus(Duration::from_millis(millis));
        while let Some(next) = self.next_to_end().filter(|next| self.book[*next].ends <= until) {
            self.now = self.book[next].ends;
            self.end(next, dice)?;
        }
        self.now = until;
        if dice.u8(0..10) == 0 {
            self.budget.begin_cycle(self.now);
            self.fullest = self.occupied();
        }
        for _ in 0..dice.u8(0..6) {
            self.take(dice)?;
        }
        prop_assert_eq!(self.budget.fullest() as usize, self.fullest, "the fullest window");
        prop_assert!((1..=self.ceiling).contains(&(self.budget.limit() as usize)), "a limit out of bounds");
        Ok(())
    }

    fn next_to_end(&self) -> Option<usize> {
        let flying = self.book.iter().enumerate().filter(|(_, request)| !request.ended);
        flying.min_by_key(|(_, request)| request.ends).map(|(number, _)| number)
    }

    /// One wants to be sent.
    fn take(&mut self, dice: &mut Rng) -> Result<(), TestCaseError> {
        let (permit, flying) = (self.budget.take(self.now), self.flying());
        let limit = self.budget.limit() as usize;
        match permit {
            Permit::Granted => {
                let latency =
                    Duration::from_millis(if dice.u8(0..10) == 0 { dice.u64(0..90_000) } else { dice.u64(0..2_000) });
                let (taken, ends) = (self.now, self.now.plus(latency));
                self.book.push(Request { taken, arrives: taken.plus(latency.mul_f64(dice.f64())), ends, ended: false });
                let widest =
                    self.answered_since.map_or(self.concurrency, |answered| (1 + answered).min(self.concurrency));
                prop_assert!(self.now >= self.silence, "sent in a pause");
                prop_assert!(self.occupied() <= limit, "{} in a window of {limit}", self.occupied());
                prop_assert!(flying < widest, "{flying} in flight already, and {widest} may be");
                self.fullest = self.fullest.max(self.occupied());
            }
            Permit::Paused(until) => prop_assert_eq!(until, self.silence, "paused for how long"),
            Permit::NotBefore(moment) => {
                let free = self.cooling().map(|request| request.ends.plus(WINDOW)).min();
                prop_assert!(self.occupied() >= limit, "held back with {} in a window of {limit}", self.occupied());
                prop_assert_eq!(Some(moment), free.filter(|free| *free > self.now), "when a slot is free again");
            }
            Permit::Full => {
                prop_assert!(flying > 0, "waits for an answer, and none is due");
                let room = flying < self.concurrency && self.occupied() < limit;
                prop_assert!(self.answered_since.is_some() || !room, "full, and nothing ever went wrong");
            }
        }
        Ok(())
    }

    /// A request ends, well or badly; as the client does it, first comes the pause, then the slot back.
    fn end(&mut self, number: usize, dice: &mut Rng) -> Result<(), TestCaseError> {
        let request = self.book[number];
        let seen = self
            .book
            .iter()
            .filter(|other| other.arrives <= request.arrives && request.arrives.since(other.arrives) < WINDOW);
        let outcome = match dice.u8(0..40) {
            _ if seen.count() > self.lets_through => Outcome::Throttled,
            0 => Outcome::Throttled,
            1 | 2 => Outcome::Unavailable,
            3 => Outcome::Other,
            _ => Outcome::Accepted,
        };
        if outcome == Outcome::Throttled || outcome == Outcome::Unavailable && dice.bool() {
            let stated =
                (outcome == Outcome::Unavailable || dice.bool()).then(|| Duration::from_millis(dice.u64(0..60_000)));
            self.pause(stated, dice.f64())?;
        }
        let before = self.budget.limit();
        self.budget.give_back(request.taken, outcome, self.now);
        self.book[number].ended = true;
        if outcome == Outcome::Accepted && self.now >= self.silence {
            self.answered_since = self.answered_since.map(|answered| answered + 1);
        } else if outcome == Outcome::Unavailable {
            // It may halve what is in flight; that is never more than may be after so many answers.
            self.answered_since.get_or_insert(self.concurrency);
        }
        prop_assert!(outcome == Outcome::Throttled || self.budget.limit() >= before, "lowered without a refusal");
        Ok(())
    }

    /// The server asks for silence, for a stated time or not.
    fn pause(&mut self, stated: Option<Duration>, dice: f64) -> Result<(), TestCaseError> {
        let before = self.silence.max(self.now);
        self.budget.pause(stated, dice, self.now);
        let until = self.budget.paused_until(self.now).unwrap_or(self.now);
        match stated {
            Some(wait) => prop_assert_eq!(until, before.max(self.now.plus(wait)), "the longer pause counts"),
            None if before > self.now => prop_assert_eq!(until, before, "a pause is no longer for being told twice"),
            None => {
                let wait = until.since(self.now);
                let bounds = Duration::from_millis(500)..=WINDOW;
                prop_assert!(bounds.contains(&wait), "a pause of {wait:?} that nobody asked for");
            }
        }
        if stated.is_some() || before == self.now {
            self.answered_since = Some(0);
        }
        self.silence = until;
        Ok(())
    }

    fn flying(&self) -> usize {
        self.book.iter().filter(|request| !request.ended).count()
    }

    /// Those that ended in the last 30 s: the server may have seen them as late as that.
    fn cooling(&self) -> impl Iterator<Item = &Request> {
        self.book.iter().filter(|request| request.ended && self.now.since(request.ends) < WINDOW)
    }

    /// How many the server may see in one window.
    fn occupied(&self) -> usize {
        self.flying() + self.cooling().count()
    }

    fn server_sees_no_window_above_the_ceiling(&self) -> Result<(), TestCaseError> {
        for first in &self.book {
            let window = self
                .book
                .iter()
                .filter(|other| other.arrives >= first.arrives && other.arrives.since(first.arrives) < WINDOW);
            let window = window.count();
            prop_assert!(window <= self.ceiling, "{window} requests in 30 s, {} allowed", self.ceiling);
        }
        Ok(())
    }

    /// Hours after the last refusal all is allowed again.
    fn calm_brings_all_back(mut self) -> Result<(), TestCaseError> {
        while let Some(next) = self.next_to_end() {
            (self.now, self.book[next].ended) = (self.book[next].ends.max(self.now), true);
            self.budget.give_back(self.book[next].taken, Outcome::Accepted, self.now);
        }
        self.now = self.now.max(self.silence).plus(Duration::from_hours(2));
        self.budget.begin_cycle(self.now);
        prop_assert_eq!(self.budget.take(self.now), Permit::Granted, "after two hours of silence");
        prop_assert_eq!(self.budget.limit() as usize, self.ceiling, "after two hours of calm");
        Ok(())
    }
}
