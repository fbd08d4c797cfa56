//! Observations: the last known presence of each tracked user, and when it was asked about.
//!
//! The only per-person state of the process, eight bytes a user. It stays in the collector's memory: what leaves is
//! [`Tally`], which holds counts. This file does not know Graph, the page, or what coverage is worth.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::batch::Batch;
use super::directory::Directory;
use super::moment::Moment;
use super::presence::{Field, Presence};
use super::tally::{Class, Tally};
use super::vocabulary::Vocabulary;

mod batches;
mod credit;
mod groups;

use batches::Turn;
use credit::Credits;

pub use batches::Batches;

/// Complete answers in a row that leave a user out before the user counts as unanswerable.
const LEFT_OUT_LIMIT: u8 = 3;

/// Milliseconds in one unit of [`Observation::answered`].
const UNIT: u64 = 100;

/// What is known of every user of the directory in force.
#[derive(Clone)]
pub struct Observations {
    directory: Arc<Directory>,
    /// One for each user, in the order of the directory.
    users: Vec<Observation>,
    /// The words met so far, one vocabulary a field, in the order of [`Field::ALL`].
    vocabularies: [Vocabulary; 3],
    /// The properties that the answers of the last complete cycle carried.
    carried: Properties,
    cycle: Cycle,
    credits: Credits,
}

/// One user's observation, in eight bytes.
#[derive(Clone, Copy)]
struct Observation {
    /// When what was answered was asked, in tenths of a second on the process's clock; zero: never.
    answered: u32,
    availability: u8,
    activity: u8,
    work_location: u8,
    marks: Marks,
}

/// What else is known of a user, by bits: the two lowest count the complete answers in a row that left the user out.
#[derive(Clone, Copy, Default)]
struct Marks(u8);

/// The cycle under way, or the last one.
#[derive(Debug, Clone, Copy, Default)]
struct Cycle {
    /// Answers of this cycle are stamped no earlier than this, those of earlier cycles are.
    started: u32,
    /// The latest stamp given out.
    latest: u32,
    /// The properties that its answers have carried so far.
    carried: Properties,
}

/// Which properties answers carried: a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Properties(u8);

impl Observations {
    /// Nothing is known yet of anybody.
    #[must_use]
    pub fn new(directory: Arc<Directory>) -> Self {
        let users = vec![Observation::NONE; directory.users().len()];
        let vocabularies = Field::ALL.map(Vocabulary::new);
        let (carried, cycle, credits) = (Properties::default(), Cycle::default(), Credits::default());
        Self { directory, users, vocabularies, carried, cycle, credits }
    }

    /// The directory in force.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Puts another directory in force: who stays keeps the observation, who left is forgotten. Who was set aside is asked
    /// about again, as a suspect, and does not count against coverage until answered.
    #[must_use]
    pub fn adopting(&self, directory: Arc<Directory>) -> Self {
        let mut known = self.directory.users().iter().zip(&self.users).peekable();
        let users = directory
            .users()
            .iter()
            .map(|user| {
                while known.next_if(|(earlier, _)| *earlier < user).is_some() {}
                match known.next_if(|(earlier, _)| *earlier == user) {
                    Some((_, observation)) => observation.asked_again(),
                    None => Observation::NONE,
                }
            })
            .collect();
        let (vocabularies, credits) = (self.vocabularies.clone(), self.credits.clone());
        Self { directory, users, vocabularies, carried: self.carried, cycle: self.cycle, credits }
    }

    /// Begins a cycle at `now`. Returns the batches that it shall ask about, the least recently answered users first,
    /// so that a cycle that is cut starves nobody twice. Suspects come before all others, in batches of their own.
    /// Between two answers about a user, time is credited if it is no longer than `max_age`.
    pub fn begin(&mut self, now: Moment, max_age: Duration) -> Batches {
        let started = stamp(now).max(self.cycle.latest.saturating_add(1));
        self.cycle = Cycle { started, latest: started, carried: Properties::default() };
        self.credits.begin(started, max_age);
        let turns = (0..).zip(&self.users).filter(|(_, user)| !user.marks.quarantined()).map(|(place, user)| {
            let turn = if user.marks.suspect() { Turn::of_suspect } else { Turn::of_innocent };
            (place, turn(user.answered))
        });
        Batches::new(Arc::clone(&self.directory), turns)
    }

    /// Takes in the answers to one batch, in the order of the batch, which was asked about at `asked`. When they arrived does
    /// not count: a slow server, or a machine that was suspended meanwhile, would make old answers new.
    pub fn take(&mut self, batch: &Batch, answers: Vec<Option<Presence>>, asked: Moment) {
        let answered = stamp(asked).max(self.cycle.started);
        self.cycle.latest = self.cycle.latest.max(answered);
        for (place, answer) in batch.places().iter().zip(answers) {
            let Some(user) = self.users.get_mut(*place as usize) else { continue };
            match answer {
                None => {
                    user.marks.0 &= !Marks::SUSPECT;
                    user.marks.leave_out();
                }
                Some(presence) => {
                    self.cycle.carried.add(&presence);
                    let marks = Marks::of(&presence);
                    let [availability, activity, work_location] = &mut self.vocabularies;
                    let observation = Observation {
                        answered,
                        availability: availability.slot(presence.availability),
                        activity: activity.slot(presence.activity),
                        work_location: work_location.slot(presence.work_location),
                        marks,
                    };
                    self.credits.add(*user, observation);
                    *user = observation;
                }
            }
        }
    }

    /// Whether all of a batch are suspects already.
    #[must_use]
    pub fn suspects(&self, batch: &Batch) -> bool {
        batch.places().iter().all(|place| self.users.get(*place as usize).is_some_and(|user| user.marks.suspect()))
    }

    /// Notes that somebody of a batch is at fault for a refusal.
    pub fn suspect(&mut self, batch: &Batch) {
        for place in batch.places() {
            if let Some(user) = self.users.get_mut(*place as usize) {
                user.marks.0 |= Marks::SUSPECT;
            }
        }
    }

    /// Sets aside a user whom no batch can carry, until the next directory.
    pub fn quarantine(&mut self, place: u32) {
        if let Some(user) = self.users.get_mut(place as usize) {
            user.marks.set_quarantined();
        }
    }

    /// Ends the cycle. Only a complete one, in which every batch was answered, can tell that a property is gone.
    /// Returns the unknown words that this cycle met, with their fields.
    pub fn conclude(&mut self, complete: bool) -> Vec<(Field, Arc<str>)> {
        if complete && self.cycle.carried != Properties::default() {
            self.carried = self.cycle.carried;
        } else {
            self.carried.0 |= self.cycle.carried.0;
        }
        let vocabularies = Field::ALL.iter().zip(&mut self.vocabularies);
        vocabularies.flat_map(|(field, words)| words.take_met().into_iter().map(|word| (*field, word))).collect()
    }

    /// Counts everybody as of `now`; observations older than `max_age` count for nobody.
    #[must_use]
    pub fn tally(&self, now: Moment, max_age: Duration) -> Tally {
        let mut words = self.vocabularies.each_ref().map(Vocabulary::zeros);
        let mut tally = Tally::default();
        let (mut out_of_office, mut status_message) = (0, 0);
        let mut oldest = u32::MAX;
        for user in &self.users {
            tally.quarantined += u32::from(user.marks.quarantined());
            let class = self.class(*user, now, max_age);
            tally.freshness.add(class);
            if matches!(class, Class::Current | Class::Held) {
                oldest = oldest.min(user.answered);
                words[0][usize::from(user.availability)] += 1;
                words[1][usize::from(user.activity)] += 1;
                words[2][usize::from(user.work_location)] += 1;
                out_of_office += u32::from(user.marks.out_of_office());
                status_message += u32::from(user.marks.status_message());
            }
        }
        let carried = [Properties::AVAILABILITY, Properties::ACTIVITY, Properties::WORK_LOCATION];
        let mut fields = self.vocabularies.iter().zip(words).zip(carried);
        tally.words = std::array::from_fn(|_| {
            let ((vocabulary, counts), carried) = fields.next()?;
            self.carried.hold(carried).then(|| vocabulary.labelled(&counts))
        });
        tally.out_of_office = self.carried.hold(Properties::OUT_OF_OFFICE).then_some(out_of_office);
        tally.status_message = self.carried.hold(Properties::STATUS_MESSAGE).then_some(status_message);
        tally.oldest = (oldest != u32::MAX).then(|| moment(oldest));
        tally.dimensions = self.dimensions(now, max_age);
        tally.series = self.directory.grouping().made();
        tally
    }

    fn class(&self, user: Observation, now: Moment, max_age: Duration) -> Class {
        if user.marks.unanswerable() {
            Class::Unanswerable
        } else if user.answered == 0 || now.since(moment(user.answered)) >= max_age {
            Class::Unanswered
        } else if user.answered >= self.cycle.started {
            Class::Current
        } else {
            Class::Held
        }
    }
}

impl Observation {
    const NONE: Self = Self { answered: 0, availability: 0, activity: 0, work_location: 0, marks: Marks(0) };

    fn asked_again(mut self) -> Self {
        if self.marks.quarantined() {
            self.marks.0 = self.marks.0 & !Marks::QUARANTINED | Marks::SUSPECT | LEFT_OUT_LIMIT;
        }
        self
    }
}

impl Marks {
    const LEFT_OUT: u8 = 0b0011;
    const QUARANTINED: u8 = 0b0100;
    const OUT_OF_OFFICE: u8 = 0b1000;
    const STATUS_MESSAGE: u8 = 0b1_0000;
    const SUSPECT: u8 = 0b10_0000;

    fn of(presence: &Presence) -> Self {
        let mark = |given: Option<bool>, bit| if given == Some(true) { bit } else { 0 };
        Self(mark(presence.out_of_office, Self::OUT_OF_OFFICE) | mark(presence.status_message, Self::STATUS_MESSAGE))
    }

    fn leave_out(&mut self) {
        if self.0 & Self::LEFT_OUT < LEFT_OUT_LIMIT {
            self.0 += 1;
        }
    }

    fn set_quarantined(&mut self) {
        self.0 |= Self::QUARANTINED;
    }

    fn suspect(self) -> bool {
        self.0 & Self::SUSPECT != 0
    }

    fn quarantined(self) -> bool {
        self.0 & Self::QUARANTINED != 0
    }

    fn unanswerable(self) -> bool {
        self.quarantined() || self.0 & Self::LEFT_OUT == LEFT_OUT_LIMIT
    }

    fn out_of_office(self) -> bool {
        self.0 & Self::OUT_OF_OFFICE != 0
    }

    fn status_message(self) -> bool {
        self.0 & Self::STATUS_MESSAGE != 0
    }
}

impl Properties {
    const AVAILABILITY: u8 = 1;
    const ACTIVITY: u8 = 1 << 1;
    const WORK_LOCATION: u8 = 1 << 2;
    const OUT_OF_OFFICE: u8 = 1 << 3;
    const STATUS_MESSAGE: u8 = 1 << 4;

    fn add(&mut self, presence: &Presence) {
        let carried = [
            (presence.availability.is_some(), Self::AVAILABILITY),
            (presence.activity.is_some(), Self::ACTIVITY),
            (presence.work_location.is_some(), Self::WORK_LOCATION),
            (presence.out_of_office.is_some(), Self::OUT_OF_OFFICE),
            (presence.status_message.is_some(), Self::STATUS_MESSAGE),
        ];
        for (carried, property) in carried {
            self.0 |= if carried { property } else { 0 };
        }
    }

    fn hold(self, property: u8) -> bool {
        self.0 & property != 0
    }
}

impl fmt::Debug for Observations {
    /// How many, and of nobody how they are: what is printed can end up in a log or a panic message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Observations(of {} users)", self.users.len())
    }
}

/// A moment in units of an observation, never zero.
fn stamp(moment: Moment) -> u32 {
    u32::try_from(moment.millis() / UNIT).unwrap_or(u32::MAX).max(1)
}

/// A duration in the same units, rounded down.
fn units(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis() / u128::from(UNIT)).unwrap_or(u32::MAX)
}

fn moment(stamp: u32) -> Moment {
    Moment::from_millis(u64::from(stamp) * UNIT)
}

#[cfg(test)]
mod tests;
