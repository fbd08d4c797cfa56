//! One cycle: every batch asked about once, the answers observed, the faults weighed.
//!
//! It works on a copy of the observations, which replaces them whole when it has ended: nobody ever counts half of a
//! cycle. At its deadline what is still in flight is given up, and what was learned stays.
//!
//! Where Graph refuses a batch as a whole, the cycle searches for the users at fault (`domain/search.rs`) and sets them
//! aside. All other batches come first: the search asks when each of them has ended, so it never takes a slot of the budget
//! that somebody else waits for.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::patience::{self, Asked, Hindrance};
use crate::clock;
use crate::domain::advice::Advice;
use crate::domain::batch::Batch;
use crate::domain::observations::{Batches, Observations};
use crate::domain::plan::Plan;
use crate::domain::presence::Field;
use crate::domain::search::{self, Hindered, Manner, Outcome, Search};
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::Operation;

/// A cycle under way.
pub(super) struct Cycle<'a> {
    graph: &'a Arc<Graph>,
    observations: Observations,
    batches: Batches,
    /// How many requests are in flight at most: to begin with, and once one is answered.
    most: usize,
    concurrency: usize,
    interval: Duration,
    tasks: JoinSet<Asked>,
    search: Search,
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

impl<'a> Cycle<'a> {
    /// A cycle that goes on from these observations, over their directory, as planned: it ends within the plan's interval.
    /// Time between answers is credited up to `max_age`.
    /// As many requests as the `opening` are in flight to begin with, and up to `concurrency` once one is answered.
    pub(super) fn new(
        graph: &'a Arc<Graph>,
        mut observations: Observations,
        plan: Plan,
        max_age: Duration,
        (opening, concurrency): (usize, usize),
    ) -> Self {
        let batches = observations.begin(clock::moment(), max_age);
        graph.begin_cycle();
        let (budget, _) = graph.requests();
        let allowance = search::allowance(budget, plan.requests);
        Self {
            graph,
            observations,
            batches,
            most: opening,
            concurrency,
            interval: plan.interval,
            tasks: JoinSet::new(),
            search: Search::new(allowance, fastrand::u64(..)),
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
                asked = self.tasks.join_next() => match asked {
                    None => break,
                    Some(Ok(asked)) => self.take(asked),
                    // The task itself failed: its users were not answered.
                    Some(Err(_)) => {
                        self.search.lose();
                        self.fail(Advice::lost_batch());
                    }
                },
                () = clock::sleep_until(deadline) => {
                    self.cut();
                    // When the next cycle begins, nothing of this one is in flight any more.
                    self.tasks.shutdown().await;
                    break;
                }
            }
        }
        self.judge();
        let unrecognized = self.observations.conclude(self.complete);
        (self.observations, Conclusion { fault: self.fault, unrecognized })
    }

    /// Keeps as many requests in flight as may be; of the search one, and only when nothing else is.
    fn start_tasks(&mut self) {
        while self.tasks.len() < self.most {
            let Some(batch) = self.batches.next() else { break };
            self.start(batch, Manner::Together);
        }
        if self.tasks.is_empty()
            && let Some((batch, manner)) = self.search.next_question()
        {
            self.start(batch, manner);
        }
    }

    fn start(&mut self, batch: Batch, manner: Manner) {
        let (graph, hindrance) = (Arc::clone(self.graph), self.hindrance.clone());
        self.tasks.spawn(async move { patience::ask(&graph, batch, manner, &hindrance).await });
    }

    fn take(&mut self, Asked { batch, manner, answers }: Asked) {
        match answers {
            Ok((asked, answers)) => {
                self.search.learn(&batch, manner, Outcome::Answered);
                self.most = self.concurrency;
                self.observations.take(&batch, answers, asked);
                if manner == Manner::Alone {
                    // Whoever is answered alone only shall not poison the next cycle's batches.
                    self.observations.suspect(&batch);
                }
            }
            Err(GraphError::Rejected { .. } | GraphError::UserNotFound) => {
                let manner = if self.observations.suspects(&batch) { Manner::Suspected } else { manner };
                self.search.learn(&batch, manner, Outcome::Refused);
            }
            Err(error) => {
                self.search.learn(&batch, manner, Outcome::Failed);
                self.refuse(&error);
            }
        }
    }

    /// A batch stays unanswered. Where no other batch would fare better, the cycle asks no more.
    fn refuse(&mut self, error: &GraphError) {
        self.fail(self.graph.advice(error, Operation::Presences));
        if matches!(
            error,
            GraphError::Forbidden(_)
                | GraphError::NoToken(_)
                | GraphError::TokenRejected(_)
                | GraphError::ClaimsWanted(_)
        ) {
            self.batches.abandon();
            self.search.abandon();
        }
    }

    /// Sets those aside who are at fault for refused batches, and remembers among whom there are more.
    fn judge(&mut self) {
        let verdict = std::mem::replace(&mut self.search, Search::new(0, 0)).conclude();
        for place in verdict.poisoned {
            self.observations.quarantine(place);
        }
        for batch in &verdict.suspects {
            self.observations.suspect(batch);
        }
        if let Some(hindered) = verdict.hindered {
            self.fail(match hindered {
                Hindered::RefusedThroughout => Advice::refused_throughout(),
                Hindered::BatchRefusedThroughout => Advice::batch_refused_throughout(),
                Hindered::Unfinished => Advice::search_unfinished(),
            });
        }
    }

    /// The deadline has come: what is still in flight is given up. Who waits because Graph said so, or because it cannot
    /// serve, is not slow.
    fn cut(&mut self) {
        let throttled = self.graph.paused().map(Advice::silent);
        let hindered = self.hindrance.take().map(|error| match error {
            GraphError::Rejected { .. } | GraphError::UserNotFound => Advice::search_unfinished(),
            error => self.graph.advice(&error, Operation::Presences),
        });
        let limited = || self.graph.exhausted().map(Advice::limited);
        let deadline = || Advice::cycle_cut(self.interval);
        self.fail(throttled.or(hindered).or_else(limited).unwrap_or_else(deadline));
    }

    fn fail(&mut self, advice: Advice) {
        self.complete = false;
        if self.fault.as_ref().is_none_or(|graver| advice.reason > graver.reason) {
            self.fault = Some(advice);
        }
    }
}
