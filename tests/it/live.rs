//! Boards and rules against a real Prometheus that scrapes the real exporter in its demo: every expression of a
//! board and every recording rule is asked and has to give data, and of an alert, which finds nothing where all is well, every
//! metric that it looks at.
//!
//! The Prometheus has nine days behind it ([`history`]), so that panels about last week have one, and keeps the rules. What
//! is right to be empty is listed in [`empty`] with the reason; an entry that is wrong fails as well. Both versions of
//! Prometheus are asked. A tenant in a cloud whose answers carry less may leave panels empty, and breaks nothing. Next:
//! `asked`.

mod asked;
mod empty;
mod history;

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use simulator::{Settings, Shape, Switches};
use tempfile::TempDir;

use asked::Asked;

use crate::boards::board::{Board, list, text};
use crate::boards::nothing;
use crate::groups::{counted_apart, roles};
use crate::harness::{DATA, Exporter, MORNING, Page, Prometheus, Tenant, frozen, scraping};
use crate::rules::rule::{self, Rule, files, yaml};

/// A Prometheus with a past, a present and rules.
struct Live {
    prometheus: Prometheus,
}

impl Live {
    /// Starts `prometheus` or `prometheus-2` in a folder that holds a past and the rules, and has it scrape an exporter.
    fn start(version: &str, exporter: SocketAddr, folder: TempDir) -> Self {
        let configuration = format!("rule_files: ['rules-*.yml']\n{}", scraping(exporter));
        // Whatever is asked for at any time of the past has a sample within an hour before.
        let flags = ["--query.lookback-delta=1h", "--storage.tsdb.retention.time=60d"];
        Self { prometheus: Prometheus::launch(version, &configuration, folder, &flags) }
    }

    /// Waits until each group was evaluated three times: once with what another one had recorded, whichever came first.
    fn wait_for_rules(&self) {
        let mut seen: Vec<Value> = Vec::new();
        for _ in 0..3 {
            seen = self.prometheus.ask("/api/v1/rules", |data| {
                let groups = list(&data["groups"]);
                let latest: Vec<Value> = groups.iter().map(|group| group["lastEvaluation"].clone()).collect();
                let is_over =
                    groups.iter().all(|group| list(&group["rules"]).iter().all(|it| it["health"] != "unknown"));
                let is_later = seen.iter().zip(&latest).all(|(before, after)| before != after);
                (!groups.is_empty() && is_over && is_later).then_some(latest)
            });
        }
    }

    /// What Prometheus has against the rules.
    fn unhealthy(&self) -> Vec<String> {
        let data = self.prometheus.answer("rules", &[]).unwrap();
        let rules = list(&data["groups"]).iter().flat_map(|group| list(&group["rules"]));
        let ill = rules.filter(|rule| rule["health"] != "ok" || !text(&rule["lastError"]).is_empty());
        ill.map(|rule| format!("{}: {}", text(&rule["name"]), rule["lastError"])).collect()
    }

    /// Whatever cannot be asked, is empty or is listed in vain.
    fn faults(&self) -> Vec<String> {
        let mut faults = self.unhealthy();
        let mut answers = Vec::new();
        for asked in self.asked() {
            match asked.gives_data(&self.prometheus) {
                Ok(gives_data) => answers.push((asked.place, gives_data)),
                Err(fault) => faults.push(format!("{}: {fault}", asked.place)),
            }
        }
        faults.extend(empty::faults(&answers, empty::RIGHT));
        faults
    }

    /// What it refuses to answer, and rules that it cannot evaluate.
    fn refused(&self) -> Vec<String> {
        let asked = self.asked().into_iter();
        let refused = asked.filter_map(|asked| {
            asked.gives_data(&self.prometheus).err().map(|fault| format!("{}: {fault}", asked.place))
        });
        self.unhealthy().into_iter().chain(refused).collect()
    }

    /// The alerts about a tenant, firing or about to.
    fn alerts(&self, tenant: &str) -> BTreeSet<String> {
        let data = self.prometheus.answer("alerts", &[]).unwrap();
        let of_it = list(&data["alerts"]).iter().filter(|alert| alert["labels"]["tenant"] == tenant);
        of_it.map(|alert| text(&alert["labels"]["alertname"]).to_owned()).collect()
    }

    /// Whether an expression finds anything.
    fn finds(&self, expression: &str) -> bool {
        Asked::now(expression.to_owned(), expression).gives_data(&self.prometheus).unwrap()
    }

    /// Everything that is asked of it.
    fn asked(&self) -> Vec<Asked> {
        let parser = Prometheus::idle();
        let parse = |expression: &str| parser.answer("parse_query", &[("query", expression)]);
        let mut asked: Vec<Asked> =
            Board::all().iter().flat_map(|board| asked::of_board(board, &self.prometheus)).collect();
        let rules = Rule::all();
        for (rule, reading) in rule::read_all(&rules, &parse).0 {
            if !rule.is_alert {
                asked.push(Asked::now(rule.name.clone(), &rule.expression));
                continue;
            }
            // Where all is well an alert finds nothing. What it looks at has to be there all the same.
            for selector in &reading.selectors {
                let place = format!("{}: {selector}", rule.name);
                asked.push(Asked::now(place, &selector.to_string()));
            }
        }
        asked
    }
}

/// The same rules, evaluated every second, so that nobody has to wait a minute for the next.
fn every_second(mut rules: Value) -> Value {
    for group in rules["groups"].as_array_mut().unwrap() {
        group["interval"] = json!("1s");
    }
    rules
}

/// A folder for a Prometheus, with the past that is in another, and with the rules.
fn furnished(past: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(past.join(DATA)).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    with_rules(folder)
}

/// The folder with the rules in it.
fn with_rules(folder: TempDir) -> TempDir {
    for (number, path) in files().iter().enumerate() {
        let rules = every_second(yaml(path)).to_string();
        fs::write(folder.path().join(format!("rules-{number}.yml")), rules).unwrap();
    }
    folder
}

#[test]
fn every_expression_gives_data_in_both_versions_of_prometheus() {
    let exporter = Exporter::demo(&[]);
    // The slowest to come: somebody has changed, and time was credited before that.
    let has_changed = |page: &Page| page.sum("demo", "availability_transitions_total").is_some_and(|sum| sum > 0.0);
    let page = exporter.wait_until("transitions", has_changed);
    let past = tempfile::tempdir().unwrap();
    let address = exporter.address();
    history::write(&page, address, past.path());
    let find = |version| {
        let live = Live::start(version, address, furnished(past.path()));
        live.wait_for_rules();
        live.faults().into_iter().map(|fault| format!("{version}: {fault}")).collect::<Vec<_>>()
    };
    let faults = thread::scope(|scope| {
        let other = scope.spawn(|| find("prometheus-2"));
        [find("prometheus"), other.join().unwrap()].concat()
    });
    nothing(&faults, "boards and rules that a living exporter should fill");
}

#[test]
fn a_cloud_whose_answers_carry_less_breaks_no_rule_and_no_board() {
    let tenants = [Shape::Full, Shape::Government, Shape::Bleu].map(|shape| {
        let switches = Switches { shape, ..Switches::default() };
        let settings = Settings { switches, roles: roles(), ..frozen(700, MORNING) };
        counted_apart(Tenant::start(&format!("{shape:?}"), settings))
    });
    let exporter = Exporter::start(&tenants.each_ref());
    for tenant in &tenants {
        exporter.wait_until(&tenant.name, |page| page.up(&tenant.name));
    }
    let live = Live::start("prometheus", exporter.address(), with_rules(tempfile::tempdir().unwrap()));
    // Prometheus takes some seconds to find out whom to scrape.
    let scraped = "/api/v1/query?query=teams_presence_up";
    live.prometheus.ask(scraped, |data| (list(&data["result"]).len() == tenants.len()).then_some(()));
    live.wait_for_rules();
    nothing(&live.refused(), "boards and rules that a smaller answer breaks");
    let [usual, others @ ..] = tenants.each_ref().map(|tenant| live.alerts(&tenant.name));
    for (tenant, alerts) in tenants[1..].iter().zip(others) {
        assert_eq!(alerts, usual, "{}: what is not told is no reason for an alert", tenant.name);
    }
    for (family, expected) in [
        ("availability_users", [true, true, true]),
        ("work_location_users", [true, false, true]),
        ("group_work_location_users", [true, false, true]),
        ("out_of_office_users", [true, false, false]),
        ("group_out_of_office_users", [true, false, false]),
    ] {
        let found =
            tenants.each_ref().map(|it| live.finds(&format!("teams_presence_{family}{{tenant=\"{}\"}}", it.name)));
        assert_eq!(found, expected, "{family}");
    }
}
