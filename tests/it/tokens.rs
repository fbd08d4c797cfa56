//! Tokens: asked for rarely, renewed ahead of time, used for as long as they are good.

use std::time::Duration;

use simulator::{Call, Fault, Occurrence, Operation, Settings};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, frozen};

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

#[test]
fn a_revoked_token_is_never_asked_to_be_replaced_in_a_loop() {
    let tenant = tenant("revoked", 3_600, Vec::new());
    let exporter = Exporter::start(&[&tenant]);
    exporter.wait_until("up", |page| page.up("revoked"));
    tenant.simulator.revoke_tokens();
    let failures = r#"teams_presence_cycle_failures_total{reason="token",tenant="revoked"}"#;
    exporter.wait_until("refused", |page| page.value(failures) >= Some(1.0));
    // It is younger than a minute, so whatever revoked it would revoke the next one as well.
    assert_eq!(calls(&tenant, Operation::Token).len(), 1);
    assert_eq!(calls(&tenant, Operation::GetPresences).iter().filter(|call| call.status == 401).count(), 1);
}
