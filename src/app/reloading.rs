//! Reloading: reads the configuration again whenever somebody asks, and has it put in force, or says why not.
//!
//! All of it is read before anything changes: a file that is broken leaves everything as it is, the tenants and the web
//! configuration alike. Who asks is not known here (`reload`), nor what it takes to apply one (`tenants`).

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};
use tokio::task;
use tracing::{error, info, warn};

use super::Load;
use super::tenants::Changes;
use crate::clock;
use crate::config::{Config, Faults};
use crate::reload::{Asked, Outcome};
use crate::service_manager::ServiceManager;
use crate::telemetry::Telemetry;
use crate::web::{self, Gate};

/// How long the thread of the tenants may take. A cycle over a million people keeps it for two seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A configuration to put in force, and whom to tell what it changed.
pub(super) type Order = (Config, oneshot::Sender<Changes>);

/// What it takes to read the configuration again.
pub(super) struct Reloading {
    pub(super) load: Load,
    pub(super) gate: Arc<Gate>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) manager: ServiceManager,
    pub(super) in_force: Arc<ArcSwap<Config>>,
    /// The thread of the tenants.
    pub(super) orders: mpsc::Sender<Order>,
}

/// Warns where the configuration says of users what they see whom the web configuration does not ask for a password. It
/// tells how many, as names of users may be names of people.
pub(super) fn tell_of_strangers(config: &Config, gate: &Gate) {
    let (known, named) = (gate.users(), config.web_users.iter().flatten());
    let strangers = named.filter(|(name, _)| !known.contains(name)).count();
    if strangers > 0 && known.is_empty() {
        warn!("web_users says what users see, but there are none: nobody sees more than health; add basic_auth_users");
    } else if strangers > 0 {
        warn!(users = strangers, "web_users names users whom the web configuration does not know; correct one of them");
    }
}

impl Reloading {
    /// Answers whoever asks, one after the other.
    pub(super) async fn run(self, mut asked: Asked) {
        while let Some(answer) = asked.next().await {
            self.manager.reloading().await;
            let outcome = self.reload().await;
            let failed = if outcome.is_ok() { "" } else { ", the last reload failed" };
            self.manager.ready(&format!("{}{failed}", super::status(&self.in_force.load()))).await;
            // Whoever asked may be gone.
            drop(answer.send(outcome));
        }
    }

    async fn reload(&self) -> Outcome {
        let changes = match self.read().await {
            Ok(config) => self.put_in_force(config).await,
            Err(faults) => {
                for fault in faults.iter() {
                    error!("reloading failed, and what is in force stays so: {fault}");
                }
                self.telemetry.config_refused();
                return Err(faults.to_string());
            }
        };
        let Some(Changes { added, changed, removed, unchanged }) = changes else {
            let what =
                "the tenants' thread does not take the configuration up: it is stuck, or the exporter is about to end";
            error!("reloading failed: {what}");
            self.telemetry.config_refused();
            return Err(what.to_owned());
        };
        let now = clock::now();
        self.telemetry.config_loaded(now.unix_seconds(now.moment));
        info!(added, changed, removed, unchanged, "the configuration was read again and is in force");
        tell_of_strangers(&self.in_force.load(), &self.gate);
        Ok(())
    }

    /// The configuration as it is now, once the web configuration has been read again as well.
    async fn read(&self) -> Result<Config, Faults> {
        let load = Arc::clone(&self.load);
        // Elsewhere: a file system may hang.
        let read = clock::timeout(web::PATIENCE, task::spawn_blocking(move || load())).await;
        let config = match read {
            Ok(Ok(read)) => read?,
            Ok(Err(_)) => return Err(Faults::several(["reading the configuration failed".to_owned()])),
            Err(_) => return Err(Faults::several([format!("the configuration {}", web::HANGS)])),
        };
        Arc::clone(&self.gate).look_again().await?;
        Ok(config)
    }

    /// What it changed; nothing if the thread of the tenants has ended, or takes longer than a thread that is not stuck.
    async fn put_in_force(&self, config: Config) -> Option<Changes> {
        let order = async {
            let (tell, told) = oneshot::channel();
            self.orders.send((config, tell)).await.ok()?;
            told.await.ok()
        };
        clock::timeout(PATIENCE, order).await.ok().flatten()
    }
}
