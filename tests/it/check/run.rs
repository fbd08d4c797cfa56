//! A run of `check`: the binary on simulated tenants, to its end; its report as text, or as steps.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Exporter, Tenant};

/// A folder with the configuration of tenants, as their operator has it.
pub(super) struct Stage(TempDir);

/// What a run printed, and how it ended.
pub(super) struct Run {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// A step of a report in JSON.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) mark: String,
    pub(super) what: String,
    pub(super) action: Option<String>,
}

/// Runs `check` on one tenant, and reads the report in JSON.
pub(super) fn json(tenant: &Tenant) -> Run {
    Stage::of(&[tenant]).json()
}

impl Stage {
    pub(super) fn of(tenants: &[&Tenant]) -> Self {
        let stage = Self(TempDir::new().unwrap());
        let sections = tenants.iter().enumerate().map(|(number, tenant)| tenant.write(stage.folder(), number));
        let file = format!("tenants:\n{}", sections.collect::<String>());
        stage.write("config.yml", &file)
    }

    pub(super) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// With this file.
    pub(super) fn write(self, name: &str, content: &str) -> Self {
        fs::write(self.folder().join(name), content).unwrap();
        self
    }

    /// With something else in the configuration.
    pub(super) fn replace(self, from: &str, to: &str) -> Self {
        let file = fs::read_to_string(self.folder().join("config.yml")).unwrap();
        assert!(file.contains(from), "{from} is not in:\n{file}");
        self.write("config.yml", &file.replace(from, to))
    }

    /// The command, with further flags.
    pub(super) fn command(&self, flags: &[&str]) -> Command {
        let mut command = Exporter::command();
        command.args(["check", "--config.file", "config.yml"]).args(flags).current_dir(self.folder());
        command
    }

    pub(super) fn run(&self, flags: &[&str]) -> Run {
        Run::of(self.command(flags).output().unwrap())
    }

    pub(super) fn json(&self) -> Run {
        self.run(&["--format", "json"])
    }
}

impl Run {
    pub(super) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// A step of this name and mark says these words, and that this is to be done.
    #[track_caller]
    pub(super) fn finds(&self, name: &str, mark: &str, what: &str, action: &str) -> &Self {
        self.has(name, mark, what, Some(action))
    }

    /// A step of this name and mark says these words, and nothing is to be done.
    #[track_caller]
    pub(super) fn says(&self, name: &str, mark: &str, what: &str) -> &Self {
        self.has(name, mark, what, None)
    }

    /// A step of this name and mark says these words, and what is to be done begins with those.
    #[track_caller]
    pub(super) fn tells(&self, name: &str, mark: &str, what: &str, action: &str) -> &Self {
        let steps = self.steps();
        let step = steps.iter().find(|step| (&*step.name, &*step.mark, &*step.what) == (name, mark, what));
        let is_advised = |step: &Step| step.action.as_ref().is_some_and(|told| told.starts_with(action));
        assert!(step.is_some_and(is_advised), "no {name} {mark}\n  {what:?}\n  {action:?}\namong {steps:#?}");
        self
    }

    #[track_caller]
    fn has(&self, name: &str, mark: &str, what: &str, action: Option<&str>) -> &Self {
        let steps = self.steps();
        let is_it = |step: &&Step| {
            (&*step.name, &*step.mark, &*step.what, step.action.as_deref()) == (name, mark, what, action)
        };
        let named: Vec<&Step> = steps.iter().filter(|step| step.name == name).collect();
        let found = named.iter().any(is_it);
        assert!(found, "no {name} {mark}\n  {what:?}\n  {action:?}\namong {named:#?}\n{}", self.stderr);
        self
    }

    /// It ended with this exit code.
    #[track_caller]
    pub(super) fn ends_with(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
    }

    /// The steps of a report in JSON.
    pub(super) fn steps(&self) -> Vec<Step> {
        let report: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}{}", self.stdout, self.stderr));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let step = |step: &Value| Step {
            name: text(&step["step"]).unwrap(),
            mark: text(&step["mark"]).unwrap(),
            what: text(&step["what"]).unwrap(),
            action: text(&step["action"]),
        };
        let parts = ["tenants", "process"].into_iter().flat_map(|key| report[key].as_array().unwrap());
        let steps: Vec<Step> = parts.flat_map(|part| part["steps"].as_array().unwrap()).map(step).collect();
        for Step { name, .. } in &steps {
            let row = format!("\n| `{name}` | ");
            assert!(
                include_str!("../../../docs/OPERATIONS.md").contains(&row),
                "docs/OPERATIONS.md has no step {name}"
            );
        }
        steps
    }
}
