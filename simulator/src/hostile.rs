//! Hostile values: what a careless or malicious hand writes into a directory.
//!
//! Text that breaks what is not escaped, that looks the same and is not, or that is not what it looks like. Half of the
//! staff has such values, where the switch says so.

use std::borrow::Cow;

use crate::directory::Value;
use crate::organisation::{Kind, Person};
use crate::properties::Property;

/// What is written as a department, an office or a title.
const TEXTS: [&str; 36] = [
    // What exposition, JSON and logs must escape.
    "\"Quoted\"",
    "back\\slash\\",
    "Line one\nLine two",
    "Tab\tstop\r\nand more",
    "Bell\u{7}, null\u{0}, delete\u{7f}",
    "x\"} 1\nteams_presence_up{tenant=\"x",
    "# HELP a b",
    "{{ .Label }} $labels ${HOME} %s %n",
    "<script>alert(1)</script>&amp;",
    // What is shown in another way than it is stored.
    "\u{1f33b} Gärtnerei \u{1f469}\u{200d}\u{1f33e}",
    "\u{202e}drawkcab",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f} R&D",
    "Zu\u{308}rich",
    "Zürich",
    "a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}",
    "\u{feff}Byte order",
    "zero\u{200b}width",
    // What differs in case or in white space only.
    "Sales",
    "SALES",
    "sALES",
    "  Sales\t",
    "Customer  Support",
    "customer\u{a0}support",
    "Customer\nSupport\u{2003}",
    "Straße",
    "STRAẞE",
    "İstanbul",
    // What looks as if it were no value.
    "(none)",
    "(None)",
    "(other)",
    "(Other)",
    "( other )",
    "(none)_",
    "",
    "   ",
    "\u{a0}\n\t",
];

/// How many texts are longer than a label should be, after those of [`TEXTS`].
const LONG: usize = 6;

/// What stands there instead of the right value of somebody; `None` if the right one does.
pub(crate) fn text(person: &Person, value: Value) -> Option<Cow<'static, str>> {
    let purpose = match value {
        Value::Of(Property::Department) => 1,
        Value::Of(Property::OfficeLocation) => 2,
        Value::Of(Property::JobTitle) => 3,
        _ => return None,
    };
    let dice = person.dice.on(40).on(purpose);
    let struck = matches!(person.kind, Kind::Employee) && dice.happens(500);
    let many = u32::try_from(TEXTS.len() + LONG).unwrap_or(u32::MAX);
    struck.then(|| nth(dice.on(1).below(many) as usize))
}

/// The texts by number.
fn nth(number: usize) -> Cow<'static, str> {
    if let Some(text) = TEXTS.get(number) {
        return Cow::Borrowed(text);
    }
    let long = match number - TEXTS.len() {
        // These two become one after 128 characters, whether bytes or characters are counted.
        0 => "ü".repeat(128) + " north",
        1 => "ü".repeat(128) + " south",
        // A character of four bytes lies across the limit of bytes; in characters this is short enough.
        2 => "x".repeat(127) + "\u{1f33b}",
        // White space lies across the limit.
        3 => "y".repeat(127) + "   z",
        4 => "\"\\\n".repeat(3_414),
        _ => "Abteilung für alles ".repeat(500),
    };
    Cow::Owned(long)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{LONG, TEXTS, nth, text};
    use crate::directory::Value;
    use crate::organisation::Organisation;
    use crate::properties::Property;

    #[test]
    fn every_text_is_somebodys_and_half_of_the_staff_keeps_the_right_one() {
        let people: Vec<_> = Organisation::new(1, 3_000).people().collect();
        for property in [Property::Department, Property::OfficeLocation, Property::JobTitle] {
            let mut seen = BTreeMap::new();
            for person in &people {
                *seen.entry(text(person, Value::Of(property))).or_insert(0) += 1;
            }
            assert_eq!(seen.len(), TEXTS.len() + LONG + 1, "{property:?}");
            assert!((1_400..2_000).contains(&seen[&None]), "{property:?}: {}", seen[&None]);
            assert!(seen.values().all(|people| *people >= 10), "{property:?}: {seen:?}");
        }
        assert!(people.iter().all(|person| text(person, Value::Of(Property::City)).is_none()));
    }

    #[test]
    fn two_are_the_same_up_to_the_128th_character_and_two_have_ten_thousand_bytes() {
        let long: Vec<_> = (TEXTS.len()..TEXTS.len() + LONG).map(nth).collect();
        let start = |text: &str| text.chars().take(128).collect::<String>();
        assert_eq!(start(&long[0]), start(&long[1]));
        assert_ne!(long[0], long[1]);
        assert!(long[4].len() > 10_000 && long[5].len() > 10_000);
    }
}
