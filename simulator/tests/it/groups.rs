//! Members of groups.

use simulator::{Group, Person};

use crate::house::House;

const EVENTUAL: &[(&str, &str)] = &[("ConsistencyLevel", "eventual")];

fn group(house: &House, name: &str) -> Group {
    house.simulator.groups().iter().find(|group| group.name == name).expect(name).clone()
}

fn members(house: &House, group: &Group) -> Vec<Person> {
    house.simulator.organisation().people().filter(|person| group.contains(person)).collect()
}

#[test]
fn the_cast_lists_the_users_of_nested_groups_and_needs_the_advanced_parameters() {
    let mut house = House::with_roles(&["GroupMember.Read.All", "User.Read.All"]);
    let group = group(&house, "Technology");
    let target = format!("/v1.0/groups/{}/transitiveMembers/microsoft.graph.user", group.id);
    assert_eq!(house.get(&target).error().1, "Request_UnsupportedQuery");
    let rows = house.list(&format!("{target}?$count=true&$select=id,department&$top=20"), EVENTUAL);
    let expected = members(&house, &group);
    assert!(expected.len() > 40);
    assert_eq!(rows.len(), expected.len());
    for (row, person) in rows.iter().zip(expected) {
        assert_eq!(row["id"], person.id.to_string());
        assert_eq!(row["department"].as_str(), person.department());
    }
}

#[test]
fn without_the_cast_groups_come_too_and_types_tell_them_apart() {
    let mut house = House::with_roles(&["GroupMember.Read.All", "User.Read.All"]);
    let group = group(&house, "Technology");
    let rows = house.list(&format!("/v1.0/groups/{}/transitiveMembers", group.id), &[]);
    let of_type = |name: &str| rows.iter().filter(|row| row["@odata.type"] == name).count();
    assert_eq!(of_type("#microsoft.graph.group"), 3);
    assert_eq!(of_type("#microsoft.graph.user"), members(&house, &group).len());
}

#[test]
fn without_a_role_for_users_members_have_ids_only() {
    let mut house = House::with_roles(&["GroupMember.Read.All"]);
    let group = group(&house, "Department Sales");
    let rows = house.list(&format!("/v1.0/groups/{}/transitiveMembers?$select=id,displayName", group.id), &[]);
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["id"].is_string() && row["displayName"].is_null()));
}

#[test]
fn unknown_groups_other_casts_and_missing_roles_are_refused() {
    let mut house = House::with_roles(&["GroupMember.Read.All"]);
    let unknown = "/v1.0/groups/00000000-0000-4000-8000-000000000000/transitiveMembers";
    assert_eq!(house.get(unknown).error().1, "Request_ResourceNotFound");
    let group = group(&house, "Empty");
    let target = format!("/v1.0/groups/{}/transitiveMembers/microsoft.graph.tree?$count=true", group.id);
    assert_eq!(house.get_eventually(&target).error().1, "Request_UnsupportedQuery");
    let mut house = House::with_roles(&["User.Read.All"]);
    assert_eq!(house.get(unknown).error().1, "Authorization_RequestDenied");
}
