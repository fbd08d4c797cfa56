//! The demo: a simulated tenant and the exporter on it, in one process and with one command.
//!
//! The exporter gets a configuration like any other: an authority, a Graph, a `ca_file`, a secret's file. It does not know
//! that its tenant is simulated, and the simulation does not know who asks.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime};

use simulator::{Clock, Scenario, Settings, Simulator};
use url::Url;

use crate::app::{self, Failure, Service};
use crate::cli::Demo;
use crate::config::{Cloud, Config, Credential, SecretSource, Tenant, Users, Web};
use crate::domain::tenant::TenantName;

mod groups;

pub use groups::group_by;

/// How often the demo reads presence: often enough that somebody who watches sees it move.
const INTERVAL: Duration = Duration::from_secs(10);

/// When the simulated day begins: Tuesday, 24 November 2026, 09:30 UTC, in the middle of Europe's morning.
const MORNING: Duration = Duration::from_mins(29_925_210);

/// How old an answer may be where there is trouble: so little that an outage of a minute is seen as what it is.
const IMPATIENT: Duration = Duration::from_secs(40);

/// How often the users are listed where there is trouble, which may be in the listing: as often as there is.
const REFRESH: Duration = Duration::from_mins(1);

/// How often the demo looks whether another scene has begun.
const GLANCE: Duration = Duration::from_secs(1);

/// Runs the demo until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting.
pub fn run(demo: Demo, web: &Web, service: Service) -> Result<(), Failure> {
    let scenario: Scenario = demo.scenario.parse().map_err(io::Error::other)?;
    let settings = Settings {
        seed: demo.seed,
        people: demo.users,
        roles: groups::ROLES.map(str::to_owned).to_vec(),
        clock: Clock::Running { from: SystemTime::UNIX_EPOCH + MORNING, speed: demo.speed },
        scenario,
        ..Settings::default()
    };
    let simulator = Simulator::start(settings)?;
    let files = Files::write(&simulator)?;
    let config = Config { tenants: vec![tenant(&simulator, &files, scenario)?], web_users: None };
    let simulator = &simulator;
    thread::scope(|scope| {
        // Gone when the exporter has ended, which ends the telling.
        let (_running, ended) = mpsc::channel();
        app::serve(Arc::new(move || Ok(config.clone())), web, service, |app| {
            welcome(demo, scenario, &app.addresses(), web);
            if scenario != Scenario::Calm {
                scope.spawn(move || tell_scenes(simulator, &ended));
            }
        })
    })
}

/// The simulated tenant as the exporter is told of it.
fn tenant(simulator: &Simulator, files: &Files, scenario: Scenario) -> io::Result<Tenant> {
    let name = TenantName::parse("demo").map_err(io::Error::other)?;
    let origin = Url::parse(&simulator.origin()).map_err(io::Error::other)?;
    let source = SecretSource::File(files.secret.clone());
    let credential = Credential::ClientSecret { source, expires: None };
    let tenant = Tenant::new(name, simulator.tenant_id().to_owned(), simulator.client_id().to_owned(), credential);
    let (max_age, users) = match scenario {
        Scenario::Calm => (tenant.max_age, Users::default()),
        // Whoever may ask for so little in a minute needs more of them.
        Scenario::CountsIds | Scenario::Throttled => (tenant.max_age, often_listed()),
        _ => (IMPATIENT, often_listed()),
    };
    Ok(Tenant {
        cloud: Cloud { authority: origin.clone(), graph: origin },
        ca_file: Some(files.ca.clone()),
        interval: INTERVAL,
        max_age,
        users,
        group_by: group_by(simulator)?,
        ..tenant
    })
}

fn often_listed() -> Users {
    Users { refresh_interval: REFRESH, ..Users::default() }
}

/// Says which scene has begun, so that the exporter's log can be read beside it.
fn tell_scenes(simulator: &Simulator, ended: &Receiver<()>) {
    let mut told = None;
    loop {
        let scene = simulator.scene();
        if told.as_ref() != Some(&scene) {
            drop(writeln!(io::stdout(), "  Scene: {}, {} seconds", scene.name(), scene.lasts().as_secs()));
            told = Some(scene);
        }
        if ended.recv_timeout(GLANCE) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Says where to look, if anybody reads it.
fn welcome(demo: Demo, scenario: Scenario, addresses: &[SocketAddr], web: &Web) {
    let port = addresses.first().map(SocketAddr::port);
    let unreachable = "    It listens on no port of the network; the log names the socket.\n".to_owned();
    let doors = port.map_or(unreachable, |port| doors(port, &web.telemetry_path));
    let speed = if (demo.speed - 1.0).abs() < f64::EPSILON {
        "as it does here".to_owned()
    } else {
        format!("{} times as fast", demo.speed)
    };
    let trouble = match scenario {
        Scenario::Calm => String::new(),
        _ => format!(
            "\n  The scenario is {scenario}; each of its scenes is announced below.\n  {}\n",
            scenario.description()
        ),
    };
    let appearing = match scenario {
        // The budget has to be learned first.
        Scenario::CountsIds => "some minutes".to_owned(),
        _ => format!("{} seconds", INTERVAL.as_secs()),
    };
    let welcome = format!(
        "
  A simulated tenant of {users} accounts is being watched; its enabled members
  are counted, by department, office and on-call team as well. It is Tuesday,
  09:30 UTC there, and time runs {speed}.
{trouble}
{doors}
  Counts appear within {appearing}. Ctrl-C ends it.
",
        users = demo.users,
    );
    drop(writeln!(io::stdout(), "{welcome}"));
}

/// Where to look, for people and for Prometheus.
fn doors(port: u16, path: &str) -> String {
    format!(
        "    Metrics   http://localhost:{port}{path}
    Status    http://localhost:{port}/

  Point a Prometheus at it with this in prometheus.yml:

    scrape_configs:
      - job_name: teams-presence
        metrics_path: {path}
        static_configs:
          - targets: [\"localhost:{port}\"]
"
    )
}

/// The files that the exporter reads, gone when the demo is.
struct Files {
    folder: PathBuf,
    ca: PathBuf,
    secret: PathBuf,
}

impl Files {
    fn write(simulator: &Simulator) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("teams-presence-demo-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let files = Self { ca: folder.join("ca.pem"), secret: folder.join("client-secret"), folder };
        fs::write(&files.ca, simulator.ca_pem())?;
        fs::write(&files.secret, simulator.client_secret())?;
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be removed is of no use to anybody: its tenant is gone.
        drop(fs::remove_dir_all(&self.folder));
    }
}
