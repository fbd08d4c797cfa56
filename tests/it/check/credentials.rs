//! What is found of credentials and tokens, each with its cause.

use std::fs;
use std::process::Command;

use simulator::{Effect, Fault, Occurrence, Operation, Settings};
use teams_presence_exporter::clock;
use teams_presence_exporter::domain::moment::Day;

use super::run::{self, Run, Stage};
use crate::harness::{MORNING, Tenant, frozen};

/// A tenant that is well.
pub(super) fn well() -> Tenant {
    Tenant::start("contoso", frozen(60, MORNING))
}

/// The same with a fault that strikes always.
pub(super) fn struck(operation: Operation, effect: Effect) -> Tenant {
    let tenant = well();
    tenant.simulator.inject(Fault { operation, occurrence: Occurrence::Always, effect });
    tenant
}

/// What is said of a tenant with `client_secret_expires` so many days from today, and that day.
fn expiring(days: i64) -> (Run, Day) {
    let today = i64::try_from(clock::now().unix_millis / 86_400_000).unwrap();
    let day = Day(u64::try_from(today + days).unwrap());
    let stage = Stage::of(&[&well()]).replace("secret-0}", &format!("secret-0, client_secret_expires: {day}}}"));
    (stage.run(&["--offline", "--format", "json"]), day)
}

#[test]
fn a_secret_that_is_wrong_or_expired_is_told_in_the_words_of_the_log() {
    let tenant = well();
    let run = Stage::of(&[&tenant]).write("secret-0", "0f0f0f0f-1e1e-4d2d-8c3c-4b4b4b4b4b4b").json();
    run.finds(
        "token",
        "failure",
        "Entra refused a token: the client secret is wrong (AADSTS7000215, invalid_client, HTTP 401)",
        "Paste the secret's value, not its id: App registrations > your app > Certificates & secrets shows the value once, \
         when the secret is made",
    )
    .says("roles", "skipped", "not tried: there is no token")
    .says("users", "skipped", "not tried: there is no token")
    .ends_with(1);
    tenant.simulator.set_secret_expired(true);
    run::json(&tenant).finds(
        "token",
        "failure",
        "Entra refused a token: the client secret has expired (AADSTS7000222, invalid_client, HTTP 401)",
        "Make a new one under App registrations > your app > Certificates & secrets and put its value in place",
    );
}

#[test]
fn a_secret_that_cannot_be_read_is_named() {
    let stage = Stage::of(&[&well()]);
    fs::remove_file(stage.folder().join("secret-0")).unwrap();
    let action = "Put the client secret's value there, readable for the exporter; it is read again at every attempt";
    stage.json().finds("credential", "failure", "the secret file secret-0 does not exist", action).ends_with(1);
    let stage = Stage::of(&[&well()]).replace("client_secret_file: secret-0", "client_secret_env: CONTOSO");
    let what = "the environment variable CONTOSO, which should hold the secret, is not set";
    stage.json().finds("credential", "failure", what, action).ends_with(1);
}

#[test]
fn the_date_of_a_secret_is_held_against_today() {
    let renew = "Make the next one now and put it in place: both are good until the old one expires";
    expiring(11).0.finds("credential", "warning", "the client secret expires in 10 days", renew).ends_with(0);
    let new = "Make a new one and put it in place, and its date with it";
    expiring(-4).0.finds("credential", "warning", "the client secret expired 4 days ago", new).ends_with(0);
    expiring(0).0.finds("credential", "warning", "the client secret expired today", new);
    let (run, day) = expiring(40);
    let good = format!("the secret file secret-0 holds a secret; it expires on {day}");
    run.says("credential", "ok", &good).ends_with(0);
}

#[test]
fn an_entra_that_cannot_serve_is_told_from_one_that_refuses() {
    let busy = Effect::Status { status: 503, headers: Vec::new(), body: None };
    let tenant = struck(Operation::Token, busy);
    let place = format!("Entra at {}", tenant.simulator.origin().trim_start_matches("https://"));
    let what = format!("{place} could not give a token now (HTTP 503)");
    run::json(&tenant).finds("token", "failure", &what, "Run the check again in a few minutes");
    let tenant = struck(Operation::Token, Effect::Html(200));
    let place = format!("Entra at {}", tenant.simulator.origin().trim_start_matches("https://"));
    run::json(&tenant).finds(
        "token",
        "failure",
        &format!("{place} did not answer as Entra does (HTTP 200)"),
        "Check cloud.authority, and that no proxy or guest network answers in its place",
    );
}

#[test]
fn an_entra_that_says_nothing_is_not_waited_for_without_end() {
    let tenant = struck(Operation::Token, Effect::Stall(0));
    let place = format!("Entra at {}", tenant.simulator.origin().trim_start_matches("https://"));
    let what = format!("{place} did not answer in time");
    let action = "Check the network path to it, the proxy included";
    run::json(&tenant).finds("token", "failure", &what, action).ends_with(1);
}

#[test]
fn every_code_of_entra_is_told_with_what_to_do() {
    let tenant = well();
    for refusal in simulator::REFUSALS {
        tenant.simulator.refuse_tokens(Some(refusal.code));
        let steps = run::json(&tenant).steps();
        let step = steps.iter().find(|step| step.name == "token").unwrap();
        assert_eq!(step.mark, "failure", "{refusal:?}");
        let is_busy = refusal.status >= 500 || refusal.status == 429;
        let names_it = step.what.contains(&format!("AADSTS{}", refusal.code));
        assert!(names_it || is_busy, "{refusal:?}: {step:?}");
        assert!(step.action.as_ref().is_some_and(|action| action.len() > 10), "{refusal:?}: {step:?}");
    }
}

/// A token that nobody can read, and one for somebody else.
#[test]
fn a_token_that_is_not_as_it_should_be_is_told() {
    let tenant = struck(Operation::Token, Effect::Replace { from: ".".to_owned(), to: "_".to_owned() });
    run::json(&tenant).finds(
        "roles",
        "warning",
        "the token is not one whose permissions can be read, so the requests below must show them",
        "Nothing, if they succeed",
    );
    // {"tid":"0f8fad5b-d9cb-469f-a165-70867728950e","roles":["Presence.Read.All","User.Read.All"]}
    let claims = "eyJ0aWQiOiIwZjhmYWQ1Yi1kOWNiLTQ2OWYtYTE2NS03MDg2NzcyODk1MGUiLCJyb2xlcyI6WyJQcmVzZW5jZS5SZWFkLkFsbCIsIlVzZ\
                  XIuUmVhZC5BbGwiXX0";
    let body = format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"e30.{claims}.c2ln"}}"#);
    let tenant = struck(Operation::Token, Effect::Status { status: 200, headers: Vec::new(), body: Some(body) });
    run::json(&tenant)
        .finds(
            "token",
            "failure",
            "the token is for another tenant than tenant_id names",
            "Check tenant_id: it is the directory (tenant) ID of the application's overview",
        )
        .ends_with(1);
}

#[test]
fn a_file_that_is_never_read_to_its_end_is_named() {
    let stage = Stage::of(&[&Tenant::start("contoso", Settings { people: 1, ..frozen(1, MORNING) })]);
    let pipe = stage.folder().join("web.yml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Nothing comes through, as from a file system that hangs.
    let _silent = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let run = stage.run(&["--offline", "--format", "json", "--web.config.file", "web.yml"]);
    run.finds(
        "web_config",
        "failure",
        "the web configuration web.yml cannot be read to its end within 20 seconds; is its file system hanging, or is it a \
         pipe?",
        "Put it on a file system that answers",
    )
    .ends_with(1);
}
