//! Names that a board gives to what it shows: in legends, columns, overrides and links. An override of a name that nothing has
//! does nothing, and nobody notices until somebody wonders about a colour.
//!
//! It judges where names can be told: where no transformation makes new ones.

use std::collections::BTreeSet;

use super::board::{Panel, Target, list, members, text};
use super::panels::urls;
use crate::promql::{Reading, words};

/// Transformations that keep the names of fields, or change them by a table of their own.
const KEEPING: [&str; 7] =
    ["merge", "organize", "sortBy", "filterFieldsByName", "filterByValue", "seriesToColumns", "joinByField"];

pub(super) fn faults(panel: &Panel, readings: &[(Target, Reading)]) -> Vec<String> {
    let mut faults = Vec::new();
    let letters: BTreeSet<&str> = readings.iter().map(|(target, _)| target.letter()).collect();
    for (target, reading) in readings {
        let Some(labels) = &reading.labels else { continue };
        let named = placeholders(text(&target.json["legendFormat"]));
        let strange = named.iter().filter(|label| !labels.contains(*label));
        faults.extend(
            strange.map(|label| format!("{}: the legend names {label}, which its series lack", target.letter())),
        );
    }
    let transformations = list(&panel.json["transformations"]);
    let can_be_told = transformations.iter().all(|it| KEEPING.contains(&text(&it["id"])));
    let own = names(panel, readings);
    let mut shown = own.clone();
    for it in transformations.iter().filter(|it| it["id"] == "organize") {
        for key in ["renameByName", "excludeByName", "indexByName"] {
            let strange = members(&it["options"][key]).map(|(name, _)| name).filter(|name| !is_one(&own, name));
            if can_be_told {
                faults.extend(strange.map(|name| format!("{key}: nothing is called {name}")));
            }
        }
        let given = members(&it["options"]["renameByName"]).filter_map(|(_, name)| name.as_str());
        shown.extend(given.map(str::to_owned));
    }
    for field in urls(panel).into_iter().flat_map(fields) {
        if can_be_told && !is_one(&shown, field) {
            faults.push(format!("a link takes {field}, which nothing is called: {shown:?}"));
        }
    }
    for it in panel.overrides() {
        let options = &it["matcher"]["options"];
        match text(&it["matcher"]["id"]) {
            "byName" if can_be_told && !is_one(&shown, text(options)) => {
                faults.push(format!("an override of {options}, which nothing is called: {shown:?}"));
            }
            "byFrameRefID" if !letters.contains(text(options)) => {
                faults.push(format!("an override of query {options}, which there is not"));
            }
            _ => {}
        }
    }
    faults
}

/// The labels between double braces.
fn placeholders(legend: &str) -> Vec<String> {
    let after = legend.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    after.map(|label| label.trim().to_owned()).collect()
}

/// The fields whose values a link takes, such as `${__data.fields.Group:percentencode}`.
fn fields(url: &str) -> impl Iterator<Item = &str> {
    url.split("__data.fields.").skip(1).filter_map(|rest| rest.split([':', '}', '.']).next())
}

/// The names that fields can have; `*` stands for whatever a label holds.
fn names(panel: &Panel, readings: &[(Target, Reading)]) -> Vec<String> {
    let mut names = vec!["Time".to_owned()];
    let several = readings.len() > 1;
    for (target, reading) in readings {
        if target.json["format"] == "table" {
            names.extend(reading.labels.iter().flatten().cloned());
            names.push(if several { format!("Value #{}", target.letter()) } else { "Value".to_owned() });
            continue;
        }
        match text(&target.json["legendFormat"]) {
            "" | "__auto" => names.push("*".to_owned()),
            legend => names.extend(written_out(legend, reading)),
        }
    }
    let defaults = &panel.json["fieldConfig"]["defaults"]["displayName"];
    let of_overrides = panel.overrides().iter().flat_map(|it| list(&it["properties"]));
    let of_overrides = of_overrides.filter(|it| it["id"] == "displayName").map(|it| &it["value"]);
    names.extend([defaults].into_iter().chain(of_overrides).filter_map(|name| name.as_str()).map(str::to_owned));
    names
}

/// A legend with each word of the labels whose words are known, and `*` for the others.
fn written_out(legend: &str, reading: &Reading) -> Vec<String> {
    let series: Vec<String> = reading.selectors.iter().flat_map(|selector| selector.names.clone()).collect();
    let mut parts = legend.split("{{");
    let mut written = vec![parts.next().unwrap_or_default().to_owned()];
    for part in parts {
        let (label, rest) = part.split_once("}}").unwrap_or((part, ""));
        // A label that the expression itself makes can hold anything.
        let is_made = reading.makes(label.trim());
        let values = words(&series, label.trim()).filter(|_| !is_made);
        let values = values.unwrap_or_else(|| BTreeSet::from(["*".to_owned()]));
        written =
            written.iter().flat_map(|head| values.iter().map(move |value| format!("{head}{value}{rest}"))).collect();
    }
    written
}

/// Whether one of the names can be this one.
fn is_one(names: &[String], name: &str) -> bool {
    names.iter().any(|it| match it.split_once('*') {
        None => it == name,
        // Two labels in one legend: what is between them is not looked at.
        Some((head, tail)) => {
            let tail = tail.rsplit('*').next().unwrap_or_default();
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    })
}
