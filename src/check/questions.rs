//! Questions: whatever is asked of others is asked for a bounded time.
//!
//! A file may lie on a file system that hangs, a server may say nothing. Here that is a finding like any other.

use std::time::Duration;

use tokio::task;

use crate::clock;
use crate::domain::advice::{Advice, Finding, Obstacle};
use crate::domain::moment::Moment;
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::Operation;
use crate::web::{HANGS, PATIENCE};

/// How long one question may take: a token, a page, a batch.
pub(super) const QUESTION: Duration = Duration::from_secs(20);

/// How long all listings of one step may take.
const LISTING: Duration = Duration::from_mins(10);

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

/// How long listings may go on that begin now.
pub(super) fn listing_ends() -> Moment {
    clock::moment().plus(LISTING)
}

/// What Graph lists, to the end, unless that lies beyond this moment.
pub(super) async fn list<T>(
    graph: &Graph,
    operation: Operation,
    until: Moment,
    listing: impl Future<Output = Result<T, GraphError>>,
) -> Result<T, Advice> {
    match clock::timeout(until.since(clock::moment()), listing).await {
        Ok(listed) => listed.map_err(|error| graph.advice(&error, operation)),
        Err(_) => Err(silent(graph).unwrap_or_else(cut)),
    }
}

/// Whether there is no time left.
pub(super) fn is_over(until: Moment) -> bool {
    clock::moment() >= until
}

/// What is told of what there was no time for.
pub(super) fn cut() -> Advice {
    Advice::listing_cut(LISTING)
}

/// That Graph asked for silence, if it did.
fn silent(graph: &Graph) -> Option<Advice> {
    graph.paused().map(Advice::silent)
}
