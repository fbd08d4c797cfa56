//! What an alert owes whom it wakes: how bad it is, what it means, what to do, and links that lead somewhere.

use std::collections::BTreeSet;

use super::rule::Rule;
use crate::boards::board::{Board, text};
use crate::boards::{UIDS, link_fault};

const SEVERITIES: [&str; 3] = ["critical", "warning", "info"];
const ANNOTATIONS: [&str; 4] = ["summary", "description", "runbook_url", "dashboard_url"];

pub(super) fn faults(rule: &Rule) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: &str| faults.push(rule.fault(what));
    let severity = text(&rule.yaml["labels"]["severity"]);
    if !SEVERITIES.contains(&severity) {
        fault(&format!("{severity:?} is no severity"));
    }
    if !rule.name.starts_with("TeamsPresence") {
        fault("its name does not begin with TeamsPresence");
    }
    let annotation = |name: &str| text(&rule.yaml["annotations"][name]);
    for name in ANNOTATIONS {
        if annotation(name).is_empty() {
            fault(&format!("no {name}"));
        }
    }
    if annotation("summary").contains("{{") {
        fault("its summary is not the same each time");
    }
    for name in ["summary", "description"] {
        if !annotation(name).ends_with('.') {
            fault(&format!("its {name} is no sentence"));
        }
    }
    let anchor = rule.name.to_lowercase();
    if annotation("runbook_url") != format!("docs/RUNBOOKS.md#{anchor}") {
        fault(&format!("its runbook_url is not docs/RUNBOOKS.md#{anchor}"));
    }
    faults.extend(board_link(annotation("dashboard_url")).iter().map(|what| rule.fault(what)));
    faults
}

/// What is wrong with a link to a board: its uid, and the variables that it sets.
fn board_link(url: &str) -> Vec<String> {
    let Some((path, query)) = url.split_once('?') else {
        return vec![format!("{url}: no variable of the board is set")];
    };
    let mut faults: Vec<String> = link_fault(path).into_iter().collect();
    let name = UIDS.iter().find(|(_, uid)| path == format!("/d/{uid}")).map(|(name, _)| *name);
    let boards = Board::all();
    let Some(board) = boards.iter().find(|board| Some(board.name.as_str()) == name) else {
        return vec![format!("{url} leads to no board")];
    };
    for parameter in query.split('&') {
        let variable = parameter.strip_prefix("var-").and_then(|it| it.split_once('='));
        match variable {
            None => faults.push(format!("{parameter}: no variable with a value")),
            Some((name, value)) => {
                if board.variable(name).is_none() {
                    faults.push(format!("{url}: the board has no variable {name}"));
                }
                if value.contains("{{") && !value.contains("urlquery") {
                    faults.push(format!("{parameter}: a value that may break the link: `| urlquery`"));
                }
            }
        }
    }
    faults
}

/// Thresholds are recorded in one place: those that are used, and no others.
pub(super) fn thresholds(rules: &[Rule]) -> Vec<String> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let of = |expression: &str| {
        let names = expression.split(move |letter| !is_of_name(letter)).filter(|name| name.ends_with(":threshold"));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let alerts = rules.iter().filter(|rule| rule.is_alert);
    let used: BTreeSet<String> = alerts.flat_map(|rule| of(&rule.expression)).collect();
    let records = rules.iter().filter(|rule| !rule.is_alert && rule.name.ends_with(":threshold"));
    let recorded: BTreeSet<String> = records.map(|rule| rule.name.clone()).collect();
    let unused = recorded.difference(&used).map(|name| format!("no alert compares with {name}"));
    let missing = used.difference(&recorded).map(|name| format!("nothing records {name}"));
    unused.chain(missing).collect()
}
