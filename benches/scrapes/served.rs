//! The real server in a thread of its own, and what it takes of the processor.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use teams_presence_exporter::board::{Board, Place};
use teams_presence_exporter::clock;
use teams_presence_exporter::config;
use teams_presence_exporter::domain::permission::Permission;
use teams_presence_exporter::heartbeat::Heartbeat;
use teams_presence_exporter::readiness::Readiness;
use teams_presence_exporter::service_manager::Passed;
use teams_presence_exporter::shutdown::{Shutdown, Trigger};
use teams_presence_exporter::telemetry::{Build, Operation, Telemetry};
use teams_presence_exporter::web::{Gate, Server, Site};

use crate::boards::Tenants;

/// A server, which ends with this value.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    site: Site,
    /// What the kernel counts of its thread.
    schedstat: PathBuf,
    trigger: Trigger,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves these tenants, as they are after some cycles.
    pub(crate) fn start(tenants: Tenants) -> Self {
        let web = config::Web {
            listen_addresses: vec![config::ListenAddress::parse("127.0.0.1:0").expect("an address")],
            ..config::Web::default()
        };
        let site = site(tenants, &web);
        let (trigger, shutdown) = Shutdown::pair();
        let (tell, told) = mpsc::channel();
        let content = site.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let server = Server::bind(&web, Passed::nothing()).await.expect("a port");
                let thread = fs::read_link("/proc/thread-self").expect("its thread");
                tell.send((server.addresses()[0], thread)).expect("somebody waits");
                server.run(content, shutdown).await;
            });
        });
        let (address, its) = told.recv().expect("an address");
        let schedstat = PathBuf::from("/proc").join(its).join("schedstat");
        Self { address, site, schedstat, trigger, thread: Some(thread) }
    }

    /// What its thread has taken so far, as the scheduler counts it.
    pub(crate) fn cpu(&self) -> Duration {
        let counted = fs::read_to_string(&self.schedstat).expect("its thread");
        let nanoseconds = counted.split(' ').next().and_then(|number| number.parse().ok());
        Duration::from_nanos(nanoseconds.expect("a number"))
    }

    /// Changes every number of the board, as a cycle of the first tenant does.
    pub(crate) fn change(&self, tenants: Tenants, number: u32) {
        let now = clock::now();
        self.site.board.publish(Place(0), tenants.snapshot(0, number + 1, now.moment), None, now);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.trigger.request();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it ends");
        }
    }
}

fn site(tenants: Tenants, web: &config::Web) -> Site {
    let now = clock::now();
    let snapshots: Vec<_> = (0..tenants.number).map(|tenant| tenants.snapshot(tenant, 0, now.moment)).collect();
    let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
    telemetry.config_loaded(now.unix_seconds(now.moment));
    for snapshot in &snapshots {
        let tenant = telemetry.tenant(&snapshot.terms.tenant, [Permission::PresenceReadAll]);
        for operation in [Operation::Token, Operation::Users, Operation::Presences] {
            tenant.request(operation, "200", Duration::from_millis(230));
        }
        tenant.cycle(None);
        tenant.token(now.unix_seconds(now.moment) + 3_600.0, Some(&["Presence.Read.All".to_owned()]));
    }
    Site {
        board: Arc::new(Board::new(snapshots, now)),
        telemetry: Arc::clone(&telemetry),
        readiness: Readiness::new(0, now.moment),
        heartbeat: Heartbeat::new(clock::moment()),
        gate: Arc::new(Gate::open(None, telemetry).expect("a gate")),
        config: Arc::new(ArcSwap::from_pointee(config::Config { tenants: Vec::new(), web_users: None })),
        reload: None,
        telemetry_path: web.telemetry_path.clone(),
        max_requests: web.max_requests,
    }
}
