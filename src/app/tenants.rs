//! The tenants that run: how they start, and how a new configuration takes the place of the one in force.
//!
//! A tenant whose section is as it was runs on and notices nothing. One whose section is another starts anew, with what Graph
//! remembers of it (the budget), what was counted under its name and, if the same people are counted in the same groups, the
//! directory in force. Whoever is gone takes all series along. Board, metrics and configuration change at once. Where a
//! configuration comes from is not known here; what runs for one tenant is in `tasks`.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::supervisor::Supervisor;
use super::tasks::Tasks;
use crate::board::{Board, Place, Seat};
use crate::clock;
use crate::config::{Config, Tenant};
use crate::domain::budget::Budget;
use crate::domain::moment::Now;
use crate::domain::schedule::Turn;
use crate::domain::series::Most;
use crate::domain::snapshot::Snapshot;
use crate::domain::tenant::TenantName;
use crate::domain::terms::Terms;
use crate::readiness::{Awaited, Readiness};
use crate::telemetry::{Telemetry, TenantTelemetry};
use crate::transport::Roots;

/// The tenants of the configuration in force.
#[derive(Debug)]
pub(super) struct Tenants {
    board: Arc<Board>,
    /// Whom they trust, held once for all of them.
    roots: Roots,
    telemetry: Arc<Telemetry>,
    /// Whom readiness does not wait for: everybody who comes later.
    nobody: Awaited,
    in_force: Arc<ArcSwap<Config>>,
    /// In the order of the configuration.
    running: Vec<Running>,
}

/// One that runs, or is about to.
#[derive(Debug)]
struct Running {
    tasks: Tasks,
    task: Option<JoinHandle<()>>,
}

/// What a new configuration changed: how many tenants.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
    pub(super) unchanged: usize,
}

impl Tenants {
    /// The tenants of the first configuration, on the board, down and unknown. `readiness` waits for them.
    pub(super) fn new(config: Config, telemetry: Arc<Telemetry>, readiness: &Readiness, now: Now) -> Self {
        let board = Arc::new(Board::new(config.tenants.iter().map(|tenant| unknown(tenant, &budget(tenant))), now));
        let roots = Roots::default();
        let fresh = |(number, tenant): (usize, &Tenant)| {
            let telemetry = telemetry.tenant(&tenant.name, tenant.permissions());
            let tasks = tasks(tenant, Place(number), telemetry, readiness.of(number), (&board, &roots));
            Running { tasks, task: None }
        };
        let running = config.tenants.iter().enumerate().map(fresh).collect();
        let nobody = readiness.of_nobody();
        Self { board, roots, telemetry, nobody, in_force: Arc::new(ArcSwap::from_pointee(config)), running }
    }

    /// Where they are shown.
    pub(super) fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// The configuration in force.
    pub(super) fn in_force(&self) -> &Arc<ArcSwap<Config>> {
        &self.in_force
    }

    /// How many they are.
    pub(super) fn number(&self) -> usize {
        self.running.len()
    }

    /// Starts those who do not run yet, one after the other within seconds. Whoever runs notices nothing.
    pub(super) fn start(&mut self) {
        let all = self.running.iter().filter(|running| running.task.is_none()).count();
        let waiting = self.running.iter_mut().filter(|running| running.task.is_none());
        for (before, Running { tasks, task }) in waiting.enumerate() {
            tell_series(&tasks.terms);
            tasks.turn = Turn::new(before, all);
            let tasks = tasks.clone();
            *task = Some(tokio::spawn(async move {
                let (tenant, place) = (tasks.terms.tenant.clone(), tasks.place);
                let (board, telemetry) = (Arc::clone(&tasks.board), tasks.telemetry.clone());
                // Once: whoever starts again after a failure has waited for that.
                clock::sleep(tasks.turn.start(tasks.terms.interval)).await;
                Supervisor { tenant, board, place, telemetry }.run(|| tasks.clone().run()).await;
            }));
        }
    }

    /// Puts a configuration in force.
    pub(super) fn apply(&mut self, config: Config, now: Now) -> Changes {
        let before = std::mem::take(&mut self.running);
        let telemetry = Arc::clone(&self.telemetry);
        let changes = telemetry.at_once(|| self.replace(before, config, now));
        self.start();
        changes
    }

    fn replace(&mut self, before: Vec<Running>, config: Config, now: Now) -> Changes {
        let mut before: Vec<Option<Running>> = before.into_iter().map(Some).collect();
        let mut predecessor = |tenant: &Tenant| {
            let is_it = |running: &&mut Option<Running>| running.as_ref().is_some_and(|it| it.is_of(tenant));
            before.iter_mut().find(is_it).and_then(Option::take)
        };
        let pairs: Vec<(&Tenant, Option<Running>)> =
            config.tenants.iter().map(|tenant| (tenant, predecessor(tenant))).collect();
        let gone: Vec<Running> = before.into_iter().flatten().collect();
        let changes = Changes::between(&pairs, gone.len());
        // All of them before anybody new: a name that one gives up another one may take.
        let left = pairs.iter().filter_map(|(tenant, old)| old.as_ref().filter(|old| !old.is_named(&tenant.name)));
        left.chain(&gone).for_each(|old| old.tasks.telemetry.forget());
        for old in &gone {
            old.tasks.readiness.concluded();
        }

        let seats = pairs.iter().map(|(tenant, old)| match old {
            Some(old) if old.is_as(tenant) => Seat::Kept(old.tasks.place),
            old => Seat::New(Box::new(self.first_snapshot(tenant, old.as_ref()))),
        });
        let places = self.board.arrange(seats.collect::<Vec<_>>(), now);
        self.running = pairs
            .into_iter()
            .zip(places)
            .map(|((tenant, old), place)| match old {
                Some(old) if old.is_as(tenant) => old,
                Some(old) => Running { tasks: self.successor(&old.tasks, tenant, place), task: None },
                None => {
                    let telemetry = self.telemetry.tenant(&tenant.name, tenant.permissions());
                    let tasks = tasks(tenant, place, telemetry, self.nobody.clone(), (&self.board, &self.roots));
                    Running { tasks, task: None }
                }
            })
            .collect();
        self.in_force.store(Arc::new(config));
        changes
    }

    /// What is shown of a tenant until its first cycle under these settings ends.
    fn first_snapshot(&self, tenant: &Tenant, old: Option<&Running>) -> Snapshot {
        let first = unknown(tenant, &budget(tenant));
        let Some(old) = old.filter(|old| old.is_named(&tenant.name)) else { return first };
        let Some(latest) = self.board.latest(old.tasks.place) else { return first };
        let listed = latest.listed.filter(|_| counts_alike(&old.tasks.tenant, tenant));
        Snapshot { counters: latest.counters, last_success: latest.last_success, listed, ..first }
    }

    /// The tasks of a tenant under other settings than before.
    fn successor(&self, old: &Tasks, tenant: &Tenant, place: Place) -> Tasks {
        let telemetry = if old.tenant.name == tenant.name {
            old.telemetry.clone().anew(tenant.permissions())
        } else {
            self.telemetry.tenant(&tenant.name, tenant.permissions())
        };
        let mut tasks = tasks(tenant, place, telemetry, old.readiness.clone(), (&self.board, &self.roots));
        if old.tenant.client_id == tenant.client_id {
            // Graph counts the requests of an application in a tenant, whatever we call it.
            old.budget.lock().unwrap_or_else(PoisonError::into_inner).allow(tenant.request_budget, width(tenant));
            tasks.budget = Arc::clone(&old.budget);
        }
        if counts_alike(&old.tenant, tenant) {
            tasks.directory = old.directory.clone();
        }
        tasks
    }
}

impl Running {
    /// Whether it is this tenant of Microsoft's, whatever it is called here.
    fn is_of(&self, tenant: &Tenant) -> bool {
        let own = &self.tasks.tenant;
        own.cloud.authority == tenant.cloud.authority && own.tenant_id.eq_ignore_ascii_case(&tenant.tenant_id)
    }

    fn is_named(&self, name: &TenantName) -> bool {
        self.tasks.tenant.name == *name
    }

    /// Whether all of its section is as it was.
    fn is_as(&self, tenant: &Tenant) -> bool {
        self.tasks.tenant == *tenant
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // What it still has under way is given up, and its slots of the budget come back.
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Changes {
    fn between(pairs: &[(&Tenant, Option<Running>)], removed: usize) -> Self {
        let mut changes = Self { removed, ..Self::default() };
        for (tenant, old) in pairs {
            match old {
                None => changes.added += 1,
                Some(old) if old.is_as(tenant) => changes.unchanged += 1,
                Some(_) => changes.changed += 1,
            }
        }
        changes
    }
}

/// The tasks of a tenant of which nothing is known yet.
fn tasks(
    tenant: &Tenant,
    place: Place,
    telemetry: TenantTelemetry,
    readiness: Awaited,
    (board, roots): (&Arc<Board>, &Roots),
) -> Tasks {
    Tasks {
        tenant: tenant.clone(),
        terms: tenant.terms(),
        place,
        budget: Arc::new(Mutex::new(budget(tenant))),
        directory: watch::Sender::new(None),
        board: Arc::clone(board),
        telemetry,
        readiness,
        roots: roots.clone(),
        turn: Turn::new(0, 1),
    }
}

/// Whether the same people are counted in the same groups, by the same measure of a small one.
fn counts_alike(one: &Tenant, other: &Tenant) -> bool {
    let same_people = one.users == other.users && one.cloud.graph == other.cloud.graph;
    same_people && one.group_by == other.group_by && one.min_group_size == other.min_group_size
}

/// A tenant of which nothing is known yet.
fn unknown(tenant: &Tenant, budget: &Budget) -> Snapshot {
    Snapshot::unknown(tenant.terms(), budget.means())
}

/// The budget of a tenant that has not asked anything yet.
fn budget(tenant: &Tenant) -> Budget {
    Budget::new(tenant.request_budget, width(tenant))
}

/// How many requests it may have in flight.
fn width(tenant: &Tenant) -> u32 {
    u32::try_from(tenant.concurrency).unwrap_or(u32::MAX)
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

#[cfg(test)]
mod tests;
