//! People who move, join and leave, hostile values, and small groups on duty.

use serde_json::Value;
use simulator::{Effect, Fault, Guid, Occurrence, Operation, Person, Presence, Settings, Simulator, Switches, Values};

use crate::house::{House, small};

const ROLES: &[&str] = &["GroupMember.Read.All", "User.Read.All"];
const EVENTUAL: &[(&str, &str)] = &[("ConsistencyLevel", "eventual")];

fn listed_members(house: &mut House, group: &str) -> Vec<String> {
    let id = house.simulator.group(group).id;
    let target = format!("/v1.0/groups/{id}/transitiveMembers/microsoft.graph.user?$count=true&$select=id");
    house.list(&target, EVENTUAL).iter().map(id_of).collect()
}

fn id_of(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

fn ids(people: &[Person]) -> Vec<String> {
    people.iter().map(|person| person.id.to_string()).collect()
}

#[test]
fn groups_on_duty_have_a_few_people_with_presence_and_one_of_them_is_nested() {
    for seed in 1..20 {
        let simulator = Simulator::start(Settings { seed, ..small() }).expect("a simulator starts");
        let members = |name: &str| simulator.members(simulator.group(name));
        assert!((6..=8).contains(&members("On call SRE").len()));
        assert_eq!(members("On call Support").len(), 2);
        assert_eq!(members("On call Solo").len(), 1);
        let backup = members("On call SRE backup");
        assert_eq!(backup.len(), 3);
        let engineers = ids(&members("On call SRE"));
        assert!(ids(&backup).iter().all(|id| engineers.contains(id)));
        let duty = ["On call SRE", "On call Support", "On call Solo"].map(members).concat();
        assert!(duty.iter().all(|person| person.has_teams() && person.account_enabled));
    }
    let mut house = House::with_roles(ROLES);
    let expected = ids(&house.simulator.members(house.simulator.group("On call SRE")));
    assert_eq!(listed_members(&mut house, "On call SRE"), expected);
    let group = house.simulator.group("On call SRE").id;
    let rows = house.list(&format!("/v1.0/groups/{group}/transitiveMembers"), &[]);
    assert_eq!(rows.iter().filter(|row| row["displayName"] == "On call SRE backup").count(), 1);
}

#[test]
fn a_tenant_without_enough_people_has_emptier_groups_on_duty() {
    for people in [0, 1, 5] {
        let simulator = Simulator::start(Settings { people, ..small() }).expect("a simulator starts");
        assert!(simulator.members(simulator.group("On call Solo")).len() <= people as usize);
    }
}

#[test]
fn somebody_who_moves_is_listed_filtered_and_told_apart_by_the_new_department() {
    let mut house = House::with_roles(ROLES);
    let person = house.simulator.people().into_iter().find(Person::has_teams).expect("somebody with Teams");
    let presence = house.simulator.presence_of(&person, house.simulator.now());
    house.simulator.set_attribute(&person, "department", Some("Büro für \"Ämter\""));
    house.simulator.set_attribute(&person, "extensionAttribute7", Some("seven"));
    house.simulator.set_attribute(&person, "officelocation", None);
    assert_eq!(house.simulator.attribute(&person, "department").as_deref(), Some("Büro für \"Ämter\""));
    let department = "b%C3%BCro f%C3%BCr %22%C3%84mter%22";
    let select = "id,officeLocation,onPremisesExtensionAttributes";
    let target = format!("/v1.0/users?$select={select}&$filter=department eq '{department}'");
    let rows = house.list(&target, &[]);
    assert_eq!(rows.iter().map(id_of).collect::<Vec<_>>(), ids(&[person]));
    assert!(rows[0]["officeLocation"].is_null());
    assert_eq!(rows[0]["onPremisesExtensionAttributes"]["extensionAttribute7"], "seven");
    assert_eq!(house.simulator.presence_of(&person, house.simulator.now()), presence);
}

#[test]
fn somebody_who_leaves_is_nowhere_until_they_are_back() {
    let mut house = House::of(Settings { roles: with_presence(), ..small() });
    let [first, second] = house.simulator.members(house.simulator.group("On call Support"))[..] else { panic!("two") };
    house.simulator.remove(&first);
    assert_eq!(house.list("/v1.0/users?$top=999", &[]).len(), 299);
    assert_eq!(listed_members(&mut house, "On call Support"), ids(&[second]));
    assert_eq!(house.simulator.presence_of(&first, house.simulator.now()), Presence::UNKNOWN);
    let row = house.presences(&ids(&[first])).rows().remove(0);
    assert_eq!(row["availability"], "PresenceUnknown");
    assert_eq!(house.get(&format!("/v1.0/users/{}/presence", first.id)).status, 404);
    house.simulator.restore(&first);
    assert_eq!(house.list("/v1.0/users?$top=999", &[]).len(), 300);
    assert_eq!(listed_members(&mut house, "On call Support").len(), 2);
    assert_eq!(house.get(&format!("/v1.0/users/{}/presence", first.id)).status, 200);
}

fn with_presence() -> Vec<String> {
    ROLES.iter().chain(&["Presence.Read.All"]).map(|role| (*role).to_owned()).collect()
}

#[test]
fn a_group_has_the_members_that_it_is_given() {
    let mut house = House::with_roles(ROLES);
    let people = house.simulator.people()[40..43].to_vec();
    house.simulator.set_members(house.simulator.group("On call Solo"), &people);
    assert_eq!(ids(&house.simulator.members(house.simulator.group("On call Solo"))), ids(&people));
    assert_eq!(listed_members(&mut house, "On call Solo"), ids(&people));
    house.simulator.set_members(house.simulator.group("On call Solo"), &[]);
    assert!(listed_members(&mut house, "On call Solo").is_empty());
}

#[test]
fn hostile_values_are_written_as_json_and_read_back_as_they_are() {
    let mut house = House::with_roles(ROLES);
    let target = "/v1.0/users?$top=999&$select=id,department,officeLocation,jobTitle,city";
    let plausible = house.list(target, &[]);
    house.simulator.set_switches(Switches { values: Values::Hostile, ..Switches::default() });
    let rows = house.list(target, &[]);
    for (row, person) in rows.iter().zip(house.simulator.people()) {
        for property in ["department", "officeLocation", "jobTitle", "city"] {
            assert_eq!(row[property].as_str(), house.simulator.attribute(&person, property).as_deref());
        }
    }
    let changed =
        |property: &str| rows.iter().zip(&plausible).filter(|(now, before)| now[property] != before[property]).count();
    assert!((100..200).contains(&changed("department")), "{}", changed("department"));
    assert_eq!(changed("city"), 0);
}

#[test]
fn a_fault_strikes_the_members_of_one_group_and_spares_the_others() {
    let mut house = House::with_roles(ROLES);
    let struck = house.simulator.group("On call SRE").id;
    let status = |house: &mut House, id: Guid| house.get(&format!("/v1.0/groups/{id}/transitiveMembers")).status;
    for (fault, expected) in [(404, 404), (403, 403), (503, 503)] {
        house.simulator.clear_faults();
        house.simulator.inject(Fault::status(Operation::ListMembersOf(struck), Occurrence::Nth(2), fault));
        let spared = house.simulator.group("On call Support").id;
        assert_eq!((status(&mut house, spared), status(&mut house, struck)), (200, 200));
        assert_eq!((status(&mut house, spared), status(&mut house, struck)), (200, expected));
    }
    let fault = |operation, effect| Fault { operation, occurrence: Occurrence::Always, effect };
    house.simulator.clear_faults();
    house.simulator.inject(fault(Operation::ListMembersOf(struck), Effect::ForeignRows(2)));
    house
        .simulator
        .inject(fault(Operation::ListMembers, Effect::NextLinkElsewhere("https://elsewhere.example".into())));
    assert_eq!(listed_members(&mut house, "On call Support").len(), 2);
    let members = house.simulator.members(house.simulator.group("On call SRE")).len();
    assert_eq!(listed_members(&mut house, "On call SRE").len(), members + 2);
    let page = house.get(&format!("/v1.0/groups/{struck}/transitiveMembers?$top=2")).json();
    assert!(page["@odata.nextLink"].as_str().is_some_and(|link| link.starts_with("https://elsewhere.example/")));
    assert!(house.simulator.calls().iter().all(|call| call.operation != Operation::ListMembersOf(struck)));
}
