//! One cycle: every batch asked about once, the answers observed, the faults weighed.
//!
//! It works on a copy of the observations, which replaces them whole when it has ended: nobody ever counts half of a
//! cycle. At its deadline what is still in flight is given up, and what was learned stays.
//!
//! A batch that Graph refuses as a whole is halved, one request at a time and within an allowance, until the users at
//! fault stand alone; then each is asked about by itself, and set aside if that is refused too. So one bad id never costs
//! 649 people their presence. A search that is cut goes on in the next cycle: suspects are batched among themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::patience::{self, Asked, Hindrance, Manner};
use crate::clock;
use crate::domain::advice::Advice;
use crate::domain::batch::Batch;
use crate::domain::observations::{Batches, Observations};
use crate::domain::presence::Field;
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::Operation;

/// The requests that the search for one user among 650 takes: ten halvings, two requests each, and the user alone.
const ONE_SEARCH: u32 = 22;

/// A cycle under way.
pub(super) struct Cycle<'a> {
    graph: &'a Arc<Graph>,
    observations: Observations,
    batches: Batches,
    concurrency: usize,
    interval: Duration,
    tasks: JoinSet<Asked>,
    search: Search,
    hindrance: Hindrance,
    /// Whether any batch was answered: only then can a refusal be the fault of a user.
    answered: bool,
    fault: Option<Advice>,
    complete: bool,
}

/// The search for the users who are at fault when a batch is refused.
struct Search {
    /// What is to be asked next, the last first.
    suspects: Vec<(Batch, Manner)>,
    /// Whether a request of the search is in flight; there is one at a time.
    asking: bool,
    /// The requests that it may still make.
    allowance: u32,
    /// The places of those whom no batch can carry.
    poisoned: Vec<u32>,
}

/// What a cycle learned beside the observations.
pub(super) struct Conclusion {
    /// The gravest reason for which it did less than all of its work.
    pub(super) fault: Option<Advice>,
    /// The unknown words that it met.
    pub(super) unrecognized: Vec<(Field, Arc<str>)>,
}

impl<'a> Cycle<'a> {
    /// A cycle that goes on from these observations, over their directory, and ends within `interval`.
    pub(super) fn new(
        graph: &'a Arc<Graph>,
        mut observations: Observations,
        interval: Duration,
        concurrency: usize,
    ) -> Self {
        let batches = observations.begin(clock::moment());
        graph.begin_cycle();
        let (budget, _) = graph.requests();
        let allowance = (budget / 20).max(ONE_SEARCH);
        Self {
            graph,
            observations,
            batches,
            concurrency,
            interval,
            tasks: JoinSet::new(),
            search: Search { suspects: Vec::new(), asking: false, allowance, poisoned: Vec::new() },
            hindrance: Hindrance::default(),
            answered: false,
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
                asked = self.tasks.join_next() => match asked {
                    None => break,
                    Some(Ok(asked)) => self.take(asked),
                    // The task itself failed: its users were not answered.
                    Some(Err(_)) => self.fail(Advice::panic("presence task")),
                },
                () = clock::sleep_until(deadline) => {
                    self.cut();
                    break;
                }
            }
        }
        self.set_aside();
        let unrecognized = self.observations.conclude(self.complete);
        (self.observations, Conclusion { fault: self.fault, unrecognized })
    }

    /// Keeps as many requests in flight as may be.
    fn start_tasks(&mut self) {
        if !self.search.asking
            && let Some((batch, manner)) = self.search.suspects.pop()
        {
            match self.search.allowance.checked_sub(1) {
                Some(left) => {
                    (self.search.allowance, self.search.asking) = (left, true);
                    self.start(batch, manner);
                }
                None => self.give_up_searching(),
            }
        }
        while self.tasks.len() < self.concurrency {
            let Some(batch) = self.batches.next() else { return };
            self.start(batch, Manner::Together);
        }
    }

    fn start(&mut self, batch: Batch, manner: Manner) {
        let (graph, hindrance) = (Arc::clone(self.graph), self.hindrance.clone());
        self.tasks.spawn(async move { patience::ask(&graph, batch, manner, &hindrance).await });
    }

    fn take(&mut self, Asked { batch, manner, answers }: Asked) {
        self.search.asking &= manner == Manner::Together;
        match (answers, manner) {
            (Ok(answers), _) => {
                self.answered |= manner != Manner::Alone;
                self.observations.take(&batch, answers, clock::moment());
            }
            (Err(GraphError::Rejected { .. } | GraphError::UserNotFound), Manner::Alone) => {
                self.search.poisoned.extend(batch.places());
            }
            (Err(GraphError::Rejected { .. }), _) => {
                self.observations.suspect(&batch);
                self.search.narrow(batch);
            }
            (Err(error), _) => self.refuse(&error),
        }
    }

    /// A batch stays unanswered. Where no other batch would fare better, the cycle asks no more.
    fn refuse(&mut self, error: &GraphError) {
        self.fail(self.graph.advice(error, Operation::Presences));
        if matches!(error, GraphError::Forbidden(_) | GraphError::NoToken(_) | GraphError::TokenRejected(_)) {
            self.batches.abandon();
            self.search.suspects.clear();
        }
    }

    /// There are more suspects than the allowance lets be asked about; the next cycle goes on.
    fn give_up_searching(&mut self) {
        self.search.suspects.clear();
        self.fail(Advice::search_unfinished());
    }

    /// Sets those aside whom no batch can carry. Where Graph answered no batch at all, nobody of them is at fault.
    fn set_aside(&mut self) {
        for place in std::mem::take(&mut self.search.poisoned) {
            if self.answered {
                self.observations.quarantine(place);
            } else {
                self.fail(Advice::refused_throughout());
            }
        }
    }

    /// The deadline has come: what is still in flight is given up. Who waits because Graph said so, or because it cannot
    /// serve, is not slow.
    fn cut(&mut self) {
        let throttled = self.graph.paused().map(|rest| Advice::throttled(Some(rest)));
        let hindered = self.hindrance.take().map(|error| match error {
            GraphError::Rejected { .. } | GraphError::UserNotFound => Advice::search_unfinished(),
            error => self.graph.advice(&error, Operation::Presences),
        });
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

impl Search {
    /// Goes on with both halves of a refused batch, or with its one user alone.
    fn narrow(&mut self, batch: Batch) {
        match batch.clone().halves() {
            Some((lower, upper)) => {
                self.suspects.extend([(upper, Manner::Suspected), (lower, Manner::Suspected)]);
            }
            None => self.suspects.push((batch, Manner::Alone)),
        }
    }
}
