//! Boards that break one rule each, made of one that keeps all: a rule that finds nothing would be none.

use serde_json::{Value, json};

use super::board::Board;
use super::queries::Parse;
use super::{faults_of_files, faults_of_queries};
use crate::harness::Prometheus;

/// The first of the boards, with one panel that keeps all rules.
fn board() -> Value {
    let boards = Board::all();
    let mut json = boards.iter().find(|board| board.name == "exporter").unwrap().json.clone();
    let source = json!({"type": "prometheus", "uid": "${datasource}"});
    json["panels"] = json!([{
        "id": 1, "type": "timeseries", "title": "People", "description": "How many there are.", "datasource": source,
        "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0}, "options": {},
        "fieldConfig": {
            "defaults": {"unit": "short", "noValue": "no data", "custom": {"spanNulls": false}},
            "overrides": [{
                "matcher": {"id": "byName", "options": "Available"},
                "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": "#00876C"}}],
            }],
        },
        "targets": [{
            "refId": "A", "range": true, "instant": false, "legendFormat": "{{availability}}", "expr": QUERY,
        }],
    }]);
    json
}

const QUERY: &str = r#"sum by (availability) (avg by (tenant, availability) (teams_presence_availability_users{job=~"$job",instance=~"$instance",tenant=~"$tenant"}))"#;

/// The board after a change, in canonical form.
fn changed(change: impl Fn(&mut Value)) -> Board {
    let mut json = board();
    change(&mut json);
    Board::parse("exporter", &(serde_json::to_string_pretty(&json).unwrap() + "\n"))
}

/// What is found of a board whose member at this place is another.
#[track_caller]
fn check(place: &str, value: &Value, expected: &str) {
    let board = changed(|json| *json.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value.clone());
    let faults = faults_of_files(&[board]);
    assert!(faults.len() == 1 && faults[0].contains(expected), "{place}: {expected}, not {faults:#?}");
}

#[test]
fn a_board_that_keeps_all_rules_has_no_fault() {
    assert_eq!(faults_of_files(&[changed(|_| ())]), [""; 0]);
}

#[test]
fn a_frame_that_breaks_a_rule_is_caught() {
    check("/uid", &json!("other"), "uid is not");
    check("/id", &json!(7), "id is not null");
    check("/editable", &json!(true), "editable is not false");
    check("/schemaVersion", &json!(42), "schemaVersion is not 39");
    check("/refresh", &json!("5s"), "refresh is not");
    check("/tags", &json!([]), "tags is not");
    check("/links/0/keepTime", &json!(false), "links is not");
    check("/title", &json!("Occupancy"), "no title");
    check("/time/to", &json!("2026-01-01"), "does not end now");
    check("/templating/list/0/label", &json!("Prometheus"), "do not begin with");
    check("/templating/list/1/refresh", &json!(1), "refresh is not 2");
    check("/templating/list/1/allValue", &json!(".*"), "All is not");
    check("/templating/list/1/includeAll", &json!(false), "there is no All");
    check("/templating/list/1/datasource/uid", &json!("prometheus"), "variable job: its datasource");
    check("/templating/list/3/definition", &json!("label_values(up, tenant)"), "is not what is asked");
    let with_inputs = changed(|json| json["__inputs"] = json!([]));
    assert_eq!(faults_of_files(&[with_inputs]), ["exporter: __inputs is of an export, and nobody fills it in"]);
    let other = changed(|json| json["weekStart"] = json!("monday"));
    assert_eq!(faults_of_files(&[changed(|_| ()), other]), ["exporter: its frame is not that of exporter"]);
    let text = changed(|_| ()).text.replace("\n  \"uid\"", "\n   \"uid\"");
    let found = faults_of_files(&[Board::parse("exporter", &text)]);
    assert!(found.len() == 1 && found[0].contains("not canonical from line"), "{found:?}");
}

#[test]
fn a_panel_that_breaks_a_rule_is_caught() {
    check("/panels/0/id", &json!(null), "no id");
    check("/panels/0/type", &json!("heatmap"), "nobody could look at a heatmap");
    check("/panels/0/title", &json!(""), "no title");
    check("/panels/0/description", &json!(""), "no description");
    check("/panels/0/datasource/uid", &json!("prometheus"), "its datasource");
    check("/panels/0/targets", &json!([]), "no query");
    check("/panels/0/targets/0/refId", &json!(""), "without a letter");
    check("/panels/0/targets/0/instant", &json!(true), "neither an instant nor a range");
    check("/panels/0/targets/0/expr", &json!(""), "no expression");
    check("/panels/0/fieldConfig/defaults/unit", &json!("people"), "no unit that is in use");
    check("/panels/0/fieldConfig/defaults/noValue", &json!("0"), "noValue");
    check("/panels/0/fieldConfig/defaults/custom/spanNulls", &json!(true), "spanNulls");
    check("/panels/0/gridPos/x", &json!(13), "it ends at column 25 of 24");
    check("/panels/0/gridPos/h", &json!(0), "no place on the grid");
    check("/panels/0/fieldConfig/overrides/0/properties/0/value/fixedColor", &json!("#FF0000"), "available is");
    let find = |key: &str, value: Value| faults_of_files(&[changed(|json| json["panels"][0][key] = value.clone())]);
    assert_eq!(find("timeFrom", json!("1h")), ["exporter: People (panel 1): timeFrom: a time of its own"]);
    let link = |url: &str, expected: &str| {
        let faults = find("links", json!([{"url": url}]));
        assert!(faults.len() == 1 && faults[0].ends_with(expected), "{url}: {expected}, not {faults:#?}");
    };
    link("/d/teams-presence-people?var-tenant=a", "leads to no board");
    link("/d/teams-presence-duty?var-people=a", "no board has a variable people");
    link("/d/teams-presence-duty?var-tenant=$tenant", "$tenant: a value that may break the link: `:percentencode`");
    let twice = changed(|json| {
        let panel = json["panels"][0].clone();
        json["panels"].as_array_mut().unwrap().push(panel);
    });
    assert_eq!(
        faults_of_files(&[twice]),
        [
            "exporter: People (panel 1): People has this id as well",
            "exporter: People (panel 1): another panel has this title as well",
            "exporter: People (panel 1): it is upon People",
        ]
    );
}

#[test]
fn a_query_that_lies_is_caught() {
    let prometheus = Prometheus::idle();
    let parse: &Parse = &|expression| prometheus.answer("parse_query", &[("query", expression)]);
    let find = |truth: &str, lie: &str| {
        assert!(QUERY.contains(truth), "{truth}");
        let query = QUERY.replace(truth, lie);
        let board = changed(|json| json["panels"][0]["targets"][0]["expr"] = json!(query));
        faults_of_queries(&[board], parse)
            .into_iter()
            .filter(|fault| !fault.contains("excepted in vain"))
            .collect::<Vec<_>>()
    };
    let check = |truth: &str, lie: &str, expected: &str| {
        let faults = find(truth, lie);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{lie}: {expected}, not {faults:#?}");
    };
    assert_eq!(find("avg", "avg"), [""; 0]);
    check("_availability_users", "_availabilty_users", "there is no metric teams_presence_availabilty_users");
    check(
        "teams_presence_availability_users",
        "tenant_availability:teams_presence_availability_users:avg",
        "no metric",
    );
    check("(tenant, availability)", "(tennant, availability)", "what avg is of has no label tennant");
    check(r#""$tenant""#, r#""$tenant",availability="Avaliable""#, "no availability is Avaliable");
    check(r#""$tenant""#, r#""$tenant",availability=~"Away|BeRightBak""#, "no availability is BeRightBak");
    check(r#""$tenant""#, r#""$tenant",visibility="shown""#, "has no label visibility");
    check(r#",instance=~"$instance""#, "", "lacks instance=~\"$instance\"");
    check(r#"tenant=~"$tenant""#, r#"tenant=~"$tenants""#, "the board has no variable tenants");
    check("))", ")", "parse error");
    check("sum by (availability) (", "sum by (tenant) (", "the legend names availability");
    check("))", ")) or vector(0)", "`vector(0)`");
    check(
        "))",
        ")) / on (tenant) sum(avg(teams_presence_up{job=~\"$job\",instance=~\"$instance\",tenant=~\"$tenant\"}))",
        "has no label tenant",
    );
    let counter = "teams_presence_availability_user_seconds_total";
    check("teams_presence_availability_users", counter, "a counter outside of rate");
    let rate = |range: &str| {
        format!("(rate({counter}{{job=~\"$job\",instance=~\"$instance\",tenant=~\"$tenant\"}}[{range}]))")
    };
    let inner = QUERY.split_once("(availability) ").unwrap().1;
    check(inner, &rate("5m"), "a rate over 300 s instead of $__rate_interval");
    // As long as the board shows, and still not what a reader chooses.
    check(inner, &rate("6h"), "a rate over 21600 s instead of $__rate_interval");
    assert_eq!(find(inner, &rate("$__rate_interval")), [""; 0]);
    assert_eq!(find(inner, &rate("$__range")), [""; 0]);
}

#[test]
fn an_override_of_a_name_that_nothing_has_is_caught() {
    let prometheus = Prometheus::idle();
    let parse: &Parse = &|expression| prometheus.answer("parse_query", &[("query", expression)]);
    let find = |matcher: &str, name: &str| {
        let matcher = json!({"id": matcher, "options": name});
        let board = changed(|json| json["panels"][0]["fieldConfig"]["overrides"][0]["matcher"] = matcher.clone());
        faults_of_queries(&[board], parse).into_iter().filter(|fault| !fault.contains("in vain")).count()
    };
    assert_eq!([find("byName", "Busy"), find("byName", "Bussy")], [0, 1]);
    assert_eq!([find("byFrameRefID", "A"), find("byFrameRefID", "B")], [0, 1]);
    let link = |field: &str| {
        let url = format!("/d/teams-presence-duty?var-group=${{__data.fields.{field}:percentencode}}");
        let board = changed(|json| json["panels"][0]["links"] = json!([{"url": url}]));
        faults_of_queries(&[board], parse).into_iter().filter(|fault| fault.contains("a link takes")).count()
    };
    assert_eq!([link("Busy"), link("Bussy")], [0, 1]);
}
