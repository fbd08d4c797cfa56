//! Permissions: which of them a configuration needs, and what the document says of them.

use super::*;
use crate::domain::permission::Permission;

const GROUP: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

#[test]
fn a_configuration_needs_no_more_than_it_uses() {
    let check = |keys: &str, expected: &[&str]| {
        let config = parse(&with(&keys.replace("GROUP", GROUP))).expect(keys);
        let needed: Vec<&str> = config.tenants[0].permissions().into_iter().map(Permission::name).collect();
        assert_eq!(needed, expected, "{keys}");
    };
    let listing = ["Presence.Read.All", "User.Read.All"];
    let groups = ["Presence.Read.All", "User.Read.All", "GroupMember.Read.All"];
    check("", &listing);
    check("group_by: [{dimension: a, attribute: city}]", &listing);
    check("users: {teams_plan_only: true}", &listing);
    check("group_by: [{dimension: a, attribute: city}, {dimension: b, entra_groups: {c: GROUP}}]", &groups);
    check("users: {groups: [GROUP]}", &groups);
    check("users: {exclude_groups: [GROUP]}", &groups);
    check("users: {ids_file: ids}", &["Presence.Read.All"]);
    let keys = "users: {ids_file: ids}\ngroup_by: [{dimension: a, entra_groups: {b: GROUP}}]";
    check(keys, &["Presence.Read.All", "GroupMember.Read.All"]);
}

/// A table of three columns: the permission, when it is needed, what else includes it.
#[test]
fn the_document_names_what_includes_a_permission() {
    let words = |cell: &'static str| cell.split('`').filter(|word| word.ends_with(".All")).collect::<Vec<_>>();
    let section = include_str!("../../../docs/CONFIGURATION.md").split_once("### Permissions\n").expect("a section").1;
    let rows: Vec<Vec<&str>> = section
        .split("\n### ")
        .next()
        .unwrap_or_default()
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split(" | ").flat_map(words).collect())
        .collect();
    let all: Vec<&str> = rows.iter().flatten().copied().collect();
    assert_eq!(rows.len(), Permission::ALL.len());
    for (row, permission) in rows.iter().zip(Permission::ALL) {
        assert_eq!(row[0], permission.name());
        for role in &all {
            assert_eq!(permission.granted([*role]), row.contains(role), "{role} for {}", row[0]);
        }
    }
}
