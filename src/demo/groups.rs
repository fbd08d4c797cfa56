//! By what the demo counts its people apart: departments, offices, and the people on call.

use std::collections::BTreeMap;
use std::io;

use simulator::Simulator;

use crate::domain::dimension::{
    Attribute, ByAttribute, ByEntraGroups, Dimension, Duty, EntraGroup, GroupId, GroupMetric, Label, Source,
};

/// The roles of an application that counts Entra groups as well.
pub(super) const ROLES: [&str; 3] = ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"];

/// The most departments, and the most offices: more than there are, and few enough that nobody is warned of the series.
const MOST_GROUPS: usize = 40;

/// The people on call: what the metrics call a group, and what the simulated tenant does.
const ON_CALL: [(&str, &str); 2] = [("sre", "On call SRE"), ("support", "On call Support")];

/// The dimensions of the demo.
///
/// # Errors
/// If the simulated tenant has no such groups.
pub fn group_by(simulator: &Simulator) -> io::Result<Vec<Dimension>> {
    // Everything that a board can show of a group.
    let all =
        vec![GroupMetric::Availability, GroupMetric::Activity, GroupMetric::WorkLocation, GroupMetric::OutOfOffice];
    Ok(vec![
        dimension("department", by(Attribute::Department), all.clone())?,
        dimension("office", by(Attribute::OfficeLocation), all)?,
        dimension("team", on_call(simulator)?, vec![GroupMetric::Availability])?,
    ])
}

fn dimension(name: &str, source: Source, metrics: Vec<GroupMetric>) -> io::Result<Dimension> {
    Ok(Dimension { name: label(name)?, source, metrics })
}

fn by(attribute: Attribute) -> Source {
    Source::Attribute(ByAttribute { attribute, map: BTreeMap::new(), max_groups: MOST_GROUPS })
}

/// Groups too small to be counted: of each is told whether somebody of it can be reached.
fn on_call(simulator: &Simulator) -> io::Result<Source> {
    let group = |(name, known_as): &(&str, &str)| {
        let group = simulator.groups().iter().find(|group| group.name == *known_as);
        let id = group.and_then(|group| GroupId::parse(&group.id.to_string()));
        let id = id.ok_or_else(|| io::Error::other(format!("the simulated tenant has no group {known_as}")))?;
        Ok(EntraGroup { name: label(name)?, id })
    };
    let groups = ON_CALL.iter().map(group).collect::<io::Result<_>>()?;
    Ok(Source::EntraGroups(ByEntraGroups { groups, duty: Some(Duty { min_reachable: 1 }) }))
}

fn label(name: &str) -> io::Result<Label> {
    Label::parse(name).map_err(io::Error::other)
}
