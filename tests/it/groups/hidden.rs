//! What is hidden: whatever would single out a few people, by itself, by subtraction, or because others do not answer.

use std::fmt::Write as _;

use fastrand::Rng;
use simulator::{Fault, Person, Settings, Simulator};

use super::attacker::{Attacker, Source};
use super::census::{by, lines, said, said_in, tracked};
use super::inside::Inside;
use super::{configured, roles};
use crate::harness::{Exporter, MORNING, Page, Tenant, frozen};

/// Entra groups that get members at random.
const TEAMS: [&str; 5] = ["Technology", "On call SRE", "On call Support", "Office London", "Department Legal"];

/// The fewest people that counts of these tenants may be about.
const LEAST: u32 = 4;

/// How the configuration counts the people of such a tenant, and what an attacker knows of it.
fn dimensions() -> [(&'static str, Source); 4] {
    let teams = TEAMS.map(|name| (name.to_lowercase(), name.to_owned())).to_vec();
    [
        ("department", Source::Attribute("department")),
        ("office", Source::Attribute("officeLocation")),
        ("team", Source::Entra(teams)),
        ("title", Source::Attribute("jobTitle")),
    ]
}

/// A small tenant.
fn tenant(name: &str, seed: u64) -> Tenant {
    let tenant = Tenant::start(name, Settings { seed, roles: roles(), ..frozen(110, MORNING) });
    let teams: Vec<(String, &str)> = TEAMS.iter().map(|name| (name.to_lowercase(), *name)).collect();
    let teams: Vec<(&str, &str)> = teams.iter().map(|(name, group)| (&**name, *group)).collect();
    let teams = super::entra(&tenant.simulator, &teams);
    tenant.with(&format!(
        "interval: 5s\n\
         min_group_size: {LEAST}\n\
         group_by:\n\
         - {{dimension: department, attribute: department}}\n\
         - {{dimension: office, attribute: officeLocation, metrics: [activity], max_groups: 6}}\n\
         - {{dimension: team, entra_groups: {teams}}}\n\
         - {{dimension: title, attribute: jobTitle, metrics: [out_of_office, availability]}}"
    ))
}

/// Puts everybody somewhere: mostly where their department is, so that few make the difference.
fn mix(simulator: &Simulator, rng: &mut Rng) {
    let people = tracked(simulator);
    let many = rng.usize(2..7);
    for person in &people {
        let department = rng.usize(0..many);
        let near = |rng: &mut Rng| if rng.u32(0..100) < 94 { department } else { rng.usize(0..many) };
        let (office, title) = (near(rng), near(rng) / 2);
        let text = |word: &str, number: usize| (number > 0).then(|| format!("{word} {number}"));
        simulator.set_attribute(person, "department", text("Department", department).as_deref());
        simulator.set_attribute(person, "officeLocation", text("Office", office).as_deref());
        simulator.set_attribute(person, "jobTitle", text("Title", title).as_deref());
    }
    for team in TEAMS {
        let wanted = simulator.attribute(rng.choice(&people).unwrap(), "department");
        let is_member = |person: &&Person| {
            (simulator.attribute(person, "department") == wanted) == (rng.u32(0..100) < 96) && rng.u32(0..100) < 98
        };
        let members: Vec<Person> = people.iter().filter(is_member).copied().collect();
        simulator.set_members(simulator.group(team), &members);
    }
}

/// What an attacker finds on a page where these people are counted.
fn found(page: &Page, tenant: &Tenant, answered: Vec<Person>) -> Vec<String> {
    let dimensions = dimensions();
    Attacker { simulator: &tenant.simulator, dimensions: &dimensions, answered, least: LEAST }
        .attack(page, &tenant.name)
}

/// A page that shows every group, whatever its size.
fn unprotected(tenant: &Tenant) -> Page {
    let mut text = String::from("# HELP teams_presence_group_users All.\n# TYPE teams_presence_group_users gauge\n");
    for (dimension, attribute) in [("department", "department"), ("office", "officeLocation"), ("title", "jobTitle")] {
        for (group, people) in by(&tenant.simulator, attribute) {
            let labels = format!("tenant={:?},dimension={dimension:?},group={group:?}", tenant.name);
            writeln!(text, "teams_presence_group_users{{{labels}}} {}", people.len()).unwrap();
        }
    }
    Page(text)
}

#[test]
fn nobody_who_knows_all_memberships_can_single_out_a_few_people() {
    let mut rng = Rng::with_seed(4);
    let tenants: Vec<Tenant> = (0..10).map(|seed| tenant(&format!("tenant {seed}"), seed)).collect();
    for tenant in &tenants {
        mix(&tenant.simulator, &mut rng);
    }
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    let (mut shown, mut in_danger) = (0, 0);
    for tenant in &tenants {
        let page = exporter.wait_until(&tenant.name, |page| page.up(&tenant.name));
        assert_eq!(found(&page, tenant, tracked(&tenant.simulator)), Vec::<String>::new(), "{}", tenant.name);
        shown += said_in(&page, &tenant.name, &["teams_presence_group_users"]).len();
        in_danger += usize::from(!found(&unprotected(tenant), tenant, Vec::new()).is_empty());
    }
    assert!(in_danger > 6, "the attacker is blind: of 10 tenants {in_danger} needed protection");
    assert!(shown > 30, "protection by silence: {shown} groups shown");
}

#[test]
fn nobody_is_singled_out_while_people_move() {
    let mut rng = Rng::with_seed(5);
    let tenants: Vec<Tenant> = (0..4).map(|seed| tenant(&format!("tenant {seed}"), 20 + seed)).collect();
    for tenant in &tenants {
        mix(&tenant.simulator, &mut rng);
    }
    let exporter = Inside::start(&tenants.iter().collect::<Vec<_>>());
    for _ in 0..3 {
        for tenant in &tenants {
            let people = tracked(&tenant.simulator);
            for _ in 0..3 {
                let (one, other) = (rng.choice(&people).unwrap(), rng.choice(&people).unwrap());
                for property in ["department", "officeLocation"] {
                    let text = tenant.simulator.attribute(other, property);
                    tenant.simulator.set_attribute(one, property, text.as_deref());
                }
            }
        }
        let page = exporter.refreshed(&tenants.iter().collect::<Vec<_>>());
        for tenant in &tenants {
            let people = tracked(&tenant.simulator);
            assert_eq!(found(&page, tenant, people), Vec::<String>::new(), "{}", tenant.name);
        }
    }
}

#[test]
fn a_group_with_too_few_answers_is_absent_and_no_subtraction_brings_it_back() {
    let tenant = Tenant::start("contoso", frozen(120, MORNING));
    let tenant = configured(tenant, "- {dimension: title, attribute: jobTitle}");
    let simulator = &tenant.simulator;
    let people = tracked(simulator);
    let titles = [("Pilot", 0..7), ("Nurse", 7..20), ("Baker", 20..60), ("Farmer", 60..people.len())];
    for (title, people) in titles.iter().map(|(title, range)| (title, &people[range.clone()])) {
        for person in people {
            simulator.set_attribute(person, "jobTitle", Some(title));
        }
    }
    let silent = &people[4..7];
    for fault in Fault::poisoned(&silent.iter().map(|person| person.id).collect::<Vec<_>>()) {
        simulator.inject(fault);
    }
    let exporter = Exporter::start(&[&tenant]);
    let answered = u32::try_from(people.len()).unwrap() - 3;
    let page = exporter
        .wait_until("three given up", |page| page.up("contoso") && page.tracked("contoso") == [answered, 0, 0, 3]);
    let said = said(&page, "contoso");
    assert!(!said.is_empty() && said.iter().all(|line| !line.contains("Pilot")), "{said:?}");
    let counted: Vec<Person> = people.iter().filter(|it| !silent.iter().any(|one| one.id == it.id)).copied().collect();
    let dimensions = [("title", Source::Attribute("jobTitle"))];
    let attacker = Attacker { simulator, dimensions: &dimensions, answered: counted, least: 5 };
    assert_eq!(attacker.attack(&page, "contoso"), Vec::<String>::new());
    // What is still shown is right, and it is not all hidden.
    let expected = lines(simulator, "title", &by(simulator, "jobTitle"), &["availability"]);
    assert!(said.iter().all(|line| expected.contains(line)), "{said:?}");
    assert!(said.iter().any(|line| line.contains("Farmer")), "{said:?}");
}
