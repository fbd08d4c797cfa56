//! Dice that always fall the same way.
//!
//! A throw is a pure function of a seed and of what it is thrown for, so that everything in the simulated
//! tenant can be computed again by a test, in any order and without a table. Not a source of secrets.

/// A keyed throw: derive one per purpose with [`Dice::on`], then read it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice from which all others of one tenant are derived.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(fold(seed ^ 0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9))
    }

    /// The dice for one purpose (a person, a day, a question).
    pub(crate) const fn on(self, purpose: u64) -> Self {
        let once = fold(self.0 ^ purpose, 0x9e37_79b9_7f4a_7c15);
        Self(fold(once ^ self.0, 0xd6e8_feb8_6659_fd93))
    }

    /// All 64 bits.
    pub(crate) const fn number(self) -> u64 {
        self.0
    }

    /// A number in `0..limit`.
    pub(crate) const fn below(self, limit: u32) -> u32 {
        (((self.0 >> 32) * limit as u64) >> 32) as u32
    }

    /// Whether an event of this many in a thousand happens.
    pub(crate) const fn happens(self, permille: u32) -> bool {
        self.below(1000) < permille
    }

    /// One of these, each as likely as the other.
    pub(crate) fn pick<T>(self, from: &[T]) -> &T {
        let limit = u32::try_from(from.len()).unwrap_or(u32::MAX);
        &from[self.below(limit) as usize]
    }
}

/// Multiplies and folds the 128-bit product: every bit of the result depends on every bit of `a`.
#[expect(clippy::cast_possible_truncation, reason = "both halves of the product are used")]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a ^ 0xa076_1d64_78bd_642f) as u128 * b as u128;
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_purpose_falls_the_same_way_and_another_does_not() {
        let dice = Dice::new(1);
        assert_eq!(dice.on(7).number(), dice.on(7).number());
        assert_ne!(dice.on(7).number(), dice.on(8).number());
        assert_ne!(dice.on(7).number(), Dice::new(2).on(7).number());
    }

    #[test]
    fn a_quarter_happens_about_a_quarter_of_the_time() {
        let dice = Dice::new(1);
        let happened = (0..10_000).filter(|n| dice.on(*n).happens(250)).count();
        assert!((2_300..2_700).contains(&happened), "{happened}");
    }
}
