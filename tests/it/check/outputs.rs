//! What goes where: the report to standard output, progress to a terminal alone, log lines nowhere unless asked for; and in
//! none of it anything of a person, a token or a secret.

use std::process::{Command, Stdio};

use simulator::{Effect, Fault, Occurrence, Operation};

use super::credentials::{struck, well};
use super::run::{Run, Stage};
use crate::harness::{Exporter, MORNING, Tenant, frozen};
use crate::privacy::canaries::{Canaries, SECRET_ID};
use crate::privacy::{effects, organisation};

/// What a terminal shows of a run, in which the report goes to a file: `script` makes a terminal of a pipe. Ended by a
/// carriage return is what was written over.
fn on_a_terminal(stage: &Stage) -> String {
    let exporter = env!("CARGO_BIN_EXE_teams-presence-exporter");
    let line = format!("{exporter} check --config.file config.yml >report");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).stdin(Stdio::null());
    let output = command.current_dir(stage.folder()).output().expect("script, of the package bsdutils");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_terminal_shows_progress_in_one_line_that_is_wiped() {
    let tenant = well();
    let stage = Stage::of(&[&tenant]);
    let shown = on_a_terminal(&stage);
    for what in ["looking for Entra and Graph", "asking for a token", "listing users", "reading presence"] {
        assert!(shown.contains(&format!("\rcontoso: {what} ...")), "{what}: {shown:?}");
    }
    assert!(!shown.contains('\n') && !shown.contains('\u{1b}'), "{shown:?}");
    let last = shown.trim_end_matches('\r').rsplit('\r').next().unwrap();
    assert!(last.chars().all(|letter| letter == ' '), "{shown:?}");
    let report = std::fs::read_to_string(stage.folder().join("report")).unwrap();
    assert!(report.starts_with("contoso\n  ok    configuration  "), "{report}");
}

#[test]
fn a_pipe_gets_no_progress_and_no_line_of_the_log_unless_that_is_asked_for() {
    let tenant = Tenant::start("contoso", frozen(60, MORNING));
    tenant.simulator.set_roles(&["Presence.Read.All", "User.Read.All", "Mail.Read"]);
    let stage = Stage::of(&[&tenant]);
    assert_eq!(stage.run(&[]).stderr, "");
    assert_eq!(stage.run(&["--log.level", "info"]).stderr, "");
    let told = stage.run(&["--log.level", "debug"]);
    assert!(told.stderr.contains("level=WARN msg=\"the application may do more than it needs to"), "{}", told.stderr);
    assert!(!told.stdout.contains("level="));
}

#[test]
fn a_reader_who_has_read_enough_is_told_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Stage::of(&[&well()]).command(&["--offline"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(1), ""));
}

#[test]
fn a_report_that_nobody_can_take_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let stage = Stage::of(&[&well()]);
    let status = stage.command(&["--offline"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn help_tells_of_the_check() {
    let output = Exporter::command().args(["check", "--help"]).output().unwrap();
    let run = Run::of(output);
    assert_eq!(run.code, Some(0));
    for flag in ["--offline", "--format <FORMAT>", "--config.file <PATH>"] {
        assert!(run.stdout.contains(flag), "{}", run.stdout);
    }
}

#[test]
fn nothing_of_a_person_a_token_or_a_secret_is_printed_whatever_is_answered() {
    let mut tenants = vec![Tenant::start("good", organisation())];
    for (name, operation) in [
        ("token", Operation::Token),
        ("users", Operation::ListUsers),
        ("presences", Operation::GetPresences),
        ("members", Operation::ListMembers),
        ("elsewhere", Operation::Other),
    ] {
        for (effect_name, effect) in effects() {
            let tenant = Tenant::start(&format!("{name} {effect_name}"), organisation());
            tenant.simulator.set_roles(&["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"]);
            let sre = tenant.simulator.group("On call SRE").id;
            let keys = format!("group_by: [{{dimension: team, entra_groups: {{sre: {sre}}}}}]");
            tenant.simulator.inject(Fault { operation, occurrence: Occurrence::Always, effect });
            tenants.push(tenant.with(&keys));
        }
    }
    tenants.push(Tenant::start("pasted id", organisation()));
    let last = tenants.len() - 1;
    let stage = Stage::of(&tenants.iter().collect::<Vec<_>>()).write(&format!("secret-{last}"), SECRET_ID);
    let Run { stdout, stderr, .. } = stage.run(&["--format", "json", "--log.level", "debug"]);
    let printed = stdout + &stderr;
    for known in ["\"tenant\": \"good\"", "AADSTS7000215", "\"mark\": \"failure\"", "presences 403", "members 404"] {
        assert!(printed.contains(known), "{known} is not in what was printed:\n{printed}");
    }
    Canaries::of(&tenants[last].simulator).assert_not_in(&printed);
}

#[test]
fn nothing_more_is_asked_than_a_check_needs() {
    let tenant = well();
    Stage::of(&[&tenant]).run(&[]);
    let asked: Vec<Operation> = tenant.simulator.calls().iter().map(|call| call.operation).collect();
    let expected =
        [Operation::Other, Operation::Token, Operation::ListUsers, Operation::ListUsers, Operation::GetPresences];
    assert_eq!(asked, expected);
    tenant.simulator.forget_calls();
    Stage::of(&[&tenant]).run(&["--offline"]);
    assert!(tenant.simulator.calls().is_empty());
}

#[test]
fn a_tenant_of_the_environment_is_checked_as_well() {
    let id = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    let mut command = Exporter::command();
    command.env("AZURE_TENANT_ID", "contoso.com").env("AZURE_CLIENT_ID", id).env("AZURE_CLIENT_SECRET", "hunter2");
    command.env("TEAMS_PRESENCE_CHECK_OFFLINE", "true").env("TEAMS_PRESENCE_CHECK_FORMAT", "json");
    let run = Run::of(command.arg("check").output().unwrap());
    run.says("configuration", "ok", "cloud global; client secret; presence every 1m; enabled members").ends_with(0);
    assert!(!run.stdout.contains("hunter2"));
}

#[test]
fn an_interrupt_ends_it_at_once() {
    let tenant = struck(Operation::Token, Effect::Stall(0));
    let stage = Stage::of(&[&tenant]);
    // It would end by itself, with 1, only later.
    let mut command = Command::new("timeout");
    let exporter = env!("CARGO_BIN_EXE_teams-presence-exporter");
    command.args(["--preserve-status", "--signal=INT", "2", exporter, "check", "--config.file", "config.yml"]);
    let status = command.current_dir(stage.folder()).stdout(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(130));
}
