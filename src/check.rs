//! The check: what works and what does not, tenant by tenant, and what to click.
//!
//! It does once what the daemon does for ever, a few tenants at a time, and tells it in the order of the file. Each step
//! is a value (`step`); what is looked at is in `tenant` and the files that it names, how it is told in `report`. It
//! changes nothing, keeps nothing, and names nobody. What the daemon is, it does not know: read `app` for that.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime;
use tokio::sync::Semaphore;

use crate::cli::{Check, Reach, ReportFormat};
use crate::config::{Config, Faults};
use crate::domain::advice::Finding;
use crate::telemetry::{Build, Telemetry};

mod step;
mod report;
mod progress;
mod tenant;
mod own;
mod questions;
mod network;
mod token;
mod people;
mod presence;
mod groups;
mod sizes;
mod process;

pub use progress::Progress;
use step::{Mark, Section};
use tenant::Examined;

/// How many tenants are looked at at a time.
const AT_A_TIME: usize = 8;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing failed.
    Well,
    /// Something failed.
    Failed,
    /// The configuration does not hold, so nothing was looked at.
    Typed,
}

/// Loads a configuration, looks at every tenant of it and at the web configuration, and writes what it found.
///
/// # Errors
/// The report cannot be written, or the system refuses to run it.
pub fn run(
    load: impl FnOnce() -> Result<Config, Faults> + Send + 'static,
    web_config: Option<PathBuf>,
    check: Check,
    progress: Progress,
    out: &mut dyn Write,
) -> io::Result<Verdict> {
    let mut telling = Telling { check, told: Vec::new(), progress: Arc::new(progress), out };
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let looked = runtime.block_on(async {
        match questions::read("the configuration", load).await {
            Ok(Ok(config)) => look(config, web_config, &mut telling).await.map(|()| true),
            Ok(Err(faults)) => telling.tell(faulty(&faults)).map(|()| false),
            Err(finding) => telling.tell(unread(finding)).map(|()| false),
        }
    });
    // A file that is being read, or a name that is looked up, can not be given up; nobody waits for it.
    runtime.shutdown_background();
    let holds = looked?;
    let verdict = telling.conclude()?;
    Ok(if holds { verdict } else { Verdict::Typed })
}

/// Tells in JSON what is wrong with a command line.
///
/// # Errors
/// It cannot be written.
pub fn refuse(faults: Vec<String>, out: &mut dyn Write) -> io::Result<Verdict> {
    let check = Check { reach: Reach::Network, format: ReportFormat::Json };
    let mut telling = Telling { check, told: Vec::new(), progress: Arc::new(Progress::on(None)), out };
    let mut section = Section::of(None);
    for fault in faults {
        section.fail("command_line", Finding::mistyped(fault));
    }
    telling.tell(section)?;
    telling.conclude()?;
    Ok(Verdict::Typed)
}

async fn look(config: Config, web_config: Option<PathBuf>, telling: &mut Telling<'_>) -> io::Result<()> {
    let telemetry = Arc::new(Telemetry::new(Build { revision: "", rust_version: "" }));
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    let (reach, web_users) = (telling.check.reach, config.web_users);
    let mut under_way = Vec::new();
    for tenant in config.tenants {
        let (turns, progress) = (Arc::clone(&turns), Arc::clone(&telling.progress));
        let (name, own) = (tenant.name.clone(), telemetry.tenant(&tenant.name, tenant.permissions()));
        let looking = tokio::spawn(async move {
            let _turn = turns.acquire().await;
            Box::pin(tenant::examine(tenant, reach, own, &progress)).await
        });
        under_way.push((name, looking));
    }
    let mut sizes = Vec::new();
    for (name, looking) in under_way {
        let Examined { section, series } = looking.await.unwrap_or_else(|_| Examined::failed(name));
        sizes.push(series);
        telling.tell(section)?;
    }
    telling.tell(process::examine(web_config, web_users, telemetry, &sizes).await)
}

/// A report under way.
struct Telling<'a> {
    check: Check,
    told: Vec<Section>,
    progress: Arc<Progress>,
    out: &'a mut dyn Write,
}

impl Telling<'_> {
    /// Tells a section as soon as it is there; in JSON all of them are one object.
    fn tell(&mut self, section: Section) -> io::Result<()> {
        if self.check.format == ReportFormat::Text {
            self.write(&report::text(&section))?;
        }
        self.told.push(section);
        Ok(())
    }

    /// Tells what came of it all.
    fn conclude(mut self) -> io::Result<Verdict> {
        let text = match self.check.format {
            ReportFormat::Text => report::summary(&self.told, self.check.reach),
            ReportFormat::Json => report::json(&self.told, self.check.reach),
        };
        self.write(&text)?;
        let failed = self.told.iter().any(|section| section.count(Mark::Failure) > 0);
        Ok(if failed { Verdict::Failed } else { Verdict::Well })
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.progress.wipe();
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// A configuration of which nothing is known.
fn unread(finding: Finding) -> Section {
    let mut section = Section::of(None);
    section.fail("configuration", finding);
    section
}

/// A configuration that does not hold, a step for each fault.
fn faulty(faults: &Faults) -> Section {
    let mut section = Section::of(None);
    for fault in faults.iter() {
        let text = fault.to_string();
        // What the daemon shows to those who gave nothing is a page of its own, with an example whose lines matter.
        let finding = if text.contains('\n') { Finding::unconfigured() } else { Finding::faulty(text) };
        section.fail("configuration", finding);
    }
    section
}
