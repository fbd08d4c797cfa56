//! What may come in place of the presence of a batch, or of its answer: nothing, nonsense, or far too much.

use std::time::Duration;

use simulator::{Effect, Operation};

use super::{Trouble, endure};

fn presence(name: &str, effect: Effect) -> Trouble {
    Trouble::of(name, Operation::GetPresences, [effect])
}

/// A status with a body, or with Graph's own error.
fn status(status: u16, body: Option<&str>) -> Effect {
    Effect::Status { status, headers: Vec::new(), body: body.map(str::to_owned) }
}

#[test]
fn whatever_graph_answers_the_counts_are_right_or_absent() {
    let nonsense =
        |name: &str, effect| presence(name, effect).told("unintelligible", "an answer of Graph made no sense");
    let broken = |name: &str, effect| presence(name, effect).told("unavailable", "broke its answer off");
    let failing = |status_code: u16| {
        let what = format!("Graph could not serve a request (HTTP {status_code})");
        presence(&format!("http-{status_code}"), status(status_code, None)).told("unavailable", what)
    };
    let left_out = |name: &str, effects: Vec<Effect>| {
        Trouble::of(name, Operation::GetPresences, effects).told("incomplete", "Graph answered for 0 of")
    };
    let headers = |number: usize, length: usize| {
        Effect::Headers((0..number).map(|number| (format!("x-{number}"), "x".repeat(length))).collect())
    };
    endure(vec![
        failing(500),
        failing(502),
        failing(507),
        broken("reset", Effect::Reset),
        broken("cut", Effect::Truncate(100)),
        nonsense("malformed", Effect::MalformedJson),
        nonsense("guest-network", Effect::Html(200)),
        presence("proxy", Effect::Html(502)).told("unavailable", "Graph could not serve a request (HTTP 502)"),
        nonsense("redirect", Effect::Redirect("https://localhost:1/".to_owned())),
        nonsense("error-200", status(200, None)),
        nonsense("nothing-204", status(204, None)),
        nonsense("deep-nonsense", status(200, Some(&"[".repeat(100_000)))),
        nonsense("flood", Effect::Endless(5 << 30)),
        nonsense("bomb", Effect::GzipBomb(5 << 30)),
        presence("slow", Effect::Delay(Duration::from_hours(1))).told("deadline", "did not end within 5 s"),
        presence("silent", Effect::Stall(100)).told("deadline", "did not end within 5 s"),
        presence("slow-loris", Effect::Drip { bytes: 1, every: Duration::from_secs(1) })
            .told("deadline", "did not end within 5 s"),
        broken("large-header", headers(1, 1 << 20)),
        broken("many-headers", headers(1_000, 1)),
        left_out("nobody", vec![Effect::OmitRows(usize::MAX)]),
        left_out("strangers", vec![Effect::OmitRows(usize::MAX), Effect::ForeignRows(200)]),
        presence("deep", Effect::DeepNesting(100_000)),
        presence("no-text", Effect::InvalidUtf8),
        presence("twice", Effect::DuplicateKeys),
    ]);
}
