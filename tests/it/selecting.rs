//! Selecting: exactly those are tracked whom the configuration means, and no more is asked about them than it needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use simulator::{Fault, Group, Occurrence, Operation, Person, Plan, Settings};
use teams_presence_exporter::config::Users;
use teams_presence_exporter::domain::advice::Reason;
use teams_presence_exporter::domain::dimension::{Attribute, ByAttribute, Dimension, GroupId, Label, Source};

use crate::harness::{Keeping, MORNING, Tenant, enabled_member, frozen, ids};

/// A tenant whose application may do all that a selection takes.
fn tenant(name: &str, people: u32, faults: Vec<Fault>) -> Tenant {
    Tenant::start(name, Settings { roles: roles(&ALL), faults, ..frozen(people, MORNING) })
}

const ALL: [&str; 3] = ["User.Read.All", "GroupMember.Read.All", "Presence.Read.All"];

fn roles(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|role| (*role).to_owned()).collect()
}

/// A group by its name.
fn group(tenant: &Tenant, name: &str) -> (Group, GroupId) {
    let group = tenant.simulator.groups().iter().find(|group| group.name == name).unwrap().clone();
    let id = GroupId::parse(&group.id.to_string()).unwrap();
    (group, id)
}

fn calls(tenant: &Tenant, operation: Operation) -> usize {
    tenant.simulator.calls().iter().filter(|call| call.operation == operation).count()
}

/// The properties that the first listing asks for where users are counted apart by these attributes.
fn properties(attributes: &[Attribute]) -> String {
    let tenant = tenant("properties", 50, Vec::new());
    let dimension = |(number, attribute): (usize, &Attribute)| Dimension {
        name: Label::parse(&format!("dimension {number}")).unwrap(),
        source: Source::Attribute(ByAttribute { attribute: *attribute, map: BTreeMap::new(), max_groups: 100 }),
        metrics: Vec::new(),
    };
    let group_by = attributes.iter().enumerate().map(dimension).collect();
    Keeping::start(&tenant, |config| config.group_by = group_by).next();
    let calls = tenant.simulator.calls();
    let query = calls.iter().find(|call| call.operation == Operation::ListUsers).unwrap().query.clone();
    query.split('&').find_map(|part| part.strip_prefix("$select=")).unwrap().to_owned()
}

#[test]
fn no_attribute_is_read_that_no_dimension_needs() {
    use Attribute::{City, CompanyName, Country, Department, EmployeeType, Extension, JobTitle};
    use Attribute::{OfficeLocation, State, UsageLocation};
    assert_eq!(properties(&[]), "id");
    assert_eq!(
        properties(&[Department, Extension(1), OfficeLocation, Extension(15), Department]),
        "id,department,onPremisesExtensionAttributes,officeLocation"
    );
    assert_eq!(
        properties(&[JobTitle, EmployeeType, CompanyName, UsageLocation, Country, State, City]),
        "id,jobTitle,employeeType,companyName,usageLocation,country,state,city"
    );
}

/// Whoever is selected is tracked, and nobody else, with one listing.
#[track_caller]
fn check(tenant: &Tenant, users: &Users, selected: impl Fn(&Person) -> bool) {
    let expected = ids(tenant, selected);
    assert!(!expected.is_empty(), "{users:?}");
    let directory = Keeping::start(tenant, |config| config.users = users.clone()).next();
    assert!(directory.users() == expected, "{users:?}: {} of {}", directory.users().len(), expected.len());
}

#[test]
fn groups_and_the_plan_select_exactly_whom_they_mean() {
    let tenant = tenant("contoso", 3_000, Vec::new());
    let (technology, technology_id) = group(&tenant, "Technology");
    let (sales, sales_id) = group(&tenant, "Department Sales");
    let (_, empty_id) = group(&tenant, "Empty");
    let (office, office_id) = tenant
        .simulator
        .groups()
        .iter()
        .find(|group| group.name.starts_with("Office "))
        .map(|it| (it.clone(), GroupId::parse(&it.id.to_string()).unwrap()))
        .unwrap();
    let with_teams = |person: &Person| matches!(person.teams_plan, Plan::Enabled | Plan::Warning);
    let users = |groups: &[GroupId], exclude_groups: &[GroupId]| Users {
        groups: groups.to_vec(),
        exclude_groups: exclude_groups.to_vec(),
        ..Users::default()
    };
    check(&tenant, &users(&[technology_id, sales_id, empty_id], &[]), |it| {
        enabled_member(it) && (technology.contains(it) || sales.contains(it))
    });
    check(&tenant, &users(&[], &[office_id, empty_id]), |it| enabled_member(it) && !office.contains(it));
    check(&tenant, &users(&[technology_id], &[office_id]), |it| {
        enabled_member(it) && technology.contains(it) && !office.contains(it)
    });
    check(&tenant, &Users { teams_plan_only: true, ..Users::default() }, |it| enabled_member(it) && with_teams(it));
    let filter = "department eq 'Sales' or department eq 'Finance'".to_owned();
    check(&tenant, &Users { teams_plan_only: true, filter, ..Users::default() }, |it| {
        matches!(it.department(), Some("Sales" | "Finance")) && with_teams(it)
    });
    check(&tenant, &Users { teams_plan_only: true, filter: String::new(), ..Users::default() }, with_teams);
}

#[test]
fn a_group_of_the_selection_that_cannot_be_read_fails_the_listing_and_is_named() {
    let unknown = GroupId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let (missing, forbidden) = (tenant("missing", 100, Vec::new()), tenant("forbidden", 100, Vec::new()));
    forbidden.simulator.set_roles(&["User.Read.All", "Presence.Read.All"]);
    let failing = Fault::status(Operation::ListMembers, Occurrence::Always, 500);
    let unavailable = tenant("unavailable", 100, vec![failing]);
    for (tenant, reason, what) in [
        (&missing, Reason::NoGroup, "Graph knows no such group"),
        (&forbidden, Reason::Forbidden, "the application permission GroupMember.Read.All is missing"),
        (&unavailable, Reason::Unavailable, "Graph could not serve a request (HTTP 500)"),
    ] {
        for (key, excluded) in [("users.groups", false), ("users.exclude_groups", true)] {
            let keeping = Keeping::start(tenant, |config| {
                let groups = if excluded { &mut config.users.exclude_groups } else { &mut config.users.groups };
                groups.push(unknown);
            });
            let advice = keeping.wait_until(|tenant| tenant.directory.is_some()).directory.unwrap();
            assert_eq!(advice.reason, reason, "{}", tenant.name);
            let expected = format!("the members of the group {unknown} in {key} could not be listed: ");
            assert!(advice.what.starts_with(&expected) && advice.what.ends_with(what), "{advice:?}");
            assert_eq!(keeping.failures(), [(reason.label().to_owned(), 1.0)]);
            assert_eq!(calls(tenant, Operation::ListUsers), 0, "{}", tenant.name);
            if tenant.name == "forbidden" && excluded {
                // A grant is enough to go on, here to the group that is not there.
                tenant.simulator.set_roles(&ALL);
                tenant.simulator.revoke_tokens();
                keeping.wait_until(|tenant| tenant.directory.as_ref().is_some_and(|it| it.reason == Reason::NoGroup));
            }
        }
    }
}

/// Writes a file with these people's ids.
fn write(file: &Path, tenant: &Tenant, people: std::ops::Range<u32>) {
    let ids = people.map(|number| format!("{}\n", tenant.simulator.organisation().person(number).id));
    fs::write(file, ids.collect::<String>()).unwrap();
}

#[test]
fn a_file_of_ids_takes_no_listing_and_no_permission_but_for_presence() {
    let settings = Settings { roles: roles(&["Presence.Read.All"]), ..frozen(100, MORNING) };
    let tenant = Tenant::start("contoso", settings);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids");
    write(&file, &tenant, 10..40);
    let mut keeping = Keeping::start(&tenant, |config| config.users.ids_file = Some(file.clone()));
    assert!(keeping.next().users() == ids(&tenant, |person| (10..40).contains(&person.number)));

    // Changes act at the next refresh; what cannot be read leaves in force what could.
    write(&file, &tenant, 20..60);
    while keeping.next().users() != ids(&tenant, |person| (20..60).contains(&person.number)) {}
    fs::write(&file, "anna@contoso.com\n").unwrap();
    let failed = keeping.wait_until(|tenant| tenant.directory.is_some());
    let advice = failed.directory.unwrap();
    let expected = format!("the ids_file {} holds no object id on line 1", file.display());
    assert_eq!((advice.reason, advice.what.as_str()), (Reason::IdsFile, expected.as_str()));
    fs::remove_file(&file).unwrap();
    keeping.wait_until(|tenant| tenant.directory.as_ref().is_some_and(|it| it.what.ends_with(" does not exist")));
    write(&file, &tenant, 20..61);
    assert!(keeping.next().users() == ids(&tenant, |person| (20..61).contains(&person.number)));

    let made = tenant.simulator.calls();
    assert!(made.iter().all(|call| call.operation == Operation::Token), "{made:?}");
}
