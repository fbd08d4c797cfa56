//! Questions: whatever is asked of others is asked for a bounded time.
//!
//! A file may lie on a file system that hangs, a server may say nothing. Here that is a finding like any other.

use std::time::Duration;

use tokio::task;

use crate::clock;
use crate::domain::advice::{Advice, Finding, Obstacle};
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::Operation;
use crate::web::{HANGS, PATIENCE};

/// How long one question may take: a token, a page, a batch.
pub(super) const QUESTION: Duration = Duration::from_secs(20);

/// How long a whole listing may take.
pub(super) const LISTING: Duration = Duration::from_mins(10);

/// What reading a file, called `what`, comes to, on a thread where it may hang.
pub(super) async fn read<T: Send + 'static>(
    what: &str,
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Finding> {
    match clock::timeout(PATIENCE, task::spawn_blocking(read)).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(_)) => Err(Finding::failed_inside()),
        Err(_) => Err(Finding::hanging(format!("{what} {HANGS}"))),
    }
}

/// What Graph answers to one question.
pub(super) async fn ask<T>(
    graph: &Graph,
    operation: Operation,
    answer: impl Future<Output = Result<T, GraphError>>,
) -> Result<T, Advice> {
    match clock::timeout(QUESTION, answer).await {
        Ok(answered) => answered.map_err(|error| graph.advice(&error, operation)),
        Err(_) => Err(silent(graph).unwrap_or_else(|| Advice::unreachable(&graph.place(), &Obstacle::Timeout))),
    }
}

/// What Graph lists, to the end.
pub(super) async fn list<T>(
    graph: &Graph,
    operation: Operation,
    listing: impl Future<Output = Result<T, GraphError>>,
) -> Result<T, Advice> {
    match clock::timeout(LISTING, listing).await {
        Ok(listed) => listed.map_err(|error| graph.advice(&error, operation)),
        Err(_) => Err(silent(graph).unwrap_or_else(|| Advice::listing_cut(LISTING))),
    }
}

/// That Graph asked for silence, if it did.
fn silent(graph: &Graph) -> Option<Advice> {
    graph.paused().map(Advice::silent)
}
