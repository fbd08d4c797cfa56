//! Graph as the exporter's own budget and telemetry see it: requests that are sent, wait, are answered and are counted.
//!
//! What `src/graph` and `collector::patience` do with sockets and waits is worked out here over simulated time: the
//! earliest of what may happen next happens next. It does not know what is counted of the answers.

use std::time::Duration;

use teams_presence_exporter::domain::advice::{Obstacle, Reason};
use teams_presence_exporter::domain::batch::Batch;
use teams_presence_exporter::domain::budget::{Budget, Outcome, Permit};
use teams_presence_exporter::domain::moment::Moment;
use teams_presence_exporter::domain::observations::Observations;
use teams_presence_exporter::domain::schedule;
use teams_presence_exporter::domain::terms::Terms;
use teams_presence_exporter::telemetry::{Operation, TenantTelemetry};

use crate::service::{Reply, Service};
use crate::tenant::People;

/// Graph, and what was asked of it.
pub(crate) struct Graph {
    pub(crate) budget: Budget,
    pub(crate) telemetry: TenantTelemetry,
    service: Service,
    /// What the calendar says where the exporter's own clock begins, in milliseconds since 1970.
    born: u64,
    requests: u32,
}

/// A batch that is to be asked about.
struct Waiting {
    due: Moment,
    batch: Batch,
    /// How often it has met a passing fault.
    failures: u32,
}

/// A batch that is being asked about.
struct Sent {
    taken: Moment,
    ends: Moment,
    took: Duration,
    reply: Reply,
    batch: Batch,
    failures: u32,
}

/// A cycle under way.
struct Cycle<'a> {
    people: &'a People,
    observations: &'a mut Observations,
    deadline: Moment,
    waiting: Vec<Waiting>,
    sent: Vec<Sent>,
    /// What last kept a batch waiting, where no answer has followed.
    hindrance: Option<Reason>,
    fault: Option<Reason>,
}

impl Graph {
    pub(crate) fn new(budget: Budget, service: Service, telemetry: TenantTelemetry, born: u64) -> Self {
        Self { budget, telemetry, service, born, requests: 0 }
    }

    /// A moment in milliseconds since 1970.
    pub(crate) fn unix_millis(&self, moment: Moment) -> u64 {
        self.born + moment.millis()
    }

    /// How many requests ended since this was last asked.
    pub(crate) fn take_requests(&mut self) -> u32 {
        std::mem::take(&mut self.requests)
    }

    /// Sends a request for which there is no budget. Returns whether it was answered.
    pub(crate) fn send(&mut self, operation: Operation, now: Moment) -> bool {
        let (reply, took) = self.service.reply(operation, self.unix_millis(now));
        self.count(operation, reply.code(), took);
        reply == Reply::Answered
    }

    /// Asks about everybody, as long as there is time. Returns when that ended, and why it was less than everybody.
    pub(crate) fn cycle(
        &mut self,
        people: &People,
        observations: &mut Observations,
        terms: &Terms,
        begun: Moment,
    ) -> (Moment, Option<Reason>) {
        self.budget.begin_cycle(begun);
        let batches = observations.begin(begun, terms.max_age);
        let waiting = batches.map(|batch| Waiting { due: begun, batch, failures: 0 }).collect();
        let deadline = begun.plus(terms.interval);
        let mut cycle =
            Cycle { people, observations, deadline, waiting, sent: Vec::new(), hindrance: None, fault: None };
        let mut now = begun;
        while let Some(next) = self.step(&mut cycle, now) {
            now = next;
        }
        let Cycle { observations, sent, fault, .. } = cycle;
        for given_up in sent {
            self.count(Operation::Presences, Obstacle::Timeout.label(), now.since(given_up.taken));
            self.budget.give_back(given_up.taken, Outcome::Other, now);
        }
        observations.conclude(fault.is_none());
        (now, fault)
    }

    /// Does what is to be done now. Returns when there is something to do again, if the cycle is not over.
    fn step(&mut self, cycle: &mut Cycle, now: Moment) -> Option<Moment> {
        while let Some(place) = cycle.sent.iter().position(|sent| sent.ends <= now) {
            let sent = cycle.sent.swap_remove(place);
            self.take(cycle, sent, now);
        }
        if now >= cycle.deadline {
            return None;
        }
        let mut held = None;
        while let Some(place) = cycle.waiting.iter().position(|waiting| waiting.due <= now) {
            match self.budget.take(now) {
                Permit::Granted => {
                    let Waiting { batch, failures, .. } = cycle.waiting.remove(place);
                    let (reply, took) = self.service.reply(Operation::Presences, self.unix_millis(now));
                    cycle.sent.push(Sent { taken: now, ends: now.plus(took), took, reply, batch, failures });
                }
                permit => {
                    held = Some(permit);
                    break;
                }
            }
        }
        let until = match held {
            Some(Permit::Paused(until) | Permit::NotBefore(until)) => Some(until),
            _ => None,
        };
        let due = cycle.waiting.iter().map(|waiting| waiting.due).filter(|due| *due > now);
        let ends = cycle.sent.iter().map(|sent| sent.ends);
        let next = ends.chain(due).chain(until).min_by_key(|moment| moment.millis())?;
        let next = if next > cycle.deadline { cycle.deadline } else { next };
        if matches!(held, Some(Permit::Paused(_))) {
            self.telemetry.throttled(self.budget.count_waited(now, next));
        }
        if next == cycle.deadline {
            let throttled = self.budget.paused_until(now).map(|_| Reason::Throttled);
            let limited = self.budget.exhausted().map(|_| Reason::Throttled);
            cycle.fail(throttled.or(cycle.hindrance).or(limited).unwrap_or(Reason::Deadline));
        }
        Some(next)
    }

    /// A request has ended.
    fn take(&mut self, cycle: &mut Cycle, sent: Sent, now: Moment) {
        let Sent { taken, took, reply, batch, failures, .. } = sent;
        self.count(Operation::Presences, reply.code(), took);
        cycle.hindrance = reply.reason();
        match reply {
            Reply::Answered => {
                self.budget.give_back(taken, Outcome::Accepted, now);
                let answers = cycle.people.presences(&batch, self.unix_millis(taken));
                cycle.observations.take(&batch, answers, taken);
            }
            Reply::Throttled(wait) => {
                self.budget.give_back(taken, Outcome::Throttled, now);
                self.budget.pause(Some(wait), 0.0, now);
                cycle.waiting.push(Waiting { due: now, batch, failures });
            }
            Reply::Unavailable => {
                self.budget.give_back(taken, Outcome::Unavailable, now);
                let failures = failures + 1;
                if failures == schedule::ATTEMPTS {
                    cycle.fail(Reason::Unavailable);
                } else {
                    let due = now.plus(schedule::request_retry(failures, self.service.dice()));
                    cycle.waiting.push(Waiting { due, batch, failures });
                }
            }
        }
    }

    fn count(&mut self, operation: Operation, code: &str, took: Duration) {
        self.telemetry.request(operation, code, took);
        self.requests += 1;
    }
}

impl Cycle<'_> {
    fn fail(&mut self, reason: Reason) {
        self.fault = self.fault.max(Some(reason));
    }
}
