//! Prometheus 3 through each of its protocols, and Prometheus 2, have the same series with the same values, compressed.
//!
//! One difference is known: the text format writes the bound of a bucket as `1` and OpenMetrics as `1.0`. Prometheus 3 makes
//! the first the second, Prometheus 2 takes either as it comes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use teams_presence_exporter::catalog::{self, Kind};
use url::form_urlencoded::Serializer;

use super::between::Between;
use crate::harness::{Exporter, Exposition, MORNING, Prometheus, Sample, Tenant, frozen};

/// How one Prometheus is told to scrape, and what comes of it.
struct Job {
    name: &'static str,
    /// What it says in its section of the configuration.
    keys: &'static str,
    page: &'static str,
    /// The header that does not reach the exporter.
    without: Option<&'static str>,
    /// What the answer says that it is.
    media_type: &'static str,
}

/// Series with the bits of their values.
type Series = BTreeMap<BTreeMap<String, String>, u64>;

/// The name, type, unit and help of a family.
type Words = BTreeSet<[String; 4]>;

const TEXT: &str = "content-type: text/plain; version=0.0.4; charset=utf-8\r\n";
const OPENMETRICS: &str = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n";
const ESCAPED: &str =
    "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores\r\n";

/// A name that has to be encoded in a path, which Prometheus does.
const HOSTILE: &str = "a \"quoted\" näme";
const ITS_PAGE: &str = "/metrics/a \"quoted\" näme";

const THREE: [Job; 8] = [
    job("default", "", "/metrics", ESCAPED),
    job("openmetrics-1.0.0", "scrape_protocols: [OpenMetricsText1.0.0]", "/metrics", ESCAPED),
    job("openmetrics-0.0.1", "scrape_protocols: [OpenMetricsText0.0.1]", "/metrics", TEXT),
    job("text-1.0.0", "scrape_protocols: [PrometheusText1.0.0]", "/metrics", TEXT),
    job("text-0.0.4", "scrape_protocols: [PrometheusText0.0.4]", "/metrics", TEXT),
    job("protobuf", "scrape_protocols: [PrometheusProto]", "/metrics", TEXT),
    job("tenant", "", ITS_PAGE, ESCAPED),
    job("tenant-text", "scrape_protocols: [PrometheusText0.0.4]", ITS_PAGE, TEXT),
];

/// It always asks for OpenMetrics first.
const TWO: [Job; 4] = [
    job("default", "", "/metrics", OPENMETRICS),
    Job { without: Some("accept"), ..job("text-0.0.4", "", "/metrics", TEXT) },
    job("tenant", "", ITS_PAGE, OPENMETRICS),
    Job { without: Some("accept"), ..job("tenant-text", "", ITS_PAGE, TEXT) },
];

const fn job(name: &'static str, keys: &'static str, page: &'static str, media_type: &'static str) -> Job {
    Job { name, keys, page, without: None, media_type }
}

/// An exporter on whose page nothing but the process changes for an hour.
fn unchanging(tenants: &[&Tenant]) -> Exporter {
    let exporter = Exporter::start(tenants);
    for tenant in tenants {
        exporter.wait_for_cycles(tenant, 1);
    }
    exporter.wait_until("all up", |page| tenants.iter().all(|tenant| page.up(&tenant.name)));
    exporter
}

fn tenants() -> [Tenant; 2] {
    let keys = "interval: 1h\ngroup_by: [{dimension: department, attribute: department}]";
    ["contoso", HOSTILE].map(|name| Tenant::start(name, frozen(100, MORNING)).with(keys))
}

/// Has a Prometheus scrape as all of these jobs do, and holds what it then has against the page.
fn check(program: &str, jobs: &[Job], exporter: &Exporter, bounds: impl Fn(&Job, &Exposition) -> Exposition) {
    let jobs: Vec<(&Job, Between)> =
        jobs.iter().map(|job| (job, Between::start(exporter.address(), job.without))).collect();
    let sections = jobs.iter().map(|(job, between)| {
        let Job { name, keys, page, .. } = job;
        let (page, target) = (serde_json::to_string(page).unwrap(), between.address);
        let keys = if keys.is_empty() { String::new() } else { format!("{keys}, ") };
        format!("  - {{job_name: {name}, {keys}metrics_path: {page}, static_configs: [{{targets: ['{target}']}}]}}\n")
    });
    let configuration = format!("global: {{scrape_interval: 1s}}\nscrape_configs:\n{}", sections.collect::<String>());
    let prometheus = Prometheus::launch(program, &configuration, tempfile::tempdir().unwrap(), &[]);
    for (job, between) in &jobs {
        let what = format!("{program}, {}", job.name);
        let page = Exposition::parse(&exporter.get(&encoded(job.page)).body).unwrap();
        assert_eq!(scraped(&prometheus, job), series(&bounds(job, &page)), "{what}");
        let target = prometheus.ask(&path("targets", &[]), |data| {
            let targets = data["activeTargets"].as_array().unwrap();
            targets.iter().find(|target| target["labels"]["job"] == job.name && target["health"] == "up").cloned()
        });
        assert_eq!(target["lastError"], "", "{what}");
        let said = between.said();
        for said in &said {
            assert!(said.asked.contains("\r\naccept-encoding: gzip\r\n"), "{what}: {}", said.asked);
            for header in [job.media_type, "content-encoding: gzip\r\n"] {
                assert!(format!("{}\r\n", said.answered).contains(header), "{what}: {}", said.answered);
            }
        }
        assert!(!said.is_empty(), "{what}");
        assert_eq!(told(&prometheus, job), words(job, &page), "{what}");
    }
}

/// What a Prometheus has of the page of a job.
fn scraped(prometheus: &Prometheus, job: &Job) -> Series {
    let query = format!("{{job=\"{}\"}}", job.name);
    prometheus.ask(&path("query", &[("query", &query)]), |data| {
        let vector = data["result"].as_array().unwrap().iter();
        let series: Series = vector.filter_map(|series| one(&series["metric"], &series["value"][1])).collect();
        (!series.is_empty()).then_some(series)
    })
}

/// A series of the page; `None` for what Prometheus says of the scrape.
fn one(labels: &Value, value: &Value) -> Option<(BTreeMap<String, String>, u64)> {
    let labels = labels.as_object().unwrap().iter();
    let labels = labels.filter(|(name, _)| !["job", "instance"].contains(&name.as_str()));
    let labels: BTreeMap<String, String> =
        labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    let name = labels["__name__"].clone();
    let its_own = name == "up" || name.starts_with("scrape_");
    (!its_own).then(|| (labels, lasting(&name, value.as_str().unwrap().parse().unwrap())))
}

/// The series of a page.
fn series(page: &Exposition) -> Series {
    let samples = page.families.iter().flat_map(|family| &family.samples);
    let series = samples.map(|Sample { name, labels, value }| {
        let mut labels = labels.clone();
        labels.insert("__name__".to_owned(), name.clone());
        (labels, lasting(name, *value))
    });
    series.collect()
}

/// The bits of a value, unless it is another one a moment later.
fn lasting(name: &str, value: f64) -> u64 {
    if name.starts_with("process_") { 0 } else { value.to_bits() }
}

/// What a Prometheus was told of the families of a job's page.
fn told(prometheus: &Prometheus, job: &Job) -> Words {
    let target = format!("{{job=\"{}\"}}", job.name);
    prometheus.ask(&path("targets/metadata", &[("match_target", &target)]), |data| {
        let families = data.as_array().unwrap().iter();
        let word = |family: &Value, name: &str| family[name].as_str().unwrap().to_owned();
        let words: Words =
            families.map(|family| ["metric", "type", "unit", "help"].map(|name| word(family, name))).collect();
        (!words.is_empty()).then_some(words)
    })
}

/// What the catalog says of the families of a job's page, as its format has it.
fn words(job: &Job, page: &Exposition) -> Words {
    let names: BTreeSet<&str> = page.families.iter().map(|family| family.name.as_str()).collect();
    let families = catalog::ALL.iter().filter(|family| names.contains(family.name));
    let words = families.map(|family| {
        let kind = match family.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        };
        let info = family.name.strip_suffix("_info");
        let (name, kind) = match (job.media_type, info) {
            (TEXT, _) => (family.name, kind),
            (_, Some(name)) => (name, "info"),
            (_, None) => (family.name.strip_suffix("_total").unwrap_or(family.name), kind),
        };
        let is_unit = |unit: &&str| job.media_type != TEXT && name.ends_with(&format!("_{unit}"));
        let unit = ["seconds", "bytes"].into_iter().find(is_unit).unwrap_or_default();
        [name, kind, unit, family.help].map(str::to_owned)
    });
    words.collect()
}

/// A path as it is sent.
fn encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| {
            if byte == b'/' || byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The path of a question to the API.
fn path(of: &str, parameters: &[(&str, &str)]) -> String {
    format!("/api/v1/{of}?{}", Serializer::new(String::new()).extend_pairs(parameters).finish())
}

#[test]
fn prometheus_3_has_the_same_through_every_protocol() {
    let tenants = tenants();
    let exporter = unchanging(&tenants.each_ref());
    check("prometheus", &THREE, &exporter, |_, page| page.with_bounds_as_numbers());
}

#[test]
fn prometheus_2_has_the_same_through_every_protocol() {
    let tenants = tenants();
    let exporter = unchanging(&tenants.each_ref());
    check("prometheus-2", &TWO, &exporter, |job, page| {
        if job.media_type == TEXT { page.clone() } else { page.with_bounds_as_numbers() }
    });
}
