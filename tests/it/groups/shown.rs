//! What is shown: each group of each dimension exactly, and nothing that is not configured.

use simulator::{Settings, Simulator};

use super::census::{METRICS, assert_groups, by, by_mapped, fold, lines, members, said, said_in, tracked};
use super::{configured, entra, roles};
use crate::harness::{Exporter, MORNING, Page, Tenant, frozen};

const HOUR: u64 = 3_600;

/// A tenant whose people are counted by department, office and team; the last may overlap.
fn usual(name: &str, seed: u64, at: u64) -> Tenant {
    let tenant = Tenant::start(name, Settings { seed, roles: roles(), ..frozen(1_500, at) });
    let teams = entra(&tenant.simulator, &TEAMS);
    configured(
        tenant,
        &format!(
            "- {{dimension: department, attribute: department, metrics: [{}]}}\n\
             - {{dimension: office, attribute: officeLocation, metrics: [{}]}}\n\
             - {{dimension: team, metrics: [out_of_office, activity], entra_groups: {teams}}}",
            METRICS.join(", "),
            METRICS[..3].join(", ")
        ),
    )
}

/// How the configuration calls the teams, and what they are in Entra.
const TEAMS: [(&str, &str); 3] =
    [("technology", "Technology"), ("sales", "Department Sales"), ("London", "Office London")];

/// What the page must say of such a tenant.
fn expected(simulator: &Simulator) -> Vec<String> {
    let teams = TEAMS.iter().map(|(name, group)| ((*name).to_owned(), members(simulator, group))).collect();
    [
        lines(simulator, "department", &fold(by(simulator, "department"), 5, 100), &METRICS),
        lines(simulator, "office", &fold(by(simulator, "officeLocation"), 5, 100), &METRICS[..3]),
        lines(simulator, "team", &teams, &["out_of_office", "activity"]),
    ]
    .concat()
}

#[test]
fn every_group_of_every_dimension_is_counted_exactly() {
    let tenants = [usual("morning", 50, MORNING), usual("evening", 51, MORNING + 9 * HOUR)];
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for Tenant { name, simulator, .. } in &tenants {
        let page = exporter.wait_until(name, |page| page.up(name));
        assert_groups(&page, name, expected(simulator));
        let counted = f64::from(page.assert_sums_agree(name));
        for (dimension, family) in [
            ("department", "group_users"),
            ("department", "group_availability_users"),
            ("department", "group_activity_users"),
            ("department", "group_work_location_users"),
            ("office", "group_users"),
            ("office", "group_availability_users"),
        ] {
            let sum = sum(&page, name, family, dimension);
            assert!((sum - counted).abs() < 0.5, "{family} of {dimension}: {sum} of {counted}");
        }
        let visible = said_in(&page, name, &["teams_presence_group_visible"]);
        assert_eq!(visible.len(), TEAMS.len(), "{visible:?}");
        assert!(visible.iter().all(|line| line.ends_with(" 1")), "{visible:?}");
        let groups = said_in(&page, name, &["teams_presence_groups"]);
        let numbers = |dimension: &str, [folded, shown]: [usize; 2]| {
            [("folded", folded), ("shown", shown), ("withheld", 0)].map(|(visibility, many)| {
                format!("teams_presence_groups {{\"dimension\": {dimension:?}, \"visibility\": {visibility:?}}} {many}")
            })
        };
        // Where few have no office, they and the smallest office are one group.
        let folded = fold(by(simulator, "officeLocation"), 5, 100).get("(other)").map_or(0, |_| 2);
        let offices = numbers("office", [folded, 13 - folded]);
        assert_eq!(groups, [numbers("department", [0, 13]), offices, numbers("team", [0, 3])].concat(), "{name}");
    }
}

#[test]
fn the_log_tells_how_many_series_the_groups_make() {
    let tenant = usual("contoso", 50, MORNING);
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_until("up", |page| page.up("contoso"));
    let series = page.samples().filter(|line| line.starts_with("teams_presence_group")).count();
    let groups =
        expected(&tenant.simulator).iter().filter(|line| line.starts_with("teams_presence_group_users")).count();
    assert!((1_001..10_000).contains(&series), "{series}");
    let (thousands, rest) = (series / 1_000, series % 1_000);
    exporter.wait_for_log(&["contoso", &format!("3 dimensions, {groups} groups, {thousands},{rest:03} series")]);
    // 101 departments, as many offices and three teams; 13, 17 and 5 words, and 9 more of each that nobody knows yet.
    exporter.wait_for_log(&["contoso", "3 dimensions, at most 205 groups, at most 12,923 series"]);
}

/// The sum over a family of one dimension.
fn sum(page: &Page, tenant: &str, family: &str, dimension: &str) -> f64 {
    let family = format!("teams_presence_{family}");
    let lines = said_in(page, tenant, &[&family]);
    let of_it = lines.iter().filter(|line| line.contains(&format!("\"dimension\": {dimension:?}")));
    of_it.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

#[test]
fn groups_that_are_too_small_are_counted_as_other_and_together_they_are_many_enough() {
    let tenant = |name: &str| {
        let tenant = Tenant::start(name, frozen(700, MORNING));
        configured(tenant, "- {dimension: title, attribute: jobTitle}")
    };
    let move_people = |tenant: &Tenant, from: usize, many: usize, title: Option<&str>| {
        for person in &tracked(&tenant.simulator)[from..from + many] {
            tenant.simulator.set_attribute(person, "jobTitle", title);
        }
    };
    let (enough, lonely, none) = (tenant("enough"), tenant("lonely"), tenant("none"));
    for tenant in [&enough, &lonely, &none] {
        // Three large groups, of 300 and of about 150.
        let people = tracked(&tenant.simulator).len();
        move_people(tenant, 0, 300, Some("Miller"));
        move_people(tenant, 300, 150, Some("Baker"));
        move_people(tenant, 450, people - 450, Some("Farmer"));
    }
    move_people(&enough, 0, 4, Some("Pilot"));
    move_people(&enough, 10, 3, Some("Diver"));
    move_people(&enough, 20, 5, Some("Nurse"));
    move_people(&lonely, 0, 4, Some("Pilot"));
    move_people(&none, 0, 2, None);
    move_people(&none, 2, 2, Some(" \t "));
    move_people(&none, 4, 1, Some("Pilot"));
    let exporter = Exporter::start(&[&enough, &lonely, &none]);
    let others = [("enough", 4), ("lonely", 2), ("none", 3)];
    for (tenant, (name, shown)) in [&enough, &lonely, &none].into_iter().zip(others) {
        let page = exporter.wait_until(name, |page| page.up(name));
        let groups = fold(by(&tenant.simulator, "jobTitle"), 5, 100);
        assert_eq!(groups.len(), shown + 1, "{:?}", groups.keys());
        assert!(groups.contains_key("(other)"), "{:?}", groups.keys());
        assert_groups(&page, name, lines(&tenant.simulator, "title", &groups, &["availability"]));
    }
}

#[test]
fn the_largest_groups_are_shown_and_the_rest_is_counted_as_other() {
    let tenant = Tenant::start("contoso", frozen(900, MORNING));
    let tenant = configured(tenant, "- {dimension: office, attribute: officeLocation, max_groups: 4}");
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_until("up", |page| page.up("contoso"));
    let groups = fold(by(&tenant.simulator, "officeLocation"), 5, 4);
    assert_eq!(groups.len(), 5);
    assert_groups(&page, "contoso", lines(&tenant.simulator, "office", &groups, &["availability"]));
}

#[test]
fn a_map_calls_values_otherwise_and_what_is_spelled_alike_is_one_group() {
    let tenant = Tenant::start("contoso", frozen(900, MORNING));
    let simulator = &tenant.simulator;
    let people = tracked(simulator);
    for (people, text) in people.chunks(12).zip(["  SALES ", "sales", "Customer\tSupport", "customer support", "Sales"])
    {
        for person in people {
            simulator.set_attribute(person, "department", Some(text));
        }
    }
    let map = [("research & development", "Research"), ("it", "research"), ("sales", "Vertrieb \"Süd\"")];
    let groups = by_mapped(simulator, "department", &map);
    assert!(groups.contains_key("Research") && !groups.contains_key("research"), "{:?}", groups.keys());
    assert!(groups.contains_key("Customer Support"), "{:?}", groups.keys());
    let expected = lines(simulator, "department", &groups, &["availability"]);
    let map = "{\"RESEARCH &  development\": Research, \"IT\": research, \"Sales\": 'Vertrieb \"Süd\"'}";
    let tenant = configured(tenant, &format!("- {{dimension: department, attribute: department, map: {map}}}"));
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_until("up", |page| page.up("contoso"));
    assert_groups(&page, "contoso", expected);
}

#[test]
fn a_tenant_below_the_limit_shows_no_group() {
    let tenant = Tenant::start("contoso", Settings { roles: roles(), ..frozen(5, MORNING) });
    for person in &tracked(&tenant.simulator)[4..] {
        tenant.simulator.remove(person);
    }
    assert_eq!(tracked(&tenant.simulator).len(), 4);
    let teams = entra(&tenant.simulator, &[("everybody", "All accounts"), ("support", "On call Support")]);
    let tenant = configured(
        tenant,
        &format!(
            "- {{dimension: office, attribute: officeLocation}}\n\
             - {{dimension: team, duty: true, entra_groups: {teams}}}"
        ),
    );
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_for_cycles(&tenant, 2);
    assert_eq!(page.tracked("contoso"), [4, 0, 0, 0]);
    assert_eq!(said(&page, "contoso"), Vec::<String>::new());
    let visible = said_in(&page, "contoso", &["teams_presence_group_visible"]);
    assert!(visible.len() == 2 && visible.iter().all(|line| line.ends_with(" 0")), "{visible:?}");
}
