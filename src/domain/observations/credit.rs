//! Credits: the time between two consecutive observations of the same user, and whether the user changed meanwhile.
//!
//! Each user's time is summed up with everybody's as the answers come, so nothing is kept per person. Whoever was answered
//! in the same two cycles is credited the same time, from the beginning of the one to that of the other: by the instants
//! of their requests the people of a small batch could be told from the others, cycle after cycle. What becomes of the
//! sums is not known here: read `counters`.

use std::sync::Arc;
use std::time::Duration;

use super::super::counters::{Counters, Credit};
use super::super::presence::Field;
use super::super::vocabulary::{OTHERS, Vocabulary};
use super::{Observation, Observations, units};

/// As many as a vocabulary of availability or activity ever has, or more.
const SLOTS: usize = 32;

const _: () =
    assert!(Field::Availability.known().len() + OTHERS < SLOTS && Field::Activity.known().len() + OTHERS < SLOTS);

/// What cycles have credited and the counters do not have yet.
#[derive(Debug, Clone)]
pub(super) struct Credits {
    /// When the cycles began whose observations may be young enough, the latest last: that is the one under way.
    cycles: Vec<u32>,
    /// The longest gap that is credited, in the units of an observation, as those above.
    longest: u32,
    /// Users whom the cycle under way has credited; each of them once.
    people: u32,
    /// Time by slot: availability, activity.
    time: [[u64; SLOTS]; 2],
    /// Transitions by the slots of both availabilities.
    transitions: Vec<[u64; SLOTS]>,
}

impl Default for Credits {
    fn default() -> Self {
        let (time, transitions) = ([[0; SLOTS]; 2], vec![[0; SLOTS]; SLOTS]);
        Self { cycles: Vec::new(), longest: 0, people: 0, time, transitions }
    }
}

impl Credits {
    /// A cycle begins, which credits gaps up to `max_age`.
    pub(super) fn begin(&mut self, started: u32, max_age: Duration) {
        self.longest = units(max_age);
        self.cycles.retain(|cycle| started - cycle <= self.longest);
        self.cycles.push(started);
        self.people = 0;
    }

    /// Credits a user's time between two observations to the earlier one's words.
    pub(super) fn add(&mut self, earlier: Observation, later: Observation) {
        let Some(gap) = self.gap(earlier.answered, later.answered) else { return };
        self.people += 1;
        for (time, word) in self.time.iter_mut().zip([earlier.availability, earlier.activity]) {
            time[usize::from(word) % SLOTS] += u64::from(gap);
        }
        if earlier.availability != later.availability {
            self.transitions[usize::from(earlier.availability) % SLOTS][usize::from(later.availability) % SLOTS] += 1;
        }
    }

    /// From the beginning of the cycle of the earlier of two observations to that of the cycle under way. `None`: nothing
    /// is credited, as it was of the same one or none, or the gap is too long.
    fn gap(&self, earlier: u32, later: u32) -> Option<u32> {
        let [cycles @ .., under_way] = self.cycles.as_slice() else { return None };
        let begun = match cycles.last() {
            Some(before) if (*before..*under_way).contains(&earlier) => before,
            _ if earlier >= *under_way => return None,
            _ => cycles.get(cycles.partition_point(|cycle| *cycle <= earlier).checked_sub(1)?)?,
        };
        (later - earlier <= self.longest).then_some(under_way - begun)
    }

    /// Takes out all that there is, in the words of both fields.
    fn take(&mut self, [availability, activity]: [&Vocabulary; 2]) -> Credit {
        self.people = 0;
        let [reachable, doing] = std::mem::take(&mut self.time);
        let tenths = [in_words(availability, &reachable), in_words(activity, &doing)];
        let changes = availability.words().iter().zip(&mut self.transitions).flat_map(|(from, counts)| {
            let counts = in_words(availability, &std::mem::take(counts));
            counts.into_iter().map(|(to, count)| ([Arc::clone(from), to], count))
        });
        Credit { tenths, transitions: changes.collect() }
    }
}

/// The sums that are not zero, each with the word of its slot.
fn in_words(vocabulary: &Vocabulary, sums: &[u64]) -> Vec<(Arc<str>, u64)> {
    let sums = vocabulary.words().iter().zip(sums).filter(|(_, sum)| **sum > 0);
    sums.map(|(word, sum)| (Arc::clone(word), *sum)).collect()
}

impl Observations {
    /// Takes out what the counters may be told after a cycle, in which at least so many users must have been credited: what
    /// fewer people make waits for a cycle of more. Nothing is kept of a tenant that never has so many, nor are the
    /// transitions of one that shows none.
    #[must_use]
    pub fn credit(&mut self, least: u32) -> Credit {
        let [availability, activity, _] = &self.vocabularies;
        let tracked = self.users.len();
        if tracked < Counters::CROWD as usize {
            self.credits.transitions.fill([0; SLOTS]);
        }
        if tracked < least as usize {
            self.credits.time = [[0; SLOTS]; 2];
        }
        if self.credits.people < least {
            return Credit::default();
        }
        self.credits.take([availability, activity])
    }
}

#[cfg(test)]
mod tests;
