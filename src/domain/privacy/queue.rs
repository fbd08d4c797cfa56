//! A queue by weight: a list for each weight, as there are not many, so that a dense graph is scanned in linear time.
//!
//! It does not know what waits in it; whoever waits there twice comes out twice.

/// The end of a list.
const END: u32 = u32::MAX;

/// What waits, by weight.
#[derive(Debug)]
pub(super) struct Queue {
    /// For each weight the entry that came last.
    lasts: Vec<u32>,
    /// What waits, and the entry that came before it with the same weight.
    entries: Vec<(u32, u32)>,
    /// No entry is heavier.
    heaviest: usize,
}

impl Queue {
    /// An empty one, for weights up to this.
    pub(super) fn new(most: u32) -> Self {
        Self { lasts: vec![END; most as usize + 1], entries: Vec::new(), heaviest: 0 }
    }

    /// Adds what has this weight.
    pub(super) fn push(&mut self, weight: u32, what: u32) {
        let weight = weight as usize;
        self.entries.push((what, self.lasts[weight]));
        self.lasts[weight] = u32::try_from(self.entries.len() - 1).unwrap_or(END);
        self.heaviest = self.heaviest.max(weight);
    }

    /// Takes what is heaviest, of equals the last.
    pub(super) fn pop(&mut self) -> Option<u32> {
        while self.lasts[self.heaviest] == END {
            if self.heaviest == 0 {
                self.entries.clear();
                return None;
            }
            self.heaviest -= 1;
        }
        let (what, before) = self.entries[self.lasts[self.heaviest] as usize];
        self.lasts[self.heaviest] = before;
        Some(what)
    }
}
