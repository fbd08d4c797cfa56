//! Patience: asking about a batch until it is answered, or until asking again would not help.
//!
//! Pauses that Graph asks for are waited out in the budget, for the whole tenant. A batch that is rejected as a whole is
//! searched for the users at fault, so that one bad id never costs 649 people their presence.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::batch::Batch;
use crate::domain::presence::Presence;
use crate::domain::schedule;
use crate::graph::Graph;
use crate::graph::error::GraphError;

/// Attempts at one batch that end in a passing fault; pauses do not count, the cycle's deadline bounds them.
const ATTEMPTS: u32 = 5;

/// Requests that the search for one user among 650 takes at most: ten halvings, two requests each, and the user alone.
pub(super) const ONE_SEARCH: u32 = 22;

/// What last kept a batch waiting: what a cycle that is cut at its deadline was waiting for.
#[derive(Debug, Clone, Default)]
pub(super) struct Hindrance(Arc<Mutex<Option<GraphError>>>);

impl Hindrance {
    /// The last one, if there was any.
    pub(super) fn take(&self) -> Option<GraphError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: &GraphError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
    }
}

/// A batch, and the answers to it or what it ended in.
pub(super) struct Asked {
    pub(super) batch: Batch,
    pub(super) answers: Result<Vec<Option<Presence>>, GraphError>,
}

/// What the search of a rejected batch found.
pub(super) struct Search {
    /// The parts that were answered.
    pub(super) found: Vec<(Batch, Vec<Option<Presence>>)>,
    /// The places of those whom no batch can carry.
    pub(super) poisoned: Vec<u32>,
    /// Why a part stayed unanswered, if one did.
    pub(super) error: Option<GraphError>,
    /// The requests that are left to searches.
    pub(super) allowance: u32,
}

/// Asks about a batch until it is answered.
pub(super) async fn ask(graph: &Arc<Graph>, batch: Batch, hindrance: &Hindrance) -> Asked {
    let (mut attempt, mut replaced) = (0, false);
    loop {
        let error = match graph.presences(&batch).await {
            Ok(answers) => return Asked { batch, answers: Ok(answers) },
            Err(error) => error,
        };
        hindrance.note(&error);
        attempt += u32::from(!matches!(error, GraphError::Throttled { .. }));
        match &error {
            GraphError::Throttled { .. } => {}
            GraphError::TokenRejected(token) if !replaced => {
                replaced = true;
                match graph.tokens().replacement(token).await {
                    Some(Ok(_)) => {}
                    Some(Err(advice)) => return Asked { batch, answers: Err(GraphError::NoToken(advice)) },
                    None => return Asked { batch, answers: Err(error) },
                }
            }
            GraphError::Forbidden(token) => {
                // A permission that was granted since is only in a new token; the next cycle shows whether it was.
                drop(graph.tokens().replacement(token).await);
                return Asked { batch, answers: Err(error) };
            }
            passing if passing.passing() && attempt < ATTEMPTS => {
                tokio::time::sleep(schedule::request_retry(attempt, fastrand::f64())).await;
            }
            _ => return Asked { batch, answers: Err(error) },
        }
    }
}

/// Halves a rejected batch until the users at fault are found, with at most `allowance` requests.
pub(super) async fn search(graph: &Arc<Graph>, batch: Batch, allowance: u32, hindrance: &Hindrance) -> Search {
    let mut search = Search { found: Vec::new(), poisoned: Vec::new(), error: None, allowance };
    let Some((lower, upper)) = batch.clone().halves() else {
        search.single(graph, batch).await;
        return search;
    };
    let mut suspects = vec![upper, lower];
    while let Some(suspect) = suspects.pop() {
        let Some(left) = search.allowance.checked_sub(1) else {
            search.error.get_or_insert(GraphError::Rejected { status: 400, code: "TooManyToSearch".to_owned() });
            return search;
        };
        search.allowance = left;
        match ask(graph, suspect, hindrance).await {
            Asked { batch, answers: Ok(answers) } => search.found.push((batch, answers)),
            Asked { batch, answers: Err(GraphError::Rejected { .. }) } => match batch.clone().halves() {
                Some((lower, upper)) => suspects.extend([upper, lower]),
                None => search.single(graph, batch).await,
            },
            Asked { answers: Err(error), .. } => {
                search.error = Some(error);
                return search;
            }
        }
    }
    search
}

impl Search {
    /// Asks about one user whom batches cannot carry.
    async fn single(&mut self, graph: &Arc<Graph>, batch: Batch) {
        let (Some(user), Some(place)) = (batch.ids().first(), batch.places().first()) else { return };
        self.allowance = self.allowance.saturating_sub(1);
        match graph.presence(*user).await {
            Ok(presence) => self.found.push((batch, vec![Some(presence)])),
            Err(GraphError::UserNotFound | GraphError::Rejected { .. }) => self.poisoned.push(*place),
            Err(error) => self.error = Some(error),
        }
    }
}
