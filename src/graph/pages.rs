//! Pages: a listing followed from link to link until it ends, whoever it is of.
//!
//! `ConsistencyLevel: eventual` and `$count=true` go with every page: advanced filters and the members of a group need
//! them, the link to the next page carries parameters but not headers, and without them long filtered listings have been
//! seen to expire (facts/graph.md 3.4, 3.8, 3.12, 3.17). A link is followed to Graph's own host only, and never twice.
//! What a page says of its users is for `users` and `members`.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use reqwest::Request;
use reqwest::header::ACCEPT;
use url::Url;
use url::form_urlencoded;

use super::Graph;
use super::error::GraphError;
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

/// What a page says to whoever follows it.
#[derive(Debug)]
pub(super) struct Page {
    /// Whom it names first, if anybody.
    pub(super) beginning: Option<UserId>,
    /// How many it names.
    pub(super) users: usize,
    /// The link to the next one.
    pub(super) next: Option<String>,
}

impl Graph {
    /// Follows a listing to its end. `begin` makes what is to hold it, anew where its pages expire, and `take` puts a body
    /// in, all of it, or nothing if it is no page.
    pub(super) async fn pages<T: Send>(
        &self,
        operation: Operation,
        first: Url,
        begin: impl Fn() -> T + Send + Sync,
        take: impl Fn(&mut T, &[u8]) -> Option<Page> + Send + Sync,
    ) -> Result<T, GraphError> {
        let mut restarts = 0;
        loop {
            let mut listed = begin();
            match self.follow(operation, first.clone(), |body| take(&mut listed, body)).await {
                Ok(()) => return Ok(listed),
                Err(GraphError::ListingExpired) if restarts < RESTARTS => restarts += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn follow(
        &self,
        operation: Operation,
        first: Url,
        mut take: impl FnMut(&[u8]) -> Option<Page> + Send,
    ) -> Result<(), GraphError> {
        let mut next = Some(first);
        // A loop shows in its links or, where each link is minted anew, in whom its pages begin with.
        let (mut links, mut beginnings) = (HashSet::<u64>::new(), HashSet::new());
        let (mut users, mut empty_pages) = (0, 0);
        while let Some(url) = next {
            if !links.insert(fingerprint(&url)) {
                return Err(LOOP);
            }
            let page = self.page(operation, &url, &mut take).await?;
            if page.beginning.is_some_and(|beginning| !beginnings.insert(beginning)) {
                return Err(LOOP);
            }
            empty_pages = if page.users == 0 { empty_pages + 1 } else { 0 };
            if empty_pages > EMPTY_PAGES {
                return Err(GraphError::Unintelligible("its pages are empty without end"));
            }
            users += page.users;
            if users > MOST_USERS {
                return Err(GraphError::Unintelligible("it names more users than any tenant has"));
            }
            next = page.next.filter(|link| !link.is_empty()).map(|link| self.linked(&url, &link)).transpose()?;
        }
        Ok(())
    }

    /// One page; passing faults are waited out, a refused token is replaced once.
    pub(super) async fn page(
        &self,
        operation: Operation,
        url: &Url,
        take: &mut (impl FnMut(&[u8]) -> Option<Page> + Send),
    ) -> Result<Page, GraphError> {
        let (mut attempt, mut replaced) = (0, false);
        loop {
            attempt += 1;
            self.pause_over().await;
            let answer = self.ask(operation, self.page_request(url)?).await;
            let page = |body: Vec<u8>| take(&body).ok_or(GraphError::Unintelligible("it is no page of users"));
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
    fn linked(&self, page: &Url, link: &str) -> Result<Url, GraphError> {
        let unusable = GraphError::Unintelligible("its next page has no usable address");
        if link.len() > LONGEST_LINK {
            return Err(unusable);
        }
        let mut next = page.join(link).map_err(|_| unusable)?;
        next.set_fragment(None);
        if next.origin() == self.root.origin() { Ok(next) } else { Err(GraphError::ForeignLink) }
    }
}

/// The query of a first page: these properties, the largest page, the count, and the filter if there is one.
pub(super) fn query(properties: &[&str], filter: &str) -> String {
    query_of(PAGE, properties, filter)
}

/// The same with at most so many users on a page.
pub(super) fn query_of(page: usize, properties: &[&str], filter: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let filter = if filter.is_empty() { String::new() } else { format!("&$filter={}", encode(filter)) };
    format!("$select={}&$top={page}&$count=true{filter}", properties.join(","))
}

/// Room for as many users as are announced: growing by doubling would hold twice the directory for a moment; a count that
/// lies costs at most this.
pub(super) fn room(announced: u64) -> usize {
    usize::try_from(announced).unwrap_or(0).min(4_000_000)
}

/// What stands for a link that was followed: the link itself may be long, and there may be thousands.
fn fingerprint(url: &Url) -> u64 {
    let mut hasher = DefaultHasher::new();
    url.hash(&mut hasher);
    hasher.finish()
}
