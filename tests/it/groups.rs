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
mod shown;

pub(crate) use hostile::hostile_tenants;

use simulator::Simulator;

use crate::harness::Tenant;

/// What an application needs to read users, their presence, and members of groups.
fn roles() -> Vec<String> {
    ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"].map(str::to_owned).to_vec()
}

/// The tenant with these dimensions, one a line, read every five seconds.
fn configured(tenant: Tenant, group_by: &str) -> Tenant {
    tenant.with(&format!("interval: 5s\ngroup_by:\n{group_by}"))
}

/// Entra groups as `entra_groups` has them: what each is called there, and its name in Entra.
fn entra(simulator: &Simulator, groups: &[(&str, &str)]) -> String {
    let entries: Vec<String> =
        groups.iter().map(|(name, group)| format!("'{name}': {}", simulator.group(group).id)).collect();
    format!("{{{}}}", entries.join(", "))
}
