//! A real Prometheus as a process of its own: it scrapes, keeps rules and answers questions.
//!
//! It ends when dropped, by its own id. It knows nothing of exporters: whoever starts it says what it scrapes.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use url::form_urlencoded::Serializer;

use super::get;
use crate::tools::tool;

/// A running Prometheus with a store of its own.
pub(crate) struct Prometheus {
    child: Child,
    address: SocketAddr,
    /// Its configuration, its data and its log, for as long as it runs.
    folder: TempDir,
}

/// Looks until something counts as never to come, ten a second.
const LOOKS: u32 = 600;

/// Where its data are, in its folder.
pub(crate) const DATA: &str = "data";

/// A configuration that scrapes this address every second.
pub(crate) fn scraping(target: SocketAddr) -> String {
    format!(
        "global: {{scrape_interval: 1s}}\n\
         scrape_configs: [{{job_name: teams-presence, static_configs: [{{targets: ['{target}']}}]}}]\n"
    )
}

impl Prometheus {
    /// Starts one that scrapes this address every second.
    pub(crate) fn start(target: SocketAddr) -> Self {
        Self::launch("prometheus", &scraping(target), tempfile::tempdir().unwrap(), &[])
    }

    /// Starts one that has nothing, for whoever wants expressions read.
    pub(crate) fn idle() -> Self {
        Self::launch("prometheus", "{}", tempfile::tempdir().unwrap(), &[])
    }

    /// Starts `prometheus` or `prometheus-2` with this configuration and further flags in a folder that may hold rules and
    /// data already. Returns once it listens.
    pub(crate) fn launch(program: &str, configuration: &str, folder: TempDir, flags: &[&str]) -> Self {
        fs::write(folder.path().join("prometheus.yml"), configuration).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(tool(program))
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--web.listen-address=127.0.0.1:0"])
            .arg(format!("--storage.tsdb.path={DATA}"))
            .args(flags)
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
    pub(crate) fn ask<T>(&self, path: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
        wait_for(path, &log, || {
            let answer = get(self.address, path).ok().filter(|answer| answer.status == 200)?;
            let json: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(json["status"], "success", "{json}");
            wanted(&json["data"])
        })
    }

    /// What its API answers to a path below `/api/v1/` with these parameters, once it is ready.
    ///
    /// # Errors
    /// Its own words, if it refuses.
    pub(crate) fn answer(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
        wait_for(path, &log, || {
            let answer = get(self.address, &format!("/api/v1/{path}?{query}")).ok()?;
            // It listens before it is ready, and then says so in plain words.
            let mut json: Value = serde_json::from_str(&answer.body).ok()?;
            if json["status"] == "success" {
                return Some(Ok(json["data"].take()));
            }
            Some(Err(json["error"].as_str().unwrap_or(&answer.body).to_owned()))
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
