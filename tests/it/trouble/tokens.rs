//! Tokens: refused by Graph, though Entra gave them; or not given, until those in hand have expired.

use std::time::Duration;

use simulator::{Effect, Operation, Settings};

use super::{Trouble, endure};
use crate::harness::{MORNING, Tenant, frozen};

fn status(status: u16, code: &str) -> Effect {
    let body = Some(format!(r#"{{"error":{{"code":"{code}","message":"x"}}}}"#));
    Effect::Status { status, headers: Vec::new(), body }
}

#[test]
fn while_graph_refuses_a_token_or_entra_gives_none_there_are_no_counts_and_soon_afterwards_all() {
    let refused = |name: &str, operation, effect| Trouble::of(name, operation, [effect]);
    let without = |name: &str, effect| {
        // The token in hand is good for eight seconds, the next one would be fetched after six.
        let settings = Settings { token_lifetime: Duration::from_secs(8), ..frozen(200, MORNING) };
        // It is asked again after half a minute at the latest.
        Trouble::at(Tenant::start(name, settings), Operation::Token, [effect]).costs(1).pausing(30)
    };
    endure(vec![
        refused("expired", Operation::GetPresences, status(401, "InvalidAuthenticationToken"))
            .told("token", "Graph refuses the token that Entra gave")
            .costs(2),
        refused("stray", Operation::GetPresences, status(401, "Unauthorized"))
            .told("token", "Graph refuses the token that Entra gave")
            .costs(9),
        refused("denied", Operation::GetPresences, status(403, "Forbidden"))
            .told("forbidden", "Graph refuses the request although the token holds Presence.Read.All")
            .costs(1),
        without("entra-down", Effect::Status { status: 503, headers: Vec::new(), body: None })
            .told("unavailable", "could not give a token now (HTTP 503)"),
        without(
            "entra-throttles",
            Effect::Status { status: 429, headers: vec![("Retry-After".to_owned(), "2".to_owned())], body: None },
        )
        .told("unavailable", "could not give a token now (HTTP 429)"),
        without("entra-resets", Effect::Reset).told("unavailable", "Entra at localhost"),
        without("entra-breaks-off", Effect::Truncate(100)).told("unavailable", "broke its answer off"),
        without("entra-floods", Effect::Endless(5 << 30)).told("unavailable", "broke its answer off"),
        without("entra-is-html", Effect::Html(200)).told("unintelligible", "did not answer as Entra does (HTTP 200)"),
        without("entra-is-malformed", Effect::MalformedJson)
            .told("unintelligible", "did not answer as Entra does (HTTP 200)"),
        without("entra-refuses", status(401, "x")).told("unintelligible", "did not answer as Entra does (HTTP 401)"),
        without("entra-leads-away", Effect::Redirect("https://localhost:1/".to_owned()))
            .told("unintelligible", "did not answer as Entra does (HTTP 302)"),
        without("entra-is-silent", Effect::Stall(100)).told("deadline", "did not end within 5 s"),
        without("entra-drips", Effect::Drip { bytes: 1, every: Duration::from_secs(1) })
            .told("deadline", "did not end within 5 s"),
    ]);
}
