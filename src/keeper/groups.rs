//! Entra groups: who is a member of those by which users are counted apart.
//!
//! One after the other, each once, however many dimensions name it. A group that cannot be read costs its dimension alone:
//! who was a member is still one, unless Graph says that there is no such group. Which of them are shown is decided in
//! the domain (`grouping`).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use tracing::warn;

use super::Keeper;
use crate::clock;
use crate::domain::advice::{Advice, Reason};
use crate::domain::dimension::{Dimension, EntraGroup, GroupId, Label};
use crate::domain::grouping::Members;
use crate::domain::user::UserId;
use crate::telemetry::Operation;

/// The longest time for all groups of one listing: whoever joined or left waits for them.
const ALL_GROUPS: Duration = Duration::from_mins(10);

impl Keeper {
    /// Puts the members of every group by which users are counted apart into `members`, and returns what was met.
    pub(super) async fn read_groups(&self, members: &mut BTreeMap<GroupId, Members>) -> Vec<Advice> {
        let until = clock::moment().plus(ALL_GROUPS);
        let mut failed = BTreeMap::new();
        let mut met: Vec<Met> = Vec::new();
        for (dimension, group) in groups(&self.terms.dimensions) {
            if let Entry::Vacant(unread) = members.entry(group.id) {
                unread.insert(match self.members(group.id, until.since(clock::moment())).await {
                    Ok(listed) => Members::Read(listed),
                    Err(why) => self.unread(group.id, why, &mut failed),
                });
            }
            if let Some(why) = failed.get(&group.id) {
                match met.iter_mut().find(|earlier| earlier.why.tells_of_groups(why)) {
                    Some(earlier) => earlier.more += 1,
                    None => met.push(Met { dimension, group, why: why.clone(), more: 0 }),
                }
            }
        }
        met.iter().map(|met| self.report_group(met)).collect()
    }

    /// Lists the members of a group, if that takes no longer than this.
    pub(super) async fn members(&self, group: GroupId, longest: Duration) -> Result<Vec<UserId>, Advice> {
        match clock::timeout(longest, self.graph.list_members(group)).await {
            Err(_) => Err(Advice::listing_cut(ALL_GROUPS)),
            Ok(Ok(members)) => Ok(members),
            Ok(Err(error)) => {
                let advice = self.graph.advice(&error, Operation::GroupMembers);
                self.renew_for_consent(&error).await;
                Err(advice)
            }
        }
    }

    /// Counts a group that could not be read. Returns what is known of its members all the same.
    fn unread(&self, group: GroupId, why: Advice, failed: &mut BTreeMap<GroupId, Advice>) -> Members {
        self.telemetry.listing_failed(why.reason);
        let gone = why.reason == Reason::NoGroup;
        failed.insert(group, why);
        if gone { Members::Gone } else { Members::Held }
    }

    /// Logs that a group of a dimension could not be read, and returns what to show.
    fn report_group(&self, Met { dimension, group, why, more }: &Met) -> Advice {
        let (tenant, name) = (self.telemetry.tenant(), &group.name);
        let advice = Advice::groups(&format!("the group {name} of the dimension {dimension}"), *more, why.clone());
        warn!(%tenant, %dimension, group = %name, id = %group.id, reason = advice.reason.label(), advice = %advice.action,
            "listing members failed: {}", advice.what);
        advice
    }
}

/// A group that could not be read, and how many more for the same reason.
struct Met<'a> {
    dimension: &'a Label,
    group: &'a EntraGroup,
    why: Advice,
    more: usize,
}

/// Every group of every dimension.
fn groups(dimensions: &[Dimension]) -> impl Iterator<Item = (&Label, &EntraGroup)> {
    dimensions.iter().flat_map(|dimension| dimension.entra_groups().iter().map(|group| (&dimension.name, group)))
}
