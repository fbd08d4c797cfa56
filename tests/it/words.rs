//! The words to calculate with, as docs/METRICS.md defines them, against the domain, which the status page and groups on
//! duty ask, and all boards and rules: who is reachable on one board is so on the others and in the alerts.
//!
//! Words of Graph that the document never takes apart stay together in a query, whether it has them or leaves them out. A
//! panel may show them apart if it shows all of them.

use std::collections::{BTreeMap, BTreeSet};

use teams_presence_exporter::domain::presence::{self, Meaning};
use teams_presence_exporter::domain::tally::GroupCounts;

use crate::boards::board::Board;
use crate::boards::nothing;
use crate::boards::variables::timed;
use crate::harness::Prometheus;
use crate::metrics_doc::{compare, quoted, rows};
use crate::promql::{Matcher, Selector, Vocabulary};
use crate::rules::rule::{self, Rule};
use crate::tidy;

/// Labels, and words of them that are part of the same definitions.
type Together<'d> = Vec<(&'d str, BTreeSet<&'d str>)>;

/// The header of the table.
const HEADER: &str = "| Word | Of | Meaning |";

/// The words that have a meaning in the code.
const MEANINGS: [Meaning; 6] = [
    presence::REACHABLE,
    presence::BUSY,
    presence::DO_NOT_DISTURB,
    presence::AWAY,
    presence::OFFLINE,
    presence::IN_MEETING,
];

/// In what the document and the code differ.
fn lies(document: &str) -> Vec<String> {
    let told = |name: &str, of: &str, words: &[&str]| format!("{name} ({of}): {}", words.join(" "));
    let rows = rows(document, HEADER);
    let stated: Vec<String> = rows.iter().map(|row| told(row[0], quoted(row[1])[0], &quoted(row[2]))).collect();
    // Who is known is told by the word that the others have.
    let known = told("known", presence::Field::Availability.label(), &[presence::UNKNOWN]);
    let coded = MEANINGS.iter().map(|it| told(it.name, it.field.label(), it.words));
    let mut lies = compare(&stated, &[known].into_iter().chain(coded).collect::<Vec<_>>());
    let enough = match GroupCounts::ENOUGH * 10.0 {
        tenths if (tenths - 8.0).abs() < 0.01 => "eight",
        tenths if (tenths - 9.0).abs() < 0.01 => "nine",
        tenths => panic!("no word for {tenths} tenths"),
    };
    let prose = document.split_whitespace().collect::<Vec<_>>().join(" ");
    if !prose.contains(&format!("worth showing while {enough} of ten of its people have an answer")) {
        lies.push(format!("a share of a group is told where {enough} of ten have an answer"));
    }
    lies
}

fn together(document: &str) -> Together<'_> {
    let rows = rows(document, HEADER);
    let definitions: Vec<(&str, Vec<&str>)> = rows.iter().map(|row| (quoted(row[1])[0], quoted(row[2]))).collect();
    let mut together: BTreeMap<(&str, Vec<bool>), BTreeSet<&str>> = BTreeMap::new();
    for (label, words) in &definitions {
        for word in words {
            let parts = definitions.iter().map(|(other, words)| other == label && words.contains(word));
            together.entry((*label, parts.collect())).or_default().insert(*word);
        }
    }
    together.into_iter().map(|((label, _), words)| (label, words)).collect()
}

/// Words that these selectors, of one panel or rule, tear apart.
fn torn(selectors: &[Selector], together: &Together) -> Vec<String> {
    let mut faults = Vec::new();
    for (label, words) in together {
        let matchers = selectors.iter().flat_map(|selector| &selector.matchers).filter(|it| it.label == *label);
        let parts: BTreeSet<Vec<&str>> =
            matchers.map(|matcher| words.iter().copied().filter(|word| matcher.names(word)).collect()).collect();
        let parts: Vec<Vec<&str>> =
            parts.into_iter().filter(|part| !part.is_empty() && part.len() < words.len()).collect();
        let mut shown = parts.concat();
        shown.sort_unstable();
        if !shown.is_empty() && !shown.iter().eq(words) {
            faults.push(format!("{label}: {words:?} belong together, and here are {parts:?}"));
        }
    }
    faults
}

#[test]
fn the_document_defines_the_words_as_the_code_has_them() {
    nothing(&lies(&tidy::read("docs/METRICS.md")), "docs/METRICS.md");
}

#[test]
fn definitions_that_lie_are_caught() {
    let document = tidy::read("docs/METRICS.md");
    let check = |truth: &str, lie: &str| {
        assert!(document.contains(truth), "{truth}");
        assert!(!lies(&document.replacen(truth, lie, 1)).is_empty(), "{lie}");
    };
    check(
        "| reachable | `availability` | `Available` `AvailableIdle` |",
        "| reachable | `availability` | `Available` |",
    );
    check("| in meeting | `activity` |", "| in meeting | `availability` |");
    check("| All but `PresenceUnknown`", "| All but `Offline`");
    check("while nine of ten of its people", "while eight of ten of its people");
}

#[test]
fn boards_and_rules_use_the_words_as_they_are_defined() {
    let document = tidy::read("docs/METRICS.md");
    let together = together(&document);
    assert!(together.len() > 1, "no words were found: this test has lost its way");
    let prometheus = Prometheus::idle();
    let parse = |expression: &str| prometheus.answer("parse_query", &[("query", expression)]);
    let vocabulary = Vocabulary::of_the_exporter();
    let mut faults = Vec::new();
    for board in Board::all() {
        for panel in board.panels() {
            let expressions = panel.targets().into_iter().map(|target| timed(&board, target.expression()).unwrap());
            let selectors: Vec<Selector> =
                expressions.flat_map(|it| vocabulary.read(&parse(&it).unwrap()).selectors).collect();
            faults.extend(torn(&selectors, &together).iter().map(|fault| panel.fault(fault)));
        }
    }
    for (rule, reading) in rule::read_all(&Rule::all(), &parse).0 {
        faults.extend(torn(&reading.selectors, &together).iter().map(|fault| rule.fault(fault)));
    }
    nothing(&faults, "the words of boards and rules");
}

#[test]
fn a_query_that_tears_words_apart_is_caught() {
    let document =
        "| Word | Of | Meaning |\n|---|---|---|\n| busy | `activity` | `A` `B` `C` |\n| a part | `activity` | `C` |\n";
    let selector = |(operator, value): (&str, &str)| {
        let [label, operator, value] = ["activity", operator, value].map(str::to_owned);
        Selector { names: vec![], matchers: vec![Matcher { label, operator, value }], within: vec![], range: None }
    };
    let check = |values: &[(&str, &str)], expected: usize| {
        let selectors: Vec<Selector> = values.iter().map(|it| selector(*it)).collect();
        assert_eq!(torn(&selectors, &together(document)).len(), expected, "{values:?}");
    };
    for whole in ["A|B", "A|B|C", "C", ".+", "D", "D|B|A"] {
        check(&[("=~", whole)], 0);
        check(&[("!~", whole)], 0);
    }
    for torn in ["A", "B|C", "A|D"] {
        check(&[("=~", torn)], 1);
        check(&[("!~", torn)], 1);
    }
    check(&[("=", "A"), ("=~", "B|C")], 0);
    check(&[("=", "A"), ("=", "A"), ("=~", "A|B")], 1);
}
