//! What is found of credentials and tokens, each with its cause.

use std::fs;
use std::process::Command;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use simulator::{Effect, Fault, Occurrence, Operation, Settings};
use teams_presence_exporter::clock;
use teams_presence_exporter::domain::advice::Advice;
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
    let wrong = "Entra refused a token: the client secret is wrong (AADSTS7000215, invalid_client, HTTP 401)";
    run.tells("token", "failure", wrong, "Paste the secret's value, not its id: ")
        .says("roles", "skipped", "not tried: there is no token")
        .says("users", "skipped", "not tried: there is no token")
        .ends_with(1);
    tenant.simulator.set_secret_expired(true);
    let expired = "Entra refused a token: the client secret has expired (AADSTS7000222, invalid_client, HTTP 401)";
    run::json(&tenant).tells("token", "failure", expired, "Make a new one under ");
}

#[test]
fn a_secret_that_cannot_be_read_is_named() {
    let stage = Stage::of(&[&well()]);
    fs::remove_file(stage.folder().join("secret-0")).unwrap();
    let action = "Put the client secret's value there, readable for the exporter; it is read again at every attempt";
    stage.json().finds("credential", "failure", "the secret file secret-0 does not exist", action).ends_with(1);
    let stage = Stage::of(&[&well()]).replace("client_secret_file: secret-0", "client_secret_env: CONTOSO");
    let what = "the environment variable CONTOSO, which should hold the secret, is not set";
    // A process that runs sees no change of its environment.
    let action =
        "Set it where the exporter is started (export it, or Environment= of systemd), and start the exporter again";
    stage.json().finds("credential", "failure", what, action).ends_with(1);
}

#[test]
fn the_date_of_a_secret_is_held_against_today() {
    let renew = "Make the next one now, add it in Entra beside this one, and then put it in this one's place: \
                 docs/REGISTRATION.md, \"Rotate without downtime\"";
    expiring(11).0.finds("credential", "warning", "the client secret expires in 10 days", renew).ends_with(0);
    let new = "Make a new one and put it in place; if that was done already, correct the date";
    let what = "the client secret expired 4 days ago, as client_secret_expires has it";
    expiring(-4).0.finds("credential", "warning", what, new).ends_with(0);
    expiring(0).0.finds("credential", "warning", &what.replace("4 days ago", "today"), new);
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
        let is_busy = refusal.error == "temporarily_unavailable" || refusal.status == 429;
        let names_it = step.what.contains(&format!("AADSTS{}", refusal.code));
        assert!(names_it || is_busy, "{refusal:?}: {step:?}");
        let told = Advice::token_refused(refusal.code, refusal.error, refusal.status).action;
        let expected = if is_busy { "Run the check again in a few minutes" } else { &*told };
        assert_eq!(step.action.as_deref(), Some(expected), "{refusal:?}");
    }
}

/// A tenant whose application has this certificate, and its configuration.
fn certified(params: &CertificateParams) -> (Tenant, Stage) {
    let key = include_str!("../../../simulator/tests/keys/application.pem");
    let certificate = params.clone().self_signed(&KeyPair::from_pem(key).unwrap()).unwrap();
    let tenant = well();
    tenant.simulator.register_certificate(certificate.der());
    let stage = Stage::of(&[&tenant]).write("app.pem", &(certificate.pem() + key));
    (tenant, stage.replace("client_secret_file: secret-0", "client_certificate_file: app.pem"))
}

#[test]
fn a_certificate_is_told_with_its_end_and_fails_once_that_has_come() {
    let mut params = CertificateParams::default();
    params.not_after = date_time_ymd(2096, 3, 1);
    let (_tenant, stage) = certified(&params);
    let said = "the certificate file app.pem holds a certificate, and its key is there; it expires on 2096-03-01";
    stage.json().says("credential", "ok", said).ends_with(0);
    params.not_after = date_time_ymd(2024, 1, 1);
    let (_tenant, stage) = certified(&params);
    let what = "the certificate in app.pem has expired, on 2024-01-01";
    let action = "Make a new one, upload it under App registrations > your app > Certificates & secrets > Certificates, and \
                  put it in place with its key";
    // One fault is told once.
    let untried = "not tried: the credential cannot be used";
    stage.json().finds("credential", "failure", what, action).says("token", "skipped", untried).ends_with(1);
    // The daemon would not use it either, and that can be told without asking anybody.
    (params.not_before, params.not_after) = (date_time_ymd(2095, 1, 1), date_time_ymd(2096, 3, 1));
    let (_tenant, stage) = certified(&params);
    let what = "the certificate in app.pem is not valid yet, but from 2095-01-01 on";
    let action = "Check this machine's clock; else put one in place that is valid now";
    stage.run(&["--offline", "--format", "json"]).finds("credential", "failure", what, action).ends_with(1);
}

#[test]
fn a_clock_that_is_far_off_is_a_failure_where_a_certificate_signs_by_it() {
    let (tenant, stage) = certified(&CertificateParams::default());
    let hour_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(clock::now().unix_millis / 1000 - 3600);
    let date = vec![("Date".to_owned(), httpdate::fmt_http_date(hour_ago))];
    let effect = Effect::Headers(date);
    tenant.simulator.inject(Fault { operation: Operation::Other, occurrence: Occurrence::Always, effect });
    let run = stage.json();
    let steps = run.steps();
    assert!(steps.iter().any(|step| step.name == "clock" && step.mark == "failure"), "{steps:?}");
    run.ends_with(1);
}

/// Runs `check` on the machine that has this tenant's managed identity.
fn on_machine(tenant: &Tenant) -> Run {
    let stage = Stage::of(&[tenant]).replace("{client_secret_file: secret-0}", "{managed_identity: {}}");
    let origin = tenant.simulator.origin();
    let stage = stage.replace(&format!("authority: '{origin}'"), "authority: 'https://login.contoso.invalid'");
    let mut command = stage.command(&["--format", "json"]);
    command.env("IDENTITY_ENDPOINT", tenant.simulator.identity_endpoint());
    command.env("IDENTITY_HEADER", tenant.simulator.identity_header());
    Run::of(command.output().unwrap())
}

#[test]
fn what_a_managed_identity_may_not_do_is_granted_by_commands_and_on_no_page() {
    let tenant = well();
    let assign = |names: &str| {
        format!(
            "Assign {names} of Microsoft Graph to the managed identity by the commands in docs/REGISTRATION.md under A \
             managed identity, for no page of the portal does it; a token that Azure keeps shows it up to a day late"
        )
    };
    tenant.simulator.set_roles(&[]);
    let what = "the token holds no permission at all: none was assigned, or Azure gave it before one was";
    on_machine(&tenant).finds("roles", "failure", what, &assign("Presence.Read.All and User.Read.All")).ends_with(1);
    tenant.simulator.set_roles(&["User.Read.All", "Mail.Read"]);
    let missing = "the application permission Presence.Read.All is not granted";
    let excess = "the application may do more than it needs to: Mail.Read, which nothing here needs";
    let take_away = "By the commands in docs/REGISTRATION.md under A managed identity take each away that is not needed, for \
                     no page of the portal does it";
    on_machine(&tenant)
        .finds("roles", "failure", missing, &assign("Presence.Read.All"))
        .finds("roles", "warning", excess, take_away)
        .ends_with(1);
}

#[test]
fn the_identity_of_a_machine_is_asked_and_entra_is_not() {
    let run = on_machine(&well());
    run.says("credential", "ok", "none is kept here: the machine proves itself").ends_with(0);
    let step = run.steps().into_iter().find(|step| step.name == "token").unwrap();
    assert!(step.what.starts_with("the endpoint of managed identities gives one, good for "), "{step:?}");
    assert!(
        run.steps().iter().all(|step| !step.what.contains("Entra at ") || step.name == "configuration"),
        "{}",
        run.stdout
    );
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
            "Check tenant_id: it is the directory (tenant) ID of the application's overview; a managed identity is always one of \
             the tenant that its machine belongs to",
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
