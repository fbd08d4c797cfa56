//! Graph: the client of Microsoft Graph.
//!
//! One request at a time, each with a token, each presence request with a slot of the budget, each refusal turned into
//! the reaction it asks for ([`error::GraphError`]). What happens next is for the caller to decide: nothing is repeated here.
//! Read `users`, `members` and `presences` for the three things that are asked, `beginnings` for what a check asks of
//! them, `rows` and `wire` for what comes back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Request;
use reqwest::header::AUTHORIZATION;
use tokio::sync::Notify;
use url::Url;

use crate::clock;
use crate::config::Tenant;
use crate::domain::advice::Advice;
use crate::domain::budget::{Budget, Outcome, Permit};
use crate::domain::moment::Moment;
use crate::domain::plan::Means;
use crate::entra::{Token, Tokens};
use crate::telemetry::{Operation, TenantTelemetry};
use crate::transport::{self, Failure, Reply, Transport};

pub mod error;
mod challenge;
mod presences;
mod users;
mod members;
mod beginnings;
mod pages;
mod rows;
mod wire;
mod mended;
#[cfg(any(test, fuzzing))]
pub(crate) mod laws;

pub use beginnings::Beginning;
use error::GraphError;

/// Microsoft Graph as one tenant's application sees it.
#[derive(Debug)]
pub struct Graph {
    /// Where Graph is: a host, without a path.
    root: Url,
    /// Whom a listing of users names.
    filter: String,
    transport: Transport,
    tokens: Arc<Tokens>,
    budget: Arc<Mutex<Budget>>,
    /// Told when a slot of the budget comes back while all are in flight.
    slot_free: Notify,
    telemetry: TenantTelemetry,
}

impl Graph {
    /// The Graph of a tenant. The budget outlives it: the server remembers requests that a failed task has made.
    #[must_use]
    pub fn new(
        tenant: &Tenant,
        transport: Transport,
        tokens: Arc<Tokens>,
        budget: Arc<Mutex<Budget>>,
        telemetry: TenantTelemetry,
    ) -> Self {
        Self {
            root: tenant.cloud.graph.clone(),
            filter: users::filter(&tenant.users),
            transport,
            tokens,
            budget,
            slot_free: Notify::new(),
            telemetry,
        }
    }

    /// The tokens that are used.
    #[must_use]
    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.tokens
    }

    /// The presence requests that any 30 s may hold, and those that the fullest since [`Graph::begin_cycle`] held.
    #[must_use]
    pub fn requests(&self) -> (u32, u32) {
        let budget = self.budget();
        (budget.limit(), budget.fullest())
    }

    /// Starts to look for the fullest 30 s anew.
    pub fn begin_cycle(&self) {
        self.budget().begin_cycle(clock::moment());
    }

    /// How many requests Graph lets through in 30 s, where these are fewer than allowed and have all been made.
    #[must_use]
    pub fn exhausted(&self) -> Option<u32> {
        self.budget().exhausted()
    }

    /// What a cycle has to make do with now.
    #[must_use]
    pub fn means(&self) -> Means {
        self.budget().means()
    }

    /// Where a path of the API is.
    fn at(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        url.set_path(&format!("/v1.0/{path}"));
        url
    }

    /// Sends a request with the token in hand, and returns the body of the answer if it is a success.
    async fn ask(&self, operation: Operation, mut request: Request) -> Result<Vec<u8>, GraphError> {
        let token = self.tokens.token().await.map_err(GraphError::NoToken)?;
        request.headers_mut().insert(AUTHORIZATION, token.authorization());
        let reply = self.transport.send(operation, request).await.map_err(|failure| self.unanswered(failure))?;
        match reply.status {
            200..=299 => Ok(reply.body),
            _ => Err(self.refused(operation, &reply, &token)),
        }
    }

    /// What a refusal asks for; a pause is entered at once, for the whole tenant.
    fn refused(&self, operation: Operation, reply: &Reply, token: &Arc<Token>) -> GraphError {
        let error = GraphError::of(operation, reply, token, clock::now());
        let stated = match &error {
            GraphError::Throttled { wait } => *wait,
            GraphError::Paused { wait } => Some(*wait),
            _ => return error,
        };
        self.budget().pause(stated, fastrand::f64(), clock::moment());
        error
    }

    fn unanswered(&self, failure: Failure) -> GraphError {
        GraphError::unanswered(&self.place(), failure)
    }

    /// Where it is, for people.
    #[must_use]
    pub fn place(&self) -> String {
        format!("Graph at {}", transport::place(&self.root))
    }

    /// How much longer Graph asked for silence, if it did.
    #[must_use]
    pub fn paused(&self) -> Option<Duration> {
        let now = clock::moment();
        self.budget().paused_until(now).map(|until| until.since(now))
    }

    /// Waits until Graph's pause, if there is one, is over.
    async fn pause_over(&self) {
        while self.paused().is_some() {
            self.wait_a_while().await;
        }
    }

    /// Waits for a part of a pause, and counts it: whoever is given up meanwhile has waited all the same.
    async fn wait_a_while(&self) {
        const STEP: Duration = Duration::from_millis(250);
        let since = clock::moment();
        clock::sleep(self.paused().unwrap_or_default().min(STEP)).await;
        let waited = self.budget().count_waited(since, clock::moment());
        self.telemetry.throttled(waited);
    }

    /// Waits for a slot of the budget.
    async fn slot(&self) -> Slot<'_> {
        loop {
            let freed = self.slot_free.notified();
            let now = clock::moment();
            let permit = self.budget().take(now);
            match permit {
                Permit::Granted => return Slot { graph: self, taken: now, outcome: Outcome::Other },
                Permit::NotBefore(moment) => clock::sleep_until(moment).await,
                Permit::Paused(_) => self.wait_a_while().await,
                Permit::Full => freed.await,
            }
        }
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to tell the operator about an error.
    #[must_use]
    pub fn advice(&self, error: &GraphError, operation: Operation) -> Advice {
        let permission = error::permission(operation);
        error.advice(permission, self.tokens.granted(permission), self.tokens.grantee())
    }
}

/// A slot of the budget, in use. It comes back when the request is answered or given up.
struct Slot<'a> {
    graph: &'a Graph,
    taken: Moment,
    outcome: Outcome,
}

impl Slot<'_> {
    /// Notes what became of the request.
    fn ended<T>(mut self, result: &Result<T, GraphError>) {
        self.outcome = match result {
            Ok(_) => Outcome::Accepted,
            Err(GraphError::Throttled { .. }) => Outcome::Throttled,
            Err(GraphError::Paused { .. } | GraphError::Unavailable(_)) => Outcome::Unavailable,
            Err(_) => Outcome::Other,
        };
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.graph.budget().give_back(self.taken, self.outcome, clock::moment());
        // One answer may let two more requests go.
        self.graph.slot_free.notify_waiters();
    }
}
