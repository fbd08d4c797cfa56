//! One cycle: every batch asked about once, the answers observed, the faults weighed.
//!
//! It works on a copy of the observations, which replaces them whole when it has ended: nobody ever counts half of a
//! cycle. At its deadline what is still in flight is given up, and what was learned stays.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::patience::{self, Asked, Hindrance, Search};
use crate::clock;
use crate::domain::advice::Advice;
use crate::domain::batch::Batch;
use crate::domain::observations::{Batches, Observations};
use crate::domain::presence::Field;
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::Operation;

/// A cycle under way.
pub(super) struct Cycle<'a> {
    graph: &'a Arc<Graph>,
    observations: Observations,
    batches: Batches,
    concurrency: usize,
    interval: Duration,
    tasks: JoinSet<Done>,
    /// Batches that were rejected as a whole, to be searched one at a time.
    suspects: VecDeque<Batch>,
    searching: bool,
    /// Requests that searches may still make.
    allowance: u32,
    hindrance: Hindrance,
    fault: Option<Advice>,
    complete: bool,
}

/// What a cycle learned beside the observations.
pub(super) struct Conclusion {
    /// The gravest reason for which it did less than all of its work.
    pub(super) fault: Option<Advice>,
    /// The unknown words that it met.
    pub(super) unrecognized: Vec<(Field, Arc<str>)>,
}

/// What a task of a cycle brings back.
enum Done {
    Asked(Asked),
    Searched(Search),
}

impl<'a> Cycle<'a> {
    /// A cycle over the directory of these observations, which ends within `interval`.
    pub(super) fn new(
        graph: &'a Arc<Graph>,
        observations: &Observations,
        interval: Duration,
        concurrency: usize,
    ) -> Self {
        let mut observations = observations.clone();
        let batches = observations.begin(clock::moment());
        graph.begin_cycle();
        let (budget, _) = graph.requests();
        Self {
            graph,
            observations,
            batches,
            concurrency,
            interval,
            tasks: JoinSet::new(),
            suspects: VecDeque::new(),
            searching: false,
            allowance: (budget / 20).max(patience::ONE_SEARCH),
            hindrance: Hindrance::default(),
            fault: None,
            complete: true,
        }
    }

    /// Asks about everybody. Returns what is known now, and what went wrong.
    pub(super) async fn run(mut self) -> (Observations, Conclusion) {
        let deadline = clock::moment().plus(self.interval);
        loop {
            self.start_tasks();
            tokio::select! {
                biased;
                done = self.tasks.join_next() => match done {
                    None => break,
                    Some(Ok(done)) => self.take(done),
                    // The task itself failed: its users were not answered.
                    Some(Err(_)) => self.fail(Advice::panic("presence task")),
                },
                () = clock::sleep_until(deadline) => {
                    self.cut();
                    break;
                }
            }
        }
        let unrecognized = self.observations.conclude(self.complete);
        (self.observations, Conclusion { fault: self.fault, unrecognized })
    }

    /// Keeps as many requests in flight as may be.
    fn start_tasks(&mut self) {
        if !self.searching
            && let Some(batch) = self.suspects.pop_front()
        {
            self.searching = true;
            let (graph, allowance, hindrance) = (Arc::clone(self.graph), self.allowance, self.hindrance.clone());
            let search = async move { patience::search(&graph, batch, allowance, &hindrance).await };
            self.tasks.spawn(async move { Done::Searched(search.await) });
        }
        while self.tasks.len() < self.concurrency {
            let Some(batch) = self.batches.next() else { return };
            let (graph, hindrance) = (Arc::clone(self.graph), self.hindrance.clone());
            self.tasks.spawn(async move { Done::Asked(patience::ask(&graph, batch, &hindrance).await) });
        }
    }

    fn take(&mut self, done: Done) {
        match done {
            Done::Asked(Asked { batch, answers: Ok(answers) }) => {
                self.observations.take(&batch, answers, clock::moment());
            }
            Done::Asked(Asked { batch, answers: Err(GraphError::Rejected { .. }) }) => self.suspects.push_back(batch),
            Done::Asked(Asked { answers: Err(error), .. }) => self.refuse(&error),
            Done::Searched(search) => {
                self.searching = false;
                self.allowance = search.allowance;
                for (batch, answers) in search.found {
                    self.observations.take(&batch, answers, clock::moment());
                }
                for place in search.poisoned {
                    self.observations.quarantine(place);
                }
                if let Some(error) = search.error {
                    self.refuse(&error);
                }
            }
        }
    }

    /// A batch stays unanswered. Where no other batch would fare better, the cycle asks no more.
    fn refuse(&mut self, error: &GraphError) {
        self.fail(self.graph.advice(error, Operation::Presences));
        if matches!(error, GraphError::Forbidden(_) | GraphError::NoToken(_) | GraphError::TokenRejected(_)) {
            self.batches.abandon();
            self.suspects.clear();
        }
    }

    /// The deadline has come: what is still in flight is given up. Who waits because Graph said so, or because it cannot
    /// serve, is not slow.
    fn cut(&mut self) {
        let throttled = self.graph.paused().map(Advice::throttled);
        let hindered = self.hindrance.take().filter(GraphError::passing);
        let hindered = hindered.map(|error| self.graph.advice(&error, Operation::Presences));
        let deadline = || Advice::deadline("the cycle", self.interval);
        self.fail(throttled.or(hindered).unwrap_or_else(deadline));
    }

    fn fail(&mut self, advice: Advice) {
        self.complete = false;
        if self.fault.as_ref().is_none_or(|graver| advice.reason > graver.reason) {
            self.fault = Some(advice);
        }
    }
}
