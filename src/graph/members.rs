//! The members of a group: users alone, those of nested groups too, and of each the id alone.
//!
//! The cast to users needs the advanced parameters (facts/graph.md 3.17), as every listing here has them. An application
//! that may read groups but no users gets ids all the same (3.19). Next: `pages`, which follows them.

use super::Graph;
use super::error::GraphError;
use super::pages::{self, Page};
use super::rows::UserPage;
use crate::domain::dimension::GroupId;
use crate::domain::user::UserId;
use crate::telemetry::Operation;

impl Graph {
    /// Lists the transitive members of a group.
    ///
    /// # Errors
    /// What ended it. Passing faults have been tried again, expired pages started over, a few times.
    pub async fn list_members(&self, group: GroupId) -> Result<Vec<UserId>, GraphError> {
        let mut first = self.at(&format!("groups/{group}/transitiveMembers/microsoft.graph.user"));
        first.set_query(Some(&pages::query(&["id"], "")));
        let take = |members: &mut Vec<UserId>, body: &[u8]| {
            let page = UserPage::read(body)?;
            if members.is_empty() {
                members.reserve_exact(page.count.map_or(0, pages::room));
            }
            let before = members.len();
            members.extend(page.users());
            Some(Page { beginning: members.get(before).copied(), users: members.len() - before, next: page.next })
        };
        self.pages(Operation::GroupMembers, first, Vec::new, take).await
    }
}
