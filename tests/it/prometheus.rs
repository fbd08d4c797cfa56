//! A real Prometheus scrapes the real exporter; what it then has is what the page said.

mod between;
mod protocols;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::groups::hostile_tenants;
use crate::harness::{Exporter, MORNING, PRESENCE_FAMILIES, Page, Prometheus, Tenant, frozen};
use crate::laws::hostile_names;
use crate::tools::tool;

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
