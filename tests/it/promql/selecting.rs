//! A selector: which series it names, and whether its matchers can match what the exporter has.
//!
//! A word behind `=` or `=~` that no series can have is the fault that nobody sees on a board: the panel is simply empty,
//! or too small. Labels whose values are the user's, such as `tenant`, can be anything.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use serde_json::Value;
use teams_presence_exporter::domain::advice::Reason;
use teams_presence_exporter::domain::presence::Field;

use super::pattern::{alternatives, matches};
use super::{Labels, Vocabulary};
use crate::metrics_doc;

/// A selector where it stands.
#[derive(Clone)]
pub(crate) struct Selector {
    /// The series that its name, or the pattern for it, means.
    pub(crate) names: Vec<String>,
    pub(crate) matchers: Vec<Matcher>,
    /// What is around it, the outermost first: functions and aggregations.
    pub(crate) within: Vec<String>,
    /// Over which time, in milliseconds, where it is a range.
    pub(crate) range: Option<u64>,
}

/// A condition on a label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    /// `=`, `!=`, `=~` or `!~`.
    pub(crate) operator: String,
    pub(crate) value: String,
}

impl Matcher {
    /// Whether it names this word, be it to have it or to leave it out.
    pub(crate) fn names(&self, word: &str) -> bool {
        match self.operator.as_str() {
            "=" | "!=" => self.value == word,
            _ => alternatives(&self.value).is_ok_and(|them| them.iter().any(|it| matches(it, word))),
        }
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:?}", self.label, self.operator, self.value)
    }
}

impl Display for Selector {
    /// As it can be asked for, without range and offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_name = |matcher: &&Matcher| matcher.label == "__name__" && matcher.operator == "=";
        let name = self.matchers.iter().find(is_name).map_or("", |matcher| &matcher.value);
        let others = self.matchers.iter().filter(|matcher| !is_name(matcher)).map(ToString::to_string);
        let others: Vec<String> = others.collect();
        if others.is_empty() { write!(f, "{name}") } else { write!(f, "{name}{{{}}}", others.join(",")) }
    }
}

/// Reads a selector. Returns the labels that its series have.
pub(super) fn read(
    vocabulary: &Vocabulary,
    node: &Value,
    within: &[&str],
    faults: &mut Vec<String>,
) -> (Selector, Labels) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let matchers: Vec<Matcher> = node["matchers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|matcher| Matcher {
            label: text(&matcher["name"]),
            operator: text(&matcher["type"]),
            value: text(&matcher["value"]),
        })
        .collect();
    let names = names(vocabulary, &matchers, faults);
    let mut labels = Labels::new();
    for name in &names {
        labels.extend(vocabulary.labels(name).into_iter().flatten().cloned());
    }
    for matcher in matchers.iter().filter(|matcher| matcher.label != "__name__") {
        for name in &names {
            if !vocabulary.labels(name).is_some_and(|labels| labels.contains(&matcher.label)) {
                faults.push(format!("{name} has no label {}", matcher.label));
            }
        }
        faults.extend(strangers(&names, matcher));
    }
    let within = within.iter().map(|&it| it.to_owned()).collect();
    (Selector { names, matchers, within, range: node["range"].as_u64() }, labels)
}

/// The series that the matchers of the name mean.
fn names(vocabulary: &Vocabulary, matchers: &[Matcher], faults: &mut Vec<String>) -> Vec<String> {
    let Some(matcher) = matchers.iter().find(|matcher| matcher.label == "__name__") else {
        faults.push("a selector without a name".to_owned());
        return Vec::new();
    };
    let said = match matcher.operator.as_str() {
        "=" => vec![matcher.value.clone()],
        "=~" => alternatives(&matcher.value).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        }),
        _ => {
            faults.push(format!("whatever is not called {}", matcher.value));
            Vec::new()
        }
    };
    let mut names = Vec::new();
    for name in said {
        let known = vocabulary.series.keys().filter(|it| matches(&name, it)).cloned();
        let before = names.len();
        names.extend(known);
        if names.len() == before {
            faults.push(format!("there is no metric {name}"));
        }
    }
    names
}

/// What a matcher says that no value of its label can be.
fn strangers(names: &[String], matcher: &Matcher) -> Vec<String> {
    let Matcher { label, operator, value } = matcher;
    // A variable of a board: the board's own rules know it.
    let Some(words) = words(names, label).filter(|_| !value.contains('$')) else { return Vec::new() };
    let said = match operator.as_str() {
        "=" | "!=" => {
            let is_one = value.is_empty() || words.contains(value);
            return if is_one { Vec::new() } else { vec![format!("no {label} is {value}")] };
        }
        _ => alternatives(value),
    };
    match said {
        Err(fault) => vec![fault],
        Ok(said) => said
            .iter()
            .filter(|it| !it.is_empty() && !words.iter().any(|word| matches(it, word)))
            .map(|it| format!("no {label} is {it}"))
            .collect(),
    }
}

/// The values that a label can have, where they are not the user's.
pub(crate) fn words(names: &[String], label: &str) -> Option<BTreeSet<String>> {
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<String>>();
    let reasons = |reasons: &[Reason]| reasons.iter().map(|reason| reason.label().to_owned()).collect();
    Some(match label {
        "from" | "to" => owned(Field::Availability.known()),
        // Where more words than a few came that nobody documented.
        "availability" | "activity" | "work_location" => {
            metrics_doc::words(label).into_iter().chain(["Other".to_owned()]).collect()
        }
        "reason" if names.iter().any(|name| name.contains("_cycle_")) => reasons(&Reason::OF_CYCLES),
        "reason" => reasons(&Reason::OF_LISTINGS),
        "code" => {
            metrics_doc::words(label).into_iter().chain((100..600).map(|status: u16| status.to_string())).collect()
        }
        "freshness" | "field" | "operation" | "permission" | "visibility" => {
            metrics_doc::words(label).into_iter().collect()
        }
        "alertstate" => owned(&["pending", "firing"]),
        _ => return None,
    })
}
