//! The examples in `examples/`: whoever copies a folder has a Prometheus that loads the rules, and a Grafana that finds the
//! boards and the data source.
//!
//! Files are found by what they are about, wherever they stand. No Grafana and no Docker are asked: of these is checked what
//! a file says and whether it can be true.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::boards::board::{Board, list, members, text};
use crate::boards::nothing;
use crate::rules::rule::{Rule, yaml};
use crate::tidy;
use crate::tools::tool;

/// A file of the examples, by its path from the root of the project.
struct Example {
    path: String,
    yaml: Value,
}

impl Example {
    fn all() -> Vec<Self> {
        let paths = [tidy::files("examples", ".yml"), tidy::files("examples", ".yaml")].concat();
        paths.into_iter().map(|path| Self { yaml: yaml(&path), path }).collect()
    }

    /// Those that hold this key at the top.
    fn with(key: &str) -> Vec<Self> {
        let examples: Vec<Self> = Self::all().into_iter().filter(|example| example.yaml.get(key).is_some()).collect();
        assert!(!examples.is_empty(), "no example has {key}: this test has lost its way");
        examples
    }

    /// A path that the file names, from the root of the project.
    fn names(&self, path: &str) -> PathBuf {
        let mut whole = Path::new(&self.path).parent().unwrap().to_owned();
        for part in Path::new(path).components() {
            match part {
                Component::ParentDir => drop(whole.pop()),
                Component::CurDir => {}
                part => whole.push(part),
            }
        }
        whole
    }

    fn fault(&self, what: &str) -> String {
        format!("{}: {what}", self.path)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Prometheus of a compose file, and what it mounts: its configuration can be checked where all is in its place.
fn mounted(compose: &Example) -> Vec<(PathBuf, String)> {
    let services = members(&compose.yaml["services"]);
    let volumes = services.flat_map(|(_, service)| list(&service["volumes"]));
    let of_files = volumes.map(text).filter(|volume| volume.starts_with('.'));
    of_files
        .map(|volume| {
            let mut parts = volume.split(':');
            let (from, to) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            (compose.names(from), to.to_owned())
        })
        .collect()
}

#[test]
fn both_versions_of_prometheus_take_the_examples_with_all_rules() {
    let rules = Rule::all().len();
    let mut faults = Vec::new();
    for example in Example::with("scrape_configs") {
        // Where a container has the rules in another place, they are put there.
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(&example.path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(root().join(&example.path), &target).unwrap();
        let beside =
            Example::with("services").iter().flat_map(mounted).find(|(from, _)| *from == Path::new(&example.path));
        let place = if beside.is_some() { target.with_file_name("rules") } else { folder.path().join("rules") };
        std::os::unix::fs::symlink(root().join("rules"), place).unwrap();
        for promtool in ["promtool", "promtool-2"] {
            let output = Command::new(tool(promtool)).args(["check", "config"]).arg(&target).output().unwrap();
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let found: usize = said
                .lines()
                .filter_map(|line| line.split_once("SUCCESS: ")?.1.split_once(" rules found")?.0.parse::<usize>().ok())
                .sum();
            if !output.status.success() || said.contains("WARN") || found != rules {
                faults.push(example.fault(&format!("{promtool} finds {found} of {rules} rules:\n{said}")));
            }
        }
        if !list(&example.yaml["scrape_configs"]).iter().any(|job| job["job_name"] == "teams-presence") {
            faults.push(example.fault("no job is called teams-presence, by which the alerts know it"));
        }
    }
    nothing(&faults, "the examples for Prometheus");
}

#[test]
fn every_file_that_is_mounted_is_there() {
    let mut faults = Vec::new();
    for compose in Example::with("services") {
        for (from, to) in mounted(&compose) {
            if !root().join(&from).exists() {
                faults.push(compose.fault(&format!("{} is mounted, and not there", from.display())));
            }
            if !to.starts_with('/') {
                faults.push(compose.fault(&format!("{} is mounted at {to:?}", from.display())));
            }
        }
        for (name, service) in members(&compose.yaml["services"]) {
            let context = text(&service["build"]["context"]);
            let dockerfile = compose.names(context).join("Dockerfile");
            if service["image"].is_null() && (context.is_empty() || !root().join(&dockerfile).exists()) {
                faults.push(compose.fault(&format!("{name} has no image, and none is built")));
            }
            let known: BTreeSet<&str> = members(&compose.yaml["services"]).map(|(name, _)| name.as_str()).collect();
            let strange = list(&service["depends_on"]).iter().map(text).filter(|name| !known.contains(name));
            faults
                .extend(strange.map(|other| compose.fault(&format!("{name} depends on {other}, which there is not"))));
        }
    }
    nothing(&faults, "the examples for compose");
}

#[test]
fn grafana_is_told_of_a_prometheus_that_the_boards_can_choose() {
    let mut faults = Vec::new();
    let intervals: BTreeSet<String> = Example::with("scrape_configs")
        .iter()
        .map(|example| text(&example.yaml["global"]["scrape_interval"]).to_owned())
        .collect();
    for example in Example::with("datasources") {
        if example.yaml["apiVersion"] != 1 {
            faults.push(example.fault("apiVersion is not 1"));
        }
        for source in list(&example.yaml["datasources"]) {
            let has = |key: &str, value: &str| source[key] == value;
            if !has("type", "prometheus")
                || !has("uid", "prometheus")
                || !has("name", "Prometheus")
                || !has("access", "proxy")
            {
                faults.push(example.fault("not the Prometheus that the boards expect"));
            }
            let interval = text(&source["jsonData"]["timeInterval"]);
            if !intervals.contains(interval) {
                faults.push(example.fault(&format!("no example scrapes every {interval:?}")));
            }
        }
    }
    nothing(&faults, "the data sources");
}

#[test]
fn grafana_reads_the_boards_from_where_they_are_mounted() {
    let mut faults = Vec::new();
    let composes = Example::with("services");
    let mounted: Vec<(PathBuf, String)> = composes.iter().flat_map(mounted).collect();
    let boards = mounted.iter().find(|(from, _)| from == Path::new("dashboards")).map(|(_, to)| to.as_str());
    for example in Example::with("providers") {
        for provider in list(&example.yaml["providers"]) {
            if Some(text(&provider["options"]["path"])) != boards {
                faults.push(example.fault(&format!("it looks for boards elsewhere than at {boards:?}")));
            }
            if provider["type"] != "file" || provider["allowUiUpdates"] != false || provider["folder"].is_null() {
                faults.push(example.fault("not a folder of boards that nobody edits by hand"));
            }
        }
        let folder = Path::new(&example.path).parent().unwrap();
        if !mounted.iter().any(|(from, to)| folder == from && to == "/etc/grafana/provisioning/dashboards") {
            faults.push(example.fault("nobody mounts it"));
        }
    }
    let home = composes.iter().flat_map(|compose| {
        members(&compose.yaml["services"])
            .map(|(_, service)| text(&service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).to_owned())
            .collect::<Vec<_>>()
    });
    let known: Vec<String> =
        Board::all().iter().map(|board| format!("{}/{}.json", boards.unwrap_or_default(), board.name)).collect();
    faults.extend(
        home.filter(|path| !path.is_empty() && !known.contains(path))
            .map(|path| format!("the first board is {path}, which there is not")),
    );
    nothing(&faults, "what Grafana is provisioned with");
}
