//! The supervisor: keeps one tenant's tasks running.
//!
//! A task that panics costs its tenant a pause and the others nothing. It is counted, told on the page and in the log (by
//! its name: what a panic says may be made of anything) and all of the tenant's tasks are started again, after a pause that
//! grows while they go on failing. Counters, budget, directory and what is shown survive it; observations do not, so presence
//! is read from nothing, while the counts that are shown stay until they are too old. What the tasks do is not known here.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tracing::error;

use super::tasks::Task;
use crate::board::{Board, Place};
use crate::clock;
use crate::domain::advice::{Advice, Reason};
use crate::domain::moment::tenths;
use crate::domain::schedule;
use crate::domain::tenant::TenantName;
use crate::telemetry::TenantTelemetry;

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// After this time a tenant that failed before has recovered.
const SETTLED: Duration = Duration::from_mins(10);

/// The supervisor of one tenant.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) tenant: TenantName,
    /// Where it is told that a task failed.
    pub(super) board: Arc<Board>,
    pub(super) place: Place,
    pub(super) telemetry: TenantTelemetry,
}

impl Supervisor {
    /// Runs what `start` makes, for ever: again after each failure of the task that it ends with.
    pub(super) async fn run<F>(&self, start: impl Fn() -> F)
    where
        F: Future<Output = Task> + Send + 'static,
    {
        let mut failures = 0;
        loop {
            let started = clock::moment();
            // In a task of its own, so that even what joins the others may panic.
            let mut running = JoinSet::new();
            running.spawn(start());
            let failed = match running.join_next().await {
                Some(Ok(task)) => task,
                Some(Err(_)) | None => Task::Start,
            };
            failures = failures_in_a_row(failures, clock::moment().since(started));
            let pause = schedule::retry_after_failures(failures, LONGEST_PAUSE, fastrand::f64());
            self.report(failed, pause);
            clock::sleep(pause).await;
        }
    }

    /// Counts a failure once, and tells it.
    fn report(&self, failed: Task, pause: Duration) {
        match failed {
            Task::Keeper => self.telemetry.listing_failed(Reason::Panic),
            Task::Start | Task::Collector | Task::Renewal => self.telemetry.cycle(Some(Reason::Panic)),
        }
        let advice = Advice::panic(name(failed));
        let (tenant, pause_seconds) = (&self.tenant, tenths(pause));
        error!(%tenant, advice = %advice.action, pause_seconds, "{}", advice.what);
        if let Some(latest) = self.board.latest(self.place) {
            self.board.publish(self.place, latest, Some(advice), clock::now());
        }
    }
}

/// What a task is called before operators.
const fn name(task: Task) -> &'static str {
    match task {
        Task::Start => "start of the tenant",
        Task::Keeper => "directory keeper",
        Task::Collector => "collector",
        Task::Renewal => "token renewal",
    }
}

/// One failure a day is the first one every time.
fn failures_in_a_row(earlier: u32, ran: Duration) -> u32 {
    if ran > SETTLED { 1 } else { earlier.saturating_add(1) }
}

#[cfg(test)]
mod tests;
