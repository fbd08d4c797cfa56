//! What is found of the web configuration and of the configuration itself; exit codes.

use teams_presence_exporter::clock;
use teams_presence_exporter::domain::moment::Day;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::credentials::well;
use super::run::{Run, Stage};
use crate::harness::{Exporter, MORNING, Tenant, frozen};

const HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

/// What is said with this web configuration, and these further lines in the configuration.
fn with(web: &str, further: &str) -> Run {
    let stage = Stage::of(&[&well()]).write("web.yml", web);
    let file = std::fs::read_to_string(stage.folder().join("config.yml")).unwrap();
    let stage = stage.write("config.yml", &(file + further));
    stage.run(&["--offline", "--format", "json", "--web.config.file", "web.yml"])
}

/// What is said with a certificate that ends so many days from today.
fn expiring(days: i64) -> Run {
    let today = i64::try_from(clock::now().unix_millis / 86_400_000).unwrap();
    let day = Day(u64::try_from(today + days).unwrap()).to_string();
    let mut parts = day.split('-').map(|part| part.parse::<u16>().unwrap());
    let [year, month, day] = [(); 3].map(|()| parts.next().unwrap());
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(year.into(), u8::try_from(month).unwrap(), u8::try_from(day).unwrap());
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let stage = Stage::of(&[&well()]).write("server.crt", &certificate).write("server.key", &key.serialize_pem());
    let stage = stage.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
    stage.run(&["--offline", "--format", "json", "--web.config.file", "web.yml"])
}

#[test]
fn a_web_configuration_that_does_not_hold_fails_with_its_place() {
    let run = with("basic_auth_users: {ops: hunter2}\nnonsense: 1\n", "");
    run.finds(
        "web_config",
        "failure",
        "web.yml:1:25: basic_auth_users[0]: is no bcrypt hash; make one with htpasswd -nBC 10 NAME, and take what follows \
         the colon",
        "Correct it: docs/CONFIGURATION.md says what may stand there",
    )
    .ends_with(1);
    assert_eq!(run.steps().iter().filter(|step| step.mark == "failure").count(), 2, "{}", run.stdout);
    assert!(!run.stdout.contains("hunter2"));
}

#[test]
fn users_whom_the_web_configuration_does_not_know_are_a_warning_without_their_names() {
    let run = with(&format!("basic_auth_users: {{ops: {HASH}}}\n"), "web_users: {ops: all, annabel: all}\n");
    run.says("web_config", "ok", "the web configuration web.yml holds: no TLS, 1 user")
        .finds(
            "web_config",
            "warning",
            "web_users names 1 user whom the web configuration does not know",
            "Correct the names in one of the two files",
        )
        .ends_with(0);
    assert!(!run.stdout.contains("annabel"));
    with("", "web_users: {annabel: all}\n").finds(
        "web_config",
        "warning",
        "web_users says what users see, but there are none: nobody sees more than health",
        "Add basic_auth_users to the web configuration, or take web_users out",
    );
}

#[test]
fn the_certificate_that_is_served_is_held_against_today() {
    let renew = "Renew it and put it in place; it is taken up without a restart";
    let what = "the certificate of the web configuration expires in 9 days";
    expiring(10).finds("web_config", "warning", what, renew).ends_with(0);
    let what = "the certificate of the web configuration expired 3 days ago, so clients refuse it";
    expiring(-3).finds("web_config", "failure", what, renew).ends_with(1);
    let run = expiring(100);
    run.says("web_config", "ok", "the web configuration web.yml holds: TLS, no users").ends_with(0);
}

#[test]
fn a_configuration_that_does_not_hold_is_told_in_steps_with_64() {
    let stage = Stage::of(&[&well()]).replace("interval: 5s", "interval: 5");
    let run = stage.json();
    let action = "Correct it: docs/CONFIGURATION.md says what may stand there";
    let steps = run.steps();
    assert_eq!(steps.len(), 1, "{steps:?}");
    let what = "config.yml:8:15: tenants[0].interval: 5 has no unit; write 5s for seconds";
    run.finds("configuration", "failure", what, action).ends_with(64);
    let run = stage.run(&[]);
    let expected = "\
the process
  FAIL  configuration  config.yml:8:15: tenants[0].interval: 5 has no unit;
                       write 5s for seconds
                       -> Correct it: docs/CONFIGURATION.md says what may stand
                          there

1 failure.
";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str(), run.code), (expected, "", Some(64)));
}

#[test]
fn who_gives_nothing_is_told_what_to_give() {
    let output = Exporter::command().args(["check", "--format", "json"]).output().unwrap();
    let what = "no tenant is configured: there is no --config.file, and no AZURE_TENANT_ID";
    let action = "Write a file and name it with --config.file, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a credential: \
                  docs/CONFIGURATION.md shows both";
    Run::of(output).finds("configuration", "failure", what, action).ends_with(64);
}

#[test]
fn a_command_line_that_does_not_hold_is_told_in_the_format_that_was_asked_for() {
    let output = Exporter::command().args(["check", "--format", "json", "--log.level", "loud"]).output().unwrap();
    let run = Run::of(output);
    let what = "--log.level: \"loud\" is not a level; write debug, info, warn or error";
    run.finds(
        "command_line",
        "failure",
        what,
        "Correct it: teams-presence-exporter check --help says what may be typed",
    )
    .ends_with(64);
    let output = Exporter::command().args(["check", "--format", "json", "--ofline"]).output().unwrap();
    let correct = "Correct it: teams-presence-exporter check --help says what may be typed";
    Run::of(output).finds("command_line", "failure", "unexpected argument '--ofline' found", correct).ends_with(64);
    let output = Exporter::command().args(["check", "--format", "yaml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: check --format: \"yaml\" is not a format; write text or json"), "{said}");
}

#[test]
fn several_tenants_are_told_in_the_order_of_the_file_and_one_failure_counts() {
    let names = ["zeta", "alpha", "midway", "omega", "beta", "gamma"];
    let tenants: Vec<_> = names.iter().map(|name| Tenant::start(name, frozen(20, MORNING))).collect();
    tenants[4].simulator.set_secret_expired(true);
    let stage = Stage::of(&tenants.iter().collect::<Vec<_>>());
    let run = stage.run(&[]);
    let headings: Vec<&str> = run.stdout.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
    assert_eq!(headings[..7], ["zeta", "alpha", "midway", "omega", "beta", "gamma", "the process"], "{}", run.stdout);
    assert!(headings[7].starts_with("6 tenants checked: 1 failure"), "{headings:?}");
    assert_eq!(run.code, Some(1));
}
