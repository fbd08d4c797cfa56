//! Identity endpoints and federated tokens that are not what they should be: an operator is told which, nothing of them is
//! repeated, and counts come once all is well again.

use std::fs;
use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Simulator};

use crate::harness::{Exporter, MORNING, PRESENCE_FAMILIES, Tenant, frozen};

/// The section of a tenant with another credential; a managed identity has no client id of ours.
fn section(text: &str, credential: &str) -> String {
    let lines = text.lines().filter_map(|line| match line.trim_start().split_once(": ") {
        Some(("credential", _)) => Some(format!("    credential: {credential}\n")),
        Some(("client_id", _)) if credential.contains("managed_identity") => None,
        _ => Some(format!("{line}\n")),
    });
    lines.collect()
}

/// The exporter on these tenants with other credentials, within these variables.
fn start(tenants: &[(&Tenant, String)], variables: &[(&str, &str)]) -> Exporter {
    let folder = tempfile::tempdir().unwrap();
    let written = tenants.iter().enumerate();
    let sections = written.map(|(at, (tenant, credential))| section(&tenant.write(folder.path(), at), credential));
    let text = format!("tenants:\n{}", sections.collect::<String>());
    let file = folder.path().join("exporter.yml");
    fs::write(&file, text).unwrap();
    let mut command = Exporter::command();
    command.arg("--config.file").arg(&file).args(["--web.listen-address", "127.0.0.1:0", "--log.level", "debug"]);
    command.envs(variables.iter().copied());
    Exporter::launch(command, folder)
}

/// The exporter on a machine whose identity endpoint is the simulated one.
fn on_machine(tenant: &Tenant) -> Exporter {
    let simulator = &tenant.simulator;
    let variables =
        [("IDENTITY_ENDPOINT", &*simulator.identity_endpoint()), ("IDENTITY_HEADER", simulator.identity_header())];
    start(&[(tenant, "{managed_identity: {}}".to_owned())], &variables)
}

/// A tenant whose machine's endpoint has this effect on its answers.
fn struck(effect: Effect) -> Tenant {
    let tenant = Tenant::start("contoso", frozen(50, MORNING));
    let fault = Fault { operation: Operation::IdentityToken, occurrence: Occurrence::Always, effect };
    tenant.simulator.inject(fault);
    tenant
}

fn replaced(from: &str, to: &str) -> Effect {
    Effect::Replace { from: from.to_owned(), to: to.to_owned() }
}

#[test]
fn an_endpoint_that_answers_as_none_does_is_told_and_not_believed() {
    let strange = "the endpoint of managed identities did not answer as one does (HTTP 200)";
    for (effect, expected) in [
        (Effect::Html(200), strange),
        (Effect::MalformedJson, strange),
        (Effect::Endless(5 << 30), strange),
        (Effect::GzipBomb(1 << 30), strange),
        (Effect::Truncate(100), "the endpoint of managed identities broke its answer off"),
        (Effect::Reset, "the endpoint of managed identities"),
        (Effect::Redirect("http://127.0.0.1:1/".to_owned()), "did not answer as one does (HTTP 302)"),
        (replaced("\"expires_on\":\"", "\"expires_on\":\"soon"), strange),
        (replaced("\"expires_on\":\"", "\"expires_on\":\"-"), strange),
        (replaced("\"access_token\":\"", "\"access_token\":\"\\u0000"), strange),
        (replaced("\"access_token\"", "\"token\""), strange),
    ] {
        let shown = format!("{effect:?}");
        let tenant = struck(effect);
        let exporter = on_machine(&tenant);
        let line = exporter.wait_for_log(&["tenant=contoso", "advice="]);
        assert!(line.contains(expected), "{shown}:\n{line}");
        let page = exporter.scrape();
        assert!(!page.up("contoso") && page.of("contoso", &PRESENCE_FAMILIES).is_empty(), "{shown}:\n{}", page.0);
        let header = tenant.simulator.identity_header();
        let told = [exporter.get("/").body, exporter.get("/config").body, exporter.printed(), exporter.stop().log];
        assert!(told.iter().all(|text| !text.contains(header)), "{shown}: the header of the endpoint was told");
    }
}

#[test]
fn what_is_strange_beside_a_good_token_does_no_harm() {
    let far = replaced("\"expires_on\":\"", "\"expires_on\":\"99999999999");
    for effect in [Effect::InvalidUtf8, Effect::DeepNesting(100_000), far] {
        let shown = format!("{effect:?}");
        let tenant = struck(effect);
        let exporter = on_machine(&tenant);
        exporter.wait_until(&shown, |page| page.up("contoso"));
    }
}

#[test]
fn an_endpoint_that_comes_to_its_senses_brings_counts() {
    let tenant = struck(Effect::Html(200));
    let exporter = on_machine(&tenant);
    exporter.wait_for_log(&["tenant=contoso", "did not answer as one does"]);
    tenant.simulator.clear_faults();
    exporter.wait_until("counts", |page| page.up("contoso"));
}

/// How a token is made.
type Minted<'a> = Box<dyn Fn(&Simulator) -> String + 'a>;

#[test]
fn a_federated_token_that_entra_does_not_trust_is_told_by_what_is_wrong_with_it() {
    const ISSUER: &str = "https://oidc.example/cluster";
    const SUBJECT: &str = "system:serviceaccount:monitoring:teams-presence";
    const AUDIENCE: &str = "api://AzureADTokenExchange";
    let minute = Duration::from_mins(1);
    let good = |simulator: &Simulator| simulator.federated_token(ISSUER, SUBJECT, minute);
    let issued = |audience: &'static str, issuer: &'static str, subject: &'static str| {
        move |simulator: &Simulator| simulator.federated_token_for(audience, issuer, subject, minute)
    };
    let cases: [(&str, Minted<'_>, &str); 8] = [
        ("good", Box::new(|it| good(it) + "\n"), ""),
        ("issuer", Box::new(issued(AUDIENCE, "https://oidc.example/cluster/", SUBJECT)), "AADSTS700211, "),
        ("subject", Box::new(issued(AUDIENCE, ISSUER, "system:serviceaccount:default:x")), "AADSTS700213, "),
        ("audience", Box::new(issued("https://kubernetes.default.svc", ISSUER, SUBJECT)), "AADSTS700212, "),
        ("expired", Box::new(|it| it.federated_token(ISSUER, SUBJECT, Duration::ZERO)), "AADSTS700024, "),
        ("forged", Box::new(|it| good(it).rsplit_once('.').unwrap().0.to_owned() + ".AAAA"), "AADSTS700027, "),
        ("malformed", Box::new(|_| "hunter2".to_owned()), "AADSTS50027, "),
        ("long", Box::new(|_| "hunter2".repeat(1 << 20)), "the token file "),
    ];
    let tenants = cases.each_ref().map(|(name, ..)| Tenant::start(name, frozen(50, MORNING)));
    let files = tempfile::tempdir().unwrap();
    let mut configured = Vec::new();
    for ((name, token, _), tenant) in cases.iter().zip(&tenants) {
        tenant.simulator.trust_issuer(ISSUER, SUBJECT);
        let file = files.path().join(name);
        fs::write(&file, token(&tenant.simulator)).unwrap();
        configured.push((tenant, format!("{{workload_identity: {{token_file: '{}'}}}}", file.display())));
    }
    let exporter = start(&configured, &[]);
    for (name, _, expected) in &cases {
        if expected.is_empty() {
            exporter.wait_until(name, |page| page.up(name));
            continue;
        }
        let line = exporter.wait_for_log(&["advice=", expected, &format!("tenant={name}")]);
        assert!(line.contains("reason=token"), "{line}");
    }
    let told = [exporter.get("/").body, exporter.get("/config").body, exporter.printed(), exporter.stop().log];
    // What every token of these begins with, and what is none.
    assert!(told.iter().all(|text| !text.contains("eyJ") && !text.contains("hunter2")), "a token was told");
}
