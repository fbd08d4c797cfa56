//! The rules in `rules/`: what they are about, what promtool says of them in both versions, and that each alert has been
//! seen to fire and not to fire, tells what to do, and leads to where it says.
//!
//! What they give when a real Prometheus has them is `live`'s matter. Next: `rule`, then `alerts`.

mod alerts;
mod broken;
mod cases;
pub(crate) mod rule;

use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use rule::{Rule, files};

use crate::boards::nothing;
use crate::harness::Prometheus;
use crate::tools::tool;

/// Runs promtool in both versions at a time; what it says where it is not content.
fn promtool(arguments: &[&str], paths: &[String]) -> Vec<String> {
    let run = |program| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Command::new(tool(program)).current_dir(root).args(arguments).args(paths).output().unwrap()
    };
    let outputs = thread::scope(|scope| {
        let runs = ["promtool", "promtool-2"].map(|program| (program, scope.spawn(move || run(program))));
        runs.map(|(program, run)| (program, run.join().unwrap()))
    });
    let failed = outputs.into_iter().filter(|(_, output)| !output.status.success());
    let told = |(program, output): (&str, Output)| {
        format!("{program}:\n{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()))
    };
    failed.map(told).collect()
}

#[test]
fn promtool_finds_nothing_in_the_rules() {
    nothing(&promtool(&["check", "rules", "--lint=all", "--lint-fatal"], &files()), "the rules");
}

#[test]
fn the_rules_do_in_every_case_what_their_tests_say() {
    let cases = cases::files();
    assert!(!cases.is_empty(), "no test of the rules was found");
    nothing(&promtool(&["test", "rules"], &cases), "the rules");
}

#[test]
fn every_rule_is_about_what_the_exporter_or_another_rule_has() {
    let prometheus = Prometheus::idle();
    let parse = |expression: &str| prometheus.answer("parse_query", &[("query", expression)]);
    let (_, faults) = rule::read_all(&Rule::all(), &parse);
    nothing(&faults, "the rules");
}

#[test]
fn every_alert_tells_what_to_do_and_leads_somewhere() {
    let rules = Rule::all();
    let faults: Vec<String> = rules.iter().filter(|rule| rule.is_alert).flat_map(alerts::faults).collect();
    nothing(&faults, "the alerts");
    nothing(&alerts::thresholds(&rules), "the thresholds");
}

#[test]
fn every_alert_has_been_seen_to_fire_and_not_to_fire() {
    nothing(&cases::missing(&Rule::all(), &cases::all()), "the tests of the alerts");
}
