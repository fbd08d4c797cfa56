//! Patience: asking about a batch until it is answered, or until asking again would not help.
//!
//! Pauses that Graph asks for are waited out in the budget, for the whole tenant; other passing faults for a moment each;
//! a refused token is replaced once. It does not know what else the cycle asks.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock;
use crate::domain::batch::Batch;
use crate::domain::moment::Moment;
use crate::domain::presence::Presence;
use crate::domain::schedule;
use crate::domain::search::Manner;
use crate::graph::Graph;
use crate::graph::error::GraphError;

/// Attempts with one token at a service that does not know it; the next is with another token.
const SAME_TOKEN_ATTEMPTS: u32 = 4;

/// A batch, and when it was asked about and the answers to it, or what it ended in.
pub(super) struct Asked {
    pub(super) batch: Batch,
    pub(super) manner: Manner,
    pub(super) answers: Result<(Moment, Vec<Option<Presence>>), GraphError>,
}

/// What last kept a batch waiting and no answer has followed: what a cycle that is cut was waiting for.
#[derive(Debug, Clone, Default)]
pub(super) struct Hindrance(Arc<Mutex<Option<GraphError>>>);

impl Hindrance {
    /// What it is, if there is any.
    pub(super) fn take(&self) -> Option<GraphError> {
        self.replace(None)
    }

    fn replace(&self, error: Option<GraphError>) -> Option<GraphError> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), error)
    }
}

/// Asks about a batch until it is answered.
pub(super) async fn ask(graph: &Graph, batch: Batch, manner: Manner, hindrance: &Hindrance) -> Asked {
    let (mut attempt, mut replaced) = (0, false);
    loop {
        let error = match once(graph, &batch, manner).await {
            Ok(answers) => {
                hindrance.replace(None);
                return Asked { batch, manner, answers: Ok(answers) };
            }
            Err(error) => error,
        };
        hindrance.replace(Some(error.clone()));
        let paused = matches!(error, GraphError::Throttled { .. } | GraphError::Paused { .. });
        attempt += u32::from(!paused);
        match &error {
            GraphError::Throttled { .. } | GraphError::Paused { .. } => {}
            GraphError::BackendUnauthorized(_) if attempt < SAME_TOKEN_ATTEMPTS => {
                clock::sleep(schedule::request_retry(attempt, fastrand::f64())).await;
            }
            // A service that goes on refusing a token may mean it.
            GraphError::TokenRejected(token)
            | GraphError::ClaimsWanted(token)
            | GraphError::BackendUnauthorized(token)
                if !replaced =>
            {
                replaced = true;
                match graph.tokens().replacement(token).await {
                    Some(Ok(_)) => {}
                    Some(Err(advice)) => return Asked { batch, manner, answers: Err(GraphError::NoToken(advice)) },
                    None => return Asked { batch, manner, answers: Err(error) },
                }
            }
            GraphError::Forbidden(token) => {
                // A permission that was granted since is only in a new token; the next cycle shows whether it was.
                drop(graph.tokens().replacement(token).await);
                return Asked { batch, manner, answers: Err(error) };
            }
            passing if passing.passing() && attempt < schedule::ATTEMPTS => {
                clock::sleep(schedule::request_retry(attempt, fastrand::f64())).await;
            }
            _ => return Asked { batch, manner, answers: Err(error) },
        }
    }
}

async fn once(graph: &Graph, batch: &Batch, manner: Manner) -> Result<(Moment, Vec<Option<Presence>>), GraphError> {
    match (manner, batch.ids()) {
        (Manner::Alone, [user]) => graph.presence(*user).await.map(|(asked, presence)| (asked, vec![Some(presence)])),
        _ => graph.presences(batch).await,
    }
}
