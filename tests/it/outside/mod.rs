//! Faults of the outside world: the exporter goes on, says what is wrong, and takes up what is mended.
//!
//! Whatever it is, an operator reads the same sentence in the log and on the status page, sees the tenant down and its
//! presence absent, and finds the process healthy. Next: [`secrets`], [`permissions`], [`network`], [`proxies`], [`neighbours`].

mod neighbours;
mod network;
mod permissions;
mod proxies;
mod secrets;

use std::fs;

use simulator::{Settings, Simulator};
use tempfile::TempDir;

use crate::harness::{Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, frozen};

/// A tenant, and what a test did to the world around it before its exporter starts.
struct World {
    tenant: Tenant,
    folder: TempDir,
    section: String,
}

/// An exporter in such a world.
struct Patient {
    tenant: Tenant,
    exporter: Exporter,
}

/// What an operator is told.
struct Complaint<'a> {
    /// What was attempted: what the line of the log begins with.
    attempt: &'a str,
    /// The same on the status page.
    task: &'a str,
    reason: &'a str,
    what: &'a str,
    action: &'a str,
}

impl World {
    /// A small tenant called contoso.
    fn new(settings: Settings) -> Self {
        let tenant = Tenant::start("contoso", settings);
        let folder = tempfile::tempdir().unwrap();
        let section = tenant.write(folder.path(), 0);
        Self { tenant, folder, section }
    }

    /// What is good but for what follows.
    fn good() -> Self {
        Self::new(frozen(200, MORNING))
    }

    /// Writes something else into the tenant's section.
    fn changed(self, from: &str, to: &str) -> Self {
        assert!(self.section.contains(from), "{from} is not in:\n{}", self.section);
        Self { section: self.section.replace(from, to), ..self }
    }

    /// The path of one of its files.
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn without_file(self, name: &str) -> Self {
        fs::remove_file(self.path(name)).unwrap();
        self
    }

    fn with_file(self, name: &str, content: &str) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    fn start(self) -> Patient {
        self.start_within(&[])
    }

    /// Starts the exporter with these variables.
    fn start_within(self, variables: &[(&str, &str)]) -> Patient {
        let Self { tenant, folder, section } = self;
        let file = folder.path().join("exporter.yml");
        fs::write(&file, format!("tenants:\n{section}")).unwrap();
        let mut command = Exporter::command();
        command.arg("--config.file").arg(&file).args(["--web.listen-address", "127.0.0.1:0"]);
        command.envs(variables.iter().copied());
        Patient { tenant, exporter: Exporter::launch(command, folder) }
    }
}

impl Patient {
    fn simulator(&self) -> &Simulator {
        &self.tenant.simulator
    }

    /// The host and port at which both servers are: so they are named to an operator.
    fn host(&self) -> String {
        self.simulator().origin().trim_start_matches("https://").to_owned()
    }

    /// Puts a file where the exporter looks for it.
    fn put(&self, name: &str, content: &str) {
        fs::write(self.exporter.folder().join(name), content).unwrap();
    }

    /// Listing users fails for this reason, and so an operator is told.
    #[track_caller]
    fn check_listing(&self, reason: &str, what: &str, action: &str) {
        let complaint = Complaint { attempt: "listing users failed: ", task: "Listing users", reason, what, action };
        self.check(&complaint, &listings_failed(reason));
        assert_eq!(self.exporter.scrape().tracked("contoso"), [0; 4]);
    }

    /// The tenant cannot start on account of its `ca_file`, and so an operator is told.
    #[track_caller]
    fn check_start(&self, what: &str, action: &str) {
        let (attempt, task, reason) = ("the tenant cannot start: ", "Listing users", "unavailable");
        self.check(&Complaint { attempt, task, reason, what, action }, &listings_failed(reason));
    }

    /// Reading presence fails for this reason, and so an operator is told.
    #[track_caller]
    fn check_reading(&self, reason: &str, what: &str, action: &str) {
        let complaint = Complaint {
            attempt: "presence read in part or not at all: ",
            task: "Reading presence",
            reason,
            what,
            action,
        };
        self.check(
            &complaint,
            &format!("teams_presence_cycle_failures_total{{reason=\"{reason}\",tenant=\"contoso\"}}"),
        );
    }

    #[track_caller]
    fn check(&self, complaint: &Complaint, series: &str) {
        let Complaint { attempt, task, reason, what, action } = complaint;
        let page = self.exporter.wait_until(series, |page| page.value(series).is_some_and(|failures| failures > 0.0));
        check_down(&page);

        let line = self.exporter.wait_for_log(&[attempt]);
        let (time, line) = line.split_once(" level=").unwrap();
        assert!(time.starts_with("time=20") && time.ends_with('Z'), "{time}");
        assert!(line.starts_with(&format!("WARN msg=\"{attempt}{what}\" tenant=contoso ")), "{line}");
        assert!(line.contains(&format!(" reason={reason} advice=\"{action}\"")), "{line}");

        let fault = format!("<strong>{task}:</strong> {}.</p><p>What to do: {}.</p>", in_html(what), in_html(action));
        self.exporter.wait_until("the sentence on the status page", |_| self.exporter.get("/").body.contains(&fault));
        let healthy = self.exporter.get("/-/healthy");
        assert_eq!((healthy.status, healthy.body.as_str()), (200, "Healthy\n"));
    }

    /// It is not ready, and why.
    #[track_caller]
    fn check_not_ready(&self) {
        let ready = self.exporter.get("/-/ready");
        assert_eq!(
            (ready.status, ready.body.as_str()),
            (503, "Not ready: 1 tenant has not ended its first cycle yet\n")
        );
    }

    /// It becomes ready.
    fn wait_for_readiness(&self) {
        self.exporter.wait_until("readiness", |_| self.exporter.get("/-/ready").status == 200);
        assert_eq!(self.exporter.get("/-/ready").body, "Ready\n");
    }

    /// It recovers by itself: the tenant is up, its people are counted, and nothing is complained of any more.
    fn wait_for_recovery(&self) {
        let page = self.exporter.wait_until("recovery", |page| page.up("contoso"));
        assert_ne!(page.of("contoso", &PRESENCE_FAMILIES), "");
        let status = self.exporter.get("/").body;
        assert!(status.contains(r#"<span class="state">Up</span>"#) && !status.contains("What to do"), "{status}");
    }
}

/// The tenant is down, and its presence absent rather than zero: not so much as a line of HELP.
#[track_caller]
fn check_down(page: &Page) {
    assert_eq!(page.of("contoso", &["up"]), "up 0\n");
    for family in PRESENCE_FAMILIES {
        assert!(!page.0.contains(&format!("teams_presence_{family}")), "{family} is on the page:\n{}", page.0);
    }
}

fn listings_failed(reason: &str) -> String {
    format!("teams_presence_directory_failures_total{{reason=\"{reason}\",tenant=\"contoso\"}}")
}

/// A text as HTML has it.
fn in_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
