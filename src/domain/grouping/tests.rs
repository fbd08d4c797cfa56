//! Groups of small organisations: what they are called, whom they hold, and what stays from listing to listing.

use super::super::dimension::{Attribute, ByAttribute, Duty, EntraGroup, GroupMetric, Label};
use super::super::directory::Directory;
use super::super::moment::Moment;
use super::super::roster::Roster;
use super::super::tenant::TenantName;
use super::super::terms::Terms;
use super::*;

const TEAM: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn user(number: usize) -> UserId {
    UserId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a GUID")
}

fn dimension(name: &str, source: Source) -> Dimension {
    Dimension { name: Label::parse(name).expect("a label"), source, metrics: vec![GroupMetric::Availability] }
}

fn by_department(max_groups: usize) -> Dimension {
    let by = ByAttribute { attribute: Attribute::Department, map: BTreeMap::new(), max_groups };
    dimension("department", Source::Attribute(by))
}

fn by_team() -> Dimension {
    let id = GroupId::parse(TEAM).expect("a GUID");
    let groups = vec![EntraGroup { name: Label::parse("on call").expect("a label"), id }];
    dimension("team", Source::EntraGroups(ByEntraGroups { groups, duty: None }))
}

fn terms(dimensions: Vec<Dimension>) -> Terms {
    let terms = Terms::by_default(TenantName::parse("contoso").expect("a name"));
    Terms { dimensions: dimensions.into(), min_group_size: 3, ..terms }
}

/// A directory of so many people of each department.
fn directory(departments: &[(&str, usize)], terms: &Terms, before: Option<&Directory>) -> Directory {
    let mut roster = Roster::new(&terms.dimensions);
    let people = departments.iter().flat_map(|(department, people)| std::iter::repeat_n(*department, *people));
    for (number, department) in people.enumerate() {
        roster.add(user(number), |_| Some(department));
    }
    Directory::grouped(roster, &BTreeMap::new(), terms, before, Moment::from_millis(0))
}

fn told(directory: &Directory) -> String {
    let groups = directory.grouping().dimensions()[0].groups.iter();
    groups.map(|group| format!("{}={}", group.name, group.users)).collect::<Vec<_>>().join(" ")
}

fn check(departments: &[(&str, usize)], expected: &str) {
    let found = directory(departments, &terms(vec![by_department(100)]), None);
    assert_eq!(told(&found), expected, "{departments:?}");
}

#[test]
fn each_value_is_a_group_and_small_ones_are_one_together() {
    check(&[("Sales", 4), ("Legal", 3), ("Lab", 2), ("Press", 1)], "Legal=3 Sales=4 (other)=3");
}

#[test]
fn who_has_no_value_is_in_a_group_of_that_name() {
    check(&[("Sales", 4), ("", 3)], "(none)=3 Sales=4");
}

#[test]
fn the_usual_spelling_is_shown_and_of_two_as_usual_the_smallest_bytes() {
    check(&[("sales", 2), ("Sales", 3), ("LEGAL", 2), ("Legal", 2)], "LEGAL=4 Sales=5");
}

#[test]
fn a_spelling_stays_as_long_as_anybody_has_it() {
    let terms = terms(vec![by_department(100)]);
    let first = directory(&[("Sales", 3)], &terms, None);
    let second = directory(&[("Sales", 1), ("SALES", 8)], &terms, Some(&first));
    assert_eq!(told(&second), "Sales=9");
    let third = directory(&[("sales", 1), ("SALES", 8)], &terms, Some(&second));
    assert_eq!(told(&third), "SALES=9");
}

#[test]
fn a_hidden_group_that_was_gone_meanwhile_needs_two_more_all_the_same() {
    let terms = terms(vec![by_department(100)]);
    let listed = |lab: usize, before| directory(&[("Sales", 6), ("Lab", lab)], &terms, before);
    let hidden = listed(2, None);
    let gone = listed(0, Some(&hidden));
    let back = listed(3, Some(&gone));
    assert_eq!(told(&back), "Sales=6 (other)=3");
    assert_eq!(told(&listed(5, Some(&back))), "Lab=5 Sales=6");
}

#[test]
fn a_team_that_was_hidden_or_is_gone_for_one_listing_needs_two_more() {
    let members = |people: usize| Members::Read((0..people).map(user).collect());
    let shown = |directory: &Directory| directory.grouping().dimensions()[0].groups[0].shown;
    let (hidden, _) = team(15, &members(2), None);
    let (gone, _) = team(15, &Members::Gone, Some(&hidden));
    let (back, _) = team(15, &members(3), Some(&gone));
    assert_eq!([&hidden, &gone, &back].map(shown), [false; 3]);
    assert!(shown(&team(15, &members(5), Some(&back)).0));
    assert!(shown(&team(15, &members(3), None).0), "what is new needs no more than the least");
}

#[test]
fn groups_are_counted_by_what_becomes_of_them() {
    let terms = terms(vec![by_department(100), by_team()]);
    let found = directory(&[("Sales", 4), ("Lab", 2), ("Press", 1)], &terms, None);
    let [departments, on_call] = found.grouping().dimensions() else { panic!("two dimensions") };
    assert_eq!(departments.visibility, Visibility { shown: 1, folded: 2, withheld: 0 });
    assert_eq!(on_call.visibility, Visibility { shown: 0, folded: 0, withheld: 1 });
}

#[test]
fn how_many_series_the_groups_make_is_told() {
    let terms = terms(vec![by_department(100), by_team()]);
    let found = directory(&[("Sales", 4), ("Lab", 2), ("Press", 1)], &terms, None);
    // Two groups with 13 words and their users; three for each dimension; whether the team is visible.
    assert_eq!(found.grouping().made().to_string(), "2 dimensions, 2 groups, 35 series");
}

#[test]
fn a_team_on_duty_of_fewer_than_shall_be_reachable_is_told() {
    let never = |min_reachable, members: usize| {
        let mut team = by_team();
        let Source::EntraGroups(by) = &mut team.source else { panic!("a team") };
        by.duty = Some(Duty { min_reachable });
        let terms = terms(vec![team]);
        let mut roster = Roster::new(&terms.dimensions);
        (0..9).for_each(|number| roster.add(user(number), |_| None));
        let members = Members::Read((0..members).map(user).collect());
        let members = BTreeMap::from([(GroupId::parse(TEAM).expect("a GUID"), members)]);
        let directory = Directory::grouped(roster, &members, &terms, None, Moment::from_millis(0));
        let told = directory.grouping().never_reachable();
        told.map(|(dimension, group, needed)| format!("{dimension} {} {needed}", group.name)).collect::<Vec<_>>()
    };
    assert_eq!(never(3, 2), ["team on call 3"]);
    assert!(never(2, 2).is_empty());
    assert!(never(3, 0).is_empty(), "of nobody nothing is expected");
}

/// The places of the team's members, when these are listed.
fn team(listed: usize, members: &Members, before: Option<&Directory>) -> (Directory, Option<Vec<u32>>) {
    let terms = terms(vec![by_team()]);
    let mut roster = Roster::new(&terms.dimensions);
    (0..listed).for_each(|number| roster.add(user(number), |_| None));
    let members = match members {
        Members::Read(members) => Members::Read(members.clone()),
        Members::Held => Members::Held,
        Members::Gone => Members::Gone,
    };
    let members = BTreeMap::from([(GroupId::parse(TEAM).expect("a GUID"), members)]);
    let directory = Directory::grouped(roster, &members, &terms, before, Moment::from_millis(0));
    let Membership::Sets(sets) = &directory.grouping().dimensions()[0].membership else { panic!("sets") };
    let set = sets[0].as_deref().map(<[u32]>::to_vec);
    (directory, set)
}

#[test]
fn members_who_are_not_tracked_do_not_count() {
    let members = Members::Read(vec![user(9), user(1), user(3), user(1)]);
    assert_eq!(team(5, &members, None).1, Some(vec![1, 3]));
}

#[test]
fn a_group_that_cannot_be_read_keeps_those_of_its_members_who_are_tracked() {
    let (before, _) = team(5, &Members::Read(vec![user(1), user(4)]), None);
    assert_eq!(team(4, &Members::Held, Some(&before)).1, Some(vec![1]));
    assert_eq!(team(4, &Members::Gone, Some(&before)).1, None);
    assert_eq!(team(4, &Members::Held, None).1, None);
}

#[test]
fn a_directory_does_not_print_who_is_in_which_group() {
    let found = directory(&[("Sales", 3)], &terms(vec![by_department(100)]), None);
    let printed = format!("{:?}", found.grouping());
    assert_eq!(printed, r#"[[Group { name: "Sales", users: 3, shown: true }]]"#);
}
