//! A column: the values of one attribute dimension while its users are listed.
//!
//! Of each user it keeps a number that stands for value and spelling. So users may leave again, and nobody is counted before
//! the end. What a hostile directory can make it remember is bounded: what comes later is `(other)`.

use std::collections::{BTreeMap, HashMap};

use super::{Value, Values};
use crate::domain::dimension::{Attribute, ByAttribute};
use crate::domain::value::Named;

/// The most spellings, and so the most values. Their numbers fit two bytes.
const MOST_SPELLINGS: usize = 65_000;

/// The most spellings of one value: what somebody invents by case alone crowds nobody out.
const SPELLINGS_OF_ONE: usize = 32;

/// The most bytes of keys and spellings.
const MOST_BYTES: usize = 8 << 20;

/// The most bytes of texts that are known as they come, each with what it takes to remember it.
const MOST_KNOWN: usize = 2 << 20;
const REMEMBERED: usize = 32;

/// One column.
#[derive(Clone)]
pub(super) struct Column {
    attribute: Attribute,
    map: BTreeMap<Box<str>, Box<str>>,
    /// For each user the number of the spelling, or [`Values::NONE`] or [`Values::REST`].
    pub(super) of: Vec<u16>,
    /// The spellings by number; the first two are nobody's.
    spellings: Vec<Box<str>>,
    /// The spellings of each value, by its key.
    values: HashMap<Box<str>, Vec<u16>>,
    bytes: usize,
    known: Known,
}

/// Texts as the directory sends them, with their numbers: nearly all of a million rows need no more than this.
#[derive(Clone, Default)]
struct Known {
    texts: HashMap<Box<str>, u16>,
    bytes: usize,
}

impl Column {
    pub(super) fn new(by: &ByAttribute) -> Self {
        Self {
            attribute: by.attribute,
            map: by.map.clone(),
            of: Vec::new(),
            spellings: vec![Box::default(); 2],
            values: HashMap::new(),
            bytes: 0,
            known: Known::default(),
        }
    }

    pub(super) fn attribute(&self) -> Attribute {
        self.attribute
    }

    /// Adds a user's value.
    pub(super) fn push(&mut self, text: Option<&str>) {
        let number = match text {
            None | Some("") => Values::NONE,
            Some(text) => self.number(text),
        };
        self.of.push(number);
    }

    fn number(&mut self, text: &str) -> u16 {
        if let Some(number) = self.known.texts.get(text) {
            return *number;
        }
        let number = Named::read(text, &self.map).map_or(Values::NONE, |named| self.place(named));
        self.known.remember(text, number);
        number
    }

    /// The number of a spelling: its own, or that of another of the same value if there are too many.
    fn place(&mut self, named: Named) -> u16 {
        let Named { key, spelling } = named;
        let full = self.spellings.len() >= MOST_SPELLINGS + 2;
        let number = u16::try_from(self.spellings.len()).unwrap_or(Values::REST);
        match self.values.get_mut(&key) {
            Some(numbers) => {
                let same = numbers.iter().find(|number| self.spellings[usize::from(**number)] == spelling);
                if let Some(number) = same {
                    return *number;
                }
                if full || numbers.len() >= SPELLINGS_OF_ONE || self.bytes + spelling.len() > MOST_BYTES {
                    return numbers[0];
                }
                numbers.push(number);
            }
            None if full || self.bytes + key.len() + spelling.len() > MOST_BYTES => return Values::REST,
            None => {
                self.bytes += key.len();
                self.values.insert(key, vec![number]);
            }
        }
        self.bytes += spelling.len();
        self.spellings.push(spelling);
        number
    }

    /// The values, counted: those that nobody has are gone, the others numbered by their keys.
    pub(super) fn into_values(mut self) -> Values {
        let mut users = vec![0; self.spellings.len()];
        for number in &self.of {
            users[usize::from(*number)] += 1;
        }
        let unnamed = |users| Value { users, ..Value::default() };
        let mut values = vec![unnamed(users[0]), unnamed(users[1])];
        let mut renumbered = vec![Values::NONE; users.len()];
        renumbered[usize::from(Values::REST)] = Values::REST;
        let mut keys: Vec<(Box<str>, Vec<u16>)> = self.values.into_iter().collect();
        keys.sort_unstable();
        for (key, numbers) in keys {
            let mut value = Value { key, ..Value::default() };
            for number in numbers.into_iter().map(usize::from).filter(|number| users[*number] > 0) {
                renumbered[number] = u16::try_from(values.len()).unwrap_or(Values::REST);
                value.users += users[number];
                value.spellings.push((std::mem::take(&mut self.spellings[number]), users[number]));
            }
            if value.users > 0 {
                value.spellings.sort_unstable();
                values.push(value);
            }
        }
        for number in &mut self.of {
            *number = renumbered[usize::from(*number)];
        }
        self.of.shrink_to_fit();
        Values { of: self.of, values }
    }
}

impl Known {
    fn remember(&mut self, text: &str, number: u16) {
        let bytes = text.len() + REMEMBERED;
        if number != Values::REST && self.bytes + bytes <= MOST_KNOWN {
            self.bytes += bytes;
            self.texts.insert(text.into(), number);
        }
    }
}
