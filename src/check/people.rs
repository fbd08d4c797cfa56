//! Who is tracked: whom the filter matches, whom groups leave of them, who of them has a Teams plan.
//!
//! One page tells how many there are. Only where groups have a say is everybody listed, as the daemon would, for then
//! nothing less tells who is left. Nobody's presence is read whom the configuration does not mean.

use super::questions;
use super::tenant::{Known, Subject};
use crate::config::{self, Users};
use crate::domain::advice::{Advice, Finding};
use crate::domain::batch::Batch;
use crate::domain::dimension::{Dimension, GroupId};
use crate::domain::moment::Moment;
use crate::domain::permission::Permission;
use crate::domain::roster::Roster;
use crate::domain::series::{Counted, Grouped};
use crate::domain::user::UserId;
use crate::graph::{Beginning, Graph};
use crate::telemetry::Operation;

/// Who is tracked, as far as it is known.
#[derive(Default)]
pub(super) struct People {
    /// How many the filter matches.
    pub(super) matched: Option<u64>,
    /// How many are tracked.
    pub(super) tracked: Option<u64>,
    /// Some of them: as many as a batch holds.
    pub(super) some: Vec<UserId>,
    /// All of them, where they were listed.
    pub(super) roster: Option<Roster>,
}

/// Looks who is tracked.
pub(super) async fn users(it: &mut Subject<'_>, graph: &Graph, missing: &[Permission]) -> People {
    let people = whoever(it, graph, missing).await;
    let least = it.tenant.min_group_size;
    if let Some(few @ 1..) = people.tracked.filter(|tracked| *tracked < u64::from(least)) {
        it.section.warn("users", Finding::too_few(few, least));
    }
    people
}

async fn whoever(it: &mut Subject<'_>, graph: &Graph, missing: &[Permission]) -> People {
    if it.tenant.users.ids_file.is_some() {
        return read_ids(it).await;
    }
    if missing.contains(&Permission::UserReadAll) {
        it.section.skip(&["users"], "not tried: User.Read.All is not granted");
        return People::default();
    }
    it.wait_for("listing users");
    let dimensions = it.tenant.group_by.clone();
    let Beginning { users, announced, goes_on } =
        match questions::ask(graph, Operation::Users, graph.first_users(&dimensions)).await {
            Ok(beginning) => beginning,
            Err(advice) => {
                it.section.fail("users", advice);
                return People::default();
            }
        };
    let listed = number(users.len());
    match announced {
        Some(0) => it.section.fail("users", Advice::no_users()),
        None if users.is_empty() && !goes_on => it.section.fail("users", Advice::no_users()),
        None => it.section.warn("users", Finding::uncounted(users.len())),
        Some(count) => it.section.ok("users", format!("the filter matches {}", people(count))),
    }
    let matched = announced.or_else(|| (!goes_on).then_some(listed));
    let mut some = users;
    some.truncate(Batch::LIMIT.get());
    let first = People { matched, tracked: matched, some, roster: None };
    let Users { groups, exclude_groups, .. } = &it.tenant.users;
    let selected = !groups.is_empty() || !exclude_groups.is_empty();
    if first.matched == Some(0) || dimensions.is_empty() && !selected {
        return first;
    }
    if selected && missing.contains(&Permission::GroupMemberReadAll) {
        it.section.skip(&["selection"], "not tried: GroupMember.Read.All is not granted");
        return People { matched, ..People::default() };
    }
    everybody(it, graph, first, &dimensions).await
}

/// Lists everybody, and takes away whom the groups do not leave.
async fn everybody(it: &mut Subject<'_>, graph: &Graph, first: People, dimensions: &[Dimension]) -> People {
    it.wait_for(&first.matched.map_or("listing users".to_owned(), |count| format!("listing {}", people(count))));
    let until = questions::listing_ends();
    let listed = questions::list(graph, Operation::Users, until, graph.list_users(dimensions)).await;
    let Users { groups, exclude_groups, .. } = it.tenant.users.clone();
    let selected = !groups.is_empty() || !exclude_groups.is_empty();
    let mut roster = match listed {
        Ok(listing) => listing.roster,
        Err(advice) => {
            it.section.fail("users", advice);
            // Whom the groups leave is not known then, and nobody else is asked about.
            return if selected { People { matched: first.matched, ..People::default() } } else { first };
        }
    };
    if selected && let Err(finding) = select(it, graph, until, &mut roster, (&groups, &exclude_groups)).await {
        it.section.fail("selection", finding);
        return People { matched: first.matched, ..People::default() };
    }
    of_roster(roster, first.matched)
}

/// Leaves only those whom the groups leave.
async fn select(
    it: &mut Subject<'_>,
    graph: &Graph,
    until: Moment,
    roster: &mut Roster,
    (groups, exclude_groups): (&[GroupId], &[GroupId]),
) -> Result<(), Finding> {
    let all = number(roster.len());
    it.wait_for("listing the members of groups");
    if !groups.is_empty() {
        let wanted = united(graph, "users.groups", groups, until).await?;
        roster.retain(|user| wanted.binary_search(&user).is_ok());
    }
    if !exclude_groups.is_empty() {
        let unwanted = united(graph, "users.exclude_groups", exclude_groups, until).await?;
        roster.retain(|user| unwanted.binary_search(&user).is_err());
    }
    if roster.is_empty() {
        return Err(Advice::no_users().into());
    }
    it.section.ok("selection", format!("the groups leave {} of {}", Grouped::of(roster.len()), people(all)));
    Ok(())
}

/// Whoever is a member of any of these groups, sorted.
async fn united(graph: &Graph, key: &str, groups: &[GroupId], until: Moment) -> Result<Vec<UserId>, Finding> {
    let mut united = Vec::new();
    for group in groups {
        let members = questions::list(graph, Operation::GroupMembers, until, graph.list_members(*group)).await;
        united.extend(members.map_err(|why| Advice::group(&format!("the group {group} in {key}"), why))?);
    }
    united.sort_unstable();
    united.dedup();
    Ok(united)
}

/// Looks how many of those who match have a Teams plan.
pub(super) async fn teams_plan(it: &mut Subject<'_>, graph: &Graph, people: &People) {
    const STEP: &str = "teams_plan";
    let users = it.tenant.users.clone();
    let matched = match people.matched {
        _ if users.ids_file.is_some() => {
            return it.section.skip(&[STEP], "not asked: users.ids_file says who is counted");
        }
        _ if users.teams_plan_only => return it.section.ok(STEP, "users.teams_plan_only: nobody else is counted"),
        None | Some(0) => return it.section.skip(&[STEP], "not tried: it is not known who matches"),
        Some(matched) => matched,
    };
    it.wait_for("counting Teams plans");
    match questions::ask(graph, Operation::Users, graph.count_with_plan(&users)).await {
        Err(advice) => it.section.warn(STEP, advice),
        Ok(None) => it.section.skip(&[STEP], "not known: Graph does not say how many"),
        Ok(Some(0)) => it.section.warn(STEP, Finding::nobody_with_plan()),
        Ok(Some(with)) => match matched.saturating_sub(with) {
            0 => it.section.ok(STEP, format!("all {} have an enabled Teams plan", Grouped(matched))),
            few if few.saturating_mul(100) < matched => {
                it.section.ok(STEP, format!("{} of {} have none, too few to matter", Grouped(few), Grouped(matched)));
            }
            without => it.section.warn(STEP, Finding::without_plan(without, matched)),
        },
    }
}

/// What a file of ids tells without asking anybody.
pub(super) async fn in_file(it: &mut Subject<'_>) -> Known {
    let tracked = match it.tenant.users.ids_file {
        Some(_) => read_ids(it).await.tracked,
        None => None,
    };
    Known { tracked, ..Known::default() }
}

async fn read_ids(it: &mut Subject<'_>) -> People {
    let Some(file) = it.tenant.users.ids_file.clone() else { return People::default() };
    let place = format!("the ids_file {}", file.display());
    let read = questions::read(&place, move || config::read_ids(&file)).await;
    match read.and_then(|read| read.map_err(|fault| Advice::ids_file(fault.to_string()).into())) {
        Err(finding) => {
            it.section.fail("users", finding);
            People::default()
        }
        Ok(ids) => {
            let mut roster = Roster::new(&it.tenant.group_by);
            for user in ids {
                roster.add(user, |_| None);
            }
            let people = of_roster(roster, None);
            let ids = Counted(people.tracked.unwrap_or_default(), "object id", "object ids");
            it.section.ok("users", format!("{place} names {ids}; nobody is listed"));
            people
        }
    }
}

fn of_roster(roster: Roster, matched: Option<u64>) -> People {
    let (mut users, _) = roster.clone().sorted();
    users.dedup();
    let tracked = Some(number(users.len()));
    users.truncate(Batch::LIMIT.get());
    People { matched, tracked, some: users, roster: Some(roster) }
}

fn people(count: u64) -> Counted {
    Counted(count, "person", "people")
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
