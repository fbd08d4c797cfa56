//! Occupancy: how available the people of a tenant are, while that may be shown, and else why it is not.
//!
//! What the words mean is `domain::presence`' matter; here they are put into few rows in a fixed order. A word that is
//! not known is not lost.

use std::fmt::{self, Write};

use super::bars::Bar;
use super::tenant::write_fact;
use super::text::{Escaped, Percent, held_together, number, share_of};
use crate::domain::moment::{Moment, Span};
use crate::domain::presence::{self, Meaning};
use crate::domain::snapshot::Snapshot;
use crate::domain::tally::{Tally, WordCounts};

/// A row: its name, the class of its colour, the words of availability in it, and those of them with a row of their own.
type Row = (&'static str, &'static str, Meaning, &'static [&'static str]);

/// The rows but for the last two: what is in none of them, and what is not known.
const ROWS: [Row; 5] = [
    ("Available", "available", presence::REACHABLE, &[]),
    ("Busy", "busy", presence::BUSY, presence::DO_NOT_DISTURB.words),
    ("Do not disturb", "disturb", presence::DO_NOT_DISTURB, &[]),
    ("Away", "away", presence::AWAY, &[]),
    ("Offline", "offline", presence::OFFLINE, &[]),
];

/// The word of whom nothing is known of.
const UNKNOWN: &[&str] = &[presence::UNKNOWN];

/// The words of work location, and how people say them.
const PLACES: [(&str, &str); 4] =
    [("office", "the office"), ("remote", "elsewhere"), ("timeOff", "time off"), ("unspecified", "not stated")];

/// Of so many whose availability is known, how many can be reached.
pub(super) struct Reach {
    pub(super) reachable: u32,
    pub(super) known: u32,
    /// With those whose availability is not known.
    pub(super) answered: u32,
}

impl Reach {
    /// Those of these counts of availability.
    pub(super) fn of(words: &WordCounts) -> Self {
        let answered = words.iter().map(|(_, users)| users).sum();
        Self { reachable: sum(words, presence::REACHABLE.words), known: answered - sum(words, UNKNOWN), answered }
    }
}

/// Why a tenant shows no counts; `None` if it shows them.
pub(super) fn absence(snapshot: &Snapshot, now: Moment) -> Option<String> {
    if snapshot.counts(now).is_some() {
        return None;
    }
    let terms = &snapshot.terms;
    let freshness = snapshot.freshness(now);
    let (fresh, answerable) = (freshness.counted(), freshness.tracked() - freshness.unanswerable);
    Some(match snapshot.cycle {
        None if snapshot.listed.is_none() => "the users have not been listed yet".to_owned(),
        None => "the first cycle has not ended yet".to_owned(),
        Some(_) if fresh == 0 => format!("nobody has an answer younger than {}", Span(terms.max_age)),
        Some(_) if !freshness.covered(fresh, terms.min_coverage) => format!(
            "only {} of {} people have an answer younger than {}, and too few are not shown as if they were all",
            number(fresh),
            number(answerable),
            Span(terms.max_age)
        ),
        Some(_) => format!(
            "fewer than {} people have an answer, and counts of so few would tell of each of them",
            number(terms.min_group_size)
        ),
    })
}

/// Writes how available the people of a tenant are.
pub(super) fn write(html: &mut String, snapshot: &Snapshot, now: Moment) -> fmt::Result {
    html.write_str("<h3>Availability</h3>\n")?;
    let Some(tally) = snapshot.counts(now) else {
        return write_no_data(html, &absence(snapshot, now).unwrap_or_default());
    };
    match &tally.words[0] {
        Some(words) => write_bars(html, words)?,
        None => write_no_data(html, "the answers do not tell it")?,
    }
    write_more(html, tally)
}

/// Writes that there is nothing to show, and why.
pub(super) fn write_no_data(html: &mut String, why: &str) -> fmt::Result {
    writeln!(html, r#"<p class="none"><strong>No data:</strong> {}.</p>"#, Escaped(&held_together(why)))
}

fn write_bars(html: &mut String, words: &WordCounts) -> fmt::Result {
    let Reach { reachable, known, answered: whole } = Reach::of(words);
    if known > 0 {
        let (count, of, share) = (number(reachable), number(known), Percent { part: reachable, whole: known });
        let share = share.to_string();
        let share = Escaped(&share);
        writeln!(
            html,
            r#"<p class="reach"><strong>{share}</strong> can be reached: {count} of {of} people whose availability is known</p>"#
        )?;
    } else {
        write_no_data(html, "nobody's availability is known")?;
    }
    html.write_str(
        r#"<table class="bars"><thead><tr><th scope="col">Availability</th><th scope="col">People</th><th scope="col">Of all</th></tr></thead>
<tbody>
"#,
    )?;
    let mut rest = whole;
    for (name, class, meaning, apart) in ROWS {
        let part = sum(words, &shown(&meaning, apart));
        rest -= part;
        write_row(html, name, &Bar { class, part, whole })?;
    }
    let unknown = sum(words, UNKNOWN);
    if rest > unknown {
        write_row(html, "Other", &Bar { class: "other", part: rest - unknown, whole })?;
    }
    write_row(html, "Unknown", &Bar { class: "unknown", part: unknown, whole })?;
    html.write_str("</tbody></table>\n")
}

fn write_row(html: &mut String, name: &str, bar: &Bar) -> fmt::Result {
    let share = Percent { part: bar.part, whole: bar.whole }.to_string();
    let (people, share) = (number(bar.part), Escaped(&share));
    let name = format_args!(r#"<span class="word">{name}</span>{bar}"#);
    writeln!(html, r#"<tr><th scope="row">{name}</th><td>{people}</td><td>{share}</td></tr>"#)
}

/// What else is known of everybody.
fn write_more(html: &mut String, tally: &Tally) -> fmt::Result {
    html.write_str("<dl>\n")?;
    if let Some(words) = &tally.words[1] {
        let answered: u32 = words.iter().map(|(_, users)| users).sum();
        let known = answered - sum(words, UNKNOWN);
        write_fact(html, "In a meeting or call", &share_of(sum(words, presence::IN_MEETING.words), known))?;
    }
    if let Some(users) = tally.out_of_office {
        write_fact(html, "With an automatic reply", &share_of(users, tally.freshness.counted()))?;
    }
    if let Some(words) = &tally.words[2] {
        writeln!(html, r#"<div class="whole"><dt>Working from</dt><dd>{}</dd></div>"#, places(words))?;
    }
    html.write_str("</dl>\n")
}

/// Where people work from, as many as say so.
fn places(words: &WordCounts) -> String {
    let whole: u32 = words.iter().map(|(_, users)| users).sum();
    let mut rest = whole;
    let mut places: Vec<String> = Vec::new();
    for (word, name) in PLACES {
        let users = sum(words, &[word]);
        rest -= users;
        places.push(format!("{name}\u{a0}{}", number(users)));
    }
    if rest > 0 {
        places.push(format!("other\u{a0}{}", number(rest)));
    }
    places.join(", ")
}

/// The words of a row.
fn shown(meaning: &Meaning, apart: &[&str]) -> Vec<&'static str> {
    meaning.words.iter().copied().filter(|word| !apart.contains(word)).collect()
}

fn sum(words: &WordCounts, of: &[&str]) -> u32 {
    words.iter().filter(|(word, _)| of.contains(&&**word)).map(|(_, users)| users).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::Field;

    #[test]
    fn every_known_word_of_availability_has_a_row() {
        let rows = ROWS.iter().flat_map(|(_, _, meaning, apart)| shown(meaning, apart));
        let mut rows: Vec<&str> = rows.chain(UNKNOWN.iter().copied()).collect();
        rows.sort_unstable();
        let mut known = Field::Availability.known().to_vec();
        known.sort_unstable();
        assert_eq!(rows, known);
    }
}
