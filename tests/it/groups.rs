//! Groups: departments, offices and teams on the real page, each counted a second time by the simulator's own arithmetic.
//!
//! Next: `census` (what must be there), `shown`, then `hidden` and `attacker` (what must not).

mod attacker;
mod census;
mod duty;
mod hidden;
mod hostile;
mod inside;
mod moving;
mod shapes;
mod shown;

pub(crate) use hostile::hostile_tenants;

use simulator::Simulator;

use crate::harness::Tenant;

/// What an application needs to read users, their presence, and members of groups.
pub(crate) fn roles() -> Vec<String> {
    ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"].map(str::to_owned).to_vec()
}

/// The tenant with these dimensions, one a line, read every five seconds.
fn configured(tenant: Tenant, group_by: &str) -> Tenant {
    tenant.with(&format!("interval: 5s\ngroup_by:\n{group_by}"))
}

/// The tenant with dimensions of every kind, one of them with a group that nobody knows.
pub(crate) fn counted_apart(tenant: Tenant) -> Tenant {
    let teams = entra(&tenant.simulator, &[("sre-oncall", "On call SRE"), ("support-oncall", "On call Support")]);
    let gone = "{'gone': 0f8fad5b-d9cb-469f-a165-70867728950e}";
    configured(
        tenant,
        &format!(
            "- {{dimension: department, attribute: department, metrics: [work_location, out_of_office]}}\n\
             - {{dimension: office, attribute: officeLocation}}\n\
             - {{dimension: team, duty: true, entra_groups: {teams}}}\n\
             - {{dimension: former, entra_groups: {gone}}}"
        ),
    )
}

/// Entra groups as `entra_groups` has them: what each is called there, and its name in Entra.
fn entra(simulator: &Simulator, groups: &[(&str, &str)]) -> String {
    let entries: Vec<String> =
        groups.iter().map(|(name, group)| format!("'{name}': {}", simulator.group(group).id)).collect();
    format!("{{{}}}", entries.join(", "))
}
