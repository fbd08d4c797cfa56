//! Vocabularies: the words of one field that a tenant has been seen to use, each with a small number.
//!
//! Known words keep their places; up to eight others get one of their own, all further ones share `Other`, so a tenant
//! that invents words makes neither memory nor series without end. It does not know who used them.

use std::sync::Arc;

use super::presence::{Field, Word};

/// Unknown words that become label values of their own.
pub(super) const OTHERS: usize = 8;

/// What all further unknown words count as.
const OVERFLOW: &str = "Other";

/// The words of one field, numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    field: Field,
    /// The label values by slot: known words, then others as they were met, at the end perhaps [`OVERFLOW`].
    words: Vec<Arc<str>>,
    /// Whether the slot was met since [`Vocabulary::take_met`]; only unknown words are watched.
    met: Vec<bool>,
}

impl Vocabulary {
    /// The known words of a field.
    #[must_use]
    pub fn new(field: Field) -> Self {
        let words: Vec<Arc<str>> = field.known().iter().map(|word| Arc::from(*word)).collect();
        Self { field, met: vec![false; words.len()], words }
    }

    /// The most words that a field can come to have.
    #[must_use]
    pub fn most(field: Field) -> usize {
        field.known().len() + OTHERS + 1
    }

    /// The slot of a word; of what an unstated one counts as, for `None`.
    pub fn slot(&mut self, word: Option<Word>) -> u8 {
        let slot = match word.unwrap_or_else(|| self.field.unstated()) {
            Word::Known(slot) => return slot,
            Word::Other(word) => self.place(&word),
        };
        self.met[slot] = true;
        u8::try_from(slot).unwrap_or(u8::MAX)
    }

    /// The unknown words met since the last call.
    pub fn take_met(&mut self) -> Vec<Arc<str>> {
        let words = self.words.iter().zip(&mut self.met);
        words.filter_map(|(word, met)| std::mem::take(met).then(|| Arc::clone(word))).collect()
    }

    /// The label values by slot.
    #[must_use]
    pub fn words(&self) -> &[Arc<str>] {
        &self.words
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// A zero for every slot.
    #[must_use]
    pub fn zeros(&self) -> Vec<u32> {
        vec![0; self.words.len()]
    }

    /// Counts by slot as counts by label value. Known words are always there, others while somebody has them.
    #[must_use]
    pub fn labelled(&self, counts: &[u32]) -> Vec<(Arc<str>, u32)> {
        let known = self.field.known().len();
        let labelled = self.words.iter().zip(counts).enumerate();
        labelled
            .filter(|(slot, (_, count))| *slot < known || **count > 0)
            .map(|(_, (word, count))| (Arc::clone(word), *count))
            .collect()
    }

    /// The slot of an unknown word. One that is `Other` itself, or that holds what no word holds, has none of its own.
    fn place(&mut self, word: &str) -> usize {
        let others = self.field.known().len();
        let same = |known: &Arc<str>, word: &str| known.to_lowercase() == word.to_lowercase();
        let position = |words: &[Arc<str>], word: &str| words.iter().position(|known| same(known, word));
        if let Some(slot) = position(&self.words[others..], word) {
            return others + slot;
        }
        let overflow = position(&self.words[others..], OVERFLOW);
        let own = self.words.len() - others - usize::from(overflow.is_some());
        let word = if own >= OTHERS || word.contains(char::is_control) { OVERFLOW } else { word };
        match overflow {
            Some(slot) if word == OVERFLOW => others + slot,
            _ => {
                let word = if same(&Arc::from(word), OVERFLOW) { OVERFLOW } else { word };
                self.words.push(Arc::from(word));
                self.met.push(false);
                self.words.len() - 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(words: &[&str]) -> String {
        let mut vocabulary = Vocabulary::new(Field::WorkLocation);
        let mut counts = Vec::new();
        for word in words {
            let slot = usize::from(vocabulary.slot(Some(Field::WorkLocation.parse(word))));
            counts.resize(vocabulary.zeros().len(), 0);
            counts[slot] += 1;
        }
        counts.resize(vocabulary.zeros().len(), 0);
        let shown = vocabulary.labelled(&counts);
        shown.iter().map(|(word, count)| format!("{word}={count}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn known_words_are_there_even_when_nobody_has_them() {
        assert_eq!(labels(&["remote"]), "unspecified=0 office=0 remote=1 timeOff=0 unknownFutureValue=0");
    }

    #[test]
    fn one_unknown_word_in_two_spellings_is_one_word() {
        let expected = "unspecified=0 office=0 remote=0 timeOff=0 unknownFutureValue=0 Beach=2";
        assert_eq!(labels(&["beach", "BEACH"]), expected);
    }

    #[test]
    fn the_ninth_unknown_word_and_all_after_it_are_other() {
        let words: Vec<String> = (0..11).map(|number| format!("w{number}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let expected = "unspecified=0 office=0 remote=0 timeOff=0 unknownFutureValue=0 \
                        W0=1 W1=1 W2=1 W3=1 W4=1 W5=1 W6=1 W7=1 Other=3";
        assert_eq!(labels(&words), expected);
    }

    #[test]
    fn a_word_that_is_other_itself_is_no_second_series() {
        let expected = "unspecified=0 office=0 remote=0 timeOff=0 unknownFutureValue=0 \
                        Other=4 W0=1 W1=1 W2=1 W3=1 W4=1 W5=1 W6=1 W7=1";
        assert_eq!(
            labels(&["other", "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "line\nbreak", "OTHER"]),
            expected
        );
    }

    #[test]
    fn a_word_is_told_once_a_cycle() {
        let mut vocabulary = Vocabulary::new(Field::Activity);
        for _ in 0..3 {
            vocabulary.slot(Some(Field::Activity.parse("juggling")));
        }
        assert_eq!(vocabulary.take_met(), [Arc::from("Juggling")]);
        assert!(vocabulary.take_met().is_empty());
    }
}
