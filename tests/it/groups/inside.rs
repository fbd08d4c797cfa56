//! An exporter within the test's own process, whose directories are refreshed every second: a file allows no less than a
//! minute. It is the same application, asked over HTTP as ever.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use simulator::Operation;
use teams_presence_exporter::app::{App, Service};
use teams_presence_exporter::config::{Config, ListenAddress, Web};
use teams_presence_exporter::service_manager::{Passed, ServiceManager};
use teams_presence_exporter::shutdown::{Shutdown, Trigger};
use tempfile::TempDir;

use crate::harness::{Page, Tenant, get};

/// How often everything is done.
const OFTEN: Duration = Duration::from_secs(1);

/// How long to wait between two looks, and how many looks until something counts as never to come.
const GLANCE: Duration = Duration::from_millis(50);
const LOOKS: u32 = 2_400;

/// A running exporter; it ends when dropped.
pub(super) struct Inside {
    address: SocketAddr,
    _trigger: Trigger,
    _folder: TempDir,
    /// Nobody ever sends: what a timer is for those who may not sleep.
    never: (mpsc::Sender<()>, Receiver<()>),
}

impl Inside {
    /// Starts it on these tenants. Returns once it listens.
    pub(super) fn start(tenants: &[&Tenant]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sections = tenants.iter().enumerate().map(|(number, tenant)| tenant.write(folder.path(), number));
        let file = folder.path().join("exporter.yml");
        fs::write(&file, format!("tenants:\n{}", sections.collect::<String>())).unwrap();
        let mut config = Config::load(Some(&file), &|_| None).unwrap();
        for tenant in &mut config.tenants {
            tenant.interval = OFTEN;
            tenant.users.refresh_interval = OFTEN;
        }
        let web = Web { listen_addresses: vec![ListenAddress::parse("127.0.0.1:0").unwrap()], ..Web::default() };
        let (trigger, shutdown) = Shutdown::pair();
        let (sender, listening) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let service = Service { manager: ServiceManager::default(), passed: Passed::nothing() };
                let app = App::build(Arc::new(move || Ok(config.clone())), &web, service).await.unwrap();
                sender.send(app.addresses()[0]).unwrap();
                app.run(shutdown).await.unwrap();
            });
        });
        let address = listening.recv().unwrap();
        Self { address, _trigger: trigger, _folder: folder, never: mpsc::channel() }
    }

    /// The page of metrics.
    pub(super) fn scrape(&self) -> Page {
        let answer = get(self.address, "/metrics").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        Page(answer.body)
    }

    /// Scrapes until the page is as wanted, and returns that page.
    pub(super) fn wait_until(&self, what: &str, mut wanted: impl FnMut(&Page) -> bool) -> Page {
        for _ in 0..LOOKS {
            let page = self.scrape();
            if wanted(&page) {
                return page;
            }
            let _ = self.never.1.recv_timeout(GLANCE);
        }
        panic!("never on the page: {what}\n{}", self.scrape().0);
    }

    /// The page once what the directories say now is in force, and the presence of everybody in them was read.
    pub(super) fn refreshed(&self, tenants: &[&Tenant]) -> Page {
        let listings = || tenants.iter().map(|tenant| listings(tenant)).collect::<Vec<_>>();
        // One listing may be under way; the next begins after now, and has ended when the one after it begins.
        let before = listings();
        self.wait_until("more listings", |_| listings().iter().zip(&before).all(|(now, before)| *now >= before + 2));
        let cycles = |page: &Page| {
            let cycles = |tenant: &&Tenant| page.sum(&tenant.name, "cycles_total").unwrap_or(0.0);
            tenants.iter().map(cycles).collect::<Vec<_>>()
        };
        let before = cycles(&self.scrape());
        self.wait_until("more cycles", |page| {
            cycles(page).iter().zip(&before).all(|(now, before)| *now >= before + 2.0)
        })
    }
}

/// How many listings of a tenant's users have begun.
fn listings(tenant: &Tenant) -> usize {
    let calls = tenant.simulator.calls();
    calls.iter().filter(|it| it.operation == Operation::ListUsers && !it.query.contains("skiptoken")).count()
}
