//! Groups: whether those of Entra can be read, and what privacy would show of each dimension.
//!
//! The groups are made of a whole listing in the same way as the daemon makes them, so what is told here is what its page
//! will hold.

use std::collections::BTreeMap;

use super::people::People;
use super::questions;
use super::step::Section;
use super::tenant::Subject;
use crate::clock;
use crate::domain::advice::{Advice, Finding};
use crate::domain::dimension::{GroupId, Source};
use crate::domain::directory::Directory;
use crate::domain::grouping::{Divided, Grouping, Members};
use crate::domain::permission::Permission;
use crate::domain::series::{Counted, Made};
use crate::graph::Graph;
use crate::telemetry::Operation;

const READABLE: &str = "groups";
const DIMENSIONS: &str = "dimensions";

/// Groups that could not be read for the same reason.
struct Unread {
    /// The first of them, and where it was configured.
    group: String,
    why: Advice,
    more: usize,
}

/// Looks whether each Entra group of the configuration can be read. Returns those that can.
pub(super) async fn readable(it: &mut Subject<'_>, graph: &Graph, missing: &[Permission]) -> Vec<GroupId> {
    let groups = configured(it);
    if groups.is_empty() {
        it.section.skip(&[READABLE], "the configuration names none of Entra");
        return Vec::new();
    }
    if missing.contains(&Permission::GroupMemberReadAll) {
        it.section.skip(&[READABLE], "not tried: GroupMember.Read.All is not granted");
        return Vec::new();
    }
    it.wait_for("looking at groups");
    let until = questions::listing_ends();
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for (id, group) in &groups {
        if questions::is_over(until) {
            note(&mut unread, group, questions::cut());
            continue;
        }
        match questions::ask(graph, Operation::GroupMembers, graph.first_members(*id)).await {
            Ok(first) => {
                read.push(*id);
                if first.users.is_empty() && !first.goes_on {
                    it.section.warn(READABLE, Finding::empty_group(group));
                }
            }
            Err(why) => note(&mut unread, group, why),
        }
    }
    tell_unread(&mut it.section, READABLE, unread);
    if !read.is_empty() {
        let groups = Counted::of(read.len(), "group of Entra", "groups of Entra");
        it.section.ok(READABLE, format!("the members of {groups} can be read"));
    }
    read
}

/// Tells which groups could not be read.
fn tell_unread(section: &mut Section, step: &'static str, unread: Vec<Unread>) {
    for Unread { group, why, more } in unread {
        section.fail(step, Advice::groups(&group, more, why));
    }
}

/// What many groups met is told once.
fn note(unread: &mut Vec<Unread>, group: &str, why: Advice) {
    match unread.iter_mut().find(|earlier| earlier.why.tells_of_groups(&why)) {
        Some(earlier) => earlier.more += 1,
        None => unread.push(Unread { group: group.to_owned(), why, more: 0 }),
    }
}

/// Every Entra group once, with where it was configured first.
fn configured(it: &Subject<'_>) -> Vec<(GroupId, String)> {
    let users = &it.tenant.users;
    let selection = [("users.groups", &users.groups), ("users.exclude_groups", &users.exclude_groups)];
    let selected = selection
        .iter()
        .flat_map(|(key, groups)| groups.iter().map(move |id| (*id, format!("the group {id} in {key}"))));
    each_once(selected.chain(counted(it)))
}

/// Every Entra group of a dimension, with where it was configured.
fn counted(it: &Subject<'_>) -> impl Iterator<Item = (GroupId, String)> {
    it.tenant.group_by.iter().flat_map(|dimension| {
        let group_of = |name| format!("the group {name} of the dimension {}", dimension.name);
        dimension.entra_groups().iter().map(move |group| (group.id, group_of(&group.name)))
    })
}

fn each_once(groups: impl Iterator<Item = (GroupId, String)>) -> Vec<(GroupId, String)> {
    let mut all: Vec<(GroupId, String)> = Vec::new();
    for (id, group) in groups {
        if all.iter().all(|(known, _)| *known != id) {
            all.push((id, group));
        }
    }
    all
}

/// Looks what privacy will show of each dimension. Returns what the groups make.
pub(super) async fn dimensions(
    it: &mut Subject<'_>,
    graph: &Graph,
    people: &People,
    readable: &[GroupId],
) -> Option<Made> {
    if it.tenant.group_by.is_empty() {
        it.section.skip(&[DIMENSIONS], "the configuration has no group_by");
        return None;
    }
    let Some(roster) = people.roster.clone().filter(|roster| !roster.is_empty()) else {
        it.section.skip(&[DIMENSIONS], "not tried: it is not known who is tracked");
        return None;
    };
    it.wait_for("making groups");
    let (until, mut unread) = (questions::listing_ends(), Vec::new());
    let mut members = BTreeMap::new();
    for (id, group) in each_once(counted(it)).iter().filter(|(id, _)| readable.contains(id)) {
        match questions::list(graph, Operation::GroupMembers, until, graph.list_members(*id)).await {
            Ok(listed) => drop(members.insert(*id, Members::Read(listed))),
            Err(why) => note(&mut unread, group, why),
        }
    }
    tell_unread(&mut it.section, DIMENSIONS, unread);
    let directory = Directory::grouped(roster, &members, &it.tenant.terms(), None, clock::moment());
    let grouping = directory.grouping();
    for divided in grouping.dimensions() {
        tell(&mut it.section, divided, it.tenant.min_group_size);
    }
    tell_duty(&mut it.section, grouping);
    Some(grouping.made())
}

/// Tells what becomes of the groups of a dimension.
fn tell(section: &mut Section, divided: &Divided, least: u32) {
    let (name, visibility) = (&divided.dimension.name, divided.visibility);
    let on_duty = divided.dimension.duty().is_some();
    let entra = matches!(divided.dimension.source, Source::EntraGroups(_));
    let hidden: Vec<&str> = divided
        .groups
        .iter()
        .filter(|group| entra && !group.shown && group.users > 0)
        .map(|group| &*group.name)
        .collect();
    if visibility.shown == 0 {
        section.warn(DIMENSIONS, Finding::withheld_dimension(name.as_str(), least, on_duty));
    } else if !hidden.is_empty() {
        section.warn(DIMENSIONS, Finding::withheld_groups(name.as_str(), &hidden, least, on_duty));
    } else {
        let shown = Counted(u64::from(visibility.shown), "group", "groups");
        let (folded, withheld) = (visibility.folded, visibility.withheld);
        section.ok(DIMENSIONS, format!("{name}: {shown} shown, {folded} folded into (other), {withheld} withheld"));
    }
}

fn tell_duty(section: &mut Section, grouping: &Grouping) {
    for (dimension, group, needed) in grouping.never_reachable() {
        section.warn(DIMENSIONS, Finding::never_reachable(dimension.as_str(), &group.name, group.users, needed));
    }
}
