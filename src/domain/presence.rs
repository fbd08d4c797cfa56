//! Presence: the words of Graph, and one user's answer made of them.
//!
//! Graph types `availability` and `activity` as plain strings and its documents disagree about spelling and lists
//! (facts/graph.md 1.2, 1.11), so parsing is total: case does not matter, an unknown word is kept as [`Word::Other`].
//! This file does not know JSON, nor who was answered about.

/// A property of presence that is counted by word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// How reachable somebody is.
    Availability,
    /// What somebody is doing.
    Activity,
    /// Where somebody works from.
    WorkLocation,
}

/// The union of the words that any of Graph's documents lists for `availability`.
const AVAILABILITY: &[&str] = &[
    "Available", "AvailableIdle", "Away", "BeRightBack", "Busy", "BusyIdle", "DoNotDisturb", "Focusing", "InACall",
    "InAMeeting", "Offline", "Presenting", "PresenceUnknown",
];

/// The union of the words that any of Graph's documents lists for `activity`.
const ACTIVITY: &[&str] = &[
    "Available", "AvailableInactive", "Away", "BeRightBack", "Busy", "DoNotDisturb", "Focusing", "InACall",
    "InAConferenceCall", "Inactive", "InAMeeting", "Offline", "OffWork", "OutOfOffice", "PresenceUnknown",
    "Presenting", "UrgentInterruptionsOnly",
];

/// The members of `workLocationType`, in Graph's own spelling.
const WORK_LOCATION: &[&str] = &["unspecified", "office", "remote", "timeOff", "unknownFutureValue"];

/// A word to calculate with: what it is called in docs/METRICS.md, and the words of Graph that it stands for.
#[derive(Debug)]
pub struct Meaning {
    /// What it is called.
    pub name: &'static str,
    /// The field of its words.
    pub field: Field,
    /// Its words.
    pub words: &'static [&'static str],
}

/// Who can be reached.
pub const REACHABLE: Meaning =
    Meaning { name: "reachable", field: Field::Availability, words: &["Available", "AvailableIdle"] };

/// Who does something else, [`DO_NOT_DISTURB`] included.
pub const BUSY: Meaning = Meaning {
    name: "busy",
    field: Field::Availability,
    words: &["Busy", "BusyIdle", "DoNotDisturb", "Focusing", "InACall", "InAMeeting", "Presenting"],
};

/// Who is not to be disturbed: a part of [`BUSY`].
pub const DO_NOT_DISTURB: Meaning =
    Meaning { name: "do not disturb", field: Field::Availability, words: &["DoNotDisturb", "Focusing"] };

/// Who is away.
pub const AWAY: Meaning = Meaning { name: "away", field: Field::Availability, words: &["Away", "BeRightBack"] };

/// Who is offline.
pub const OFFLINE: Meaning = Meaning { name: "offline", field: Field::Availability, words: &["Offline"] };

/// Who is in a meeting or a call.
pub const IN_MEETING: Meaning = Meaning {
    name: "in meeting",
    field: Field::Activity,
    words: &["InACall", "InAConferenceCall", "InAMeeting", "Presenting"],
};

/// The word of availability that all have but those who are known.
pub const UNKNOWN: &str = "PresenceUnknown";

/// The longest unknown word that is kept, in characters.
const LONGEST_WORD: usize = 64;

impl Field {
    /// Every field, in the order of their slots.
    pub const ALL: [Self; 3] = [Self::Availability, Self::Activity, Self::WorkLocation];

    /// The name of the label that carries the field's words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Activity => "activity",
            Self::WorkLocation => "work_location",
        }
    }

    /// The words that are known, in the spelling of the label.
    #[must_use]
    pub const fn known(self) -> &'static [&'static str] {
        match self {
            Self::Availability => AVAILABILITY,
            Self::Activity => ACTIVITY,
            Self::WorkLocation => WORK_LOCATION,
        }
    }

    /// What a null or missing word counts as.
    #[must_use]
    pub fn unstated(self) -> Word {
        let word = match self {
            Self::Availability | Self::Activity => UNKNOWN,
            Self::WorkLocation => "unspecified",
        };
        self.parse(word)
    }

    /// The word in `text`; never fails. White space around it and case do not matter.
    #[must_use]
    pub fn parse(self, text: &str) -> Word {
        let text = text.trim();
        if text.is_empty() {
            return self.unstated();
        }
        self.slot(text).unwrap_or_else(|| {
            // An "ınACall" becomes a known word only here: as another one it would make a series that is there already.
            let raised = raised(text);
            self.slot(&raised).unwrap_or(Word::Other(raised))
        })
    }

    /// Whether a known word of availability, by its place in [`Field::known`], means that somebody can be reached.
    #[must_use]
    pub fn reachable(slot: u8) -> bool {
        AVAILABILITY.get(usize::from(slot)).is_some_and(|word| REACHABLE.words.contains(word))
    }

    fn slot(self, text: &str) -> Option<Word> {
        let slot = self.known().iter().position(|known| known.eq_ignore_ascii_case(text));
        slot.map(|slot| Word::Known(u8::try_from(slot).unwrap_or(u8::MAX)))
    }
}

/// One word of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// A known word, by its place in [`Field::known`].
    Known(u8),
    /// Any other: its first letter raised, at most 64 characters.
    Other(Box<str>),
}

/// How one user is, as one answer of Graph told it. `None`: the answer did not carry the property.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// How reachable the user is.
    pub availability: Option<Word>,
    /// What the user is doing.
    pub activity: Option<Word>,
    /// Where the user works from.
    pub work_location: Option<Word>,
    /// Whether an automatic reply is on.
    pub out_of_office: Option<bool>,
    /// Whether the status message has content; the content itself is never kept.
    pub status_message: Option<bool>,
}

fn raised(word: &str) -> Box<str> {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).take(LONGEST_WORD).collect::<String>().into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: Field, text: &str, expected: &str) {
        let label = match field.parse(text) {
            Word::Known(slot) => field.known()[usize::from(slot)].to_owned(),
            Word::Other(word) => format!("other: {word}"),
        };
        assert_eq!(label, expected, "{text}");
    }

    #[test]
    fn a_known_word_is_recognised_in_any_spelling() {
        check(Field::Availability, "Available", "Available");
        check(Field::Availability, "availableIdle", "AvailableIdle");
        check(Field::Availability, "DONOTDISTURB", "DoNotDisturb");
        check(Field::Activity, "inAConferenceCall", "InAConferenceCall");
        check(Field::WorkLocation, "TimeOff", "timeOff");
    }

    #[test]
    fn an_unknown_word_keeps_its_spelling_but_for_the_first_letter() {
        check(Field::Availability, "juggling", "other: Juggling");
        check(Field::Activity, "écoute", "other: Écoute");
        check(Field::Activity, &"x".repeat(100), &format!("other: X{}", "x".repeat(63)));
        check(Field::Activity, &"ß".repeat(100), &format!("other: SS{}", "ß".repeat(62)));
    }

    /// As another word it stood on the page beside the known one, and Prometheus refused the page for its double series.
    #[test]
    fn a_word_that_is_known_once_its_first_letter_is_raised_is_known() {
        check(Field::Availability, "ınACall", "InACall");
        check(Field::Activity, "ıNACTIVE", "Inactive");
    }

    #[test]
    fn an_empty_word_says_nothing() {
        check(Field::Availability, "  ", "PresenceUnknown");
        check(Field::WorkLocation, "", "unspecified");
    }
}
