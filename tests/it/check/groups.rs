//! What is found of Entra groups, of what privacy shows, and of sizes, each with its cause.

use simulator::{Guid, Operation, Settings};

use super::run::{self, Run, Stage};
use crate::harness::{MORNING, Tenant, frozen};

const WITHHELD: &str = "Nothing, if that is right: what is shown may never tell about fewer than 5 people, not even by \
                        subtracting; else name larger groups, or put the dimension first in group_by";

/// A tenant whose application may read groups.
fn tenant() -> Tenant {
    let roles = ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"].map(str::to_owned).to_vec();
    Tenant::start("contoso", Settings { roles, ..frozen(300, MORNING) })
}

fn group(tenant: &Tenant, name: &str) -> Guid {
    tenant.simulator.group(name).id
}

/// What is said of it with these keys.
fn with(tenant: Tenant, keys: &str) -> Run {
    run::json(&tenant.with(keys))
}

#[test]
fn a_group_that_is_gone_is_named_and_the_others_are_read() {
    let tenant = tenant();
    let sre = group(&tenant, "On call SRE");
    let nobody = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let keys = format!("group_by: [{{dimension: team, entra_groups: {{sre: {sre}, support: {nobody}}}}}]");
    let action = "Put its Object ID there, which the Entra admin center shows under Groups > the group > Overview, or take it \
                  out of the configuration";
    let what = "the members of the group support of the dimension team could not be listed: Graph knows no such group";
    with(tenant, &keys)
        .finds("groups", "failure", what, action)
        .says("dimensions", "ok", "team: 1 group shown, 0 folded into (other), 1 withheld")
        .ends_with(1);
}

#[test]
fn a_selection_by_a_group_that_is_gone_leads_to_nobody_whose_presence_is_read() {
    let tenant = tenant().with("users: {exclude_groups: [7c9e6679-7425-40de-944b-e07fc1f90ae7]}");
    let run = run::json(&tenant);
    let what = "the members of the group 7c9e6679-7425-40de-944b-e07fc1f90ae7 in users.exclude_groups could not be listed: \
                Graph knows no such group";
    let steps = run.steps();
    assert!(
        steps.iter().any(|step| step.name == "selection" && step.mark == "failure" && step.what == what),
        "{steps:#?}"
    );
    run.says("presence", "skipped", "not tried: it is not known who is tracked").ends_with(1);
    assert!(tenant.simulator.calls().iter().all(|call| call.operation != Operation::GetPresences));
}

#[test]
fn whom_groups_leave_is_counted_and_nobody_else_is_asked_about() {
    let tenant = tenant();
    let sre = tenant.simulator.group("On call SRE");
    let members = tenant.simulator.members(sre).len();
    let keys = format!("users: {{groups: [{}]}}", sre.id);
    let tenant = tenant.with(&keys);
    let run = run::json(&tenant);
    run.says("selection", "ok", &format!("the groups leave {members} of 263 people")).ends_with(0);
}

#[test]
fn a_group_that_only_selects_is_looked_at_and_listed_once() {
    let tenant = tenant();
    let sre = group(&tenant, "On call SRE");
    let keys = format!("users: {{groups: [{sre}]}}\ngroup_by: [{{dimension: department, attribute: department}}]");
    let tenant = tenant.with(&keys);
    run::json(&tenant).ends_with(0);
    let asked = tenant.simulator.calls().iter().filter(|call| call.operation == Operation::ListMembers).count();
    assert_eq!(asked, 2);
}

#[test]
fn a_group_without_members_is_a_warning() {
    let tenant = tenant();
    let sre = tenant.simulator.group("On call SRE").clone();
    tenant.simulator.set_members(&sre, &[]);
    let keys = format!("group_by: [{{dimension: team, entra_groups: {{sre: {}}}}}]", sre.id);
    with(tenant, &keys).finds(
        "groups",
        "warning",
        "the group sre of the dimension team has no members",
        "Check its Object ID, and who is in it; devices and contacts do not count",
    );
}

#[test]
fn a_dimension_that_privacy_withholds_is_a_warning() {
    let keys = "min_group_size: 200\ngroup_by: [{dimension: department, attribute: department}]";
    with(tenant(), keys)
        .finds("dimensions", "warning", "department: no group is shown", &WITHHELD.replace("5 people", "200 people"))
        .ends_with(0);
}

#[test]
fn groups_that_privacy_withholds_are_named() {
    let tenant = tenant();
    let [sre, support, solo] = ["On call SRE", "On call Support", "On call Solo"].map(|name| group(&tenant, name));
    let keys = format!(
        "group_by: [{{dimension: team, duty: true, entra_groups: {{sre: {sre}, support: {support}, solo: {solo}}}}}]"
    );
    let what = "team: support and solo are withheld, but for whether enough of a group on duty are reachable";
    with(tenant, &keys).finds("dimensions", "warning", what, WITHHELD).ends_with(0);
}

#[test]
fn a_team_on_duty_that_can_never_be_reachable_is_a_warning() {
    let tenant = tenant();
    let solo = group(&tenant, "On call Solo");
    let keys = format!("group_by: [{{dimension: team, duty: true, min_reachable: 3, entra_groups: {{solo: {solo}}}}}]");
    with(tenant, &keys).finds(
        "dimensions",
        "warning",
        "team: solo is on duty with 1 tracked member, so min_reachable: 3 is never reached",
        "Lower min_reachable, or see that its members are among the users who are tracked",
    );
}

#[test]
fn a_missing_permission_for_groups_is_told_once() {
    let tenant = Tenant::start("contoso", frozen(60, MORNING));
    let sre = group(&tenant, "On call SRE");
    let keys = format!("group_by: [{{dimension: team, entra_groups: {{sre: {sre}}}}}]");
    with(tenant, &keys).says("groups", "skipped", "not tried: GroupMember.Read.All is not granted").ends_with(1);
}

#[test]
fn a_cycle_that_does_not_fit_is_told_with_the_remedy() {
    let tenant = Tenant::start("contoso", frozen(2_000, MORNING));
    let run = run::json(&tenant.with("interval: 5s\nmax_age: 10s\nrequest_budget: 1"));
    let steps = run.steps();
    let step = steps.iter().find(|step| step.name == "budget").unwrap();
    assert_eq!(step.mark, "failure");
    assert!(step.what.contains("too long for answers to be fresh: every 5 s one is cut"), "{step:?}");
    assert!(step.action.as_ref().is_some_and(|action| action.starts_with("Raise max_age from 10 s to ")), "{step:?}");
    run.ends_with(1);
    let tenant = Tenant::start("contoso", frozen(60, MORNING)).with("interval: 5s\nrequest_budget: 1");
    let run = run::json(&tenant);
    let steps = run.steps();
    let step = steps.iter().find(|step| step.name == "budget").unwrap();
    assert!(step.mark == "warning" && step.what.contains("so there is one every 3"), "{step:?}");
    let action = "Nothing, if that is often enough; else raise request_budget, or track fewer users";
    assert_eq!(step.action.as_deref(), Some(action));
    run.ends_with(0);
}

#[test]
fn many_series_are_a_warning_with_where_to_save() {
    let keys = "group_by: [{dimension: job, attribute: jobTitle, max_groups: 1000}]";
    let tenant = Tenant::start("contoso", frozen(60, MORNING)).with(keys);
    let run = Stage::of(&[&tenant]).run(&["--offline", "--format", "json"]);
    let steps = run.steps();
    let step = steps.iter().find(|step| step.name == "series").unwrap();
    assert!(step.mark == "warning" && step.what.ends_with(", which can become a lot for Prometheus"), "{step:?}");
    let action = "Lower max_groups or take out metrics, of the dimension job first, which can make 23,026 of them";
    assert_eq!(step.action.as_deref(), Some(action));
    run.ends_with(0);
}
