//! The listing of users: page after page, with one filter and of each user the id alone.
//!
//! `ConsistencyLevel: eventual` and `$count=true` go with every page: advanced filters need them, the link to the next
//! page carries parameters but not headers, and without them long filtered listings have been seen to expire
//! (facts/graph.md 3.4, 3.8, 3.12). A link is followed to Graph's own host only, and never twice.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use reqwest::Request;
use reqwest::header::ACCEPT;
use url::Url;
use url::form_urlencoded;

use super::Graph;
use super::error::GraphError;
use super::wire::UserPage;
use crate::clock;
use crate::domain::schedule;
use crate::domain::user::UserId;
use crate::telemetry::Operation;

/// The largest page that Graph gives (facts 3.1).
const PAGE: usize = 999;

/// How often one page is asked for before the listing fails.
const ATTEMPTS: u32 = 4;

/// How often a listing starts over because its pages expired.
const RESTARTS: u32 = 3;

/// A loop has no end either.
const LOOP: GraphError = GraphError::Unintelligible("its pages lead back to an earlier one");

/// The longest link to a next page that is followed.
const LONGEST_LINK: usize = 16 << 10;

/// The most users that one tenant can have here; a listing without end has more.
const MOST_USERS: usize = 5_000_000;

/// Pages without users that are followed in a row; Graph sends some (facts 3.4), a loop of them has no end.
const EMPTY_PAGES: u32 = 1000;

/// A listing of users that ended.
#[derive(Debug)]
pub struct Listing {
    /// Whom it named.
    pub users: Vec<UserId>,
    /// How many Graph said there are, where it did.
    pub announced: Option<u64>,
    /// Rows without an object id.
    pub skipped: u32,
}

impl Graph {
    /// Lists everybody whom the filter matches.
    ///
    /// # Errors
    /// What ended it. Passing faults have been tried again, expired pages started over, a few times.
    pub async fn list_users(&self) -> Result<Listing, GraphError> {
        let mut restarts = 0;
        loop {
            match self.list_once().await {
                Err(GraphError::ListingExpired) if restarts < RESTARTS => restarts += 1,
                result => return result,
            }
        }
    }

    async fn list_once(&self) -> Result<Listing, GraphError> {
        let mut listing = Listing { users: Vec::new(), announced: None, skipped: 0 };
        let mut next = Some(self.first_page());
        // A loop shows in its links or, where each link is minted anew, in whom its pages begin with.
        let (mut links, mut beginnings) = (HashSet::<u64>::new(), HashSet::new());
        let mut empty_pages = 0;
        while let Some(url) = next {
            if !links.insert(fingerprint(&url)) {
                return Err(LOOP);
            }
            let page = self.page(&url).await?;
            if page.users.first().is_some_and(|beginning| !beginnings.insert(*beginning)) {
                return Err(LOOP);
            }
            empty_pages = if page.users.is_empty() { empty_pages + 1 } else { 0 };
            if empty_pages > EMPTY_PAGES {
                return Err(GraphError::Unintelligible("its pages are empty without end"));
            }
            listing.take(&page);
            if listing.users.len() > MOST_USERS {
                return Err(GraphError::Unintelligible("it names more users than any tenant has"));
            }
            next = page.next.filter(|link| !link.is_empty()).map(|link| self.follow(&url, &link)).transpose()?;
        }
        Ok(listing)
    }

    /// The first page: the filter, ids alone, the largest page, the count.
    fn first_page(&self) -> Url {
        let encode =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let mut query = format!("$select=id&$top={PAGE}&$count=true");
        if !self.filter.is_empty() {
            query.push_str("&$filter=");
            query.push_str(&encode(&self.filter));
        }
        let mut url = self.at("users");
        url.set_query(Some(&query));
        url
    }

    /// One page; passing faults are waited out, a refused token is replaced once.
    async fn page(&self, url: &Url) -> Result<UserPage, GraphError> {
        let (mut attempt, mut replaced) = (0, false);
        loop {
            attempt += 1;
            self.pause_over().await;
            let answer = self.ask(Operation::Users, self.page_request(url)?).await;
            let page =
                |body: Vec<u8>| UserPage::read(&body).ok_or(GraphError::Unintelligible("it is no page of users"));
            let error = match answer.and_then(page) {
                Ok(page) => return Ok(page),
                Err(error) => error,
            };
            match &error {
                _ if attempt >= ATTEMPTS => return Err(error),
                GraphError::TokenRejected(token) | GraphError::ClaimsWanted(token) if !replaced => {
                    replaced = true;
                    match self.tokens().replacement(token).await {
                        Some(Ok(_)) => {}
                        Some(Err(advice)) => return Err(GraphError::NoToken(advice)),
                        None => return Err(error),
                    }
                }
                GraphError::Throttled { .. } | GraphError::Paused { .. } => {}
                error if error.passing() => {
                    clock::sleep(schedule::request_retry(attempt, fastrand::f64())).await;
                }
                _ => return Err(error),
            }
        }
    }

    fn page_request(&self, url: &Url) -> Result<Request, GraphError> {
        let get = self.transport.client().get(url.clone());
        let get = get.header("ConsistencyLevel", "eventual").header(ACCEPT, "application/json");
        get.build().map_err(|_| GraphError::Unintelligible("its next page has no usable address"))
    }

    /// The next page, if it is Graph's own.
    fn follow(&self, page: &Url, link: &str) -> Result<Url, GraphError> {
        let unusable = GraphError::Unintelligible("its next page has no usable address");
        if link.len() > LONGEST_LINK {
            return Err(unusable);
        }
        let mut next = page.join(link).map_err(|_| unusable)?;
        next.set_fragment(None);
        if next.origin() == self.root.origin() { Ok(next) } else { Err(GraphError::ForeignLink) }
    }
}

impl Listing {
    fn take(&mut self, page: &UserPage) {
        if let Some(count) = page.count.filter(|_| self.announced.is_none()) {
            self.announced = Some(count);
            // Growing by doubling would hold twice the directory for a moment; a count that lies costs at most this.
            let expected = usize::try_from(count).unwrap_or(0).min(4_000_000);
            self.users.reserve_exact(expected);
        }
        self.users.extend_from_slice(&page.users);
        self.skipped = self.skipped.saturating_add(page.skipped);
    }

    /// How far the users differ from the number that Graph announced, as a share of it, where that is above 1 %.
    #[must_use]
    pub fn discrepancy(&self) -> Option<f64> {
        let announced = f64::from(u32::try_from(self.announced?).unwrap_or(u32::MAX));
        let listed = f64::from(u32::try_from(self.users.len()).unwrap_or(u32::MAX));
        let share = (listed - announced).abs() / announced.max(1.0);
        (share > 0.01).then_some(share)
    }
}

/// What stands for a link that was followed: the link itself may be long, and there may be thousands.
fn fingerprint(url: &Url) -> u64 {
    let mut hasher = DefaultHasher::new();
    url.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listed: usize, announced: Option<u64>, expected: Option<&str>) {
        let user = UserId::parse("0f8fad5b-d9cb-469f-a165-70867728950e").expect("a GUID");
        let listing = Listing { users: vec![user; listed], announced, skipped: 0 };
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
