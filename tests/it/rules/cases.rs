//! The cases in `rules/tests/`: which alerts they have seen firing, silent, and silent again. What is in them,
//! promtool judges.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rule::{Rule, yaml};
use crate::boards::board::{list, text};
use crate::tidy;

/// The files that hold cases.
pub(super) fn files() -> Vec<String> {
    tidy::files("rules/tests", ".yaml")
}

/// Every document of them.
pub(super) fn all() -> Vec<Value> {
    files().iter().map(|path| yaml(path)).collect()
}

/// Alerts that no case has firing, none silent, or none over; severities that no case has seen; cases of alerts that there
/// are not.
pub(super) fn missing(rules: &[Rule], documents: &[Value]) -> Vec<String> {
    let (mut fires, mut is_silent, mut graded) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut is_over: BTreeSet<&str> = BTreeSet::new();
    for test in documents.iter().flat_map(|document| list(&document["tests"])) {
        // Cases are written in the order in which they happen.
        let mut has_fired = BTreeSet::new();
        for case in list(&test["alert_rule_test"]) {
            let name = text(&case["alertname"]);
            for alert in list(&case["exp_alerts"]) {
                has_fired.insert(name);
                graded.insert((name, text(&alert["exp_labels"]["severity"])));
            }
            if list(&case["exp_alerts"]).is_empty() {
                is_silent.insert(name);
                is_over.extend(has_fired.get(name).copied());
            }
        }
        fires.append(&mut has_fired);
    }
    let mut faults = Vec::new();
    for rule in rules.iter().filter(|rule| rule.is_alert) {
        let name = rule.name.as_str();
        let severity = text(&rule.yaml["labels"]["severity"]);
        if !fires.contains(name) {
            faults.push(rule.fault("no case has it firing"));
        } else if !graded.contains(&(name, severity)) {
            faults.push(rule.fault(&format!("no case has it firing as {severity}")));
        }
        if !is_silent.contains(name) {
            faults.push(rule.fault("no case has it silent"));
        } else if !is_over.contains(name) {
            faults.push(rule.fault("no case has it over"));
        }
    }
    let known: BTreeSet<&str> = rules.iter().filter(|rule| rule.is_alert).map(|rule| rule.name.as_str()).collect();
    let strange = fires.union(&is_silent).filter(|name| !known.contains(*name));
    faults.extend(strange.map(|name| format!("there is no alert {name}, and so it is silent in its case")));
    faults
}
