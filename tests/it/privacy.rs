//! Privacy: nothing that is emitted names a person, tells a text of theirs, or holds a token or a secret.
//!
//! Everybody of a simulated organisation is a canary, and so are its credentials. The exporter meets every kind of answer
//! at every kind of request, at its most talkative; then all that it ever let out is searched. `scenarios` does so in each
//! scene of trouble that the simulator knows; `printed` asks types what they print of themselves.

pub(crate) mod canaries;
mod printed;
mod scenarios;

pub(crate) use canaries::Canaries;
use canaries::SECRET_ID;
use simulator::{Effect, Fault, Occurrence, Operation, Settings, Simulator};

use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// Answers that fail, each with a name; whatever room they have is filled with people.
pub(crate) fn effects() -> Vec<(&'static str, Effect)> {
    let person = Simulator::start(organisation()).unwrap().organisation().person(1);
    let (id, name, address) = (person.id, person.display_name(), person.user_principal_name());
    let told = format!("{name} <{address}> ({id}) said: Bearer {SECRET_ID}");
    let status = |status: u16| {
        let body = serde_json::json!({
            "error": {"code": &address, "message": &told, "innerError": {"code": &told}},
            "error_description": &told,
        });
        let headers = vec![("Retry-After".to_owned(), "1".to_owned()), ("x-told".to_owned(), address.clone())];
        Effect::Status { status, headers, body: Some(body.to_string()) }
    };
    let replaced = |from: &str, to: String| Effect::Replace { from: from.to_owned(), to };
    vec![
        ("400", status(400)),
        ("401", status(401)),
        ("403", status(403)),
        ("404", status(404)),
        ("429", status(429)),
        ("500", status(500)),
        ("malformed", Effect::MalformedJson),
        ("truncated", Effect::Truncate(150)),
        ("reset", Effect::Reset),
        ("html 200", Effect::Html(200)),
        ("html 502", Effect::Html(502)),
        ("text 200", Effect::Status { status: 200, headers: Vec::new(), body: Some(told.clone()) }),
        ("redirect", Effect::Redirect(format!("https://localhost:1/{id}?{address}"))),
        ("other types", replaced("\":\"", format!("\":[\"{id}\"],\"{id}\":\""))),
    ]
}

/// The same people for every tenant: their addresses differ, as simulated ones may.
pub(crate) fn organisation() -> Settings {
    frozen(300, MORNING)
}

/// Tenants that meet every effect at every operation; at presence after a first good cycle.
fn tenants() -> Vec<Tenant> {
    let mut tenants = vec![Tenant::start("good", organisation())];
    let operations = [
        ("token", Operation::Token, Occurrence::Always),
        ("users", Operation::ListUsers, Occurrence::Always),
        ("presences", Operation::GetPresences, Occurrence::From(2)),
    ];
    for (operation_name, operation, occurrence) in operations {
        for (effect_name, effect) in effects() {
            let tenant = Tenant::start(&format!("{operation_name} {effect_name}"), organisation());
            tenant.simulator.inject(Fault { operation, occurrence: occurrence.clone(), effect });
            tenants.push(tenant);
        }
    }
    tenants
}

/// Whether a request of each tenant has met its fault: the second of its kind was answered.
fn has_been_struck(tenant: &Tenant) -> bool {
    let operation = match tenant.name.split(' ').next() {
        Some("token") => Operation::Token,
        Some("users") => Operation::ListUsers,
        _ => Operation::GetPresences,
    };
    tenant.simulator.calls().iter().filter(|call| call.operation == operation).count() > 1
}

#[test]
fn nothing_that_is_emitted_holds_a_person_a_token_or_a_secret() {
    let tenants = tenants();
    let wrong = Tenant::start("pasted id", organisation());
    let folder = tempfile::tempdir().unwrap();
    let everybody = tenants.iter().chain([&wrong]);
    let sections: String = everybody.enumerate().map(|(number, tenant)| tenant.write(folder.path(), number)).collect();
    std::fs::write(folder.path().join(format!("secret-{}", tenants.len())), SECRET_ID).unwrap();
    std::fs::write(folder.path().join("exporter.yml"), format!("tenants:\n{sections}")).unwrap();
    let mut command = Exporter::command();
    command.args(["--config.file", "exporter.yml", "--web.listen-address", "127.0.0.1:0", "--log.level", "debug"]);
    let exporter = Exporter::launch(
        {
            command.current_dir(folder.path());
            command
        },
        folder,
    );

    exporter.wait_until("three good cycles, and every fault met", |page| {
        page.sum("good", "cycles_total") >= Some(3.0) && tenants.iter().all(has_been_struck)
    });
    let mut emitted = String::new();
    for path in
        ["/metrics", "/", "/?tenant=good&refresh=off", "/-/ready", "/-/healthy", "/style.css", "/config", "/nowhere"]
    {
        let answer = exporter.get(path);
        emitted += &(answer.headers + "\n" + &answer.body);
    }
    emitted += &exporter.printed();
    emitted += &exporter.stop().log;

    // What was collected is what was meant: it tells of the tenants, and of every reason that the faults lead to.
    for known in [
        "teams_presence_availability_users{availability=\"Available\",tenant=\"good\"}",
        "teams_presence_up{tenant=\"presences truncated\"}",
        "<bdi>users html 502</bdi>",
        "AADSTS7000215",
        "reason=forbidden",
        "reason=rejected",
        "reason=token",
        "reason=unavailable",
        "reason=unintelligible",
        "msg=\"teams-presence-exporter ends\"",
    ] {
        assert!(emitted.contains(known), "{known} is not in what was collected:\n{emitted}");
    }
    Canaries::of(&wrong.simulator).assert_not_in(&emitted);
}
