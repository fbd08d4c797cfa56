//! The random scenario: short scenes, calm about half of the time, else any trouble, one in four of them two at once.

use std::time::Duration;

use super::scene::{Conditions, Scene};
use super::trouble;
use crate::dice::Dice;
use crate::organisation::Organisation;
use crate::refusals::REFUSALS;
use crate::switches::RetryAfter;

type Trouble = (&'static str, fn(&Organisation, Dice) -> Conditions);

const TROUBLES: [Trouble; 28] = [
    ("all answers 503", |_, _| trouble::outage(503)),
    ("all answers 500", |_, _| trouble::outage(500)),
    ("all reset", |_, _| trouble::resets()),
    ("429, Retry-After: seconds", |_, dice| trouble::throttled(RetryAfter::Integer, wait(dice))),
    ("429, Retry-After: a fraction", |_, dice| trouble::throttled(RetryAfter::Fractional, wait(dice))),
    ("429, Retry-After: two values", |_, dice| trouble::throttled(RetryAfter::Duplicated, wait(dice))),
    ("429, Retry-After: a date", |_, dice| trouble::throttled(RetryAfter::Date, wait(dice))),
    ("429 without Retry-After", |_, dice| trouble::throttled(RetryAfter::Absent, wait(dice))),
    ("429, Retry-After: soon", |_, _| trouble::throttled_in_nonsense()),
    ("the limit counts ids", |_, _| trouble::counting_ids()),
    ("a few answers fail", |_, _| trouble::flaky()),
    ("answers take seconds", |_, _| trouble::latencies()),
    ("answers come in drops", |_, _| trouble::drips()),
    ("answers fall silent", |_, _| trouble::stalls()),
    ("answers have no end", |_, _| trouble::floods()),
    ("answers malformed", |_, _| trouble::malformed()),
    ("answers misleading", |_, _| trouble::misleading()),
    ("answers lead astray", |_, _| trouble::astray()),
    ("three people poison batches", |organisation, _| trouble::poisoned(organisation)),
    ("presence refused with 400", |_, _| trouble::systemic()),
    ("Entra answers 503", |_, _| trouble::no_entra()),
    ("tokens revoked", |_, _| trouble::revoked()),
    ("the secret has expired", |_, _| trouble::expired_secret()),
    ("Entra refuses tokens", |_, dice| trouble::refused(dice.on(9).pick(REFUSALS).code)),
    ("tokens live for 12 seconds", |_, _| trouble::brief_tokens()),
    ("page tokens expire", |_, _| trouble::expired_pages()),
    ("listings are short", |_, dice| trouble::shrunken(if dice.happens(500) { usize::MAX } else { 900 })),
    ("listings take long", |_, dice| trouble::long_listing(wait(dice))),
];

fn wait(dice: Dice) -> Duration {
    Duration::from_secs(1 + u64::from(dice.on(9).below(6)))
}

/// The scene of this number.
pub(super) fn scene(organisation: &Organisation, number: u64) -> Scene {
    let dice = organisation.dice_on_scenes().on(number);
    let lasts = Duration::from_millis(3_000 + u64::from(dice.on(1).below(17_001)));
    if dice.on(2).happens(500) {
        return Scene { lasts, ..Scene::calm() };
    }
    let (name, conditions) = dice.on(3).pick(&TROUBLES);
    let (name, conditions) = (String::from(*name), conditions(organisation, dice.on(4)));
    if !dice.on(5).happens(250) {
        return Scene { name, lasts, conditions };
    }
    let (other, more) = dice.on(6).pick(&TROUBLES);
    Scene { name: format!("{name}; {other}"), lasts, conditions: conditions.and(more(organisation, dice.on(7))) }
}
