//! Duty: whether somebody of a group on call is reachable, of groups too small for counts as well.

use simulator::{Availability, Effect, Fault, Occurrence, Operation, Person, Settings, Simulator};

use super::census::{said, said_in};
use super::{entra, roles};
use crate::harness::{Exporter, MORNING, Page, Tenant, frozen};

/// What the configuration calls the groups on call, and their names in Entra.
const GROUPS: [(&str, &str); 3] = [("sre", "On call SRE"), ("support", "On call Support"), ("solo", "On call Solo")];

/// A tenant with these groups, of which so many people have to be reachable.
fn tenant(name: &str, seed: u64, at: u64, min_reachable: usize) -> Tenant {
    let tenant = Tenant::start(name, Settings { seed, roles: roles(), ..frozen(400, at) });
    let groups = entra(&tenant.simulator, &GROUPS);
    tenant.with(
        &format!(
            "interval: 5s\nmax_age: 12s\ngroup_by:\n- {{dimension: on-call, duty: true, min_reachable: {min_reachable}, entra_groups: {groups}}}"
        ),
    )
}

fn is_reachable(simulator: &Simulator, person: &Person) -> bool {
    let availability = simulator.presence_of(person, simulator.now()).availability;
    matches!(availability, Availability::Available | Availability::AvailableIdle)
}

/// How many of a group are reachable.
fn reachable(simulator: &Simulator, group: &str) -> usize {
    let members = simulator.members(simulator.group(group));
    members.iter().filter(|person| is_reachable(simulator, person)).count()
}

/// The value of a group in a family, if it is there.
fn value(page: &Page, tenant: &str, family: &str, group: &str) -> Option<String> {
    let labels = format!("{{\"dimension\": \"on-call\", \"group\": {group:?}}} ");
    let lines = said_in(page, tenant, &[family]);
    lines.iter().find_map(|line| line.split_once(&labels)).map(|(_, value)| value.to_owned())
}

#[test]
fn a_group_of_two_or_more_is_reachable_or_not_and_a_smaller_one_is_silent() {
    let hours = [0, 2, 5, 9, 14];
    let cases: Vec<(Tenant, usize)> = (1..=2)
        .flat_map(|least| {
            let case = move |(seed, hour): (u64, u64)| {
                (tenant(&format!("{least} of seed {seed}"), seed, MORNING + hour * 3_600, least), least)
            };
            (60..).zip(hours).map(case)
        })
        .collect();
    let exporter = Exporter::start(&cases.iter().map(|(tenant, _)| tenant).collect::<Vec<_>>());
    let mut seen = Vec::new();
    for (Tenant { name, simulator, .. }, least) in &cases {
        let page = exporter.wait_until(name, |page| page.up(name));
        for (group, in_entra) in &GROUPS[..2] {
            let expected = u32::from(reachable(simulator, in_entra) >= *least).to_string();
            assert_eq!(value(&page, name, "teams_presence_group_reachable", group).as_ref(), Some(&expected), "{name}");
            assert_eq!(value(&page, name, "teams_presence_group_visible", group).as_deref(), Some("1"), "{name}");
            seen.push(expected);
        }
        assert_eq!(value(&page, name, "teams_presence_group_reachable", "solo"), None);
        assert_eq!(value(&page, name, "teams_presence_group_visible", "solo").as_deref(), Some("0"));
        let counted = said(&page, name).into_iter().filter(|line| line.contains("\"support\"")).count();
        assert_eq!(counted, 1, "nothing but whether it is reachable");
    }
    assert!(seen.iter().any(|it| it == "0") && seen.iter().any(|it| it == "1"), "{seen:?}");
}

/// From now on, answers are about somebody else instead of these people.
fn silence(simulator: &Simulator, people: &[Person]) {
    for person in people {
        let effect =
            Effect::Replace { from: person.id.to_string(), to: "00000000-0000-4000-8000-000000000000".to_owned() };
        simulator.inject(Fault { operation: Operation::GetPresences, occurrence: Occurrence::Always, effect });
    }
}

#[test]
fn of_one_answer_alone_nothing_is_told() {
    // Both of the first are needed, one of the others is enough.
    let cases = [("two", 2), ("one", 1)].map(|(name, least)| {
        let is_split = |tenant: &Tenant| reachable(&tenant.simulator, "On call Support") == 1;
        (1..400).map(|seed| tenant(name, seed, MORNING, least)).find(is_split).unwrap()
    });
    let exporter = Exporter::start(&cases.iter().collect::<Vec<_>>());
    for Tenant { name, .. } in &cases {
        exporter.wait_until(name, |page| page.up(name));
    }
    // The one who is not reachable does not answer any more. Held at first, then unknown, then given up.
    for Tenant { simulator, .. } in &cases {
        let members = simulator.members(simulator.group("On call Support"));
        let silent = members.into_iter().filter(|person| !is_reachable(simulator, person)).collect::<Vec<_>>();
        silence(simulator, &silent);
    }
    let said = |page: &Page, name: &str| value(page, name, "teams_presence_group_reachable", "support");
    let mut story = Vec::new();
    exporter.wait_until("both given up", |page| {
        story.push(["two", "one"].map(|name| (page.tracked(name)[1..].to_vec(), said(page, name))));
        ["two", "one"].iter().all(|name| page.tracked(name)[3] == 1)
    });
    for [two, one] in &story {
        // While both are counted; of one answer alone it would be that one's state.
        let told = |(classes, _): &(Vec<u32>, _)| classes[1..] == [0, 0];
        assert_eq!(two.1.as_deref(), told(two).then_some("0"), "{story:?}");
        assert_eq!(one.1.as_deref(), told(one).then_some("1"), "{story:?}");
    }
}
