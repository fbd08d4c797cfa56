//! Faults: failures as data, such as "the third presence call: 503".
//!
//! A fault names an operation, which of its calls, and an effect. What goes wrong is decided here; the routes
//! and the server carry it out.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::identity::Guid;
use crate::switches::RetryAfter;

/// What a call does, in the simulator's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `POST /{tenant}/oauth2/v2.0/token`
    Token,
    /// `GET /msi/token` of the identity endpoint
    IdentityToken,
    /// `GET /v1.0/users`, any page
    ListUsers,
    /// `GET /v1.0/users/$count`
    CountUsers,
    /// `GET /v1.0/groups/{id}/transitiveMembers`, with and without the cast, any page
    ListMembers,
    /// The same of this group, for a [`Fault`]; a recorded call is just [`Self::ListMembers`]
    ListMembersOf(Guid),
    /// `POST /v1.0/communications/getPresencesByUserId`
    GetPresences,
    /// `GET /v1.0/users/{id}/presence` and `GET /v1.0/communications/presences/{id}`
    GetPresence,
    /// `POST /v1.0/$batch`
    Batch,
    /// Anything else
    Other,
}

/// Which calls of an operation a fault strikes, the first being 1, counted from the moment when the fault is
/// injected (or the simulator started with it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// Every call.
    Always,
    /// This call.
    Nth(u32),
    /// The calls of this range.
    During(RangeInclusive<u32>),
    /// This call and all later ones.
    From(u32),
    /// Every call whose number this divides.
    Every(u32),
    /// One call in `of`: the one at this place, the first being 1.
    InTurn {
        /// Which of them.
        place: u32,
        /// How many take turns.
        of: u32,
    },
}

impl Occurrence {
    fn strikes(&self, call: u32) -> bool {
        match self {
            Self::Always => true,
            Self::Nth(nth) => call == *nth,
            Self::During(range) => range.contains(&call),
            Self::From(first) => call >= *first,
            Self::Every(step) => *step > 0 && call.is_multiple_of(*step),
            Self::InTurn { place, of } => *of > 0 && call % of == place % of,
        }
    }
}

/// What happens to a call. Counts of ids are of the answer's rows, from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This answer instead. A status of success comes with an error all the same, as from a server in confusion; 204
    /// comes with nothing.
    Status {
        /// The HTTP status.
        status: u16,
        /// Headers besides the usual ones, such as `Retry-After`.
        headers: Vec<(String, String)>,
        /// The body; `None` for the error JSON of that status, in the shape of whoever answers.
        body: Option<String>,
    },
    /// 429, with `Retry-After` in this form.
    Throttled {
        /// The form.
        retry_after: RetryAfter,
        /// How long to wait from now on.
        wait: Duration,
    },
    /// The right answer, this much later.
    Delay(Duration),
    /// The connection is reset (TCP RST) before an answer.
    Reset,
    /// The connection ends after this many bytes of the body that the headers promised.
    Truncate(usize),
    /// Silence after this many bytes of the body that the headers promised; the connection stays open.
    Stall(usize),
    /// The right body, in drops: a slow loris, who has said all in the end.
    Drip {
        /// How many bytes at a time.
        bytes: usize,
        /// How long from one time to the next.
        every: Duration,
    },
    /// 200 and a list of JSON that goes on for this many bytes, without a length in the headers. Nobody holds it: it is
    /// made while it is sent.
    Endless(u64),
    /// The same, packed to a thousandth; the number is of bytes once unpacked.
    GzipBomb(u64),
    /// These headers besides the right ones: many of them, or large ones.
    Headers(Vec<(String, String)>),
    /// The right object, with one more member in front: lists in lists, this deep.
    DeepNesting(usize),
    /// The right object, with one more member in front: a text that is no UTF-8.
    InvalidUtf8,
    /// The right object, with each of its members twice.
    DuplicateKeys,
    /// 200 and JSON that ends in the middle of a string.
    MalformedJson,
    /// This status and a page of HTML, as a proxy in between would answer.
    Html(u16),
    /// 302 to this place.
    Redirect(String),
    /// The nextLink points to this origin (`https://elsewhere.example`).
    NextLinkElsewhere(String),
    /// The nextLink points to the page that bears it.
    NextLinkLoop,
    /// The page has nobody on it, and a nextLink to where it should have ended.
    EmptyPage,
    /// This many rows are left out; `usize::MAX` leaves none.
    OmitRows(usize),
    /// This many rows are given twice.
    DuplicateRows(usize),
    /// This many rows of ids that nobody asked for are added; with all others left out, they are the only ones.
    ForeignRows(usize),
    /// 400 for whoever asks about one of these people, singly or in a batch; they exist and are listed.
    RefuseIds(Vec<Guid>),
    /// Every occurrence of one text in the body is replaced by another.
    Replace {
        /// The text to look for, such as `"Busy"`.
        from: String,
        /// What stands there instead.
        to: String,
    },
}

/// One planned failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it strikes.
    pub operation: Operation,
    /// When.
    pub occurrence: Occurrence,
    /// How.
    pub effect: Effect,
}

impl Fault {
    /// This status with Graph's own error body, such as 503 at the third call.
    #[must_use]
    pub fn status(operation: Operation, occurrence: Occurrence, status: u16) -> Self {
        let effect = Effect::Status { status, headers: Vec::new(), body: None };
        Self { operation, occurrence, effect }
    }

    /// 429 with this `Retry-After`.
    #[must_use]
    pub fn throttled(operation: Operation, occurrence: Occurrence, retry_after: &str) -> Self {
        let headers = vec![("Retry-After".to_owned(), retry_after.to_owned())];
        let effect = Effect::Status { status: 429, headers, body: None };
        Self { operation, occurrence, effect }
    }

    /// These people poison every batch that they are in, and are refused singly as well.
    #[must_use]
    pub fn poisoned(ids: &[Guid]) -> [Self; 2] {
        Self::of_presence(&Effect::RefuseIds(ids.to_vec()))
    }

    /// Graph refuses every request for presence as wrong, those for one person too.
    #[must_use]
    pub fn systemic() -> [Self; 2] {
        Self::of_presence(&Effect::Status { status: 400, headers: Vec::new(), body: None })
    }

    /// The effect on all requests for presence.
    fn of_presence(effect: &Effect) -> [Self; 2] {
        [Operation::GetPresences, Operation::GetPresence].map(|operation| Self {
            operation,
            occurrence: Occurrence::Always,
            effect: effect.clone(),
        })
    }
}

/// The faults in force, each with the number of calls that it has seen.
#[derive(Debug, Default)]
pub(crate) struct Plan(Vec<(Fault, u32)>);

impl Plan {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a call and tells what strikes it; the group is the one whose members are listed.
    pub(crate) fn strike(&mut self, operation: Operation, group: Option<Guid>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (fault, calls) in &mut self.0 {
            if fault.operation == operation || group.is_some_and(|id| fault.operation == Operation::ListMembersOf(id)) {
                *calls = calls.saturating_add(1);
                if fault.occurrence.strikes(*calls) {
                    effects.push(fault.effect.clone());
                }
            }
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Occurrence, Operation, Plan};

    #[test]
    fn a_fault_strikes_only_the_calls_that_it_names() {
        let struck = |occurrence| {
            let mut plan = Plan::new(vec![Fault::status(Operation::GetPresences, occurrence, 503)]);
            assert!(plan.strike(Operation::ListUsers, None).is_empty());
            let mut calls = Vec::new();
            for call in 1..=6 {
                if !plan.strike(Operation::GetPresences, None).is_empty() {
                    calls.push(call);
                }
            }
            calls
        };
        assert_eq!(struck(Occurrence::Always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(struck(Occurrence::Nth(3)), [3]);
        assert_eq!(struck(Occurrence::During(2..=4)), [2, 3, 4]);
        assert_eq!(struck(Occurrence::From(5)), [5, 6]);
        assert_eq!(struck(Occurrence::Every(2)), [2, 4, 6]);
        assert_eq!(struck(Occurrence::InTurn { place: 1, of: 3 }), [1, 4]);
        assert_eq!(struck(Occurrence::InTurn { place: 3, of: 3 }), [3, 6]);
    }
}
