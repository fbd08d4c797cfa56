//! Moving: groups that grow, shrink and change their names from one listing to the next.

use simulator::{Fault, Occurrence, Operation, Settings, Simulator};

use super::census::{Groups, assert_groups, by, fold, lines, members, said, said_in, tracked};
use super::inside::Inside;
use super::{configured, entra, roles};
use crate::harness::{MORNING, Page, Tenant, frozen};

/// Titles of these people, by how many have each; the rest are farmers.
fn entitle(simulator: &Simulator, titles: &[(&str, usize)]) {
    let mut titles = titles.iter().flat_map(|(title, people)| std::iter::repeat_n(*title, *people));
    for person in tracked(simulator) {
        simulator.set_attribute(&person, "jobTitle", Some(titles.next().unwrap_or("Farmer")));
    }
}

/// The groups that a page shows.
fn shown(page: &Page, tenant: &str) -> Vec<String> {
    let lines = said_in(page, tenant, &["teams_presence_group_users"]);
    lines.iter().map(|line| line.split("\"group\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn a_hidden_group_comes_back_at_two_above_the_limit_and_a_shown_one_goes_below_it() {
    let tenant = Tenant::start("contoso", frozen(200, MORNING));
    let tenant = configured(tenant, "- {dimension: title, attribute: jobTitle}");
    let people = |pilots| [("Pilot", pilots), ("Diver", 4), ("Nurse", 4), ("Baker", 30)];
    entitle(&tenant.simulator, &people(4));
    let exporter = Inside::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("contoso"));
    let story =
        [(4, false), (5, false), (6, false), (7, true), (6, true), (5, true), (4, false), (6, false), (8, true)];
    for (pilots, is_shown) in story {
        entitle(&tenant.simulator, &people(pilots));
        let page = exporter.refreshed(&[&tenant]);
        let mut groups = by(&tenant.simulator, "jobTitle");
        let hidden: Vec<&str> = if is_shown { vec!["Diver", "Nurse"] } else { vec!["Diver", "Nurse", "Pilot"] };
        let other = hidden.iter().flat_map(|name| groups.remove(*name).unwrap()).collect();
        groups.insert("(other)".to_owned(), other);
        assert_groups(&page, "contoso", lines(&tenant.simulator, "title", &groups, &["availability"]));
    }
}

#[test]
fn an_entra_group_follows_the_same_rule_and_its_members_count_from_the_next_listing_on() {
    let tenant = Tenant::start("contoso", Settings { roles: roles(), ..frozen(300, MORNING) });
    let teams = entra(&tenant.simulator, &[("support", "On call Support")]);
    let tenant = configured(tenant, &format!("- {{dimension: team, entra_groups: {teams}}}"));
    let people = tracked(&tenant.simulator);
    let group = tenant.simulator.group("On call Support").clone();
    let exporter = Inside::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("contoso"));
    for (many, visible) in [(2, 0), (6, 0), (7, 1), (40, 1), (5, 1), (4, 0), (6, 0), (9, 1), (0, 0)] {
        tenant.simulator.set_members(&group, &people[10..10 + many]);
        let page = exporter.refreshed(&[&tenant]);
        let is_visible = said_in(&page, "contoso", &["teams_presence_group_visible"]);
        let expected =
            format!("teams_presence_group_visible {{\"dimension\": \"team\", \"group\": \"support\"}} {visible}");
        assert_eq!(is_visible, [expected], "{many} members");
        let groups = [("support".to_owned(), members(&tenant.simulator, "On call Support"))];
        let groups = if visible == 1 { groups.into() } else { Groups::new() };
        assert_groups(&page, "contoso", lines(&tenant.simulator, "team", &groups, &["availability"]));
    }
}

#[test]
fn a_group_that_cannot_be_read_keeps_its_members_and_one_that_is_gone_falls_silent() {
    let tenant = Tenant::start("contoso", Settings { roles: roles(), ..frozen(300, MORNING) });
    let names = [("support", "On call Support"), ("technology", "Technology")];
    let teams = entra(&tenant.simulator, &names);
    let tenant = configured(tenant, &format!("- {{dimension: team, entra_groups: {teams}}}"));
    let simulator = &tenant.simulator;
    let (people, group) = (tracked(simulator), simulator.group("On call Support"));
    simulator.set_members(group, &people[..20]);
    let exporter = Inside::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("contoso"));
    let groups =
        || -> Groups { names.iter().map(|(name, group)| ((*name).to_owned(), members(simulator, group))).collect() };
    let check = |page: &Page, groups: &Groups| {
        assert_groups(page, "contoso", lines(simulator, "team", groups, &["availability"]));
        let visible = said_in(page, "contoso", &["teams_presence_group_visible"]);
        assert_eq!(visible[0].ends_with("\"support\"} 1"), groups.contains_key("support"), "{visible:?}");
    };
    let before = groups();
    check(&exporter.scrape(), &before);
    let fault = |status| Fault::status(Operation::ListMembersOf(group.id), Occurrence::Always, status);
    simulator.inject(fault(403));
    simulator.set_members(group, &people[..40]);
    check(&exporter.refreshed(&[&tenant]), &before);
    simulator.clear_faults();
    simulator.inject(fault(404));
    check(&exporter.refreshed(&[&tenant]), &groups().into_iter().filter(|(name, _)| name != "support").collect());
    simulator.clear_faults();
    check(&exporter.refreshed(&[&tenant]), &groups());
}

#[test]
fn a_spelling_stays_as_long_as_anybody_has_it() {
    let tenant = Tenant::start("contoso", frozen(200, MORNING));
    let tenant = configured(tenant, "- {dimension: title, attribute: jobTitle}");
    let exporter = {
        entitle(&tenant.simulator, &[("PILOT", 6), ("pilot", 5), ("Baker", 30)]);
        Inside::start(&[&tenant])
    };
    exporter.wait_until("up", |page| page.up("contoso"));
    for (titles, spelling) in [
        ([("PILOT", 6), ("pilot", 5)], "PILOT"),
        ([("PILOT", 1), ("pilot", 10)], "PILOT"),
        ([("Pilot", 2), ("pilot", 9)], "pilot"),
        ([("Pilot", 10), ("pilot", 1)], "pilot"),
        ([("Pilot", 6), ("PILOT", 6)], "PILOT"),
    ] {
        entitle(&tenant.simulator, &[titles[0], titles[1], ("Baker", 30)]);
        let page = exporter.refreshed(&[&tenant]);
        assert_eq!(shown(&page, "contoso"), ["Baker", "Farmer", spelling]);
    }
}

#[test]
fn who_joins_leaves_or_moves_is_counted_where_they_are_from_the_next_listing_on() {
    let tenant = Tenant::start("contoso", frozen(600, MORNING));
    let tenant = configured(tenant, "- {dimension: department, attribute: department}");
    let simulator = &tenant.simulator;
    let exporter = Inside::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("contoso"));
    let check = |page: &Page| {
        let groups = fold(by(simulator, "department"), 5, 100);
        assert_groups(page, "contoso", lines(simulator, "department", &groups, &["availability"]));
        assert_eq!(page.assert_sums_agree("contoso") as usize, tracked(simulator).len());
    };
    check(&exporter.scrape());
    let sales = by(simulator, "department").remove("Sales").unwrap();
    for person in &sales[..10] {
        simulator.remove(person);
    }
    for person in &sales[10..25] {
        simulator.set_attribute(person, "department", Some("Engineering"));
    }
    check(&exporter.refreshed(&[&tenant]));
    for person in &sales[..10] {
        simulator.restore(person);
        simulator.set_attribute(person, "department", Some("Skunkworks"));
    }
    check(&exporter.refreshed(&[&tenant]));
}

#[test]
fn a_tenant_that_shrinks_below_the_limit_shows_no_group_any_more() {
    let tenant = Tenant::start("contoso", frozen(12, MORNING));
    let tenant = configured(tenant, "- {dimension: title, attribute: jobTitle}");
    entitle(&tenant.simulator, &[]);
    let exporter = Inside::start(&[&tenant]);
    let page = exporter.wait_until("up", |page| page.up("contoso"));
    assert_eq!(shown(&page, "contoso"), ["Farmer"]);
    let people = tracked(&tenant.simulator);
    // One after the other, for a listing that lacks most people is not believed at once.
    for person in &people[4..] {
        tenant.simulator.remove(person);
        exporter.refreshed(&[&tenant]);
    }
    let page = exporter.refreshed(&[&tenant]);
    assert_eq!(page.tracked("contoso"), [4, 0, 0, 0]);
    assert_eq!(said(&page, "contoso"), Vec::<String>::new());
}
