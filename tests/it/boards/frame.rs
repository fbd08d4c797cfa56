//! What all boards share: who they are, how they are reached, and the variables that a link from one to the other keeps.

use serde_json::{Value, json};

use super::board::{Board, list, text};

/// Files and uids. A uid never changes: links, bookmarks and alerts depend on it.
pub(crate) const UIDS: [(&str, &str); 4] = [
    ("duty", "teams-presence-duty"),
    ("exporter", "teams-presence-exporter"),
    ("focus", "teams-presence-focus"),
    ("occupancy", "teams-presence-occupancy"),
];

/// The variables that every board begins with, in this order.
pub(super) const VARIABLES: [(&str, &str); 6] = [
    ("datasource", "Data source"),
    ("job", "Job"),
    ("instance", "Instance"),
    ("tenant", "Tenant"),
    ("dimension", "Dimension"),
    ("group", "Group"),
];

/// What is left of an export "for sharing": nobody fills these in when a board is provisioned.
const OF_EXPORTS: [&str; 4] = ["__inputs", "__requires", "__elements", "iteration"];

/// As `json.dumps(board, indent=2, sort_keys=True, ensure_ascii=False)` and a line break have it.
pub(super) fn canonical(board: &Board) -> Vec<String> {
    let canonical = serde_json::to_string_pretty(&board.json).unwrap() + "\n";
    let differs = canonical.lines().zip(board.text.lines()).position(|(one, other)| one != other);
    match differs {
        _ if canonical == board.text => Vec::new(),
        line => {
            let line = line.map_or_else(|| "at the end".to_owned(), |line| format!("from line {}", line + 1));
            vec![
                board.fault(&format!(
                    "not canonical {line}: keys sorted, 2 spaces, UTF-8 as it is, one final line break"
                )),
            ]
        }
    }
}

/// Everything outside of panels and variables.
pub(super) fn properties(board: &Board) -> Vec<String> {
    let uid = UIDS.iter().find(|(name, _)| *name == board.name).map(|(_, uid)| *uid);
    let links = json!([{
        "asDropdown": false, "icon": "external link", "includeVars": true, "keepTime": true, "tags": ["teams-presence"],
        "targetBlank": false, "title": "Teams presence", "tooltip": "", "type": "dashboards", "url": "",
    }]);
    let fixed = [
        ("uid", json!(uid)),
        ("id", Value::Null),
        ("editable", json!(false)),
        ("schemaVersion", json!(39)),
        ("version", json!(1)),
        ("graphTooltip", json!(1)),
        ("refresh", json!("1m")),
        ("tags", json!(["teams-presence"])),
        ("timezone", json!("browser")),
        ("annotations", json!({"list": []})),
        ("links", links),
    ];
    let mut faults = Vec::new();
    for (key, value) in fixed {
        // What is not there would be null, and `id` must be there.
        if board.json.get(key) != Some(&value) {
            faults.push(board.fault(&format!("{key} is not {value}")));
        }
    }
    let left = OF_EXPORTS.iter().filter(|key| board.json.get(**key).is_some());
    faults.extend(left.map(|key| board.fault(&format!("{key} is of an export, and nobody fills it in"))));
    if !text(&board.json["title"]).starts_with("Teams presence: ") || text(&board.json["description"]).is_empty() {
        faults.push(board.fault("no title that begins with `Teams presence: `, or no description"));
    }
    let time = &board.json["time"];
    if time["to"] != "now" || !text(&time["from"]).starts_with("now-") {
        faults.push(board.fault("a time range that does not end now"));
    }
    faults
}

/// The variables: those of the frame first, each as the dashboard-linter wants it.
pub(super) fn variables(board: &Board) -> Vec<String> {
    let mut faults = Vec::new();
    let found: Vec<(&str, &str)> =
        board.variables().iter().map(|variable| (text(&variable["name"]), text(&variable["label"]))).collect();
    if !found.starts_with(&VARIABLES) {
        faults.push(board.fault(&format!("the variables do not begin with {VARIABLES:?}: {found:?}")));
    }
    for variable in board.variables() {
        let name = text(&variable["name"]);
        let mut fault = |what: &str| faults.push(board.fault(&format!("variable {name}: {what}")));
        if text(&variable["label"]).is_empty() || text(&variable["description"]).is_empty() {
            fault("no label, or no description");
        }
        match text(&variable["type"]) {
            "datasource" if variable["query"] != "prometheus" => fault("not a Prometheus"),
            "query" => {
                if variable["datasource"] != json!({"type": "prometheus", "uid": "${datasource}"}) {
                    fault("its datasource is not the variable");
                }
                if variable["refresh"] != 2 || variable["sort"] != 1 {
                    fault("refresh is not 2 (with the time range), or sort not 1");
                }
                if variable["definition"] != variable["query"]["query"] {
                    fault("what is shown of it (definition) is not what is asked");
                }
                let has_all = variable["includeAll"] == true;
                if has_all && (variable["allValue"] != ".+" || variable["multi"] != true) {
                    fault("All is not `.+`, or one cannot choose several");
                }
                if !has_all && matches!(name, "job" | "instance" | "tenant" | "group") {
                    fault("there is no All");
                }
            }
            _ => {}
        }
    }
    faults
}

/// A board's frame: the same for all but for what may differ.
pub(super) fn frame(board: &Board) -> Value {
    let mut frame = board.json.clone();
    let keys = frame.as_object_mut().unwrap();
    for own in ["title", "uid", "description", "time", "panels"] {
        keys.remove(own);
    }
    let mut variables: Vec<Value> = list(&frame["templating"]["list"]).iter().take(VARIABLES.len()).cloned().collect();
    for variable in &mut variables {
        let name = text(&variable["name"]).to_owned();
        let keys = variable.as_object_mut().unwrap();
        // Managers do not see which exporter it is; teams on duty are of one dimension at a time.
        let differing: &[&str] = match name.as_str() {
            "job" | "instance" => &["hide"],
            // It asks for the groups of that one dimension, with `=`.
            "group" => &["hide", "query", "definition"],
            "dimension" => &["multi", "includeAll", "allValue", "current", "hide"],
            _ => &[],
        };
        for key in differing {
            keys.remove(*key);
        }
    }
    frame["templating"]["list"] = Value::Array(variables);
    frame
}

/// Boards whose frame is not that of the first.
pub(super) fn differing(boards: &[Board]) -> Vec<String> {
    let first = frame(&boards[0]);
    let others = boards.iter().filter(|board| frame(board) != first);
    others.map(|board| board.fault(&format!("its frame is not that of {}", boards[0].name))).collect()
}
