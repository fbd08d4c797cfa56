//! Beginnings: the first page of a listing, which tells whether it can be read and how many users it has in all.
//!
//! For whoever wants to know that and not who they are: a check. The requests are those of `users` and `members`, so
//! that what is learned of them holds for these as well.

use super::Graph;
use super::error::GraphError;
use super::pages::{self, Page};
use super::rows::UserPage;
use super::users;
use crate::config::Users;
use crate::domain::dimension::{Dimension, GroupId};
use crate::domain::user::UserId;
use crate::telemetry::Operation;

/// How a listing begins.
#[derive(Default)]
pub struct Beginning {
    /// Who stands on its first page.
    pub users: Vec<UserId>,
    /// How many users Graph says the whole has, where it does.
    pub announced: Option<u64>,
    /// Whether there is another page.
    pub goes_on: bool,
}

impl Graph {
    /// The first page of those whom the filter matches, with what these dimensions need.
    ///
    /// # Errors
    /// What ended it. Passing faults have been tried again, a few times.
    pub async fn first_users(&self, dimensions: &[Dimension]) -> Result<Beginning, GraphError> {
        let query = pages::query(&users::selection(dimensions), &self.filter);
        self.beginning(Operation::Users, "users", &query).await
    }

    /// The first page of the transitive members of a group.
    ///
    /// # Errors
    /// What ended it. Passing faults have been tried again, a few times.
    pub async fn first_members(&self, group: GroupId) -> Result<Beginning, GraphError> {
        let path = format!("groups/{group}/transitiveMembers/microsoft.graph.user");
        self.beginning(Operation::GroupMembers, &path, &pages::query(&["id"], "")).await
    }

    /// How many of those whom the filter of `users` matches have a Teams plan that works, where Graph says so.
    ///
    /// # Errors
    /// What ended it. Passing faults have been tried again, a few times.
    pub async fn count_with_plan(&self, users: &Users) -> Result<Option<u64>, GraphError> {
        let filter = users::filter(&Users { teams_plan_only: true, ..users.clone() });
        let beginning = self.beginning(Operation::Users, "users", &pages::query_of(1, &["id"], &filter)).await?;
        Ok(beginning.announced)
    }

    async fn beginning(&self, operation: Operation, path: &str, query: &str) -> Result<Beginning, GraphError> {
        let mut first = self.at(path);
        first.set_query(Some(query));
        let mut beginning = Beginning::default();
        let mut take = |body: &[u8]| {
            let page = UserPage::read(body)?;
            let users: Vec<UserId> = page.users().collect();
            let goes_on = page.next.as_ref().is_some_and(|link| !link.is_empty());
            beginning = Beginning { users, announced: page.count, goes_on };
            Some(Page { beginning: None, users: 0, next: None })
        };
        self.page(operation, &first, &mut take).await?;
        Ok(beginning)
    }
}

impl std::fmt::Debug for Beginning {
    /// How many, not who.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Beginning(of {} users)", self.users.len())
    }
}
