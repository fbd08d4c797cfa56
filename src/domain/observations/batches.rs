//! Batches: whom a cycle asks about, in which order, made one by one.
//!
//! Users who were answered together stand together, so the order is kept as runs of places: a few thousand for a million
//! users, who would take four bytes each. This file does not know how anybody is.

use std::collections::BTreeMap;
use std::collections::btree_map::IntoValues;
use std::fmt;
use std::iter::Flatten;
use std::ops::Range;
use std::sync::Arc;

use super::super::batch::Batch;
use super::super::directory::Directory;

/// The batches of one cycle.
pub struct Batches {
    directory: Arc<Directory>,
    /// The runs that have not begun, and what is left of the one that has.
    runs: Flatten<IntoValues<Turn, Vec<Range<u32>>>>,
    run: Range<u32>,
    /// How many are left.
    left: usize,
    /// How many suspects are left, who come first, and how many of them a batch has at the most.
    suspects: usize,
    most_suspects: usize,
}

/// When a user's turn comes: suspects before all others, then the least recently answered first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Turn {
    innocent: bool,
    answered: u32,
}

impl Turn {
    pub(super) fn of_suspect(answered: u32) -> Self {
        Self { innocent: false, answered }
    }

    pub(super) fn of_innocent(answered: u32) -> Self {
        Self { innocent: true, answered }
    }
}

impl Batches {
    /// The batches of users at places in ascending order.
    pub(super) fn new(directory: Arc<Directory>, turns: impl Iterator<Item = (u32, Turn)>) -> Self {
        let (mut runs, mut left, mut suspects) = (BTreeMap::<Turn, Vec<Range<u32>>>::new(), 0, 0);
        let mut add = |(turn, run): (Turn, Range<u32>)| {
            left += run.len();
            suspects += if turn.innocent { 0 } else { run.len() };
            runs.entry(turn).or_default().push(run);
        };
        let mut open: Option<(Turn, Range<u32>)> = None;
        for (place, turn) in turns {
            match &mut open {
                Some((same, run)) if *same == turn && run.end == place => run.end += 1,
                _ => open.replace((turn, place..place + 1)).into_iter().for_each(&mut add),
            }
        }
        open.into_iter().for_each(add);
        // In two halves, so that even a cycle of few requests learns which of them to believe.
        let most_suspects = suspects.div_ceil(2);
        Self { directory, runs: runs.into_values().flatten(), run: 0..0, left, suspects, most_suspects }
    }

    /// Leaves out all batches that have not been made.
    pub fn abandon(&mut self) {
        (self.runs, self.run) = (BTreeMap::new().into_values().flatten(), 0..0);
        (self.left, self.suspects) = (0, 0);
    }

    /// The next so many places.
    fn take(&mut self, most: usize) -> Vec<u32> {
        let mut places = Vec::with_capacity(most);
        while places.len() < most {
            if self.run.is_empty() {
                let Some(run) = self.runs.next() else { break };
                self.run = run;
            }
            places.extend(self.run.by_ref().take(most - places.len()));
        }
        places
    }
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let most = if self.suspects > 0 { self.suspects.min(self.most_suspects) } else { self.left };
        let places = self.take(most.min(Batch::LIMIT.get()));
        self.left -= places.len();
        self.suspects = self.suspects.saturating_sub(places.len());
        Batch::new(&self.directory, &places)
    }
}

impl fmt::Debug for Batches {
    /// How many are left, not who: their order tells who was answered when.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Batches(of {} users)", self.left)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::moment::Moment;
    use crate::domain::user::UserId;

    fn directory(users: usize) -> Arc<Directory> {
        let user = |number: usize| UserId::parse(&format!("{number:08}-0000-4000-8000-000000000000")).expect("a GUID");
        Arc::new(Directory::new((0..users).map(user).collect(), Moment::from_millis(0)))
    }

    fn turn() -> impl Strategy<Value = Option<Turn>> {
        prop_oneof![
            20 => Just(Some(Turn::of_innocent(7))),
            2 => (0_u32..4).prop_map(|answered| Some(Turn::of_innocent(answered))),
            1 => (0_u32..4).prop_map(|answered| Some(Turn::of_suspect(answered))),
            1 => Just(None),
        ]
    }

    proptest! {
        #[test]
        fn everybody_comes_once_and_nobody_before_somebody_whose_turn_is_earlier(
            turns in prop::collection::vec(turn(), 0..2_000),
        ) {
            let asked = (0_u32..).zip(&turns).filter_map(|(place, turn)| Some((place, (*turn)?)));
            let batches: Vec<Batch> = Batches::new(directory(turns.len()), asked.clone()).collect();
            let turns_of = |batch: &Batch| -> Vec<Turn> {
                batch.places().iter().filter_map(|place| turns[*place as usize]).collect()
            };
            for pair in batches.windows(2) {
                prop_assert!(turns_of(&pair[0]).iter().max() <= turns_of(&pair[1]).iter().min());
            }
            for batch in &batches {
                let turns = turns_of(batch);
                prop_assert!(turns.iter().all(|turn| turn.innocent == turns[0].innocent), "suspects stand by themselves");
            }
            let mut places: Vec<u32> = batches.iter().flat_map(Batch::places).copied().collect();
            places.sort_unstable();
            prop_assert_eq!(places, asked.map(|(place, _)| place).collect::<Vec<_>>());
        }
    }
}
