//! Troubles: what may be in force in a scene, one function for each.
//!
//! They are mixed by `programme` and `random`. The numbers are small enough to be seen within seconds on a tenant that
//! asks ten times a minute, and large enough that something gets through.

use std::time::Duration;

use super::scene::Conditions;
use crate::faults::{Effect, Fault, Occurrence, Operation};
use crate::identity::Guid;
use crate::organisation::Organisation;
use crate::switches::{Budget, RetryAfter};

const EVERYTHING: [Operation; 9] = [
    Operation::Token,
    Operation::IdentityToken,
    Operation::ListUsers,
    Operation::CountUsers,
    Operation::ListMembers,
    Operation::GetPresences,
    Operation::GetPresence,
    Operation::Batch,
    Operation::Other,
];

const PRESENCE: [Operation; 2] = [Operation::GetPresences, Operation::GetPresence];

/// No effect: the right answer, at once.
const RIGHT: Effect = Effect::Delay(Duration::ZERO);

/// Every call of these operations.
fn always(operations: &[Operation], effect: &Effect) -> Vec<Fault> {
    let fault = |operation: &Operation| fault(*operation, Occurrence::Always, effect.clone());
    operations.iter().map(fault).collect()
}

fn fault(operation: Operation, occurrence: Occurrence, effect: Effect) -> Fault {
    Fault { operation, occurrence, effect }
}

/// One effect at each call, one after the other and then from the beginning.
fn in_turn(operation: Operation, effects: impl IntoIterator<Item = Effect>) -> Vec<Fault> {
    let effects: Vec<Effect> = effects.into_iter().collect();
    let of = u32::try_from(effects.len()).unwrap_or(u32::MAX);
    let places = (1..).map(|place| Occurrence::InTurn { place, of });
    places.zip(effects).map(|(occurrence, effect)| fault(operation, occurrence, effect)).collect()
}

fn status(status: u16) -> Effect {
    Effect::Status { status, headers: Vec::new(), body: None }
}

/// Everything answers with this status, Entra included.
pub(super) fn outage(answered: u16) -> Conditions {
    Conditions::faults(always(&EVERYTHING, &status(answered)))
}

/// Every connection is reset, Entra's included.
pub(super) fn resets() -> Conditions {
    Conditions::faults(always(&EVERYTHING, &Effect::Reset))
}

/// Every third request for presence is refused, with this form of `Retry-After` and this wait.
pub(super) fn throttled(retry_after: RetryAfter, wait: Duration) -> Conditions {
    let effect = Effect::Throttled { retry_after, wait };
    Conditions::faults(PRESENCE.map(|operation| fault(operation, Occurrence::Every(3), effect.clone())))
}

/// Every third request for presence is refused, with nonsense as `Retry-After`.
pub(super) fn throttled_in_nonsense() -> Conditions {
    Conditions::faults(PRESENCE.map(|operation| Fault::throttled(operation, Occurrence::Every(3), "soon")))
}

/// The throttle counts ids.
pub(super) fn counting_ids() -> Conditions {
    Conditions { budget: Budget::PerId, ..Conditions::default() }
}

/// Failures of every usual kind among many right answers.
pub(super) fn flaky() -> Conditions {
    let stray = Effect::Status {
        status: 401,
        headers: Vec::new(),
        body: Some(r#"{"error":{"code":"Unauthorized","message":"Unauthorized"}}"#.to_owned()),
    };
    let every = |operation, number, effect| fault(operation, Occurrence::Every(number), effect);
    Conditions::faults([
        every(Operation::GetPresences, 11, Effect::OmitRows(40)),
        every(Operation::GetPresences, 23, Effect::Reset),
        every(Operation::GetPresences, 29, status(500)),
        every(Operation::GetPresences, 31, status(502)),
        every(Operation::GetPresences, 37, stray),
        every(Operation::GetPresences, 41, Effect::Truncate(1_000)),
        every(Operation::ListUsers, 4, status(502)),
        every(Operation::ListUsers, 5, Effect::Reset),
        every(Operation::Token, 2, status(503)),
    ])
}

/// Answers take from one to seven seconds.
pub(super) fn latencies() -> Conditions {
    let delays = || [1, 4, 2, 7].map(|seconds| Effect::Delay(Duration::from_secs(seconds)));
    Conditions::faults(EVERYTHING.into_iter().flat_map(|operation| in_turn(operation, delays())))
}

/// Answers come in drops, a thousand bytes at a time.
pub(super) fn drips() -> Conditions {
    let drip = Effect::Drip { bytes: 1_000, every: Duration::from_millis(250) };
    Conditions::faults(always(&EVERYTHING, &drip))
}

/// Every other answer about presence, and every listing, falls silent on the way.
pub(super) fn stalls() -> Conditions {
    let presence = PRESENCE.map(|operation| fault(operation, Occurrence::Every(2), Effect::Stall(500)));
    Conditions::faults(presence.into_iter().chain(always(&[Operation::ListUsers], &Effect::Stall(500))))
}

/// Answers that are none, or hardly; one in nine is right.
pub(super) fn malformed() -> Conditions {
    let effects = || {
        [
            RIGHT,
            Effect::MalformedJson,
            Effect::Html(200),
            Effect::Truncate(300),
            Effect::DeepNesting(100_000),
            Effect::InvalidUtf8,
            Effect::DuplicateKeys,
            Effect::Headers(vec![("x-padding".to_owned(), "x".repeat(30_000))]),
            status(200),
        ]
    };
    let operations = [Operation::GetPresences, Operation::ListUsers, Operation::Token];
    Conditions::faults(operations.into_iter().flat_map(|operation| in_turn(operation, effects())))
}

/// Every other answer has no end: five gigabytes, or a gigabyte packed into one megabyte.
pub(super) fn floods() -> Conditions {
    let effects = || [Effect::Endless(5 << 30), RIGHT, Effect::GzipBomb(1 << 30), RIGHT];
    let operations = [Operation::GetPresences, Operation::ListUsers];
    Conditions::faults(operations.into_iter().flat_map(|operation| in_turn(operation, effects())))
}

/// Answers that are well-formed and not right: somebody else's ids, rows twice, rows left out, words that are none.
pub(super) fn misleading() -> Conditions {
    let (from, to) = ("\"availability\":\"", "\"availability\":null,\"was\":\"");
    let nothing = Effect::Replace { from: from.to_owned(), to: to.to_owned() };
    let effects = [
        Effect::ForeignRows(50),
        Effect::DuplicateRows(50),
        Effect::OmitRows(300),
        Effect::OmitRows(usize::MAX),
        nothing,
    ];
    Conditions::faults(in_turn(Operation::GetPresences, effects))
}

/// Answers that lead elsewhere.
pub(super) fn astray() -> Conditions {
    let elsewhere = || "https://elsewhere.example".to_owned();
    let links = [
        Effect::NextLinkLoop,
        Effect::NextLinkElsewhere(elsewhere()),
        Effect::EmptyPage,
        Effect::Redirect(elsewhere()),
    ];
    let presence = [Effect::Redirect(elsewhere()), RIGHT];
    Conditions::faults(
        in_turn(Operation::ListUsers, links).into_iter().chain(in_turn(Operation::GetPresences, presence)),
    )
}

/// Three people, chosen by the seed, make every batch fail that they are in.
pub(super) fn poisoned(organisation: &Organisation) -> Conditions {
    let listed = |from: u32| {
        let people = (from..organisation.len()).map(|number| organisation.person(number));
        people.filter(crate::organisation::Person::is_enabled_member).map(|person| person.id).next()
    };
    let ids: Vec<Guid> = [1, 4, 7].iter().filter_map(|tenth| listed(organisation.len() / 10 * tenth)).collect();
    Conditions::faults(Fault::poisoned(&ids))
}

/// Every request for presence is refused as wrong.
pub(super) fn systemic() -> Conditions {
    Conditions::faults(Fault::systemic())
}

/// Entra is down.
pub(super) fn no_entra() -> Conditions {
    Conditions::faults(always(&[Operation::Token, Operation::IdentityToken, Operation::Other], &status(503)))
}

/// All tokens of before are refused.
pub(super) fn revoked() -> Conditions {
    Conditions { revokes_tokens: true, ..Conditions::default() }
}

/// Nobody gets a token any more.
pub(super) fn expired_secret() -> Conditions {
    Conditions { secret_expired: true, ..revoked() }
}

/// Nobody gets a token any more, for a reason with this code.
pub(super) fn refused(code: u32) -> Conditions {
    Conditions { refused_code: Some(code), ..revoked() }
}

/// Tokens live for seconds.
pub(super) fn brief_tokens() -> Conditions {
    Conditions { token_lifetime: Some(Duration::from_secs(12)), ..revoked() }
}

/// Every page of a listing lacks this many people.
pub(super) fn shrunken(rows: usize) -> Conditions {
    Conditions::faults(always(&[Operation::ListUsers, Operation::ListMembers], &Effect::OmitRows(rows)))
}

/// Every page of a listing takes this long.
pub(super) fn long_listing(page: Duration) -> Conditions {
    Conditions::faults(always(&[Operation::ListUsers, Operation::ListMembers], &Effect::Delay(page)))
}

/// No page leads to another: its token has expired when it arrives.
pub(super) fn expired_pages() -> Conditions {
    Conditions { page_lifetime: Some(Duration::ZERO), ..Conditions::default() }
}
