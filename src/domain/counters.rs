//! Counters: person-time by word and transitions between words, of one tenant, since the process began.
//!
//! They stand on the same side of the privacy wall as counts, and live in the snapshot: what a task that fails takes with
//! it are observations, so the sums never go back. Words keep their series for good; as many as a vocabulary holds have
//! one. Who was credited, and why, is not known here: `observations/credit.rs` knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::presence::{Field, Word};
use super::vocabulary::Vocabulary;

/// What cycles have credited, word by word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credit {
    /// Tenths of a second of person-time by availability, and by activity.
    pub tenths: [Vec<(Arc<str>, u64)>; 2],
    /// How often one availability was followed by another.
    pub transitions: Vec<([Arc<str>; 2], u64)>,
}

/// Sums over all that was ever credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters {
    /// The words that they have met, of availability and of activity.
    words: [Vocabulary; 2],
    /// Tenths of a second by the slots of these words.
    tenths: [Vec<u64>; 2],
    /// By the slots of both availabilities: all known ones, others that were met.
    transitions: BTreeMap<[u8; 2], u64>,
}

impl Default for Counters {
    fn default() -> Self {
        let words = [Field::Availability, Field::Activity].map(Vocabulary::new);
        let tenths = words.each_ref().map(|words| vec![0; words.words().len()]);
        let known = || (0..).zip(Field::Availability.known()).map(|(slot, _)| slot);
        let pairs = known().flat_map(|from| known().map(move |to| [from, to]));
        let transitions = pairs.filter(|[from, to]| from != to).map(|pair| (pair, 0)).collect();
        Self { words, tenths, transitions }
    }
}

impl Counters {
    /// The fewest tracked users of a tenant whose transitions are counted: of fewer, single people's days could be read.
    pub const CROWD: u32 = 50;

    /// The same with this on top.
    #[must_use]
    pub fn plus(&self, credit: &Credit) -> Self {
        let mut sums = self.clone();
        let fields = sums.words.iter_mut().zip(&mut sums.tenths).zip(&credit.tenths);
        for ((words, tenths), credited) in fields {
            for (word, credited) in credited {
                let slot = usize::from(slot(words, word));
                tenths.resize(words.words().len(), 0);
                tenths[slot] += credited;
            }
        }
        for (pair, count) in &credit.transitions {
            let pair = pair.each_ref().map(|word| slot(&mut sums.words[0], word));
            // Two words that are beyond counting apart by now are one.
            if pair[0] != pair[1] {
                *sums.transitions.entry(pair).or_default() += count;
            }
        }
        sums.tenths[0].resize(sums.words[0].words().len(), 0);
        sums
    }

    /// Person-seconds by availability.
    pub fn availability(&self) -> impl Iterator<Item = (&str, f64)> {
        self.person_time(0)
    }

    /// Person-seconds by activity.
    pub fn activity(&self) -> impl Iterator<Item = (&str, f64)> {
        self.person_time(1)
    }

    /// How often one availability was followed by another.
    pub fn transitions(&self) -> impl Iterator<Item = ([&str; 2], f64)> {
        let word = |slot: u8| &*self.words[0].words()[usize::from(slot)];
        self.transitions.iter().map(move |(pair, count)| (pair.map(word), float(*count)))
    }

    fn person_time(&self, field: usize) -> impl Iterator<Item = (&str, f64)> {
        let seconds = self.tenths[field].iter().map(|tenths| float(*tenths) / 10.0);
        self.words[field].words().iter().map(|word| &**word).zip(seconds)
    }
}

/// The slot of a word that has been a label value before.
fn slot(vocabulary: &mut Vocabulary, word: &Arc<str>) -> u8 {
    let known = vocabulary.words().iter().position(|known| known == word).and_then(|slot| u8::try_from(slot).ok());
    known.unwrap_or_else(|| vocabulary.slot(Some(Word::Other(Box::from(&**word)))))
}

/// A sum as Prometheus has it. A million people take centuries to a sum that is not exact.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, rounded above")]
const fn float(sum: u64) -> f64 {
    sum as f64
}
