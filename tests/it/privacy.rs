//! Privacy: nothing that is emitted names a person, tells a text of theirs, or holds a token or a secret.
//!
//! Everybody of a simulated organisation is a canary, and so are its credentials. The exporter meets every kind of answer
//! at every kind of request, at its most talkative; then all that it ever let out is searched. A search that finds
//! nothing proves little, so the same search is shown to find what is planted.

use simulator::{Effect, Fault, Occurrence, Operation, Settings, Simulator};

use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// What a careless operator pastes in place of the secret's value.
const SECRET_ID: &str = "0f0f0f0f-1e1e-4d2d-8c3c-4b4b4b4b4b4b";

/// What must not be found, in lower case, each with what it is.
struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    /// Everybody and everything of an organisation.
    fn of(simulator: &Simulator) -> Self {
        let mut found = Vec::new();
        let now = simulator.now();
        for person in simulator.organisation().people() {
            let id = person.id.to_string();
            found.push(("an id without hyphens", id.replace('-', "")));
            found.push(("an id", id));
            found.push(("a name", person.display_name()));
            found.push(("a surname", person.surname.to_owned()));
            found.push(("an address", person.user_principal_name()));
            found.extend(person.mail().map(|mail| ("an address", mail)));
            let presence = simulator.presence_of(&person, now);
            found.extend(presence.status_message.map(|text| ("a status text", text.to_owned())));
            found.extend(presence.out_of_office_message.map(|text| ("an out-of-office text", text.to_owned())));
            found.push(("a sequence number", presence.sequence_number.to_string()));
        }
        found.push(("the secret", simulator.client_secret().to_owned()));
        found.push(("the secret's id", SECRET_ID.to_owned()));
        // Every JSON web token begins with a brace and a quote, in base64.
        found.push(("a token", "eyJ".to_owned()));
        found.push(("a token", "Bearer".to_owned()));
        found.push(("a free text of Entra's", "Trace ID".to_owned()));
        found.push(("a free text of Entra's", "Brightwater".to_owned()));
        found.push(("a free text of Graph's", "request-id".to_owned()));
        found.push(("a free text of a proxy's", "The gateway could not".to_owned()));
        for (_, text) in &mut found {
            *text = text.to_lowercase();
        }
        found.retain(|(_, text)| text.len() > 2);
        found.sort();
        found.dedup();
        Self(found)
    }

    /// What of it is in a text, as it is or as JSON writes it.
    fn found_in(&self, text: &str) -> Vec<&(&'static str, String)> {
        let text = text.to_lowercase();
        let escaped = |canary: &str| canary.replace('\\', "\\\\").replace('"', "\\\"");
        let is_found = |canary: &str| text.contains(canary) || canary.contains('"') && text.contains(&escaped(canary));
        self.0.iter().filter(|(_, canary)| is_found(canary)).collect()
    }
}

/// Answers that fail, each with a name; whatever room they have is filled with people.
fn effects() -> Vec<(&'static str, Effect)> {
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
fn organisation() -> Settings {
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
    for path in ["/metrics", "/", "/-/ready", "/-/healthy", "/style.css", "/config", "/nowhere"] {
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
    let canaries = Canaries::of(&wrong.simulator);
    let found = canaries.found_in(&emitted);
    assert!(found.is_empty(), "{found:?} in:\n{emitted}");

    // And the search does find what is there, however it is written.
    for (_, canary) in &canaries.0 {
        emitted += &canary.to_ascii_uppercase();
        emitted.push(',');
    }
    assert_eq!(canaries.found_in(&emitted).len(), canaries.0.len());
}
