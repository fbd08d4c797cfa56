//! Exactness: what the page counts is what the tenant is, person by person.
//!
//! The simulator is asked how everybody is and the counting is done a second time here. Many tenants are watched by one
//! exporter, so that many mornings and nights cost one process.

use simulator::{Person, Settings};

use crate::harness::{
    Census, EVERYBODY, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, enabled_member, frozen,
};

const HOUR: u64 = 3_600;

/// A tenant, and whom its filter selects.
type Case = (Tenant, fn(&Person) -> bool);

fn check(cases: &[Case]) {
    let tenants: Vec<&Tenant> = cases.iter().map(|(tenant, _)| tenant).collect();
    let exporter = Exporter::start(&tenants);
    for (tenant, selected) in cases {
        let page = exporter.wait_until(&tenant.name, |page| page.up(&tenant.name));
        let expected = Census::of(&tenant.simulator, selected, |_, presence| Some(presence.into()));
        assert_same_lines(&page.of(&tenant.name, &PRESENCE_FAMILIES), &expected.lines(), &tenant.name);
        assert_eq!(page.tracked(&tenant.name), [expected.people, 0, 0, 0], "{}", tenant.name);
        page.assert_sums_agree(&tenant.name);
    }
}

#[test]
fn every_hour_of_a_week_is_counted_exactly() {
    let instants = [
        ("night", MORNING - 7 * HOUR),
        ("morning", MORNING),
        ("lunch", MORNING + 2 * HOUR),
        ("evening", MORNING + 9 * HOUR),
        ("saturday", MORNING + 4 * 24 * HOUR),
        ("christmas", MORNING + 31 * 24 * HOUR),
    ];
    let cases = instants.iter().enumerate().map(|(number, (name, at))| {
        let settings = Settings { seed: 40 + number as u64, ..frozen(1_500, *at) };
        (Tenant::start(name, settings), enabled_member as fn(&Person) -> bool)
    });
    check(&cases.collect::<Vec<_>>());
}

#[test]
fn a_filter_decides_who_is_counted() {
    let start = |name: &str, filter: &str| {
        let keys = format!("interval: 5s\nusers: {{filter: \"{filter}\"}}");
        Tenant::start(name, frozen(2_500, MORNING)).with(&keys)
    };
    check(&[
        (start("everybody", ""), EVERYBODY),
        (start("engineering", "department eq 'Engineering'"), |person| person.department() == Some("Engineering")),
        (start("teams plan", PLAN), |person| person.teams_plan == simulator::Plan::Enabled),
        (start("guests", "userType eq 'Guest'"), |person| person.user_type() == "Guest"),
    ]);
}

/// Needs the advanced parameters of a listing (facts/graph.md 3.8, 3.9).
const PLAN: &str = "assignedPlans/any(p:p/servicePlanId eq 57ff2da0-773e-42df-b2af-ffb7a2317929 \
                    and p/capabilityStatus eq 'Enabled')";
