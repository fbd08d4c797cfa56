//! The snippets and examples: whoever copies one out of README.md, docs/METRICS.md or examples/ has something that works.
//!
//! Configurations are read by the exporter; Prometheus's configuration and queries by promtool, 3.x and 2.x.
//! Configurations of the exporter in docs/CONFIGURATION.md are checked where keys are, the rules where boards are.

use std::path::Path;
use std::process::Command;

use teams_presence_exporter::config::Config;

use crate::metrics_doc::{is_there, metrics_named};
use crate::tools::tool;

const README: &str = include_str!("../../README.md");
const CONFIGURATION: &str = include_str!("../../docs/CONFIGURATION.md");
const METRICS: &str = include_str!("../../docs/METRICS.md");
const MAKEFILE: &str = include_str!("../../Makefile");

/// The snippets of a document in one language.
pub(crate) fn snippets<'d>(document: &'d str, language: &str) -> Vec<&'d str> {
    let fences = document.split(&format!("```{language}\n")).skip(1).collect::<Vec<_>>();
    let snippets = fences.into_iter().filter_map(|rest| rest.split("```").next());
    snippets.collect()
}

/// Runs promtool in both versions in a folder that holds these files; what it says if it is not content.
fn promtool(arguments: &[&str], files: &[(&str, &str)]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for program in ["promtool", "promtool-2"] {
        let output = Command::new(tool(program)).args(arguments).current_dir(folder.path()).output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
        }
    }
    Ok(())
}

/// Reads a snippet of YAML as whoever it is for.
fn check_yaml(text: &str) -> Result<(), String> {
    let files = [("snippet.yml", text)];
    match text.split(':').next() {
        Some("tenants") => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("snippet.yml");
            std::fs::write(&path, text).unwrap();
            Config::load(Some(&path), &|_| None).map(drop).map_err(|faults| faults.to_string())
        }
        Some("scrape_configs" | "rule_files") => promtool(&["check", "config", "--syntax-only", "snippet.yml"], &files),
        _ => Err("begins with none of tenants, scrape_configs and rule_files: say here who reads it".to_owned()),
    }
}

/// Has promtool read a query, and looks its metrics up.
pub(crate) fn check_query(query: &str) -> Result<(), String> {
    if let Some(name) = metrics_named(query).into_iter().find(|name| !is_there(name)) {
        return Err(format!("there is no {name}"));
    }
    let rule = serde_json::json!({"record": "checked:snippet", "expr": query});
    let rules = serde_json::json!({"groups": [{"name": "snippet", "rules": [rule]}]}).to_string();
    promtool(&["check", "rules", "snippet.yml"], &[("snippet.yml", &rules)])
}

#[track_caller]
fn check_each(snippets: &[&str], expected: usize, rule: impl Fn(&str) -> Result<(), String>) {
    assert_eq!(snippets.len(), expected);
    for snippet in snippets {
        rule(snippet).unwrap_or_else(|fault| panic!("{fault}\nin the snippet:\n{snippet}"));
    }
}

#[test]
fn the_readme_can_be_copied() {
    check_each(&snippets(README, "yaml"), 3, check_yaml);
    check_each(&snippets(README, "promql"), 4, check_query);
    for name in metrics_named(README) {
        assert!(is_there(name), "README.md names {name}");
    }
}

#[test]
fn the_queries_about_metrics_can_be_copied() {
    check_each(&snippets(METRICS, "promql"), 5, check_query);
}

#[test]
fn prometheus_takes_its_side_of_a_web_configuration() {
    let snippets = snippets(CONFIGURATION, "yaml");
    let scrapes: Vec<&str> = snippets.into_iter().filter(|text| text.starts_with("scrape_configs:")).collect();
    check_each(&scrapes, 1, check_yaml);
}

#[test]
fn the_readme_names_targets_of_make_that_there_are() {
    let lines = snippets(README, "sh").into_iter().flat_map(str::lines);
    let targets: Vec<&str> = lines.filter_map(|line| line.strip_prefix("make ")).collect();
    assert_eq!(targets, ["demo", "tools", "test"]);
    for target in targets {
        assert!(MAKEFILE.contains(&format!("\n{target}: ")), "{target}");
    }
}

#[test]
fn prometheus_takes_the_example() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/prometheus/prometheus.yml");
    let path = path.to_str().unwrap();
    assert_eq!(promtool(&["check", "config", path], &[]), Ok(()));
}

#[test]
fn a_snippet_that_does_not_work_is_caught() {
    assert!(check_yaml("tenants:\n  - name: contoso\n").unwrap_err().contains("credential"));
    assert!(check_yaml("scrape_configs:\n  - job: a\n").unwrap_err().contains("FAILED"));
    assert!(check_yaml("rules: []\n").is_err());
    assert!(check_yaml("rule_files:\n  presence/rules/*.yml\n").unwrap_err().contains("FAILED"));
    assert_eq!(check_query("teams_presence_users"), Err("there is no teams_presence_users".to_owned()));
    assert!(check_query("sum by (tenant) (teams_presence_up").is_err());
}
