//! The exporter under attack: the real binary on a simulated tenant, as the kernel sees it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The process; it ends when dropped, by its own id.
pub(crate) struct Exporter {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Exporter {
    /// Starts the demo with a web configuration, or without, and waits until it has something to show.
    pub(crate) fn start(web_config: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_teams-presence-exporter"));
        command.args(["demo", "--web.listen-address", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some(file) = web_config {
            command.arg("--web.config.file").arg(file);
        }
        let mut child = command.spawn().expect("the exporter");
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
        let address = log.find_map(|line| line.split_once("address=").map(|(_, address)| address.trim().to_owned()));
        log.find(|line| line.contains("presence read")).expect("a cycle");
        std::thread::spawn(move || log.for_each(drop));
        let address = address.and_then(|address| address.parse().ok()).expect("an address in the log");
        Self { child, address }
    }

    /// The CPU time of all threads, as the scheduler counts it.
    pub(crate) fn cpu(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("its threads");
        let nanoseconds = tasks.filter_map(Result::ok).filter_map(|task| {
            let counted = fs::read_to_string(task.path().join("schedstat")).ok()?;
            counted.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// The memory in MiB: `VmRSS` is what is resident, `VmHWM` the most that was at any time.
    pub(crate) fn memory(&self, which: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(':'));
        let kibibytes: f64 = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).expect("a number");
        kibibytes / 1024.0
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
