//! Dimensions and who is counted: what good keys mean, and the bounds that are too wide for `bad.txt`.

use super::*;
use crate::domain::dimension::{
    Attribute, ByAttribute, ByEntraGroups, Dimension, Duty, EntraGroup, GroupId, GroupMetric, Label, Source,
};

const SUPPORT: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const ONCALL: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn id(text: &str) -> GroupId {
    GroupId::parse(text).expect("a GUID")
}

fn by_attribute(name: &str, attribute: Attribute) -> Dimension {
    let source = Source::Attribute(ByAttribute { attribute, map: [].into(), max_groups: 100 });
    Dimension { name: label(name), source, metrics: vec![GroupMetric::Availability] }
}

fn by_entra_groups(name: &str, groups: &[(&str, &str)], duty: Option<Duty>) -> Dimension {
    let groups = groups.iter().map(|(name, group)| EntraGroup { name: label(name), id: id(group) }).collect();
    let source = Source::EntraGroups(ByEntraGroups { groups, duty });
    Dimension { name: label(name), source, metrics: vec![GroupMetric::Availability] }
}

/// A dimension with this key, which is given its default, is one without it.
pub(super) fn check_default(key: &str, default: &str) {
    let other = match key {
        "duty" => format!("entra_groups: {{support: {SUPPORT}}}"),
        "min_reachable" => format!("entra_groups: {{support: {SUPPORT}}}, duty: true"),
        _ => "attribute: city".to_owned(),
    };
    let read = |key: &str| parse(&with(&format!("group_by: [{{dimension: a, {other}{key}}}]"))).expect(key);
    assert_eq!(read(&format!(", {key}: {default}")), read(""), "{key}");
}

#[test]
fn a_dimension_has_its_groups_from_an_attribute_or_from_entra() {
    check("group_by: []", |_| {});
    check("group_by: [{dimension: ' Büro ', attribute: officeLocation}]", |tenant| {
        tenant.group_by = vec![by_attribute("Büro", Attribute::OfficeLocation)];
    });
    check("group_by: [{dimension: a, attribute: city}, {dimension: b, attribute: city}]", |tenant| {
        tenant.group_by = vec![by_attribute("a", Attribute::City), by_attribute("b", Attribute::City)];
    });
    check(&format!("group_by: [{{dimension: team, entra_groups: {{support: {SUPPORT}, a: {ONCALL}}}}}]"), |tenant| {
        tenant.group_by = vec![by_entra_groups("team", &[("support", SUPPORT), ("a", ONCALL)], None)];
    });
    let line = format!("group_by: [{{dimension: d, duty: true, min_reachable: 2, entra_groups: {{s: {SUPPORT}}}}}]");
    check(&line, |tenant| {
        tenant.group_by = vec![by_entra_groups("d", &[("s", SUPPORT)], Some(Duty { min_reachable: 2 }))];
    });
}

#[test]
fn a_map_knows_values_however_they_are_written() {
    let keys = "group_by:\n  - dimension: a\n    attribute: jobTitle\n    max_groups: 7\n    \
                map: {' R &  D': ' Research   Dept ', '2024': b}\n    metrics: [out_of_office, activity]";
    check(keys, |tenant| {
        let map = [("r & d".into(), "Research Dept".into()), ("2024".into(), "b".into())].into();
        let source = Source::Attribute(ByAttribute { attribute: Attribute::JobTitle, map, max_groups: 7 });
        let metrics = vec![GroupMetric::OutOfOffice, GroupMetric::Activity];
        tenant.group_by = vec![Dimension { name: label("a"), source, metrics }];
    });
}

#[test]
fn who_is_counted_is_told_by_rules_or_by_a_file() {
    let line = format!("users: {{teams_plan_only: true, groups: [{SUPPORT}], exclude_groups: [{ONCALL}]}}");
    check(&line, |tenant| {
        tenant.users.teams_plan_only = true;
        tenant.users.groups = vec![id(SUPPORT)];
        tenant.users.exclude_groups = vec![id(ONCALL)];
    });
    let keys = format!("users: {{ids_file: ids.txt}}\ngroup_by: [{{dimension: t, entra_groups: {{s: {SUPPORT}}}}}]");
    check(&keys, |tenant| {
        tenant.users.ids_file = Some("/etc/exporter/ids.txt".into());
        tenant.group_by = vec![by_entra_groups("t", &[("s", SUPPORT)], None)];
    });
}

#[test]
fn tenants_share_dimensions_through_anchors() {
    let text = with("group_by: &all [{dimension: a, attribute: city}]")
        + &format!(
            "  - {{name: b, tenant_id: b.com, client_id: {CLIENT}, credential: {{client_secret_env: B}}, group_by: *all}}\n"
        );
    let config = parse(&text).expect("a good file");
    assert_eq!(config.tenants[1].group_by, config.tenants[0].group_by);
    assert_eq!(config.tenants[1].group_by, [by_attribute("a", Attribute::City)]);
}

#[test]
fn lists_end_where_nobody_could_read_them() {
    let list = |most: u32, item: &dyn Fn(u32) -> String| (1..=most).map(item).collect::<Vec<_>>().join(", ");
    let guid = |number: u32| format!("00000000-0000-0000-0000-{number:012}");
    let bounds = |most: u32, line: &dyn Fn(u32) -> String, expected: &str| {
        parse(&with(&line(most))).expect("not too many");
        let said = parse(&with(&line(most + 1))).expect_err(expected).to_string();
        assert!(said.replace("\n    ", " ").ends_with(expected), "{said}");
    };
    bounds(
        16,
        &|most| format!("group_by: [{}]", list(most, &|number| format!("{{dimension: d{number}, attribute: city}}"))),
        "tenants[0].group_by: holds 17 dimensions; write 16 at the most",
    );
    let groups = |most| list(most, &|number| format!("g{number}: {}", guid(number)));
    bounds(
        200,
        &|most| format!("group_by: [{{dimension: team, entra_groups: {{{}}}}}]", groups(most)),
        "tenants[0].group_by[0].entra_groups: holds 201 groups; write 1 to 200",
    );
    for key in ["groups", "exclude_groups"] {
        bounds(
            100,
            &|most| format!("users: {{{key}: [{}]}}", list(most, &guid)),
            &format!("tenants[0].users.{key}: holds 101 groups; write 100 at the most"),
        );
    }
}
