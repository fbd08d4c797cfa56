//! Values: what the directory says of a user, made comparable and fit for a label.
//!
//! It does not know whose value it is, nor how many have it (`roster`). Only white space and case are made alike: two
//! ways to write the same accent are two values, and marks that tell which way to read are part of a name.

use std::collections::BTreeMap;

/// The most characters of a value.
const LONGEST: usize = 128;

/// What groups are called that no value makes; a value that reads so gets [`MARK`].
const RESERVED: [&str; 2] = ["(none)", "(other)"];

/// What tells a value from a reserved name.
const MARK: char = '_';

/// A value that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As it is compared: values with one key are one value.
    pub key: Box<str>,
    /// As it is shown: 1 to 128 characters, no control character, no white space but single spaces inside.
    pub spelling: Box<str>,
}

impl Named {
    /// The value in a text, unless it is empty. `map` tells by [`key`] which values are called otherwise.
    #[must_use]
    pub fn read(text: &str, map: &BTreeMap<Box<str>, Box<str>>) -> Option<Self> {
        let spelling = folded(text);
        // The key of all of it is for the map alone: names of 10 kB are not raised and lowered for nothing.
        let other = if map.is_empty() || spelling.is_empty() { None } else { map.get(&caseless(&spelling)) };
        let mut named = other.map_or_else(|| Self::cut(&spelling), |other| Self::cut(&folded(other)));
        if RESERVED.contains(&&*named.key) {
            named = Self { key: marked(&named.key), spelling: marked(&named.spelling) };
        }
        (!named.spelling.is_empty()).then_some(named)
    }

    /// Key and spelling are cut alike: names that are equal but for case stay so, even where case changes their length.
    fn cut(spelling: &str) -> Self {
        let spelling = start(spelling);
        Self { key: start(&caseless(spelling)).into(), spelling: spelling.into() }
    }
}

/// A value as it is compared before it is cut: case, white space around it and how much there is inside do not matter.
#[must_use]
pub fn key(text: &str) -> Box<str> {
    caseless(&folded(text))
}

/// A text without white space but single spaces inside. Control characters are white space.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let blank = |character: char| character.is_whitespace() || character.is_control();
    for word in text.split(blank).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// Raised in between: some small letters share their capital (σ and ς) or are two in it (ß), and some capitals (ẞ) lead
/// there only by their small letter. Letter by letter, so that the start of a text never depends on what follows.
fn caseless(text: &str) -> Box<str> {
    let small = text.chars().flat_map(char::to_lowercase);
    small.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect::<String>().into()
}

/// As much of a folded text as a value may have.
fn start(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    text[..end].trim_end()
}

fn marked(text: &str) -> Box<str> {
    format!("{text}{MARK}").into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<Named> {
        Named::read(text, &BTreeMap::new())
    }

    fn check(text: &str, key: &str, spelling: &str) {
        let named = read(text).map(|named| (String::from(named.key), String::from(named.spelling)));
        assert_eq!(named, Some((key.to_owned(), spelling.to_owned())), "{text:?}");
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<Box<str>, Box<str>> {
        pairs.iter().map(|(from, to)| (key(from), Box::from(*to))).collect()
    }

    fn mapped(text: &str, pairs: &[(&str, &str)]) -> Option<String> {
        Named::read(text, &map(pairs)).map(|named| named.spelling.into())
    }

    #[test]
    fn white_space_and_control_characters_around_a_value_and_inside_it_do_not_matter() {
        check("Sales", "sales", "Sales");
        check("  Human \t\u{a0}\u{2003} Resources\r\n", "human resources", "Human Resources");
        check("Line\nbreak\0\u{7}and\u{85}more\u{7f}", "line break and more", "Line break and more");
    }

    #[test]
    fn what_is_empty_or_white_space_alone_is_no_value() {
        for text in ["", " ", "\t\r\n", "\0", "\u{3000}\u{a0}"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn case_does_not_matter_in_any_script() {
        for (one, other) in [
            ("SALES", "sales"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "straße"),
            ("ΟΔΟΣ", "οδος"),
            ("ИТ-отдел", "ит-ОТДЕЛ"),
            ("İstanbul", "i\u{307}stanbul"),
            ("ISPARTA", "ısparta"),
        ] {
            assert_eq!(key(one), key(other), "{one} and {other}");
        }
    }

    #[test]
    fn no_letter_tells_its_case() {
        for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let compared = caseless(letter.encode_utf8(&mut [0; 4]));
            let cases = [letter.to_uppercase().collect(), letter.to_lowercase().collect(), String::from(&*compared)];
            for other in cases {
                assert_eq!(caseless(&other), compared, "{letter} and {other}");
            }
        }
    }

    #[test]
    fn a_name_that_says_more_than_white_space_and_case_is_kept_as_it_is() {
        for text in [
            "Zürich \"Sihlpark\"",
            "O'Fallon \\ Depot",
            "🏝️ Beach",
            "e\u{301}cole",
            "\u{202e}תל אביב\u{202c}",
            "{a=\"b\"}",
        ] {
            assert_eq!(read(text).map(|named| String::from(named.spelling)), Some(text.to_owned()));
        }
    }

    #[test]
    fn a_value_that_reads_like_a_reserved_name_is_marked() {
        check("(none)", "(none)_", "(none)_");
        check(" (Other) ", "(other)_", "(Other)_");
        check("(none)_", "(none)_", "(none)_");
        check("( none )", "( none )", "( none )");
    }

    #[test]
    fn a_mapped_value_is_called_as_the_map_says() {
        let pairs = [("R &  D", " Research\n"), ("Temp", ""), ("x", "(NONE)"), ("a", "b"), ("b", "c")];
        assert_eq!(mapped("r & d", &pairs).as_deref(), Some("Research"));
        assert_eq!(mapped("TEMP", &pairs), None);
        assert_eq!(mapped("X", &pairs).as_deref(), Some("(NONE)_"));
        assert_eq!(mapped("A", &pairs).as_deref(), Some("b"), "what a map says is not mapped again");
        assert_eq!(mapped("", &[("", "Somebody")]), None, "no value stays none");
    }

    #[test]
    fn a_long_value_is_cut_on_a_character_after_it_was_mapped() {
        let long = "é".repeat(5000);
        check(&long, &"é".repeat(128), &"é".repeat(128));
        check(&format!("{} tail", "x".repeat(127)), &"x".repeat(127), &"x".repeat(127));
        let pairs = [(long.as_str(), "Short"), ("short", long.as_str())];
        assert_eq!(mapped(&long, &pairs).as_deref(), Some("Short"));
        assert_eq!(mapped("Short", &pairs), Some("é".repeat(128)));
    }

    #[test]
    fn names_that_are_equal_but_for_case_are_cut_to_one_value() {
        let one = read(&"İ".repeat(100)).map(|named| named.key);
        assert_eq!(one, read(&"i\u{307}".repeat(100)).map(|named| named.key));
    }

    /// Texts as nobody should write them.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[ \t\r\n\0\u{7f}\u{a0}\u{200f}\u{202e}\"'\\\\{}]{0,3}",
            "[a-cA-CİıßΣσςǅŉﬁ🏝\u{301}\u{307}]{0,5}",
            "\\PC{0,4}",
            Just("(none)".to_owned()),
            Just("(OTHER)".to_owned()),
            "[Aß]{120,135}",
        ];
        prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_value_is_fit_for_a_label_and_reads_again_as_itself(text in hostile()) {
            let named = read(&text);
            if let Some(named) = &named {
                let spelling = &*named.spelling;
                prop_assert!((1..=LONGEST).contains(&spelling.chars().count()), "{:?}", spelling);
                prop_assert!(!spelling.contains(char::is_control), "{:?}", spelling);
                prop_assert_eq!(spelling.split_whitespace().collect::<Vec<_>>().join(" "), spelling);
                prop_assert!(!RESERVED.contains(&&*named.key));
            }
            prop_assert_eq!(named.as_ref().and_then(|named| read(&named.spelling)), named.clone());
            prop_assert_eq!(key(&key(&text)), key(&text));
        }

        #[test]
        fn texts_that_differ_in_case_and_white_space_are_one_value(text in hostile()) {
            let other = text.to_uppercase().replace(' ', " \t ");
            prop_assert_eq!(read(&text).map(|named| named.key), read(&other).map(|named| named.key));
        }

        #[test]
        fn names_that_are_cut_alike_are_one_value(text in "[aİßΣ]{128}", one in "\\PC{0,9}", other in "\\PC{0,9}") {
            prop_assert_eq!(read(&format!("{text}{one}")), read(&format!("{text}{other}")));
        }
    }
}
