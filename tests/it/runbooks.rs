//! docs/RUNBOOKS.md against the alerts, both ways: a section for each, and no section for none; and against the boards,
//! whose names and panels stand between asterisks.

use std::collections::BTreeSet;

use crate::boards::board::{Board, Panel, text};
use crate::boards::nothing;
use crate::rules::rule::Rule;
use crate::tidy;

/// What every section tells.
const PARTS: [&str; 4] = ["**It means**", "**Check**", "**Do**", "**It is over**"];

/// What the document lacks, and what it has that no alert has.
fn lies(document: &str, rules: &[Rule]) -> Vec<String> {
    let alerts: BTreeSet<&str> = rules.iter().filter(|rule| rule.is_alert).map(|rule| rule.name.as_str()).collect();
    let sections: Vec<(&str, &str)> = document
        .split("\n## ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .filter(|(heading, _)| heading.starts_with("TeamsPresence"))
        .collect();
    let headings: Vec<&str> = sections.iter().map(|(heading, _)| *heading).collect();
    let mut lies = Vec::new();
    for alert in &alerts {
        // A second heading of the same words has another anchor.
        if headings.iter().filter(|heading| heading == &alert).count() != 1 {
            lies.push(format!("not one section of {alert}"));
        }
    }
    lies.extend(headings.iter().filter(|it| !alerts.contains(*it)).map(|it| format!("there is no alert {it}")));
    for (heading, section) in &sections {
        let missing = PARTS.iter().filter(|part| !section.contains(*part));
        lies.extend(missing.map(|part| format!("{heading} has no {part}")));
    }
    lies
}

/// Names between asterisks that are no board, nor a panel of a board that the same paragraph names. They begin with a
/// capital letter: other words may be stressed.
fn strange_names(document: &str, boards: &[Board]) -> Vec<String> {
    let prose: String = document.split("```").step_by(2).collect();
    let prose: String = prose.replace("**", "").split('`').step_by(2).collect();
    let titles: Vec<&str> = boards.iter().map(|board| text(&board.json["title"])).collect();
    let mut faults = Vec::new();
    for paragraph in prose.split("\n\n") {
        let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let names = paragraph.split('*').skip(1).step_by(2).filter(|name| name.starts_with(char::is_uppercase));
        let mut panels: BTreeSet<&str> = BTreeSet::new();
        let mut others = Vec::new();
        for name in names {
            match titles.iter().position(|title| title.split_once(": ").is_some_and(|(_, short)| short == name)) {
                Some(number) => panels.extend(boards[number].panels().iter().map(Panel::title)),
                None => others.push(name),
            }
        }
        let strange = others.into_iter().filter(|name| !panels.contains(name));
        faults.extend(strange.map(|name| format!("{name} is on no board that its paragraph names")));
    }
    faults
}

#[test]
fn boards_and_panels_are_called_by_their_names() {
    nothing(&strange_names(&tidy::read("docs/RUNBOOKS.md"), &Board::all()), "docs/RUNBOOKS.md");
}

#[test]
fn names_of_boards_and_panels_that_lie_are_caught() {
    let document = tidy::read("docs/RUNBOOKS.md");
    for (truth, lie) in [
        ("*How the day goes*", "*How a day goes*"),
        ("*Teams on duty*", "*Teams at work*"),
        ("*CPU*", "*Coverage: $tenant*"),
    ] {
        assert!(document.contains(truth), "{truth}");
        assert_eq!(strange_names(&document.replacen(truth, lie, 1), &Board::all()).len(), 1, "{lie}");
    }
}

#[test]
fn there_is_a_runbook_for_every_alert_and_for_nothing_else() {
    nothing(&lies(&tidy::read("docs/RUNBOOKS.md"), &Rule::all()), "docs/RUNBOOKS.md");
}

#[test]
fn runbooks_that_lie_are_caught() {
    let document = tidy::read("docs/RUNBOOKS.md");
    let rules = Rule::all();
    let check = |truth: &str, lie: &str, expected: &[&str]| {
        assert!(document.contains(truth), "{truth}");
        assert_eq!(lies(&document.replacen(truth, lie, 1), &rules), expected, "{lie}");
    };
    check(
        "## TeamsPresenceThrottled\n",
        "## TeamsPresenceTrottled\n",
        &["not one section of TeamsPresenceThrottled", "there is no alert TeamsPresenceTrottled"],
    );
    let section = "## TeamsPresenceThrottled\n";
    let twice = format!("{section}**It means** **Check** **Do** **It is over**\n{section}");
    check(section, &twice, &["not one section of TeamsPresenceThrottled"]);
    let (before, after) = document.split_once(section).unwrap();
    let cut = format!("{before}{section}{}", after.replacen("**Check**", "", 1));
    assert_eq!(lies(&cut, &rules), ["TeamsPresenceThrottled has no **Check**"]);
}
