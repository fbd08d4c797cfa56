//! The harness: simulated tenants, the real binary started on them, and its pages read as text.
//!
//! ```text
//!   Tenant (simulator + its section of the file) ──▶ Exporter (the process) ──▶ Page (what a scrape gives)
//! ```
//!
//! One exporter may watch many tenants, which is how a test asks the same question about many kinds of tenants at once.
//! Nothing here sleeps: whoever waits reads the log as it comes and looks again. No clock is read either: patience is
//! counted in looks, and generous. Next: `exporter`, then `page`; `keeping`
//! is for what no page shows.

mod census;
mod exporter;
mod exposition;
mod http;
mod keeping;
mod openmetrics;
mod page;
mod prometheus;
pub(crate) mod proxy;

pub(crate) use census::{Census, EVERYBODY, PRESENCE_FAMILIES, Seen, WORDS, enabled_member};
pub(crate) use exporter::{Exporter, Stopped};
pub(crate) use exposition::{Exposition, Sample};
pub(crate) use http::{ask, get};
pub(crate) use keeping::{Keeping, ids};
pub(crate) use page::{Page, assert_same_lines};
pub(crate) use prometheus::{DATA, Prometheus, scraping};

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use simulator::{Clock, Settings, Simulator};
use teams_presence_exporter::config::{self, Config};

/// A simulated tenant, and what the configuration says of it.
pub(crate) struct Tenant {
    /// The value of the label `tenant`.
    pub(crate) name: String,
    /// Who answers for Entra and Graph.
    pub(crate) simulator: Simulator,
    /// What stands in its section besides name, ids, credential and addresses.
    keys: String,
    /// What it proves itself with, other than the secret in its file.
    credential: Option<String>,
}

/// A Tuesday morning (24 November 2026, 09:30 UTC): people are at work, and not all alike.
pub(crate) const MORNING: u64 = 1_795_512_600;

/// A small tenant whose clock stands still at that many seconds since 1970, so that its counts can be known beforehand.
pub(crate) fn frozen(people: u32, at: u64) -> Settings {
    let clock = Clock::Frozen(SystemTime::UNIX_EPOCH + Duration::from_secs(at));
    Settings { people, clock, ..Settings::default() }
}

impl Tenant {
    /// Starts a tenant that is read every five seconds, the shortest interval there is.
    pub(crate) fn start(name: &str, settings: Settings) -> Self {
        let simulator = Simulator::start(settings).unwrap();
        Self { name: name.to_owned(), simulator, keys: "interval: 5s".to_owned(), credential: None }
    }

    /// The same with these keys in its section, one a line, instead of `interval: 5s`.
    pub(crate) fn with(self, keys: &str) -> Self {
        Self { keys: keys.to_owned(), ..self }
    }

    /// The same with another credential than the secret in its file.
    pub(crate) fn proving(self, credential: &str) -> Self {
        Self { credential: Some(credential.to_owned()), ..self }
    }

    /// The tenant as it is configured alone, changed after it was read; its files are in the folder.
    pub(crate) fn configured(&self, folder: &Path, change: impl FnOnce(&mut config::Tenant)) -> config::Tenant {
        let file = folder.join("exporter.yml");
        fs::write(&file, format!("tenants:\n{}", self.write(folder, 0))).unwrap();
        let mut tenant = Config::load(Some(&file), &|_| None).unwrap().tenants.remove(0);
        change(&mut tenant);
        tenant
    }

    /// Writes the tenant's files into a folder. Returns its section of the configuration.
    pub(crate) fn write(&self, folder: &Path, number: usize) -> String {
        fs::write(folder.join(format!("ca-{number}.pem")), self.simulator.ca_pem()).unwrap();
        fs::write(folder.join(format!("secret-{number}")), self.simulator.client_secret()).unwrap();
        let (name, origin) = (self.name.replace('\'', "''"), self.simulator.origin());
        let (tenant_id, client_id) = (self.simulator.tenant_id(), self.simulator.client_id());
        let keys = self.keys.replace('\n', "\n    ");
        let secret = format!("{{client_secret_file: secret-{number}}}");
        let credential = self.credential.as_ref().unwrap_or(&secret);
        format!(
            "  - name: '{name}'
    tenant_id: {tenant_id}
    client_id: {client_id}
    credential: {credential}
    cloud: {{authority: '{origin}', graph: '{origin}'}}
    ca_file: ca-{number}.pem
    {keys}
"
        )
    }
}
