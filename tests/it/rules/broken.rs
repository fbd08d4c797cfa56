//! Rules, cases and links that break one promise each, made of ones that keep all.

use serde_json::{Value, json};

use super::alerts;
use super::cases::missing;
use super::rule::{Rule, read_all};
use crate::harness::Prometheus;

/// A threshold and an alert that compares with it.
fn document() -> Value {
    json!({"groups": [{"name": "a", "rules": [
        {"record": "teams_presence:people:threshold", "expr": "0.5 * group by (job, tenant) (teams_presence_up)"},
        {
            "alert": "TeamsPresencePeopleGone",
            "expr": "sum without (availability, instance, pod) (teams_presence_availability_users{availability=\"Away\"}) \
                     > on (job, tenant) teams_presence:people:threshold",
            "labels": {"severity": "warning"},
            "annotations": {
                "summary": "People are gone.",
                "description": "Look where the people of {{ $labels.tenant }} are.",
                "runbook_url": "docs/RUNBOOKS.md#teamspresencepeoplegone",
                "dashboard_url": "/d/teams-presence-occupancy?var-tenant={{ $labels.tenant | urlquery }}",
            },
        },
    ]}]})
}

/// The rules after a change of the alert.
fn changed(key: &str, value: &Value) -> Vec<Rule> {
    let mut document = document();
    *document.pointer_mut(&format!("/groups/0/rules/1{key}")).unwrap() = value.clone();
    Rule::of("rules/a.yml", &document)
}

#[test]
fn a_rule_about_what_nobody_has_is_caught() {
    let prometheus = Prometheus::idle();
    let parse = |expression: &str| prometheus.answer("parse_query", &[("query", expression)]);
    let find = |truth: &str, lie: &str| {
        let expression = Rule::of("rules/a.yml", &document())[1].expression.replace(truth, lie);
        read_all(&changed("/expr", &json!(expression)), &parse).1
    };
    let caught = |truth: &str, lie: &str, expected: &str| {
        let faults = find(truth, lie);
        let is_told =
            |fault: &String| fault.starts_with("a.yml: TeamsPresencePeopleGone: ") && fault.contains(expected);
        assert!(faults.iter().any(is_told), "{lie}: {expected}, not {faults:#?}");
    };
    assert_eq!(find("", ""), [""; 0]);
    caught("Away", "Awy", "no availability is Awy");
    caught("people:threshold", "persons:threshold", "there is no metric teams_presence:persons:threshold");
    caught("on (job, tenant)", "on (job, tenant, pod)", "has no label pod");
    caught("on (job, tenant)", "on (job, instance)", "the right side of > has no label instance");
    caught("without (availability", "without (activity", "what sum is of has no label activity");
    caught("_users{availability=\"Away\"}", "_user_seconds_total", "a counter outside of rate");
    caught("sum", "summ", "parse error");
}

#[test]
fn an_alert_that_tells_too_little_is_caught() {
    let find = |key: &str, value: Value| alerts::faults(&changed(key, &value)[1]);
    let caught = |key: &str, value: Value, expected: &str| {
        let faults = find(key, value);
        assert!(faults.len() == 1 && faults[0].contains(expected), "{key}: {expected}, not {faults:#?}");
    };
    assert_eq!(find("/labels", json!({"severity": "info"})), [""; 0]);
    caught("/labels/severity", json!("page"), "\"page\" is no severity");
    caught("/annotations/summary", json!("{{ $value }} are gone."), "not the same each time");
    caught("/annotations/description", json!("Look"), "no sentence");
    caught("/annotations/runbook_url", json!("docs/RUNBOOKS.md#people"), "runbook_url is not");
    let link = |url: &str, expected: &str| caught("/annotations/dashboard_url", json!(url), expected);
    link("/d/teams-presence-people?var-tenant=a", "leads to no board");
    link("/d/teams-presence-duty?var-people=a", "the board has no variable people");
    link("/d/teams-presence-duty", "no variable of the board is set");
    link("/d/teams-presence-duty?tenant=a", "no variable with a value");
    link("/d/teams-presence-duty?var-tenant={{ $labels.tenant }}", "urlquery");
}

#[test]
fn a_threshold_that_is_not_used_or_not_there_is_caught() {
    let expression = "teams_presence_up > teams_presence:persons:threshold";
    assert_eq!(alerts::thresholds(&Rule::of("rules/a.yml", &document())), [""; 0]);
    assert_eq!(
        alerts::thresholds(&changed("/expr", &json!(expression))),
        ["no alert compares with teams_presence:people:threshold", "nothing records teams_presence:persons:threshold",]
    );
}

#[test]
fn an_alert_that_no_case_has_seen_is_caught() {
    let rules = Rule::of("rules/a.yml", &document());
    let find = |name: &str, severity: &str| {
        let fires = json!({"alertname": name, "exp_alerts": [{"exp_labels": {"severity": severity}}]});
        let is_silent = json!({"alertname": name, "exp_alerts": []});
        missing(&rules, &[json!({"tests": [{"alert_rule_test": [fires, is_silent]}]})])
    };
    let alert = "a.yml: TeamsPresencePeopleGone";
    assert_eq!(find("TeamsPresencePeopleGone", "warning"), [""; 0]);
    assert_eq!(find("TeamsPresencePeopleGone", "info"), [format!("{alert}: no case has it firing as warning")]);
    assert_eq!(
        find("TeamsPresencePeople", "warning"),
        [
            format!("{alert}: no case has it firing"),
            format!("{alert}: no case has it silent"),
            "there is no alert TeamsPresencePeople, and so it is silent in its case".to_owned(),
        ]
    );
    let fires =
        json!({"alertname": "TeamsPresencePeopleGone", "exp_alerts": [{"exp_labels": {"severity": "warning"}}]});
    let is_silent = json!({"alertname": "TeamsPresencePeopleGone", "exp_alerts": []});
    for tests in [
        json!([{"alert_rule_test": [is_silent, fires]}]),
        json!([{"alert_rule_test": [fires]}, {"alert_rule_test": [is_silent]}]),
    ] {
        assert_eq!(missing(&rules, &[json!({"tests": tests})]), [format!("{alert}: no case has it over")]);
    }
}
