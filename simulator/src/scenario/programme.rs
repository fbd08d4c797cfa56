//! Programmes: the scenarios that are written down, each a list of scenes that is played again and again.
//!
//! A minute of calm, a minute or two of trouble, so that whoever watches sees both.

use std::time::Duration;

use super::Scenario;
use super::scene::{Conditions, Scene};
use super::trouble;
use crate::organisation::Organisation;
use crate::refusals::REFUSALS;
use crate::switches::RetryAfter;

const MINUTE: Duration = Duration::from_mins(1);

fn scene(name: &str, seconds: u64, conditions: Conditions) -> Scene {
    Scene { name: name.to_owned(), lasts: Duration::from_secs(seconds), conditions }
}

/// The scenes of a scenario.
pub(super) fn of(scenario: Scenario, organisation: &Organisation) -> Vec<Scene> {
    let calm = Scene::calm;
    match scenario {
        Scenario::Calm | Scenario::Random => vec![calm()],
        Scenario::Throttled => throttled(),
        Scenario::CountsIds => vec![scene("the limit counts ids", 3_600, trouble::counting_ids())],
        Scenario::Flaky => vec![calm(), scene("a few answers fail", 60, trouble::flaky())],
        Scenario::Outage => {
            vec![calm(), scene("all answers 503", 40, trouble::outage(503)), scene("all reset", 20, trouble::resets())]
        }
        Scenario::Slow => vec![
            calm(),
            scene("answers take seconds", 20, trouble::latencies()),
            scene("answers come in drops", 20, trouble::drips()),
            scene("answers fall silent", 20, trouble::stalls()),
        ],
        Scenario::Hostile => vec![
            calm(),
            scene("answers malformed", 20, trouble::malformed()),
            scene("answers misleading", 20, trouble::misleading()),
            scene("answers lead astray", 20, trouble::astray()),
            scene("answers have no end", 20, trouble::floods()),
        ],
        Scenario::Poisoned => vec![calm(), scene("three people poison batches", 60, trouble::poisoned(organisation))],
        Scenario::Systemic => vec![calm(), scene("presence refused with 400", 60, trouble::systemic())],
        Scenario::TokenTrouble => token_trouble(),
        Scenario::Refused => refused(),
        Scenario::Shrinking => vec![
            calm(),
            scene("listings lack 900 people a page", 60, trouble::shrunken(900)),
            calm(),
            scene("listings are empty", 60, trouble::shrunken(usize::MAX)),
        ],
        Scenario::LongListing => vec![
            calm(),
            scene("a page takes 20 seconds", 150, trouble::long_listing(MINUTE / 3)),
            calm(),
            scene("page tokens expire", 60, trouble::expired_pages()),
        ],
    }
}

fn throttled() -> Vec<Scene> {
    // What is said is a second more.
    let wait = Duration::from_secs(2);
    let form = |name, retry_after| scene(name, 20, trouble::throttled(retry_after, wait));
    vec![
        Scene::calm(),
        form("429, Retry-After: 3", RetryAfter::Integer),
        form("429, Retry-After: 3.249", RetryAfter::Fractional),
        form("429, Retry-After: 0,3", RetryAfter::Duplicated),
        form("429, Retry-After: a date", RetryAfter::Date),
        form("429 without Retry-After", RetryAfter::Absent),
        scene("429, Retry-After: soon", 20, trouble::throttled_in_nonsense()),
    ]
}

fn token_trouble() -> Vec<Scene> {
    vec![
        Scene::calm(),
        scene("Entra answers 503", 30, trouble::no_entra()),
        scene("tokens revoked, Entra answers 503", 30, trouble::revoked().and(trouble::no_entra())),
        Scene::calm(),
        scene("tokens revoked", 20, trouble::revoked()),
        scene("the secret has expired", 40, trouble::expired_secret()),
        Scene::calm(),
        scene("tokens live for 12 seconds", 60, trouble::brief_tokens()),
    ]
}

/// A minute for each code, for whoever was refused asks again that often at the least; one calm minute ahead of all.
fn refused() -> Vec<Scene> {
    let refusal = |code| scene(&format!("Entra refuses with AADSTS{code}"), 60, trouble::refused(code));
    let refusals = REFUSALS.iter().map(|known| refusal(known.code));
    std::iter::once(Scene::calm()).chain(refusals).collect()
}
