//! A rule as its file has it, and what it is about.
//!
//! Labels of what is recorded follow from the expression, so a rule that names a label which another one has aggregated
//! away is caught as well.

use serde_json::Value;

use crate::boards::board::{list, members, text};
use crate::boards::queries::Parse;
use crate::promql::{Reading, Vocabulary, is_counter};
use crate::tidy;

/// A recording rule or an alert.
pub(crate) struct Rule {
    /// The name of its file, without folder.
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) is_alert: bool,
    pub(crate) expression: String,
    /// The rule as a whole.
    pub(crate) yaml: Value,
}

/// The files that hold rules.
pub(crate) fn files() -> Vec<String> {
    tidy::files("rules", ".yml")
}

/// A document of YAML.
pub(crate) fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&tidy::read(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

impl Rule {
    /// All that there are, in the order of their files.
    pub(crate) fn all() -> Vec<Self> {
        let rules: Vec<Self> = files().iter().flat_map(|path| Self::of(path, &yaml(path))).collect();
        assert!(!rules.is_empty(), "no rule was found: this test has lost its way");
        rules
    }

    /// Those of a document.
    pub(crate) fn of(path: &str, document: &Value) -> Vec<Self> {
        let rules = list(&document["groups"]).iter().flat_map(|group| list(&group["rules"]));
        rules
            .map(|rule| Self {
                file: path.trim_start_matches("rules/").to_owned(),
                name: [&rule["alert"], &rule["record"]].map(text).concat(),
                is_alert: rule["alert"].is_string(),
                expression: text(&rule["expr"]).to_owned(),
                yaml: rule.clone(),
            })
            .collect()
    }

    /// A fault of the rule, told.
    pub(crate) fn fault(&self, what: &str) -> String {
        format!("{}: {}: {what}", self.file, self.name)
    }
}

/// What each rule is about, in their order, and all that is wrong with them.
pub(crate) fn read_all<'r>(rules: &'r [Rule], parse: &Parse) -> (Vec<(&'r Rule, Reading)>, Vec<String>) {
    let mut faults = Vec::new();
    let mut trees = Vec::new();
    for rule in rules {
        match parse(&rule.expression) {
            Ok(tree) => trees.push((rule, tree)),
            Err(fault) => faults.push(rule.fault(&fault)),
        }
    }
    let vocabulary = recorded(&trees);
    let mut readings = Vec::new();
    for (rule, tree) in trees {
        let reading = vocabulary.read(&tree);
        faults.extend(reading.faults.iter().map(|fault| rule.fault(fault)));
        for selector in &reading.selectors {
            let around = selector.within.last().map_or("", String::as_str);
            if selector.names.iter().any(|name| is_counter(name)) && !matches!(around, "rate" | "increase" | "irate") {
                faults.push(rule.fault(&format!("{selector} is a counter outside of rate and increase")));
            }
        }
        readings.push((rule, reading));
    }
    (readings, faults)
}

/// The exporter's series and those that the rules record, which may build on each other in any order.
fn recorded(trees: &[(&Rule, Value)]) -> Vocabulary {
    let mut vocabulary = Vocabulary::of_the_exporter();
    let mut waiting: Vec<_> = trees.iter().filter(|(rule, _)| !rule.is_alert).collect();
    // Each round knows the labels of at least one more, or of none any more.
    for _ in 0..waiting.len() {
        waiting.retain(|(rule, tree)| {
            let reading = vocabulary.read(tree);
            let is_known = reading.selectors.iter().all(|selector| !selector.names.is_empty());
            if is_known {
                let own = members(&rule.yaml["labels"]).map(|(name, _)| name.clone());
                let labels = reading.labels.into_iter().flatten().chain(own).collect();
                vocabulary.record(&rule.name, labels);
            }
            !is_known
        });
    }
    vocabulary
}
