//! Text of the page: foreign words that mean themselves, numbers and shares in one format.

use std::fmt::{self, Write};

use crate::domain::series::Grouped;

/// A text that means itself in HTML, in attributes too.
pub(super) struct Escaped<'a>(pub(super) &'a str);

/// A part of a whole in percent, rounded; some is never `0 %`, and not all is never `100 %`.
pub(super) struct Percent {
    pub(super) part: u32,
    pub(super) whole: u32,
}

/// A number of people or requests: `6,119`.
pub(super) fn number(number: u32) -> Grouped {
    Grouped(u64::from(number))
}

/// A part of a whole, as share and as numbers: `37 %, 2,214 of 6,029`.
pub(super) fn share_of(part: u32, whole: u32) -> String {
    format!("{}, {}\u{a0}of\u{a0}{}", Percent { part, whole }, number(part), number(whole))
}

/// The text with each number held on one line with its unit.
pub(super) fn held_together(text: &str) -> String {
    const UNITS: [&str; 5] = ["s", "min", "h", "d", "%"];
    let mut held = String::with_capacity(text.len());
    for (place, word) in text.split(' ').enumerate() {
        let unit = word.trim_end_matches([',', ';', '.', ':', ')']);
        if place > 0 {
            let glued = held.ends_with(|last: char| last.is_ascii_digit()) && UNITS.contains(&unit);
            held.push(if glued { '\u{a0}' } else { ' ' });
        }
        held.push_str(word);
    }
    held
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (part, whole) = (u64::from(self.part), u64::from(self.whole.max(1)));
        let rounded = (part * 200 + whole) / (whole * 2);
        match rounded {
            0 if part > 0 => formatter.write_str("<\u{a0}1\u{a0}%"),
            100 if part < whole => formatter.write_str(">\u{a0}99\u{a0}%"),
            _ => write!(formatter, "{rounded}\u{a0}%"),
        }
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                char => formatter.write_char(char)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_word_means_itself() {
        assert_eq!(Escaped(r#"<a href='x'>&"</a>"#).to_string(), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
    }

    #[test]
    fn a_share_is_rounded_but_some_is_not_none_and_most_is_not_all() {
        let check = |part, whole, expected: &str| {
            assert_eq!(Percent { part, whole }.to_string().replace('\u{a0}', " "), expected);
        };
        check(0, 6119, "0 %");
        check(1, 6119, "< 1 %");
        check(30, 6119, "< 1 %");
        check(31, 6119, "1 %");
        check(3, 8, "38 %");
        check(6118, 6119, "> 99 %");
        check(6119, 6119, "100 %");
        check(u32::MAX, u32::MAX, "100 %");
        check(0, 0, "0 %");
    }

    #[test]
    fn a_number_stays_on_one_line_with_its_unit() {
        let text = "10 s ago, which took 4.2 s; every 1 min 30 s (1 % of 1,200 in any 30 s), 2 sorts of 5 dogs";
        assert_eq!(
            held_together(text).replace('\u{a0}', "_"),
            "10_s ago, which took 4.2_s; every 1_min 30_s (1_% of 1,200 in any 30_s), 2 sorts of 5 dogs"
        );
    }
}
