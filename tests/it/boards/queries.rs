//! The queries of a board, read through the tree that Prometheus makes of them: the dashboard-linter's rules about targets,
//! and that the exporter has what they ask for.

use serde_json::Value;

use super::board::{Board, Target, text};
use super::legends;
use super::variables::{RATE_INTERVAL, range, timed};
use crate::promql::{Matcher, Reading, Selector, Vocabulary, is_counter};

/// Makes a tree of an expression, or says why it is none.
pub(crate) type Parse<'p> = dyn Fn(&str) -> Result<Value, String> + 'p;

/// Rates over a time of their own: board, panel and letter, and why.
pub(crate) type Exceptions<'e> = [(&'e str, &'e str)];

/// All faults of the queries of a board; `exceptions` are rates that may be over a time of their own.
pub(crate) fn faults(board: &Board, vocabulary: &Vocabulary, parse: &Parse, exceptions: &Exceptions) -> Vec<String> {
    let mut faults = variables(board, vocabulary, parse);
    let mut excepted = Vec::new();
    for panel in board.panels() {
        let mut readings = Vec::new();
        for target in panel.targets() {
            let place = target.place();
            match timed(board, target.expression()).and_then(|expression| parse(&expression)) {
                Err(fault) => faults.push(format!("{place}: {fault}")),
                Ok(tree) => {
                    let reading = vocabulary.read(&tree);
                    for fault in of_target(&target, &reading) {
                        if fault.starts_with(A_TIME_OF_ITS_OWN) && exceptions.iter().any(|(it, _)| *it == place) {
                            excepted.push(place.clone());
                        } else {
                            faults.push(format!("{place}: {fault}"));
                        }
                    }
                    readings.push((target, reading));
                }
            }
        }
        // Of a panel with a query that nobody understands, nobody knows the names either.
        if readings.len() == panel.targets().len() {
            faults.extend(legends::faults(&panel, &readings).iter().map(|fault| panel.fault(fault)));
        }
    }
    let own = exceptions.iter().filter(|(place, _)| place.split(": ").next() == Some(&board.name));
    let in_vain = own.filter(|(place, _)| !excepted.iter().any(|it| it == place));
    faults.extend(in_vain.map(|(place, reason)| format!("{place}: excepted in vain ({reason})")));
    faults
}

/// How the fault begins that may be excepted.
const A_TIME_OF_ITS_OWN: &str = "a rate over";

fn of_target(target: &Target, reading: &Reading) -> Vec<String> {
    let mut faults = reading.faults.clone();
    if target.expression().contains("vector(0)") {
        faults.push("`vector(0)`: no data would read as zero".to_owned());
    }
    let required: &[&str] = &["job", "instance", "tenant", "dimension", "group"];
    for selector in &reading.selectors {
        faults.extend(selected(target.panel.board(), selector, required));
        faults.extend(counted(target.panel.board(), selector));
    }
    if reading.selectors.is_empty() {
        faults.push("it asks for nothing".to_owned());
    }
    faults
}

/// Every selector is narrowed by what the reader has chosen, and by nothing that looks like it.
fn selected(board: &Board, selector: &Selector, required: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    let vocabulary = Vocabulary::of_the_exporter();
    for label in required {
        let has_it = |name: &String| vocabulary.has(name, label);
        // Grafana escapes what is special in a pattern for variables of several values alone: behind `=~` the one value of
        // another would be a pattern, and `R&D (Berlin)` would not match itself.
        let several = board.variable(label).is_none_or(|variable| variable["multi"] == true);
        let operator = if several { "=~" } else { "=" };
        let chosen = Matcher { label: (*label).to_owned(), operator: operator.to_owned(), value: format!("${label}") };
        if selector.names.iter().any(has_it) && !selector.matchers.contains(&chosen) {
            faults.push(format!("{selector} lacks {chosen}"));
        }
    }
    for Matcher { label, value, .. } in &selector.matchers {
        if value.strip_prefix('$').is_some_and(|name| name != label && board.variable(name).is_some()) {
            faults.push(format!("{label} is matched with the variable of another label: {value}"));
        }
    }
    faults
}

/// Counters are shown as rates, and rates over a time that goes with the scrape interval, or over all that the board shows:
/// one number for a day or a week is right at any scrape interval, and the reader has chosen its time. `resets` wants the
/// counter as it is: what it counts are restarts, which a rate hides.
fn counted(board: &Board, selector: &Selector) -> Option<String> {
    let around = selector.within.last().map_or("", String::as_str);
    let is_rate = matches!(around, "rate" | "irate" | "increase");
    if selector.names.iter().any(|name| is_counter(name)) && !is_rate && around != "resets" {
        return Some(format!("{selector} is a counter outside of rate, irate and increase"));
    }
    let range =
        selector.range.filter(|range| is_rate && ![RATE_INTERVAL.0, self::range(board) * 1000].contains(range))?;
    Some(format!("{A_TIME_OF_ITS_OWN} {} s instead of $__rate_interval", range / 1000))
}

/// The selector and the label of `label_values(selector, label)`.
pub(crate) fn label_values(variable: &Value) -> Option<(&str, &str)> {
    let query = text(&variable["query"]["query"]).strip_prefix("label_values(")?.strip_suffix(')')?;
    let (selector, label) = query.rsplit_once(',')?;
    Some((selector.trim(), label.trim()))
}

/// Queries of variables: each filtered by those before it.
fn variables(board: &Board, vocabulary: &Vocabulary, parse: &Parse) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before: Vec<&str> = Vec::new();
    for variable in board.variables().iter().filter(|variable| variable["type"] == "query") {
        let name = text(&variable["name"]);
        let mut fault = |what: String| faults.push(board.fault(&format!("variable {name}: {what}")));
        let Some((selector, label)) = label_values(variable) else {
            fault("no `label_values(selector, label)`".to_owned());
            continue;
        };
        match timed(board, selector).and_then(|selector| parse(&selector)) {
            Err(what) => fault(what),
            Ok(tree) => {
                let reading = vocabulary.read(&tree);
                let labels = reading.labels.unwrap_or_default();
                reading.faults.into_iter().for_each(&mut fault);
                if !labels.contains(label) {
                    fault(format!("the series have no label {label}"));
                }
                for selector in &reading.selectors {
                    selected(board, selector, &before).into_iter().for_each(&mut fault);
                }
            }
        }
        before.push(name);
    }
    faults
}
