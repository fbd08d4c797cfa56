//! Every scene of trouble of every scenario, each on a tenant of its own, whose users are counted apart: whatever the exporter
//! says of it all, at its most talkative, holds nobody and nothing that it must not. Names of groups it may hold.

use std::collections::BTreeSet;
use std::time::Duration;

use simulator::{Organisation, Scenario, Settings};

use super::canaries::Canaries;
use crate::groups;
use crate::harness::{Exporter, MORNING, Page, Tenant, frozen};

/// Scenes that are looked at: all of every programme, and the first of those that come at random.
const SCENES: usize = 8;

/// Accounts of a tenant, and of the one whose scenario takes many requests to show.
const PEOPLE: u32 = 600;
const MANY_PEOPLE: u32 = 4_000;

/// One of so many pages is taken in: that is one every few hundred milliseconds.
const SOME: u32 = 10;

/// A good cycle before the trouble begins, so that there are answers to tell of.
const AHEAD: Duration = Duration::from_secs(6);

/// A tenant for each scene of trouble in a scenario, shortly before it begins.
fn tenants(scenario: Scenario) -> Vec<Tenant> {
    let people = if scenario == Scenario::Flaky { MANY_PEOPLE } else { PEOPLE };
    let settings = Settings { roles: groups::roles(), ..frozen(people, MORNING) };
    let (mut begins, mut met) = (Duration::ZERO, BTreeSet::new());
    let mut tenants = Vec::new();
    for scene in scenario.scenes(Organisation::new(settings.seed, people)).take(SCENES) {
        if !scene.is_calm() && met.insert(scene.name().to_owned()) {
            // Trouble of listings has to meet the first one.
            let ahead = if scene.name().contains("listings") { Duration::ZERO } else { AHEAD };
            let scenario_skipped = begins.saturating_sub(ahead);
            let settings = Settings { scenario, scenario_skipped, ..settings.clone() };
            tenants.push(groups::counted_apart(Tenant::start(&format!("{scenario}: {}", scene.name()), settings)));
        }
        begins += scene.lasts();
    }
    tenants
}

/// Whether the exporter has lived through some of the tenant's trouble.
fn has_been_through(page: &Page, tenant: &Tenant) -> bool {
    let failures = page.of(&tenant.name, &["directory_failures_total"]);
    let mut listings = failures.lines().filter(|line| !line.contains("no_group") && !line.ends_with(" 0"));
    page.sum(&tenant.name, "cycles_total") >= Some(4.0) || listings.next().is_some()
}

/// A line without the number at its end, so that a sample is one line however often it is read.
fn without_number(line: &str) -> &str {
    line.rsplit_once(' ').filter(|(_, value)| value.parse::<f64>().is_ok()).map_or(line, |(series, _)| series)
}

#[test]
fn nothing_that_is_emitted_in_any_scenario_holds_a_person_a_token_or_a_secret() {
    let tenants: Vec<Tenant> = Scenario::ALL.into_iter().flat_map(tenants).collect();
    let everybody: Vec<&Tenant> = tenants.iter().collect();
    let exporter = Exporter::start_with(&everybody, &["--log.level", "debug"]);
    let mut emitted = BTreeSet::new();
    let mut take_in = |text: &str| emitted.extend(text.lines().map(|line| without_number(line).to_owned()));
    let mut looks = 0;
    exporter.wait_until("some of every scene", |page| {
        let is_over = tenants.iter().all(|tenant| has_been_through(page, tenant));
        looks += 1;
        if is_over || looks % SOME == 0 {
            take_in(&page.0);
            for path in ["/", "/?dimension=department", "/?dimension=team"] {
                take_in(&exporter.get(path).body);
            }
        }
        is_over
    });
    take_in(&exporter.printed());
    take_in(&exporter.stop().log);
    let emitted: String = emitted.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect();

    // What was collected is what was meant: trouble of every kind, and counts beside it.
    for known in [
        "teams_presence_availability_users{availability=\"Available\",tenant=\"flaky: a few answers fail\"}",
        "group=\"Legal\",tenant=\"flaky: a few answers fail\"}",
        "teams_presence_group_reachable{dimension=\"team\",group=\"support-oncall\"",
        "the members of the group gone of the dimension former could not be listed",
        "code=\"429\",operation=\"presences\",tenant=\"throttled: 429 without Retry-After\"}",
        "code=\"429\",operation=\"presences\",tenant=\"counts-ids: the limit counts ids\"}",
        "<bdi>hostile: answers misleading</bdi>",
        "reason=deadline",
        "reason=incomplete",
        "reason=no_users",
        "reason=rejected",
        "reason=token",
        "reason=unavailable",
        "reason=unintelligible",
        "users are set aside until the next listing",
    ] {
        assert!(emitted.contains(known), "{known} is not in what was collected:\n{emitted}");
    }
    let most = tenants.iter().max_by_key(|tenant| tenant.simulator.organisation().len()).unwrap();
    Canaries::of(&most.simulator).assert_not_in(&emitted);
}
