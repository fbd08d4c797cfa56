//! The boards in `dashboards/`, as files: the dashboard-linter's rules, and the house rules on top of them. What a rule
//! finds is told with board and panel, all faults together.
//!
//! [`queries`](self::queries) asks a real Prometheus what an expression means, but not what it gives: that is
//! `expressions`' matter. Each rule has a board that breaks it in `broken`. Next: `board`.

pub(crate) mod board;
mod broken;
mod colours;
mod frame;
mod grid;
mod legends;
mod panels;
pub(crate) mod queries;
pub(crate) mod variables;

pub(crate) use frame::UIDS;
pub(crate) use panels::link_fault;

use board::Board;
use queries::{Exceptions, Parse};

use crate::harness::Prometheus;
use crate::promql::Vocabulary;

/// Rates over a time of their own, which the dashboard-linter does not like: where, and why.
const RATES: &Exceptions = &[
    ("focus: Person-hours a day: A", A_DAY),
    ("focus: Person-hours a day: B", A_DAY),
    ("focus: Person-hours a day: C", A_DAY),
    ("focus: Person-hours a day: D", A_DAY),
    ("focus: Person-hours a day: E", A_DAY),
    ("focus: Person-hours a day: F", A_DAY),
];

const A_DAY: &str = "a bar is a day, whatever the width of the screen, and is made of steps that are shorter";

/// Everything that is wrong with these boards as files.
fn faults_of_files(boards: &[Board]) -> Vec<String> {
    let mut faults = Vec::new();
    for board in boards {
        faults.extend(frame::canonical(board));
        faults.extend(frame::properties(board));
        faults.extend(frame::variables(board));
        faults.extend(panels::faults(board));
        faults.extend(grid::faults(board));
    }
    faults.extend(frame::differing(boards));
    faults.extend(colours::faults(boards));
    faults
}

/// Everything that is wrong with their queries.
fn faults_of_queries(boards: &[Board], parse: &Parse) -> Vec<String> {
    let vocabulary = Vocabulary::of_the_exporter();
    boards.iter().flat_map(|board| queries::faults(board, &vocabulary, parse, RATES)).collect()
}

#[track_caller]
pub(crate) fn nothing(faults: &[String], of: &str) {
    assert!(faults.is_empty(), "{} faults of {of}:\n\n  {}\n", faults.len(), faults.join("\n  "));
}

#[test]
fn every_board_keeps_the_rules_of_boards() {
    nothing(&faults_of_files(&Board::all()), "the boards");
}

#[test]
fn there_is_a_board_for_every_uid() {
    let boards: Vec<String> = Board::all().into_iter().map(|board| board.name).collect();
    assert_eq!(boards, UIDS.map(|(name, _)| name));
}

#[test]
fn every_query_of_a_board_is_about_what_the_exporter_has() {
    let prometheus = Prometheus::idle();
    let parse = |expression: &str| prometheus.answer("parse_query", &[("query", expression)]);
    nothing(&faults_of_queries(&Board::all(), &parse), "the boards' queries");
}
