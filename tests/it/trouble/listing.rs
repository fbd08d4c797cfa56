//! Listings that fail: the directory in force stays, the counts go on, the operator is told, the next attempt comes soon.

use std::time::Duration;

use simulator::{Effect, Operation};

use super::{Toll, Trouble, endure};
use crate::harness::{MORNING, Tenant, frozen};

fn status(status: u16, code: &str) -> Effect {
    let body = (!code.is_empty()).then(|| format!(r#"{{"error":{{"code":"{code}","message":"x"}}}}"#));
    Effect::Status { status, headers: Vec::new(), body }
}

#[test]
fn a_listing_that_fails_costs_nobody_a_count() {
    let listing = |name: &str, effect| {
        // A link to the next page takes two pages.
        let people = if matches!(effect, Effect::NextLinkElsewhere(_)) { 1_500 } else { 200 };
        let tenant = Tenant::start(name, frozen(people, MORNING));
        // A page is asked for four times, a listing started four times.
        Trouble { toll: Toll::Nothing, ..Trouble::at(tenant, Operation::ListUsers, [effect]).costs(16) }
    };
    let failing = |name: &str, effect, reason, what: &str| Trouble {
        toll: Toll::Listings,
        reason,
        what: what.to_owned(),
        ..listing(name, effect)
    };
    let nonsense = |name: &str, effect| failing(name, effect, "unintelligible", "an answer of Graph made no sense");
    let broken = |name: &str, effect| failing(name, effect, "unavailable", "broke its answer off");
    let elsewhere = "https://localhost:1".to_owned();
    endure(vec![
        failing("failing", status(500, ""), "unavailable", "Graph could not serve a request (HTTP 500)"),
        failing("unauthorized", status(401, "Unauthorized"), "token", "Graph refuses the token that Entra gave"),
        failing("forbidden", status(403, ""), "forbidden", "User.Read.All"),
        failing("rejected", status(400, "BadRequest"), "rejected", "(HTTP 400, BadRequest)"),
        failing("gone", status(410, ""), "listing_expired", "expired under way, again and again"),
        failing("expired", status(400, "Directory_ExpiredPageToken"), "listing_expired", "expired under way"),
        failing(
            "led-away",
            Effect::NextLinkElsewhere(elsewhere.clone()),
            "foreign_link",
            "on another host, which was not followed",
        ),
        nonsense("looping", Effect::NextLinkLoop),
        nonsense("redirected", Effect::Redirect(elsewhere)),
        nonsense("html", Effect::Html(200)),
        nonsense("malformed", Effect::MalformedJson),
        nonsense("error-200", status(200, "UnknownError")),
        nonsense("nothing-204", status(204, "")),
        nonsense("flood", Effect::Endless(5 << 30)),
        broken("reset", Effect::Reset),
        broken("cut", Effect::Truncate(100)),
        listing("slow", Effect::Delay(Duration::from_hours(1))),
        listing("silent", Effect::Stall(100)),
        listing("slow-loris", Effect::Drip { bytes: 1, every: Duration::from_secs(1) }),
        listing("deep", Effect::DeepNesting(100_000)),
        listing("no-text", Effect::InvalidUtf8),
        listing("twice", Effect::DuplicateKeys),
    ]);
}
