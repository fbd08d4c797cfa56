//! The composition root: a configuration becomes a bound server and the tasks of its tenants, and these run.
//!
//! [`App::build`] binds, so that faults and addresses are known before anything runs; [`App::run`] runs until the end is
//! wished for. Graph's work and the scrapes' run on two threads: a page never waits for a parser. Tenants share the
//! board and nothing else; a task that panics costs its tenant a pause and the others nothing.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::board::{Board, Place};
use crate::clock;
use crate::config::{Config, Faults, Tenant, Web};
use crate::domain::budget::Budget;
use crate::domain::series::Most;
use crate::domain::snapshot::Snapshot;
use crate::domain::terms::Terms;
use crate::heartbeat::{self, Heartbeat};
use crate::readiness::Readiness;
use crate::service_manager::{Passed, ServiceManager};
use crate::shutdown::{self, Shutdown};
use crate::telemetry::{Build, Telemetry, VERSION};
use crate::web::{BindError, Gate, Server, Site};

mod supervisor;
mod tasks;

use supervisor::Supervisor;
use tasks::Tasks;

/// What was built.
const BUILD: Build =
    Build { revision: env!("TEAMS_PRESENCE_REVISION"), rust_version: env!("TEAMS_PRESENCE_RUST_VERSION") };

/// Why the process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An address that cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A web configuration that does not hold.
    #[error(transparent)]
    WebConfig(#[from] Faults),
    /// The system refuses a thread, a timer or a signal.
    #[error("the system does not let the exporter run: {0}")]
    System(#[from] std::io::Error),
}

/// Who started the process, and what he passed.
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
pub fn serve(config: Config, web: &Web, service: Service, started: impl FnOnce(&App)) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Service { manager, passed } = service;
        let app = App::build(config, web, passed).await?;
        let (trigger, shutdown) = Shutdown::pair();
        let signalled = shutdown::signalled()?;
        let attending = tokio::spawn(manager.clone().attend(app.site.heartbeat.clone(), app.status()));
        tokio::spawn(async move {
            let signal = signalled.await;
            info!(%signal, "asked to end");
            attending.abort();
            manager.stopping().await;
            trigger.request();
        });
        let mut reload = shutdown::reload_asked()?;
        tokio::spawn(async move {
            while reload.recv().await.is_some() {
                warn!(
                    "SIGHUP: reloading is not yet supported; secrets are read again by themselves, for the rest restart"
                );
            }
        });
        started(&app);
        app.run(shutdown).await
    })
}

/// A process that is bound and ready to run.
#[derive(Debug)]
pub struct App {
    server: Server,
    site: Site,
    tenants: Vec<Tasks>,
}

impl App {
    /// Binds the addresses and puts every tenant on the board, down and unknown.
    ///
    /// # Errors
    /// An address that cannot be listened on, or a web configuration that does not hold.
    pub async fn build(config: Config, web: &Web, passed: Passed) -> Result<Self, Failure> {
        let telemetry = Arc::new(Telemetry::new(BUILD));
        let gate = Arc::new(Gate::open(web.config_file.as_deref(), Arc::clone(&telemetry))?);
        let server = Server::bind(web, passed).await?;
        let now = clock::now();
        telemetry.config_loaded(now.unix_seconds(now.moment));
        let longest = config.tenants.iter().map(|tenant| tenant.interval).max().unwrap_or_default();
        let readiness = Readiness::new(config.tenants.len(), now.moment.plus(longest * 2));
        let unknown = |tenant: &Tenant| Snapshot::unknown(terms(tenant), budget(tenant).means());
        let board = Arc::new(Board::new(config.tenants.iter().map(unknown), now));
        let in_force = Arc::new(ArcSwap::from_pointee(config.clone()));
        let tenants = config.tenants.into_iter().enumerate().map(|(number, tenant)| Tasks {
            terms: terms(&tenant),
            place: Place(number),
            budget: Arc::new(Mutex::new(budget(&tenant))),
            directory: watch::Sender::new(None),
            board: Arc::clone(&board),
            telemetry: telemetry.tenant(&tenant.name, tenant.permissions()),
            readiness: readiness.clone(),
            tenant,
        });
        let tenants = tenants.collect();
        let site = Site {
            board,
            telemetry,
            readiness,
            heartbeat: Heartbeat::new(now.moment),
            gate,
            config: in_force,
            reload: None,
            telemetry_path: web.telemetry_path.clone(),
            max_requests: web.max_requests,
        };
        Ok(Self { server, site, tenants })
    }

    /// The addresses that are listened on.
    #[must_use]
    pub fn addresses(&self) -> Vec<std::net::SocketAddr> {
        self.server.addresses()
    }

    /// What a service manager shows of it.
    fn status(&self) -> String {
        match self.tenants.len() {
            1 => "1 tenant is watched".to_owned(),
            tenants => format!("{tenants} tenants are watched"),
        }
    }

    /// Runs until the end is wished for, then finishes the answers in flight.
    ///
    /// # Errors
    /// If the system gives no thread for the tenants.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), Failure> {
        info!(
            version = VERSION,
            revision = BUILD.revision,
            tenants = self.tenants.len(),
            "teams-presence-exporter starts"
        );
        if clock::SPEED != 1 {
            warn!(speed = clock::SPEED, "built for `make soak`: time passes faster here than where the tenants are");
        }
        self.server.announce();
        for tenant in &self.tenants {
            tell_series(&tenant.terms);
        }
        let (tenants, heartbeat, until) = (self.tenants, self.site.heartbeat.clone(), shutdown.clone());
        // The thread ends with the process: what a tenant asks of Graph only reads, so nothing is lost.
        let (alive, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("graph".to_owned()).spawn(move || {
            let _alive = alive;
            run_tenants(tenants, heartbeat, &until);
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

/// Tells how many series the groups of a tenant can make, if it has any.
fn tell_series(Terms { tenant, dimensions, .. }: &Terms) {
    let most = Most::of(dimensions);
    match most.remedy(dimensions) {
        _ if dimensions.is_empty() => {}
        None => info!(%tenant, "groups configured: {most}"),
        Some(remedy) => warn!(%tenant, advice = remedy, "groups configured: {most}, which is a lot for Prometheus"),
    }
}

/// Runs the tenants on this thread until the end is wished for.
fn run_tenants(tenants: Vec<Tasks>, heartbeat: Heartbeat, shutdown: &Shutdown) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return error!(%error, "no runtime can be started for the tenants"),
    };
    runtime.block_on(async {
        let mut running = JoinSet::new();
        running.spawn(async move {
            loop {
                heartbeat.beat(clock::moment());
                clock::sleep(heartbeat::RHYTHM).await;
            }
        });
        for tasks in tenants {
            running.spawn(async move {
                let (tenant, place) = (tasks.terms.tenant.clone(), tasks.place);
                let (board, telemetry) = (Arc::clone(&tasks.board), tasks.telemetry.clone());
                Supervisor { tenant, board, place, telemetry }.run(|| tasks.clone().run()).await;
            });
        }
        shutdown.requested().await;
    });
    // A name that is being looked up can not be given up; nobody waits for it.
    runtime.shutdown_background();
}

/// The budget of a tenant that has not asked anything yet.
fn budget(tenant: &Tenant) -> Budget {
    Budget::new(tenant.request_budget, u32::try_from(tenant.concurrency).unwrap_or(u32::MAX))
}

/// What of a tenant's configuration decides about its counts.
fn terms(tenant: &Tenant) -> Terms {
    Terms {
        tenant: tenant.name.clone(),
        interval: tenant.interval,
        max_age: tenant.max_age,
        min_coverage: tenant.min_coverage,
        min_group_size: tenant.min_group_size,
        refresh_interval: tenant.users.refresh_interval,
        dimensions: tenant.group_by.clone().into(),
    }
}
