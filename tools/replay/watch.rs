//! The watch: the exporter's loops over simulated time, on its own domain, telemetry and exposition.
//!
//! What `keeper` and `collector` do with tasks and waits is done here one after the other, in the same order: list, ask,
//! observe, credit, count, publish. A cycle begins half an interval before each scrape. It does not know how pages are kept.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use teams_presence_exporter::config::{Credential, SecretSource, Tenant};
use teams_presence_exporter::domain::advice::Reason;
use teams_presence_exporter::domain::budget::Budget;
use teams_presence_exporter::domain::directory::Directory;
use teams_presence_exporter::domain::moment::{Moment, Now};
use teams_presence_exporter::domain::observations::Observations;
use teams_presence_exporter::domain::permission::Permission;
use teams_presence_exporter::domain::plan::Plan;
use teams_presence_exporter::domain::snapshot::{Requests, Snapshot};
use teams_presence_exporter::domain::tenant::TenantName;
use teams_presence_exporter::domain::terms::Terms;
use teams_presence_exporter::exposition::{self, Format};
use teams_presence_exporter::telemetry::{Build, Operation, Telemetry};

use crate::graph::Graph;
use crate::process::Process;
use crate::service::Service;
use crate::tenant::People;

/// How soon the users are listed again where that failed.
const LIST_AGAIN: Duration = Duration::from_mins(5);

/// How long a token is good for, and how long before its end there is another.
const TOKEN: Duration = Duration::from_secs(3599);
const RENEWED: Duration = Duration::from_mins(15);

/// How long the credential is good for when the exporter is started.
const CREDENTIAL: u64 = 75 * 86_400;

/// The users on a page of a listing.
const PAGE: usize = 999;

/// An exporter at work.
pub(crate) struct Watch {
    people: People,
    graph: Graph,
    process: Process,
    telemetry: Arc<Telemetry>,
    observations: Observations,
    snapshot: Snapshot,
    /// When to list again, and when to ask for another token.
    listing: Moment,
    token: Moment,
}

impl Watch {
    /// An exporter that reads presence once an interval and is first scraped an interval after this second since 1970.
    pub(crate) fn new(people: People, service: Service, interval: Duration, born: u64) -> io::Result<Self> {
        let tenant = usual()?;
        let terms = Terms {
            tenant: tenant.name,
            interval,
            max_age: Tenant::usual_max_age(interval),
            min_coverage: tenant.min_coverage,
            min_group_size: tenant.min_group_size,
            refresh_interval: tenant.users.refresh_interval,
            dimensions: people.dimensions.clone().into(),
        };
        let telemetry = Arc::new(Telemetry::new(Build { revision: "replay", rust_version: "1.95" }));
        telemetry.config_loaded(seconds(born * 1000));
        let counted = telemetry.tenant(&terms.tenant, Permission::ALL);
        counted.credential_expiry(seconds((born + CREDENTIAL) * 1000));
        let concurrency = u32::try_from(tenant.concurrency).unwrap_or(u32::MAX);
        let budget = Budget::new(tenant.request_budget, concurrency);
        let graph = Graph::new(budget, service, counted, born * 1000);
        let start = Moment::from_millis(0);
        Ok(Self {
            process: Process::new(born),
            observations: Observations::new(Arc::new(Directory::new(Vec::new(), start))),
            snapshot: Snapshot::unknown(terms, graph.budget.means()),
            people,
            graph,
            telemetry,
            listing: start,
            token: start,
        })
    }

    /// The page that is scraped at this second since 1970. Seconds come in their order, each an interval after the last.
    pub(crate) fn page(&mut self, second: u64) -> String {
        let unix_millis = second * 1000;
        let scraped = Moment::from_millis(unix_millis - self.graph.unix_millis(Moment::from_millis(0)));
        let interval = self.snapshot.terms.interval;
        let begun = scraped.minus(interval / 2);
        self.keep(begun);
        let (ended, snapshot) = self.cycle(begun);
        if ended <= scraped {
            self.snapshot = snapshot.clone();
        }
        self.process.pass(interval, self.graph.take_requests());
        let mut page = exposition::render(Now { moment: scraped, unix_millis }, [&self.snapshot]);
        self.snapshot = snapshot;
        Format::Text.write(&self.telemetry.gather(), &mut page);
        Format::Text.write(&self.process.families(), &mut page);
        String::from_utf8_lossy(&page).into_owned()
    }

    /// Keeps token and directory, where it is time to.
    fn keep(&mut self, now: Moment) {
        if now >= self.token && self.graph.send(Operation::Token, now) {
            let expires = now.plus(TOKEN);
            self.token = expires.minus(RENEWED);
            let roles = Permission::ALL.map(|permission| permission.name().to_owned());
            self.graph.telemetry.token(seconds(self.graph.unix_millis(expires)), Some(&roles));
        }
        if now >= self.listing {
            let listed = self.list(now);
            self.listing = now.plus(if listed { self.snapshot.terms.refresh_interval } else { LIST_AGAIN });
        }
    }

    /// Lists the users and the members of groups. Returns whether that went well.
    fn list(&mut self, now: Moment) -> bool {
        let mut ask = |operation, times| (0..times).all(|_| self.graph.send(operation, now));
        let members = self.people.members();
        let pages = self.people.len().div_ceil(PAGE);
        if !(ask(Operation::Users, pages) && ask(Operation::GroupMembers, members.len())) {
            self.graph.telemetry.listing_failed(Reason::Unavailable);
            return false;
        }
        let before = Some(&**self.observations.directory()).filter(|before| !before.users().is_empty());
        let directory = Directory::grouped(self.people.roster(), &members, &self.snapshot.terms, before, now);
        self.observations = self.observations.adopting(Arc::new(directory));
        true
    }

    /// One cycle. Returns when it ended, and what is shown from then on.
    fn cycle(&mut self, begun: Moment) -> (Moment, Snapshot) {
        let terms = &self.snapshot.terms;
        let (ended, fault) = self.graph.cycle(&self.people, &mut self.observations, terms, begun);
        let credit = self.observations.credit(terms.min_group_size);
        let budget = &self.graph.budget;
        let plan = Plan::new(self.observations.directory().users().len(), budget.means(), terms);
        let requests = Requests { budget: budget.limit(), fullest_window: budget.fullest() };
        let mut snapshot = self.snapshot.concluded(&self.observations, plan, requests, [begun, ended]);
        snapshot.counters = Arc::new(snapshot.counters.plus(&credit));
        self.graph.telemetry.cycle(fault.or((!snapshot.up(ended)).then_some(Reason::Incomplete)));
        (ended, snapshot)
    }
}

/// A tenant with the default of every setting that has one.
fn usual() -> io::Result<Tenant> {
    let name = TenantName::parse("demo").map_err(io::Error::other)?;
    let source = SecretSource::Environment("NOBODY_ASKS".to_owned());
    let credential = Credential::ClientSecret { source, expires: None };
    Ok(Tenant::new(name, String::new(), String::new(), credential))
}

/// Milliseconds in seconds, as Prometheus has them.
fn seconds(millis: u64) -> f64 {
    Duration::from_millis(millis).as_secs_f64()
}
