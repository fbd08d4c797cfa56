//! The composition root: a configuration becomes a bound server and the tasks of its tenants, and these run.
//!
//! [`App::build`] binds, so that faults and addresses are known before anything runs; [`App::run`] runs until the end is
//! wished for. Graph's work and the scrapes' run on two threads: a page never waits for a parser. Tenants share the
//! board and nothing else; a task that panics costs its tenant a pause and the others nothing.

use std::pin::pin;
use std::sync::Arc;

use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info, warn};

use crate::clock;
use crate::config::{Config, Faults, Web};
use crate::heartbeat::{self, Heartbeat};
use crate::readiness::Readiness;
use crate::reload::{self, Asked, Asker};
use crate::service_manager::{Passed, ServiceManager};
use crate::shutdown::{self, Shutdown};
use crate::telemetry::{Build, Telemetry, VERSION};
use crate::web::{BindError, Gate, Server, Site};

mod reloading;
mod tenants;
mod supervisor;
mod tasks;

use reloading::{Order, Reloading};
use tenants::Tenants;

/// What was built.
const BUILD: Build =
    Build { revision: env!("TEAMS_PRESENCE_REVISION"), rust_version: env!("TEAMS_PRESENCE_RUST_VERSION") };

/// Why the process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An address that cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A configuration, or a web configuration, that does not hold.
    #[error(transparent)]
    Typed(#[from] Faults),
    /// The system refuses a thread, a timer or a signal.
    #[error("the system does not let the exporter run: {0}")]
    System(#[from] std::io::Error),
}

/// Reads the configuration, each time anew.
pub type Load = Arc<dyn Fn() -> Result<Config, Faults> + Send + Sync>;

/// Who started the process, and what was passed.
#[derive(Debug)]
pub struct Service {
    /// Whom to tell of start, reload and end.
    pub manager: ServiceManager,
    /// Sockets.
    pub passed: Passed,
}

/// Builds the process, tells `started` about it, and serves until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from serving.
pub fn serve(load: Load, web: &Web, service: Service, started: impl FnOnce(&App)) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let app = App::build(load, web, service).await?;
        let manager = app.manager.clone();
        let (trigger, shutdown) = Shutdown::pair();
        let signalled = shutdown::signalled()?;
        let (heartbeat, in_force) = (app.site.heartbeat.clone(), Arc::clone(&app.site.config));
        // Its turn comes once the app runs and waits.
        let attending = tokio::spawn(manager.clone().attend(heartbeat, move || status(&in_force.load())));
        tokio::spawn(async move {
            let signal = signalled.await;
            info!(%signal, "asked to end");
            attending.abort();
            manager.stopping().await;
            trigger.request();
        });
        let (mut hangups, asker) = (shutdown::reload_asked()?, app.asker.clone());
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                info!(signal = "SIGHUP", "asked to reload");
                // What came of it has been logged; where too many wait already, those who do have the file read later.
                drop(asker.ask().await);
            }
        });
        started(&app);
        app.run(shutdown).await
    });
    // A file that is being read can not be given up, and its file system may hang; nobody waits for it.
    runtime.shutdown_background();
    ended
}

/// A process that is bound and ready to run.
#[derive(Debug)]
pub struct App {
    server: Server,
    site: Site,
    tenants: Tenants,
    load: Loads,
    manager: ServiceManager,
    asker: Asker,
    questions: Asked,
}

/// What reads the configuration, for whoever prints the process.
struct Loads(Load);

impl App {
    /// Reads the configuration, binds the addresses and puts every tenant on the board, down and unknown. `load` is kept for
    /// when somebody asks for the configuration to be read again.
    ///
    /// # Errors
    /// A configuration or web configuration that does not hold, or an address that cannot be listened on.
    pub async fn build(load: Load, web: &Web, Service { manager, passed }: Service) -> Result<Self, Failure> {
        let config = load()?;
        let telemetry = Arc::new(Telemetry::new(BUILD));
        let gate = Arc::new(Gate::open(web.config_file.as_deref(), Arc::clone(&telemetry))?);
        reloading::tell_of_strangers(&config, &gate);
        let server = Server::bind(web, passed).await?;
        let now = clock::now();
        telemetry.config_loaded(now.unix_seconds(now.moment));
        let longest = config.tenants.iter().map(|tenant| tenant.interval).max().unwrap_or_default();
        let readiness = Readiness::new(config.tenants.len(), now.moment.plus(longest * 2));
        let tenants = Tenants::new(config, Arc::clone(&telemetry), &readiness, now);
        let (asker, questions) = reload::pair();
        let site = Site {
            board: Arc::clone(tenants.board()),
            telemetry,
            readiness,
            heartbeat: Heartbeat::new(now.moment),
            gate,
            config: Arc::clone(tenants.in_force()),
            reload: web.enable_lifecycle.then(|| asker.clone()),
            telemetry_path: web.telemetry_path.clone(),
            max_requests: web.max_requests,
        };
        Ok(Self { server, site, tenants, load: Loads(load), manager, asker, questions })
    }

    /// The addresses that are listened on.
    #[must_use]
    pub fn addresses(&self) -> Vec<std::net::SocketAddr> {
        self.server.addresses()
    }

    /// Runs until the end is wished for, then finishes the answers in flight.
    ///
    /// # Errors
    /// If the system gives no thread for the tenants.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), Failure> {
        info!(
            version = VERSION,
            revision = BUILD.revision,
            tenants = self.tenants.number(),
            "teams-presence-exporter starts"
        );
        if clock::SPEED != 1 {
            warn!(speed = clock::SPEED, "built for `make soak`: time passes faster here than where the tenants are");
        }
        self.server.announce();
        self.site.gate.announce();
        let (orders, ordered) = mpsc::channel(1);
        let (gate, telemetry) = (Arc::clone(&self.site.gate), Arc::clone(&self.site.telemetry));
        let in_force = Arc::clone(&self.site.config);
        let reloading = Reloading { load: self.load.0, gate, telemetry, manager: self.manager, in_force, orders };
        tokio::spawn(reloading.run(self.questions));
        let (tenants, heartbeat, until) = (self.tenants, self.site.heartbeat.clone(), shutdown.clone());
        // The thread ends with the process: what a tenant asks of Graph only reads, so nothing is lost.
        let (alive, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("graph".to_owned()).spawn(move || {
            let _alive = alive;
            run_tenants(tenants, ordered, heartbeat, &until);
        })?;
        let mut serving = pin!(self.server.run(self.site, shutdown.clone()));
        tokio::select! {
            biased;
            () = &mut serving => {}
            _ = ended => {
                if !shutdown.is_requested() {
                    // A server without tenants would look healthy for ever.
                    return Err(std::io::Error::other("the thread of the tenants has ended").into());
                }
                serving.await;
            }
        }
        info!("teams-presence-exporter ends");
        Ok(())
    }
}

/// Runs the tenants on this thread, by the configuration that was ordered last, until the end is wished for.
fn run_tenants(mut tenants: Tenants, mut orders: mpsc::Receiver<Order>, heartbeat: Heartbeat, shutdown: &Shutdown) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return error!(%error, "no runtime can be started for the tenants"),
    };
    runtime.block_on(async {
        tokio::spawn(async move {
            loop {
                heartbeat.beat(clock::moment());
                clock::sleep(heartbeat::RHYTHM).await;
            }
        });
        tenants.start();
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => break,
                Some((config, done)) = orders.recv() => {
                    // An order that was given up has been told to have failed.
                    if !done.is_closed() {
                        done.send(tenants.apply(config, clock::now())).ok();
                    }
                }
            }
        }
    });
    // A name that is being looked up can not be given up; nobody waits for it.
    runtime.shutdown_background();
}

/// What a service manager shows of a process with this configuration.
fn status(config: &Config) -> String {
    match config.tenants.len() {
        1 => "1 tenant is watched".to_owned(),
        tenants => format!("{tenants} tenants are watched"),
    }
}

impl std::fmt::Debug for Loads {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Loads")
    }
}
