//! The listing of users: one filter, and of each user the id and the attributes by which users are counted apart.
//!
//! No attribute is selected that no dimension needs, and none is kept as a text: a row is added to the roster and is gone.
//! Next: `pages`, which follows the listing from page to page, and `rows`, which reads one.

use super::Graph;
use super::error::GraphError;
use super::pages::{self, Page};
use super::rows::{self, UserPage};
use crate::config::Users;
use crate::domain::dimension::{Dimension, Source};
use crate::domain::roster::Roster;
use crate::telemetry::Operation;

/// Who has a Teams service plan that works: in the grace period of a licence it still does (facts/graph.md 3.9).
const TEAMS_PLAN: &str = "assignedPlans/any(p:p/servicePlanId eq 57ff2da0-773e-42df-b2af-ffb7a2317929 and \
                          (p/capabilityStatus eq 'Enabled' or p/capabilityStatus eq 'Warning'))";

/// A listing of users that ended.
#[derive(Debug)]
pub struct Listing {
    /// Whom it named, and what was asked of them.
    pub roster: Roster,
    /// How many Graph said there are, where it did.
    pub announced: Option<u64>,
    /// Rows without an object id.
    pub skipped: u32,
}

impl Graph {
    /// Lists everybody whom the filter matches, for these dimensions.
    ///
    /// # Errors
    /// What ended it. Passing faults have been tried again, expired pages started over, a few times.
    pub async fn list_users(&self, dimensions: &[Dimension]) -> Result<Listing, GraphError> {
        let mut first = self.at("users");
        first.set_query(Some(&pages::query(&selection(dimensions), &self.filter)));
        let begin = || Listing { roster: Roster::new(dimensions), announced: None, skipped: 0 };
        let take = |listing: &mut Listing, body: &[u8]| Some(listing.take(UserPage::read(body)?));
        self.pages(Operation::Users, first, begin, take).await
    }
}

/// The properties to ask for, each once.
pub(super) fn selection(dimensions: &[Dimension]) -> Vec<&'static str> {
    let mut properties = vec!["id"];
    for dimension in dimensions {
        if let Source::Attribute(by) = &dimension.source {
            let property = rows::property(by.attribute);
            if !properties.contains(&property) {
                properties.push(property);
            }
        }
    }
    properties
}

/// The filter that selects whom the configuration means, before anybody looks at groups.
pub(super) fn filter(users: &Users) -> String {
    match (users.filter.as_str(), users.teams_plan_only) {
        (filter, false) => filter.to_owned(),
        ("", true) => TEAMS_PLAN.to_owned(),
        (filter, true) => format!("({filter}) and {TEAMS_PLAN}"),
    }
}

impl Listing {
    fn take(&mut self, page: UserPage<'_>) -> Page {
        if let Some(count) = page.count.filter(|_| self.announced.is_none()) {
            self.announced = Some(count);
            self.roster.reserve(pages::room(count));
        }
        let beginning = page.users().next();
        let mut followed = Page { beginning, users: 0, next: page.next };
        for row in &page.rows {
            match row.user {
                Some(user) => {
                    self.roster.add(user, |attribute| row.value(attribute));
                    followed.users += 1;
                }
                None => self.skipped = self.skipped.saturating_add(1),
            }
        }
        followed
    }

    /// How far the users differ from the number that Graph announced, as a share of it, where that is above 1 %.
    #[must_use]
    pub fn discrepancy(&self) -> Option<f64> {
        let announced = f64::from(u32::try_from(self.announced?).unwrap_or(u32::MAX));
        let listed = f64::from(u32::try_from(self.roster.len()).unwrap_or(u32::MAX));
        let share = (listed - announced).abs() / announced.max(1.0);
        (share > 0.01).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::user::UserId;

    fn check(listed: usize, announced: Option<u64>, expected: Option<&str>) {
        let user = UserId::parse("0f8fad5b-d9cb-469f-a165-70867728950e").expect("a GUID");
        let mut roster = Roster::new(&[]);
        (0..listed).for_each(|_| roster.add(user, |_| None));
        let listing = Listing { roster, announced, skipped: 0 };
        let share = listing.discrepancy().map(|share| format!("{share:.3}"));
        assert_eq!(share.as_deref(), expected, "{listed} listed, {announced:?} announced");
    }

    #[test]
    fn a_listing_that_differs_by_more_than_one_percent_says_so() {
        check(1000, Some(1000), None);
        check(990, Some(1000), None);
        check(989, Some(1000), Some("0.011"));
        check(1020, Some(1000), Some("0.020"));
        check(5, Some(0), Some("5.000"));
        check(5, None, None);
    }
}
