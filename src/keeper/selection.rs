//! The selection: whose presence is read at all.
//!
//! Whom the filter matches, or who stands in a file; of them the members of the groups that are wanted, without those of
//! the groups that are not. Whoever cannot tell all of that tracks nobody: a selection that is half known would count
//! people whom nobody meant.

use std::collections::BTreeMap;

use tokio::task;
use tracing::warn;

use super::{DEADLINE, Keeper};
use crate::clock;
use crate::config;
use crate::domain::advice::Advice;
use crate::domain::dimension::GroupId;
use crate::domain::grouping::Members;
use crate::domain::roster::Roster;
use crate::domain::user::UserId;
use crate::telemetry::Operation;

impl Keeper {
    /// Those who are selected. The groups that were read for it are put into `members`.
    pub(super) async fn selected(&self, members: &mut BTreeMap<GroupId, Members>) -> Result<Roster, Advice> {
        let wanted = self.united("users.groups", &self.users.groups, members).await?;
        let unwanted = self.united("users.exclude_groups", &self.users.exclude_groups, members).await?;
        let mut roster = match &self.users.ids_file {
            Some(_) => self.in_file().await?,
            None => self.listed().await?,
        };
        if !self.users.groups.is_empty() {
            roster.retain(|user| wanted.binary_search(&user).is_ok());
        }
        if !unwanted.is_empty() {
            roster.retain(|user| unwanted.binary_search(&user).is_err());
        }
        Ok(roster)
    }

    /// Whoever is a member of any of these groups, sorted.
    async fn united(
        &self,
        key: &str,
        groups: &[GroupId],
        members: &mut BTreeMap<GroupId, Members>,
    ) -> Result<Vec<UserId>, Advice> {
        let mut united = Vec::new();
        for group in groups {
            if !members.contains_key(group) {
                let listed = self.members(*group, DEADLINE).await;
                let listed = listed.map_err(|why| Advice::group(&format!("the group {group} in {key}"), why))?;
                members.insert(*group, Members::Read(listed));
            }
            if let Some(Members::Read(listed)) = members.get(group) {
                united.extend_from_slice(listed);
            }
        }
        united.sort_unstable();
        united.dedup();
        Ok(united)
    }

    /// Those whom Graph lists.
    async fn listed(&self) -> Result<Roster, Advice> {
        let listing = match clock::timeout(DEADLINE, self.graph.list_users(&self.terms.dimensions)).await {
            Err(_) => return Err(Advice::listing_cut(DEADLINE)),
            Ok(Err(error)) => {
                let advice = self.graph.advice(&error, Operation::Users);
                self.renew_for_consent(&error).await;
                return Err(advice);
            }
            Ok(Ok(listing)) => listing,
        };
        let tenant = self.telemetry.tenant();
        if let Some(share) = listing.discrepancy() {
            let (listed, announced) = (listing.roster.len(), listing.announced.unwrap_or_default());
            warn!(%tenant, listed, announced, "the listing differs from Graph's own count by {:.1} %", share * 100.0);
        }
        if listing.skipped > 0 {
            warn!(%tenant, rows = listing.skipped, "rows of the listing without an object id were left out");
        }
        Ok(listing.roster)
    }

    /// Those in the file, which may lie on a disk that is slow to answer.
    async fn in_file(&self) -> Result<Roster, Advice> {
        let users = self.users.clone();
        let read =
            task::spawn_blocking(move || users.ids_file.map_or_else(|| Ok(Vec::new()), |file| config::read_ids(&file)));
        let Ok(read) = read.await else { return Err(Advice::panic("reading of the ids_file")) };
        let mut roster = Roster::new(&self.terms.dimensions);
        let users = read.map_err(|fault| Advice::ids_file(fault.to_string()))?;
        roster.reserve(users.len());
        for user in users {
            roster.add(user, |_| None);
        }
        Ok(roster)
    }
}
