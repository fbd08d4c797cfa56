//! A state has one colour, on every board and in every panel: who has learnt it once reads all of them.

use std::collections::BTreeMap;

use super::board::{Board, Panel, list, members, text};

/// The colours that can be told apart by the colour-blind as well, and what wears them.
const STATES: [(&str, &str); 7] = [
    ("available", "#00876C"),
    ("busy", "#CC3311"),
    ("do not disturb", "#8F3BB8"),
    ("away", "#EAA300"),
    ("out of office", "#8AB8FF"),
    ("offline", "#C8C6C4"),
    ("unknown", "#5A5A5A"),
];

/// Which series and words are given a colour by their name.
fn coloured<'b>(panel: &Panel<'b>) -> Vec<(String, &'b str)> {
    let mut found = Vec::new();
    let mappings = list(&panel.json["fieldConfig"]["defaults"]["mappings"]);
    let mut mappings: Vec<_> = mappings.iter().collect();
    for it in panel.overrides() {
        for property in list(&it["properties"]) {
            let is_fixed = property["id"] == "color" && property["value"]["mode"] == "fixed";
            if is_fixed && it["matcher"]["id"] == "byName" {
                let colour = text(&property["value"]["fixedColor"]);
                found.push((text(&it["matcher"]["options"]).to_lowercase(), colour));
            }
            if property["id"] == "mappings" {
                mappings.extend(list(&property["value"]));
            }
        }
    }
    for mapping in mappings {
        for (_, result) in members(&mapping["options"]) {
            if let (Some(name), Some(colour)) = (result["text"].as_str(), result["color"].as_str()) {
                found.push((name.to_lowercase(), colour));
            }
        }
    }
    found
}

pub(super) fn faults(boards: &[Board]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut first: BTreeMap<String, (String, String)> = STATES
        .iter()
        .map(|(state, colour)| ((*state).to_owned(), ((*colour).to_owned(), "everywhere".to_owned())))
        .collect();
    for panel in boards.iter().flat_map(Board::panels) {
        for (name, colour) in coloured(&panel) {
            let (agreed, place) = first.entry(name.clone()).or_insert_with(|| (colour.to_owned(), panel.place()));
            if !agreed.eq_ignore_ascii_case(colour) {
                faults.push(panel.fault(&format!("{name} is {colour:?} and {agreed} elsewhere ({place})")));
            }
        }
    }
    faults
}
