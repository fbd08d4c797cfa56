//! The board: the latest snapshot of each tenant, the page made of them and when it expires.
//!
//! Everything on it is replaced whole, so a reader sees one moment and never waits for a writer. A page that nobody
//! replaces is made again when one of its snapshots reads differently with time alone: counts too old, a collector that
//! is silent. The board does not know who publishes, nor who reads.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;

use crate::domain::advice::Advice;
use crate::domain::moment::{Moment, Now};
use crate::domain::snapshot::Snapshot;
use crate::exposition;

/// What the process shows of its tenants.
#[derive(Debug)]
pub struct Board {
    shown: ArcSwap<Shown>,
    /// Held by whoever replaces what is shown, so that no publication is lost.
    replacing: Mutex<()>,
}

/// One moment of the board.
#[derive(Debug)]
pub struct Shown {
    /// The tenants, in the order of the configuration.
    pub tenants: Vec<Tenant>,
    page: Bytes,
    /// From when on the page is no longer true.
    expires: Option<Moment>,
}

/// One tenant on the board.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its latest counts.
    pub snapshot: Arc<Snapshot>,
    /// What the last listing met; `None` if it went well.
    pub directory: Option<Arc<Advice>>,
    /// What the last listing that went well met of single groups.
    pub groups: Arc<[Advice]>,
    /// What the last cycle met; `None` if it went well.
    pub presence: Option<Arc<Advice>>,
}

/// A tenant's place on the board: its number in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub usize);

impl Board {
    /// A board of tenants of which nothing is known yet, as of `now`.
    #[must_use]
    pub fn new(snapshots: impl IntoIterator<Item = Snapshot>, now: Now) -> Self {
        let tenants = snapshots
            .into_iter()
            .map(|snapshot| Tenant {
                snapshot: Arc::new(snapshot),
                directory: None,
                groups: Arc::default(),
                presence: None,
            })
            .collect();
        Self { shown: ArcSwap::from_pointee(Shown::new(tenants, now)), replacing: Mutex::new(()) }
    }

    /// The presence, truth and request families of all tenants as of `now`, in the text format 0.0.4.
    #[must_use]
    pub fn page(&self, now: Now) -> Bytes {
        let shown = self.shown.load();
        if shown.expires.is_none_or(|expires| now.moment < expires) {
            return shown.page.clone();
        }
        drop(shown);
        self.replace(now, |_| ());
        self.shown.load().page.clone()
    }

    /// The tenants as they stand.
    #[must_use]
    pub fn shown(&self) -> Arc<Shown> {
        self.shown.load_full()
    }

    /// The latest counts of a tenant.
    #[must_use]
    pub fn latest(&self, place: Place) -> Option<Snapshot> {
        self.shown.load().tenants.get(place.0).map(|tenant| Snapshot::clone(&tenant.snapshot))
    }

    /// Replaces the counts of a tenant, and what its last cycle met.
    pub fn publish(&self, place: Place, snapshot: Snapshot, presence: Option<Advice>, now: Now) {
        self.replace(now, |tenants| {
            if let Some(tenant) = tenants.get_mut(place.0) {
                tenant.snapshot = Arc::new(snapshot);
                tenant.presence = presence.map(Arc::new);
            }
        });
    }

    /// Replaces what the last listing of a tenant met: of single groups where it went well, else what kept it from doing so,
    /// which says nothing new about groups.
    pub fn report_listing(&self, place: Place, listing: Result<Vec<Advice>, Advice>, now: Now) {
        self.replace(now, |tenants| {
            let Some(tenant) = tenants.get_mut(place.0) else { return };
            match listing {
                Ok(groups) => (tenant.directory, tenant.groups) = (None, groups.into()),
                Err(advice) => tenant.directory = Some(Arc::new(advice)),
            }
        });
    }

    /// Shows the tenants anew as `change` leaves them.
    fn replace(&self, now: Now, change: impl FnOnce(&mut Vec<Tenant>)) {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tenants = self.shown.load().tenants.clone();
        change(&mut tenants);
        self.shown.store(Arc::new(Shown::new(tenants, now)));
    }
}

impl Shown {
    fn new(tenants: Vec<Tenant>, now: Now) -> Self {
        let page = exposition::render(now, tenants.iter().map(|tenant| &*tenant.snapshot)).into();
        let expires = tenants.iter().filter_map(|tenant| tenant.snapshot.changes(now.moment)).min();
        Self { tenants, page, expires }
    }
}
