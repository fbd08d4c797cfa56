//! A real Prometheus scrapes the real exporter; what it then has is what the page said.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::groups::hostile_tenants;
use crate::harness::{Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, frozen, get};
use crate::laws::hostile_names;
use crate::tools::tool;

/// A running Prometheus with a store of its own; it ends when dropped, by its own id.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    /// Its configuration, its data and its log, for as long as it runs.
    folder: TempDir,
}

/// Looks until something counts as never to come, ten a second.
const LOOKS: u32 = 600;

impl Prometheus {
    /// Starts one that scrapes this address every second.
    fn start(target: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let configuration = format!(
            "global: {{scrape_interval: 1s}}\n\
             scrape_configs: [{{job_name: teams-presence, static_configs: [{{targets: ['{target}']}}]}}]\n"
        );
        fs::write(folder.path().join("prometheus.yml"), configuration).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(tool("prometheus"))
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let log = || fs::read_to_string(folder.path().join("log")).unwrap();
        let address = wait_for("Prometheus to listen", &log, || address_in(&log()));
        Self { child, address, folder }
    }

    /// The `data` that its API answers with, once it answers and `wanted` finds in it what it looks for.
    fn ask<T>(&self, path: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
        wait_for(path, &log, || {
            let answer = get(self.address, path).ok().filter(|answer| answer.status == 200)?;
            let json: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(json["status"], "success", "{json}");
            wanted(&json["data"])
        })
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Either fails only if the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address in the line of Prometheus's log that tells it.
fn address_in(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("Listening on"))?;
    line.split("address=").nth(1)?.split(' ').next()?.trim_matches('"').parse().ok()
}

fn wait_for<T>(what: &str, log: &dyn Fn() -> String, look: impl Fn() -> Option<T>) -> T {
    // Nobody ever sends: what a timer is for those who may not sleep.
    let (_sender, never) = mpsc::channel::<()>();
    for _ in 0..LOOKS {
        if let Some(found) = look() {
            return found;
        }
        let _ = never.recv_timeout(Duration::from_millis(100));
    }
    panic!("never came: {what}\n{}", log());
}

/// The series of an instant vector in these families, as lines of the text format without those labels that only
/// Prometheus adds, sorted.
fn lines(vector: &Value, families: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for series in vector["result"].as_array().unwrap() {
        let mut labels = series["metric"].as_object().unwrap().clone();
        let name = labels.remove("__name__").unwrap();
        let name = name.as_str().unwrap();
        labels.remove("instance");
        labels.remove("job");
        let escaped = |value: &Value| value.as_str().unwrap().replace('\\', r"\\").replace('"', "\\\"");
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        if families.iter().any(|family| family == name) {
            lines.push(format!("{name}{{{}}} {}", labels.join(","), series["value"][1].as_str().unwrap()));
        }
    }
    lines.sort();
    lines
}

/// The samples of a page in these families, sorted.
fn samples(page: &Page, families: &[String]) -> Vec<String> {
    let is_asked_for = |line: &&str| families.iter().any(|family| line.split('{').next() == Some(family));
    let mut samples: Vec<String> = page.samples().filter(is_asked_for).map(str::to_owned).collect();
    samples.sort();
    samples
}

#[test]
fn prometheus_has_what_the_page_said() {
    let tenants = hostile_names().map(|name| Tenant::start(&name, frozen(100, MORNING)));
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    let page = exporter.wait_until("all up", |page| tenants.iter().all(|tenant| page.up(&tenant.name)));
    let prometheus = Prometheus::start(exporter.address());

    let others = ["up", "tracked_users", "poll_interval_seconds", "quarantined_users", "min_group_size"];
    let families = PRESENCE_FAMILIES.iter().chain(&others).map(|family| format!("teams_presence_{family}"));
    let families: Vec<String> = families.collect();
    // {__name__=~"teams_presence_.+"}
    let query = "/api/v1/query?query=%7B__name__%3D~%22teams_presence_.%2B%22%7D";
    let scraped = prometheus.ask(query, |data| {
        let lines = lines(data, &families);
        (!lines.is_empty()).then_some(lines)
    });
    assert_eq!(scraped, samples(&page, &families));

    let target = prometheus.ask("/api/v1/targets", |data| data["activeTargets"].get(0).cloned());
    assert_eq!((&target["health"], &target["lastError"]), (&"up".into(), &"".into()), "{target}");

    let metadata = prometheus.ask("/api/v1/metadata", |data| data.get("process_threads").map(|_| data.clone()));
    for line in page.0.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (family, kind) = line.split_once(' ').unwrap();
        assert_eq!(metadata[family][0]["type"], kind, "{family}");
        let help = format!("# HELP {family} {}", metadata[family][0]["help"].as_str().unwrap());
        assert!(page.0.lines().any(|line| line == help), "{help}");
    }
}

#[test]
fn prometheus_has_the_groups_of_hostile_values() {
    let tenants = hostile_tenants();
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    let page = exporter.wait_until("all up", |page| tenants.iter().all(|tenant| page.up(&tenant.name)));
    let prometheus = Prometheus::start(exporter.address());
    let families = ["users", "availability_users", "out_of_office_users"];
    let families = families.map(|family| format!("teams_presence_group_{family}")).to_vec();
    // {__name__=~"teams_presence_group_.+"}
    let query = "/api/v1/query?query=%7B__name__%3D~%22teams_presence_group_.%2B%22%7D";
    let scraped = prometheus.ask(query, |data| {
        let lines = lines(data, &families);
        (!lines.is_empty()).then_some(lines)
    });
    assert_eq!(scraped, samples(&page, &families));
}

#[test]
fn the_example_of_a_scrape_configuration_is_one() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/prometheus/prometheus.yml");
    for promtool in ["promtool", "promtool-2"] {
        let output = Command::new(tool(promtool)).args(["check", "config"]).arg(&example).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && !said.contains("WARN"), "{promtool}: {said}");
    }
}
