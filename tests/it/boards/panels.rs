//! What a panel owes its reader: what it means, in which unit, from which data source, and "no data" where there is none.
//! Most of it are the dashboard-linter's rules; the queries themselves are `queries`' matter.

use serde_json::json;

use super::board::{Board, Panel, list, text};
use super::frame::{UIDS, VARIABLES};

/// What everybody who works on boards can look at.
const KINDS: [&str; 11] = [
    "barchart", "bargauge", "gauge", "piechart", "row", "stat", "state-timeline", "status-history", "table", "text",
    "timeseries",
];

/// The units that are in use. A word that is none of Grafana's is shown as it is, behind each number.
const UNITS: [&str; 22] = [
    "bool", "bool_on_off", "bool_yes_no", "bytes", "cps", "dateTimeAsIso", "dateTimeAsIsoNoDateIfToday",
    "dateTimeFromNow", "decbytes", "dtdurations", "h", "locale", "m", "ms", "none", "ops", "percent", "percentunit",
    "reqps", "s", "short", "string",
];

/// Panels whose time is another than the board's, which an absolute range breaks.
const TIMES: [&str; 3] = ["timeFrom", "timeShift", "hideTimeOverride"];

pub(super) fn faults(board: &Board) -> Vec<String> {
    let mut faults = ids(board);
    for panel in board.panels() {
        let found = [described(&panel), fed(&panel), shown(&panel), linked(&panel)].concat();
        faults.extend(found.iter().map(|what| panel.fault(what)));
    }
    faults
}

/// Every panel can be named: by a number and, for people and for lists of exceptions, by a title.
fn ids(board: &Board) -> Vec<String> {
    let mut faults = Vec::new();
    let panels = board.panels();
    for (at, panel) in panels.iter().enumerate() {
        if panel.json["id"].as_u64().is_none_or(|id| id == 0) {
            faults.push(panel.fault("no id"));
        }
        let is_alike = |other: &&Panel| other.json["id"] == panel.json["id"];
        if let Some(other) = panels[..at].iter().find(is_alike) {
            faults.push(panel.fault(&format!("{} has this id as well", other.title())));
        }
        let shares_title = |other: &&Panel| panel.shows_data() && other.shows_data() && other.title() == panel.title();
        if panels[..at].iter().any(|other| shares_title(&other)) {
            faults.push(panel.fault("another panel has this title as well"));
        }
    }
    faults
}

fn described(panel: &Panel) -> Vec<String> {
    let mut faults = Vec::new();
    if !KINDS.contains(&panel.kind()) {
        faults.push(format!("nobody could look at a {}", panel.kind()));
    }
    if panel.title().trim().is_empty() {
        faults.push("no title".to_owned());
    }
    let description = text(&panel.json["description"]);
    if panel.kind() != "row" && !description.ends_with('.') {
        faults.push("no description in sentences".to_owned());
    }
    if panel.kind() == "text" && text(&panel.json["options"]["content"]).trim().is_empty() {
        faults.push("it says nothing".to_owned());
    }
    faults
}

/// The data source and the targets.
fn fed(panel: &Panel) -> Vec<String> {
    let mut faults = Vec::new();
    if !panel.shows_data() {
        if !panel.targets().is_empty() {
            faults.push(format!("a {} with queries", panel.kind()));
        }
        return faults;
    }
    let source = json!({"type": "prometheus", "uid": "${datasource}"});
    if panel.json["datasource"] != source {
        faults.push("its datasource is not the variable".to_owned());
    }
    let targets = panel.targets();
    if targets.is_empty() {
        faults.push("no query".to_owned());
    }
    for (at, target) in targets.iter().enumerate() {
        let letter = target.letter();
        let is_twice = targets[..at].iter().any(|other| other.letter() == letter);
        if letter.is_empty() || is_twice {
            faults.push(format!("a query without a letter of its own: {letter:?}"));
        }
        if target.json.get("datasource").is_some_and(|own| *own != source) {
            faults.push(format!("{letter}: its datasource is not the variable"));
        }
        if target.expression().trim().is_empty() {
            faults.push(format!("{letter}: no expression"));
        }
        if target.json.get("hide").is_some_and(|hide| hide == true) {
            faults.push(format!("{letter}: hidden, so nobody needs it"));
        }
        if (target.json["instant"] == true) == (target.json["range"] == true) {
            faults.push(format!("{letter}: neither an instant nor a range, or both"));
        }
    }
    faults
}

/// Units, gaps and what stands where there is no data.
fn shown(panel: &Panel) -> Vec<String> {
    let mut faults: Vec<String> = TIMES
        .iter()
        .filter(|key| panel.json.get(**key).is_some())
        .map(|key| format!("{key}: a time of its own"))
        .collect();
    for key in ["alert", "libraryPanel"] {
        if panel.json.get(key).is_some() {
            faults.push(format!("{key} is of another place"));
        }
    }
    if !panel.shows_data() {
        return faults;
    }
    let defaults = &panel.json["fieldConfig"]["defaults"];
    let of_overrides = panel.overrides().iter().flat_map(|it| list(&it["properties"]));
    let of_overrides = of_overrides.clone().filter(|it| it["id"] == "unit").map(|it| text(&it["value"]));
    for unit in [text(&defaults["unit"])].into_iter().chain(of_overrides) {
        if !UNITS.contains(&unit) && !unit.starts_with("suffix:") {
            faults.push(format!("no unit that is in use: {unit:?}"));
        }
    }
    if defaults["noValue"] != "no data" {
        faults.push("noValue is not `no data`".to_owned());
    }
    let spans = defaults["custom"].get("spanNulls");
    let needed = panel.kind() == "timeseries";
    if spans.map_or(needed, |spans| *spans != false) {
        faults.push("spanNulls is not false: a gap has to be seen".to_owned());
    }
    faults
}

/// Where the links of a panel and of its fields lead.
pub(super) fn urls<'b>(panel: &Panel<'b>) -> Vec<&'b str> {
    let of_fields = list(&panel.json["fieldConfig"]["defaults"]["links"]);
    let of_overrides = panel.overrides().iter().flat_map(|it| list(&it["properties"]));
    let of_overrides = of_overrides.filter(|it| it["id"] == "links").flat_map(|it| list(&it["value"]));
    let links = list(&panel.json["links"]).iter().chain(of_fields).chain(of_overrides);
    links.map(|link| text(&link["url"])).collect()
}

/// Links to boards that there are, with values for variables that they have.
fn linked(panel: &Panel) -> Vec<String> {
    let urls = urls(panel);
    urls.iter().filter_map(|url| link_fault(url)).chain(urls.iter().flat_map(|url| value_faults(url))).collect()
}

/// What is wrong with the values that a link sets, such as `var-group=${__data.fields.Group:percentencode}`.
fn value_faults(url: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in query.split('&').filter_map(|it| it.strip_prefix("var-")?.split_once('=')) {
        if VARIABLES.iter().all(|(it, _)| *it != name) {
            faults.push(format!("{url}: no board has a variable {name}"));
        }
        if value.contains('$') && !value.ends_with(":percentencode}") {
            faults.push(format!("{value}: a value that may break the link: `:percentencode`"));
        }
    }
    faults
}

/// What is wrong with a link to a board, such as `/d/teams-presence-duty?var-tenant=contoso`.
pub(crate) fn link_fault(url: &str) -> Option<String> {
    let board = url.trim_start_matches('/').strip_prefix("d/")?;
    let uid = board.split(['?', '/']).next().unwrap_or_default();
    let is_there = UIDS.iter().any(|(_, it)| *it == uid);
    (!is_there).then(|| format!("{url} leads to no board"))
}
