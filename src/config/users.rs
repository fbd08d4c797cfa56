//! The section `users` of a tenant: who is counted.
//!
//! Either a listing that may be narrowed, or a file with ids; that the two are not mixed is seen to here. What the rules
//! mean to Graph is not known.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use super::fault::{Report, Reported};
use super::keys::USERS;
use super::section::Section;
use super::{Users, file, words};
use crate::domain::dimension::GroupId;

const REFRESH_INTERVAL: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::MAX;

/// The most groups in either list.
pub(super) const MOST_GROUPS: usize = 100;

/// Reads the section of this tenant, in a file that stands in `directory`.
pub(super) fn read(tenant: &Section, directory: &Path, report: &mut Report) -> Result<Users, Reported> {
    let usual = Users::default();
    let Some(node) = tenant.node("users", report)? else {
        return Ok(usual);
    };
    let section = Section::open(node, &tenant.at("users"), &USERS, report)?;
    let refresh_interval =
        section.optional("refresh_interval", report, |node| words::duration(node, &REFRESH_INTERVAL));
    let filter = section.optional("filter", report, |node| words::text(node, "an OData filter").map(str::trim));
    let teams_plan_only = section.optional("teams_plan_only", report, words::truth);
    let mut met = Vec::new();
    let groups = groups(&section, "groups", &mut met, report);
    let exclude_groups = self::groups(&section, "exclude_groups", &mut met, report);
    let ids_file = section.optional("ids_file", report, |node| file::path(node, directory));
    one_way(&section, report)?;
    Ok(Users {
        refresh_interval: refresh_interval?.unwrap_or(usual.refresh_interval),
        filter: filter?.map_or(usual.filter, str::to_owned),
        teams_plan_only: teams_plan_only?.unwrap_or(usual.teams_plan_only),
        groups: groups?,
        exclude_groups: exclude_groups?,
        ids_file: ids_file?,
    })
}

/// A list of ids of groups, none of which was `met` before.
fn groups(
    section: &Section,
    key: &str,
    met: &mut Vec<(GroupId, String)>,
    report: &mut Report,
) -> Result<Vec<GroupId>, Reported> {
    let items = section.items(key, "a list of object ids of groups", report)?.unwrap_or_default();
    if items.len() > MOST_GROUPS {
        let message = format!("holds {} groups; write {MOST_GROUPS} at the most", items.len());
        return Err(section.fault(key, &message, report));
    }
    let ids: Vec<Result<GroupId, Reported>> = items
        .into_iter()
        .map(|(path, node)| {
            let id = words::group_id(node).map_err(|message| report.fault(node.place, &path, &message))?;
            if let Some((_, other)) = met.iter().find(|(known, _)| *known == id) {
                return Err(report.fault(node.place, &path, &format!("the same group as {other}; keep one of them")));
            }
            met.push((id, path));
            Ok(id)
        })
        .collect();
    ids.into_iter().collect()
}

/// With a file of ids nothing is listed, so there is nothing to narrow.
fn one_way(section: &Section, report: &mut Report) -> Result<(), Reported> {
    if !section.has("ids_file") {
        return Ok(());
    }
    let mut verdict = Ok(());
    for key in ["filter", "teams_plan_only", "groups", "exclude_groups"].into_iter().filter(|key| section.has(key)) {
        let message = "given besides ids_file, which alone says who is counted; keep one of them";
        verdict = Err(section.fault(key, message, report));
    }
    verdict
}
