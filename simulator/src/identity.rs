//! Object ids, and how they come from a person's number without a table.
//!
//! An id is a version-4 UUID. Its 122 free bits are a keyed permutation (a Feistel network) of the person's
//! number: a million people need no index, and an id of another tenant decodes to a number that nobody has.

use std::fmt;
use std::str::FromStr;

use crate::dice::Dice;

/// An Entra object id: a UUID, written in lower case with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid([u8; 16]);

/// The text given to [`Guid::from_str`] is not a UUID of 32 hexadecimal digits and four hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAGuid;

impl Guid {
    /// The sixteen bytes in the order in which they are written.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// A random-looking id for whatever the dice were thrown for.
    pub(crate) const fn thrown(dice: Dice) -> Self {
        let high = dice.on(1).number() >> 3;
        let low = dice.on(2).number() >> 3;
        Self::from_bits(((high as u128) << 61) | low as u128)
    }

    /// Reads 36 bytes of text, in either case.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text: &[u8; 36] = text.try_into().ok()?;
        if [8, 13, 18, 23].iter().any(|at| text[*at] != b'-') {
            return None;
        }
        let mut bytes = [0_u8; 16];
        let mut wrong = 0;
        for (byte, at) in bytes.iter_mut().zip(PAIRS) {
            let (high, low) = (NIBBLES[text[at] as usize], NIBBLES[text[at + 1] as usize]);
            wrong |= high | low;
            *byte = (high << 4) | (low & 0xf);
        }
        (wrong & 0xf0 == 0).then_some(Self(bytes))
    }

    /// The text form, without allocating.
    pub(crate) fn text(&self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        for (byte, at) in self.0.iter().zip(PAIRS) {
            text[at] = DIGITS[(byte >> 4) as usize];
            text[at + 1] = DIGITS[(byte & 0xf) as usize];
        }
        text
    }

    /// Spreads 122 bits around the version and variant bits of a version-4 UUID (RFC 9562, section 5.4).
    const fn from_bits(bits: u128) -> Self {
        let high = (bits >> 74) << 80;
        let middle = ((bits >> 62) & 0xfff) << 64;
        let low = bits & ((1 << 62) - 1);
        Self((high | (4 << 76) | middle | (2 << 62) | low).to_be_bytes())
    }

    /// The 122 bits again, if this is a version-4 UUID.
    fn bits(self) -> Option<u128> {
        let all = u128::from_be_bytes(self.0);
        let regular = (all >> 76) & 0xf == 4 && (all >> 62) & 3 == 2;
        regular.then_some(((all >> 80) << 74) | (((all >> 64) & 0xfff) << 62) | (all & ((1 << 62) - 1)))
    }
}

/// Where each byte's two digits stand in the text.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// The value of a hexadecimal digit; 0xff for any other byte.
const NIBBLES: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut digit: u8 = 0;
    while digit < 16 {
        table[DIGITS[digit as usize] as usize] = digit;
        table[DIGITS[digit as usize].to_ascii_uppercase() as usize] = digit;
        digit += 1;
    }
    table
};

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Guid {
    type Err = NotAGuid;

    fn from_str(text: &str) -> Result<Self, NotAGuid> {
        Self::parse(text.as_bytes()).ok_or(NotAGuid)
    }
}

impl fmt::Display for NotAGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID of 32 hexadecimal digits and four hyphens")
    }
}

impl std::error::Error for NotAGuid {}

/// A keyed bijection between numbers and ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permutation([Dice; 4]);

/// Half of the 122 bits.
const HALF: u32 = 61;
const MASK: u64 = (1 << HALF) - 1;

impl Permutation {
    pub(crate) fn new(dice: Dice) -> Self {
        Self([dice.on(1), dice.on(2), dice.on(3), dice.on(4)])
    }

    /// The id of the object with this number.
    pub(crate) fn guid(&self, number: u32) -> Guid {
        let (mut left, mut right) = (0, u64::from(number));
        for key in &self.0 {
            (left, right) = (right, left ^ (key.on(right).number() & MASK));
        }
        Guid::from_bits((u128::from(left) << HALF) | u128::from(right))
    }

    /// The number behind an id, unless it is no id of this permutation.
    #[expect(clippy::cast_possible_truncation, reason = "both halves are masked to 61 bits")]
    pub(crate) fn number(&self, guid: Guid) -> Option<u32> {
        let bits = guid.bits()?;
        let (mut left, mut right) = ((bits >> HALF) as u64 & MASK, bits as u64 & MASK);
        for key in self.0.iter().rev() {
            (left, right) = (right ^ (key.on(left).number() & MASK), left);
        }
        if left == 0 { u32::try_from(right).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Guid, Permutation};

    #[test]
    fn every_number_comes_back_from_its_id() {
        let ids = Permutation::new(Dice::new(42));
        for number in (0..1000).chain([999_999, u32::MAX]) {
            let id = ids.guid(number);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(ids.number(id), Some(number), "{id}");
        }
    }

    #[test]
    fn an_id_of_another_tenant_has_no_number() {
        let (ours, theirs) = (Permutation::new(Dice::new(1)), Permutation::new(Dice::new(2)));
        assert!((0..1000).all(|number| ours.number(theirs.guid(number)).is_none()));
    }

    #[test]
    fn ids_are_version_4_and_upper_case_is_read() {
        let id = Permutation::new(Dice::new(1)).guid(0).to_string();
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert_eq!(Guid::parse(id.to_uppercase().as_bytes()), Guid::parse(id.as_bytes()));
        assert_eq!(Guid::parse(b"not-a-guid"), None);
        assert_eq!(Guid::parse(b"00000000-0000-4000-8000-00000000000g"), None);
    }
}
