//! Logs as a machine reads them: both formats, their keys, the levels.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// The log of an exporter that reads one tenant well, whose name is odd, and fails to start another.
fn log(format: &str) -> String {
    let good = Tenant::start("R & \"D\" = 1", frozen(100, MORNING));
    let bad = Tenant::start("bad", frozen(100, MORNING)).with("interval: 5s");
    bad.simulator.set_secret_expired(true);
    let exporter = Exporter::start_with(&[&good, &bad], &["--log.format", format]);
    exporter.wait_for_log(&["presence read"]);
    exporter.wait_for_log(&["listing users failed"]);
    exporter.stop().log
}

/// The keys of a line of logfmt with their values, unquoted.
fn logfmt(line: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').unwrap_or_else(|| panic!("{rest} in {line}"));
        assert!(!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
        let value;
        (value, rest) = if after.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
            let value = values.next().unwrap().unwrap_or_else(|error| panic!("{error} in {line}"));
            (value, &after[values.byte_offset()..])
        } else {
            let (value, _) = after.split_once(' ').unwrap_or((after, ""));
            (value.to_owned(), &after[value.len()..])
        };
        pairs.push((key.to_owned(), value));
        rest = match rest.strip_prefix(' ') {
            Some(next) => next,
            None if rest.is_empty() => rest,
            None => panic!("{rest} in {line}"),
        };
    }
    pairs
}

/// The messages, each with its level and the keys that stand beside it; without those whose order is chance.
fn outline(lines: impl Iterator<Item = Vec<(String, String)>>) -> Vec<String> {
    let mut outline: Vec<String> = lines
        .map(|pairs| {
            let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
            assert_eq!(keys[..3], ["time", "level", "msg"]);
            assert!(pairs[0].1.starts_with("20") && pairs[0].1.ends_with('Z'), "{}", pairs[0].1);
            let tenant = pairs.iter().find(|(key, _)| key == "tenant").map_or("", |(_, tenant)| tenant);
            format!("{} {:?} {tenant} {}", pairs[1].1, pairs[2].1, keys[3..].join(" "))
        })
        .collect();
    // The tenants go their own ways.
    outline.sort();
    outline.dedup();
    outline
}

const OUTLINE: [&str; 7] = [
    "INFO \"asked to end\"  signal",
    "INFO \"listening\"  address",
    "INFO \"planned: 1 request a cycle, 1 % of the 1,200 that any 30 s may hold; a cycle takes up to 0.0 s and the time that \
     Graph needs, every 5 s\" R & \"D\" = 1 tenant users",
    "INFO \"presence read\" R & \"D\" = 1 tenant tracked current seconds",
    "INFO \"teams-presence-exporter ends\"  ",
    "INFO \"teams-presence-exporter starts\"  version revision tenants",
    "INFO \"users listed\" R & \"D\" = 1 tenant users seconds",
];

const REFUSED: &str = "WARN \"listing users failed: Entra refused a token: the client secret has expired \
                       (AADSTS7000222, invalid_client, HTTP 401)\" bad tenant reason advice retry_seconds";

#[test]
fn logfmt_has_time_level_and_message_in_every_line() {
    let log = log("logfmt");
    assert_eq!(outline(log.lines().map(logfmt)), [&OUTLINE[..], &[REFUSED]].concat());
}

#[test]
fn json_says_the_same_with_the_same_keys() {
    let log = log("json");
    let pairs = |line: &str| {
        // A map is sorted, so the order is looked at in the line itself.
        let value: Map<String, Value> = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut pairs: Vec<(String, String)> = value.iter().map(|(key, value)| (key.clone(), text(value))).collect();
        pairs.sort_by_key(|(key, _)| line.find(&format!("\"{key}\":")));
        pairs
    };
    assert_eq!(outline(log.lines().map(pairs)), [&OUTLINE[..], &[REFUSED]].concat());
}

#[test]
fn a_level_keeps_what_is_less_important_out() {
    let tenant = Tenant::start("contoso", frozen(100, MORNING));
    tenant.simulator.set_secret_expired(true);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("exporter.yml"), format!("tenants:\n{}", tenant.write(folder.path(), 0))).unwrap();
    let mut command = Exporter::command();
    command.args(["--config.file", "exporter.yml", "--web.listen-address", "127.0.0.1:0", "--log.level", "warn"]);
    let mut child = command.current_dir(folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let levels: Vec<String> = [first].into_iter().chain(lines).map(|line| logfmt(&line).remove(1).1).collect();
    assert_eq!(levels, ["WARN"]);
}

#[test]
fn a_line_of_logfmt_is_taken_apart_by_these_tests() {
    let pairs = logfmt(r#"time=1 msg="a \"b\" = c" empty="" last=x"#);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("time", "1"), ("msg", "a \"b\" = c"), ("empty", ""), ("last", "x")]);
}
