//! The words to calculate with, as docs/METRICS.md defines them, against all boards and rules: who is reachable on one board
//! is so on the others and in the alerts.
//!
//! Words of Graph that the document never takes apart stay together in a query, whether it has them or leaves them out. A
//! panel may show them apart if it shows all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::boards::board::Board;
use crate::boards::nothing;
use crate::boards::variables::timed;
use crate::harness::Prometheus;
use crate::metrics_doc::{quoted, rows};
use crate::promql::{Matcher, Selector, Vocabulary};
use crate::rules::rule::{self, Rule};
use crate::tidy;

/// Labels, and words of them that are part of the same definitions.
type Together<'d> = Vec<(&'d str, BTreeSet<&'d str>)>;

fn together(document: &str) -> Together<'_> {
    let rows = rows(document, "| Word | Of | Meaning |");
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
