//! A run of `check`: the binary on simulated tenants, to its end; its report as text, or as steps.

use std::fs;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Exporter, Tenant};

/// What a run printed, and how it ended.
pub(super) struct Run {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs `check` on these tenants, with further flags.
pub(super) fn text(tenants: &[&Tenant], flags: &[&str]) -> Run {
    with(tenants, "", flags)
}

/// The same with further lines in the configuration, and the flags' files in the same folder.
pub(super) fn with(tenants: &[&Tenant], further: &str, flags: &[&str]) -> Run {
    in_folder(&TempDir::new().unwrap(), tenants, further, flags)
}

/// The same in a folder that may hold files already.
pub(super) fn in_folder(folder: &TempDir, tenants: &[&Tenant], further: &str, flags: &[&str]) -> Run {
    let sections = tenants.iter().enumerate().map(|(number, tenant)| tenant.write(folder.path(), number));
    let file = format!("tenants:\n{}{further}", sections.collect::<String>());
    fs::write(folder.path().join("config.yml"), file).unwrap();
    let mut command = Exporter::command();
    command.args(["check", "--config.file", "config.yml"]).args(flags).current_dir(folder.path());
    Run::of(command.output().unwrap())
}

impl Run {
    pub(super) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// A step of a report.
#[derive(Debug)]
pub(super) struct Step {
    /// The tenant's, or none of the process.
    pub(super) tenant: Option<String>,
    pub(super) name: String,
    pub(super) mark: String,
    pub(super) what: String,
    pub(super) action: Option<String>,
}

/// Runs `check` on one tenant, and reads the report in JSON.
pub(super) fn json(tenant: &Tenant) -> Run {
    text(&[tenant], &["--format", "json"])
}

impl Run {
    /// Among the steps of a report in JSON is one like this.
    #[track_caller]
    pub(super) fn assert_step(&self, name: &str, mark: &str, what: &str, action: Option<&str>) {
        let steps = self.steps();
        let is_it = |step: &Step| step.name == name && step.mark == mark && step.what == what;
        let found = steps.iter().find(|step| is_it(step) && step.action.as_deref() == action);
        let named: Vec<&Step> = steps.iter().filter(|step| step.name == name).collect();
        assert!(found.is_some(), "no {name} {mark}\n  {what}\n  {action:?}\namong {named:#?}\n{}", self.stderr);
    }

    /// The steps of a report in JSON.
    pub(super) fn steps(&self) -> Vec<Step> {
        let report: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout));
        let parts = ["tenants", "process"].into_iter().flat_map(|key| report[key].as_array().unwrap());
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let step = |tenant: &Value, step: &Value| Step {
            tenant: text(tenant),
            name: text(&step["step"]).unwrap(),
            mark: text(&step["mark"]).unwrap(),
            what: text(&step["what"]).unwrap(),
            action: text(&step["action"]),
        };
        parts
            .flat_map(|part| part["steps"].as_array().unwrap().iter().map(move |it| step(&part["tenant"], it)))
            .collect()
    }
}
