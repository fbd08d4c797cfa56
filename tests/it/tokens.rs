//! Tokens: asked for rarely, renewed ahead of time, used for as long as they are good.

use std::time::Duration;

use simulator::{Call, Effect, Fault, Occurrence, Operation, Settings};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, assert_same_lines, frozen};

/// A tenant whose tokens live so many seconds.
fn tenant(name: &str, token_lifetime: u64, faults: Vec<Fault>) -> Tenant {
    let token_lifetime = Duration::from_secs(token_lifetime);
    Tenant::start(name, Settings { token_lifetime, faults, ..frozen(100, MORNING) })
}

fn calls(tenant: &Tenant, operation: Operation) -> Vec<Call> {
    tenant.simulator.calls().into_iter().filter(|call| call.operation == operation).collect()
}

#[test]
fn a_token_is_renewed_ahead_of_its_end_and_used_to_its_end_while_entra_is_down() {
    let long = tenant("long", 3_600, Vec::new());
    let short = tenant("short", 8, Vec::new());
    let down = Fault::status(Operation::Token, Occurrence::From(2), 503);
    // Its renewal is due after three quarters of its life, and fails. The last quarter is two cycles long, so that a machine
    // that stalls has time for one of them.
    let last = tenant("last", 40, vec![down]);
    let exporter = Exporter::start(&[&long, &short, &last]);

    exporter.wait_for_log(&["renewing the token failed", "tenant=last"]);
    let read = |tenant: &Tenant| calls(tenant, Operation::GetPresences);
    let failed = calls(&last, Operation::Token)[1].at;
    let page = exporter.wait_until("a cycle after Entra was down", |page| {
        read(&last).last().is_some_and(|call| call.at > failed) && page.up("last")
    });
    for tenant in [&long, &short, &last] {
        let name = &tenant.name;
        assert_eq!(page.sum(name, "cycle_failures_total"), Some(0.0), "{name}\n{}", exporter.log());
        assert!(page.up(name), "{name}");
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), name);
        let refused = read(tenant).into_iter().filter(|call| call.status != 200).count();
        assert_eq!(refused, 0, "{name}: a token was used beyond its end");
    }
    assert_eq!(calls(&long, Operation::Token).len(), 1);
    let renewed = calls(&short, Operation::Token);
    assert!(renewed.len() >= 4, "{} tokens of eight seconds in thirty", renewed.len());
    for tenant in [&short, &last] {
        for pair in calls(tenant, Operation::Token).windows(2) {
            let gap = pair[1].at.duration_since(pair[0].at).unwrap();
            assert!(gap >= Duration::from_secs(2), "{}: Entra was asked again after {gap:?}", tenant.name);
        }
    }
}

#[test]
fn an_entra_that_is_slower_than_a_cycle_gives_tokens_nevertheless() {
    let (token_lifetime, token_latency) = (Duration::from_secs(12), Duration::from_secs(8));
    let tenant = Tenant::start("slow", Settings { token_lifetime, token_latency, ..frozen(100, MORNING) });
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("slow"));
    let end = calls(&tenant, Operation::Token)[0].at + token_latency + token_lifetime;
    exporter.wait_until("a cycle after the first token's end", |_| {
        calls(&tenant, Operation::GetPresences).iter().any(|call| call.status == 200 && call.at > end)
    });
    let page = exporter.wait_until("recovery", |page| page.up("slow"));
    assert_same_lines(&page.of("slow", &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), "slow");
}

/// Graph refuses, at these requests for presence, every token by a claims challenge, and not even in the usual spelling.
fn challenged(occurrence: Occurrence, status: u16) -> Fault {
    let challenges = ["Negotiate, Basic realm=\"a, b\"", "bearer Claims=\"e30=\" ,ERROR = insufficient_claims"];
    let headers = challenges.map(|challenge| ("WWW-Authenticate".to_owned(), challenge.to_owned())).to_vec();
    let body = r#"{"error":{"code":"InvalidAuthenticationToken","message":"x"}}"#.to_owned();
    let effect = Effect::Status { status, headers, body: Some(body) };
    Fault { operation: Operation::GetPresences, occurrence, effect }
}

const NO_TOKEN: &str = "teams_presence_cycle_failures_total{reason=\"token\",tenant=";

#[test]
fn a_revoked_token_is_replaced_at_once_but_never_in_a_loop() {
    let tenant = tenant("revoked", 3_600, Vec::new());
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("revoked"));
    let before = exporter.scrape().sum("revoked", "cycles_total").unwrap();
    tenant.simulator.revoke_tokens();
    let two_more = |page: &Page| page.sum("revoked", "cycles_total") >= Some(before + 2.0);
    let page = exporter.wait_until("two more cycles", two_more);
    assert_eq!((page.up("revoked"), page.sum("revoked", "cycle_failures_total")), (true, Some(0.0)));
    let refused = || calls(&tenant, Operation::GetPresences).iter().filter(|call| call.status == 401).count();
    assert_eq!((calls(&tenant, Operation::Token).len(), refused()), (2, 1));

    // One was replaced less than a minute ago, so whatever revoked this one would revoke the next one as well.
    tenant.simulator.revoke_tokens();
    let failures = format!("{NO_TOKEN}\"revoked\"}}");
    exporter.wait_until("refused", |page| page.value(&failures) >= Some(1.0));
    assert_eq!((calls(&tenant, Operation::Token).len(), refused()), (2, 2));
}

#[test]
fn a_claims_challenge_gets_one_fresh_token_and_words_of_its_own() {
    let once = |status: u16| tenant(&format!("once {status}"), 3_600, vec![challenged(Occurrence::Nth(1), status)]);
    let (once, always) = ([once(401), once(403)], tenant("always", 3_600, vec![challenged(Occurrence::Always, 401)]));
    let exporter = Exporter::start(&once.iter().chain([&always]).collect::<Vec<_>>());
    for tenant in &once {
        let name = &tenant.name;
        let page = exporter.wait_until("up", |page| page.up(name));
        assert_eq!(page.sum(name, "cycle_failures_total"), Some(0.0), "{name}");
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), name);
        assert_eq!(calls(tenant, Operation::Token).len(), 2, "{name}");
    }

    let failures = format!("{NO_TOKEN}\"always\"}}");
    let page = exporter.wait_until("refused", |page| page.value(&failures) >= Some(2.0));
    assert_eq!((page.up("always"), page.of("always", &PRESENCE_FAMILIES)), (false, String::new()));
    assert_eq!(calls(&always, Operation::Token).len(), 2, "a challenge was answered by tokens in a loop");
    let what = "Graph wants a token with further claims (continuous access evaluation)";
    exporter.wait_for_log(&["level=WARN", "tenant=always", what, "flagged as risky", "Conditional Access"]);
    assert!(exporter.get("/").body.contains(what));

    always.simulator.clear_faults();
    let page = exporter.wait_until("recovery", |page| page.up("always"));
    assert_same_lines(&page.of("always", &PRESENCE_FAMILIES), &Census::usual(&always.simulator).lines(), "always");
}

#[test]
fn entra_is_left_alone_for_as_long_as_it_asks() {
    let case = |status: u16, retry_after: &str, seconds| {
        let headers = vec![("Retry-After".to_owned(), retry_after.to_owned())];
        let effect = Effect::Status { status, headers, body: None };
        let fault = Fault { operation: Operation::Token, occurrence: Occurrence::Nth(1), effect };
        (tenant(&format!("{status} {retry_after}"), 3_600, vec![fault]), Duration::from_secs(seconds))
    };
    let cases = [case(429, "9", 9), case(503, "0,8", 8)];
    let exporter = Exporter::start(&cases.iter().map(|(tenant, _)| tenant).collect::<Vec<_>>());
    for (tenant, pause) in &cases {
        let name = &tenant.name;
        let page = exporter.wait_until("up", |page| page.up(name));
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(&tenant.simulator).lines(), name);
        let asked = calls(tenant, Operation::Token);
        let gap = asked[1].at.duration_since(asked[0].at).unwrap();
        assert!(gap >= *pause, "{name}: asked again after {gap:?}");
        assert_eq!(asked.len(), 2, "{name}");
    }
}
