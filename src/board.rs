//! The board: the latest snapshot of each tenant, the page made of them and when it expires.
//!
//! Everything on it is replaced whole, so a reader sees one moment and never waits for a writer. A page that nobody
//! replaces is made again when one of its snapshots reads differently with time alone: counts too old, a collector that
//! is silent. Of the other tenants it then says what it said before. The board does not know who publishes, nor who reads.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::domain::advice::Advice;
use crate::domain::moment::{Moment, Now};
use crate::domain::snapshot::Snapshot;
use crate::exposition::{Part, Sheet};

/// What the process shows of its tenants.
#[derive(Debug)]
pub struct Board {
    shown: ArcSwap<Shown>,
    /// Held by whoever replaces what is shown, so that no publication is lost: the number of the next new place.
    replacing: Mutex<usize>,
}

/// One moment of the board.
#[derive(Debug)]
pub struct Shown {
    /// The tenants, in the order of the configuration.
    pub tenants: Vec<Tenant>,
    /// How often the tenants themselves have changed.
    pub arrangement: u64,
    page: Arc<Sheet>,
    /// From when on the page is no longer true.
    expires: Option<Moment>,
}

/// One tenant on the board.
#[derive(Debug, Clone)]
pub struct Tenant {
    place: Place,
    /// Its latest counts.
    pub snapshot: Arc<Snapshot>,
    /// What the last listing met; `None` if it went well.
    pub directory: Option<Arc<Advice>>,
    /// What the last listing that went well met of single groups.
    pub groups: Arc<[Advice]>,
    /// What the last cycle met; `None` if it went well.
    pub presence: Option<Arc<Advice>>,
    /// The page of it alone; `None` if it is to be made anew.
    page: Option<Arc<Sheet>>,
    /// From when on that is no longer true.
    expires: Option<Moment>,
}

/// A tenant's place on the board, from its coming to its going, and nobody's after that. The first ones are numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub usize);

/// Who has a place on the board once it is arranged anew.
#[derive(Debug)]
pub enum Seat {
    /// Whoever has it now, with everything that is shown of it.
    Kept(Place),
    /// Somebody new, of whom this is known.
    New(Box<Snapshot>),
}

impl Board {
    /// A board of tenants of which nothing is known yet, as of `now`.
    #[must_use]
    pub fn new(snapshots: impl IntoIterator<Item = Snapshot>, now: Now) -> Self {
        let tenants: Vec<_> =
            snapshots.into_iter().enumerate().map(|(number, snapshot)| Tenant::new(Place(number), snapshot)).collect();
        let next = tenants.len();
        Self { shown: ArcSwap::from_pointee(Shown::new(tenants, 0, now)), replacing: Mutex::new(next) }
    }

    /// Gives the places to these and to nobody else, in this order and at once. Returns them.
    pub fn arrange(&self, seats: impl IntoIterator<Item = Seat>, now: Now) -> Vec<Place> {
        let mut next = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.shown.load();
        let tenants: Vec<Tenant> = seats
            .into_iter()
            .filter_map(|seat| match seat {
                Seat::Kept(place) => before.tenants.iter().find(|tenant| tenant.place == place).cloned(),
                Seat::New(snapshot) => {
                    *next += 1;
                    Some(Tenant::new(Place(*next - 1), *snapshot))
                }
            })
            .collect();
        let places = tenants.iter().map(|tenant| tenant.place).collect();
        self.shown.store(Arc::new(Shown::new(tenants, before.arrangement + 1, now)));
        places
    }

    /// The presence, truth and request families of all tenants as of `now`.
    #[must_use]
    pub fn page(&self, now: Now) -> Arc<Sheet> {
        Arc::clone(&self.current(now).page)
    }

    /// Those of one tenant; `None` if there is no tenant of that name.
    #[must_use]
    pub fn page_of(&self, tenant: &str, now: Now) -> Option<Arc<Sheet>> {
        let shown = self.current(now);
        let tenant = shown.tenants.iter().find(|it| it.snapshot.terms.tenant.as_str() == tenant)?;
        tenant.page.clone()
    }

    /// What is true at `now`.
    fn current(&self, now: Now) -> Arc<Shown> {
        let shown = self.shown.load_full();
        if shown.expires.is_none_or(|expires| now.moment < expires) {
            return shown;
        }
        self.replace(now, |_| ());
        self.shown.load_full()
    }

    /// The tenants as they stand.
    #[must_use]
    pub fn shown(&self) -> Arc<Shown> {
        self.shown.load_full()
    }

    /// The latest counts of a tenant.
    #[must_use]
    pub fn latest(&self, place: Place) -> Option<Snapshot> {
        let shown = self.shown.load();
        shown.tenants.iter().find(|tenant| tenant.place == place).map(|tenant| Snapshot::clone(&tenant.snapshot))
    }

    /// Replaces the counts of a tenant, and what its last cycle met.
    pub fn publish(&self, place: Place, snapshot: Snapshot, presence: Option<Advice>, now: Now) {
        self.replace(now, |tenants| {
            if let Some(tenant) = at(tenants, place) {
                (tenant.snapshot, tenant.page) = (Arc::new(snapshot), None);
                tenant.presence = presence.map(Arc::new);
            }
        });
    }

    /// Replaces what the last listing of a tenant met: of single groups where it went well, else what kept it from doing so,
    /// which says nothing new about groups.
    pub fn report_listing(&self, place: Place, listing: Result<Vec<Advice>, Advice>, now: Now) {
        self.replace(now, |tenants| {
            let Some(tenant) = at(tenants, place) else { return };
            match listing {
                Ok(groups) => (tenant.directory, tenant.groups) = (None, groups.into()),
                Err(advice) => tenant.directory = Some(Arc::new(advice)),
            }
        });
    }

    /// Shows the tenants anew as `change` leaves them.
    fn replace(&self, now: Now, change: impl FnOnce(&mut Vec<Tenant>)) {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.shown.load();
        let mut tenants = before.tenants.clone();
        change(&mut tenants);
        self.shown.store(Arc::new(Shown::new(tenants, before.arrangement, now)));
    }
}

/// The tenant at a place, if it is still there.
fn at(tenants: &mut [Tenant], place: Place) -> Option<&mut Tenant> {
    tenants.iter_mut().find(|tenant| tenant.place == place)
}

impl Shown {
    fn new(mut tenants: Vec<Tenant>, arrangement: u64, now: Now) -> Self {
        let page = Arc::new(tenants.iter_mut().map(|tenant| tenant.page(now)).collect());
        let expires = tenants.iter().filter_map(|tenant| tenant.expires).min();
        Self { tenants, arrangement, page, expires }
    }
}

impl Tenant {
    /// A tenant that has met nothing yet.
    fn new(place: Place, snapshot: Snapshot) -> Self {
        Self {
            place,
            snapshot: Arc::new(snapshot),
            directory: None,
            groups: Arc::default(),
            presence: None,
            page: None,
            expires: None,
        }
    }

    /// The page of it alone as of `now`.
    fn page(&mut self, now: Now) -> Arc<Sheet> {
        let is_true = self.expires.is_none_or(|expires| now.moment < expires);
        let page = self.page.take().filter(|_| is_true).unwrap_or_else(|| {
            self.expires = self.snapshot.changes(now.moment);
            Arc::new(Sheet::new(Part::of(now, &self.snapshot)))
        });
        Arc::clone(self.page.insert(page))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::plan::Means;
    use crate::domain::snapshot::CycleEnd;
    use crate::domain::tally::{Freshness, Tally};
    use crate::domain::tenant::TenantName;
    use crate::domain::terms::Terms;
    use crate::exposition::{self, Format};

    fn at(seconds: u64) -> Now {
        Now { moment: Moment::from_millis(seconds * 1_000), unix_millis: 1_795_456_800_000 + seconds * 1_000 }
    }

    /// A tenant of ten people, whose cycle ended then and had asked about everybody half a minute before.
    fn snapshot(tenant: &str, seconds: u64) -> Snapshot {
        let terms = Terms::by_default(TenantName::parse(tenant).expect("a name"));
        let (freshness, oldest) = (Freshness { current: 10, ..Freshness::default() }, Some(at(seconds - 30).moment));
        Snapshot {
            tally: Tally {
                freshness,
                words: [Some(vec![("Busy".into(), 10)]), None, None],
                oldest,
                ..Tally::default()
            },
            cycle: Some(CycleEnd { ended: at(seconds).moment, duration: Duration::ZERO, covered: true }),
            ..Snapshot::unknown(terms, Means { budget: 1200, latency: None, concurrency: 8 })
        }
    }

    #[test]
    fn whatever_is_published_and_however_late_the_page_is_that_of_all_snapshots_now() {
        let board = Board::new([snapshot("contoso", 100), snapshot("fabrikam", 160)], at(160));
        let mut pages = Vec::new();
        for seconds in (160..600).step_by(10) {
            match seconds {
                190 => board.publish(Place(1), snapshot("fabrikam", 190), None, at(190)),
                300 => board.report_listing(Place(0), Ok(Vec::new()), at(300)),
                450 => board.publish(Place(0), snapshot("contoso", 450), None, at(450)),
                _ => {}
            }
            let shown = board.shown();
            let expected = exposition::render(at(seconds), shown.tenants.iter().map(|tenant| &*tenant.snapshot));
            assert_eq!(board.page(at(seconds)).written(Format::Text), expected, "after {seconds} s");
            for Tenant { snapshot, .. } in &shown.tenants {
                let page = board.page_of(snapshot.terms.tenant.as_str(), at(seconds)).expect("it is there");
                let expected = exposition::render(at(seconds), [&**snapshot]);
                assert_eq!(page.written(Format::Text), expected, "of one after {seconds} s");
            }
            pages.push(expected);
        }
        pages.dedup();
        // Two are silent, too old, and one is there again and silent again.
        assert_eq!(pages.len(), 8);
    }

    #[test]
    fn tenants_come_and_go_and_nothing_late_is_shown_in_anothers_place() {
        let board = Board::new([snapshot("contoso", 100), snapshot("fabrikam", 160)], at(160));
        board.report_listing(Place(1), Err(Advice::no_users()), at(160));
        let newcomer = Seat::New(Box::new(snapshot("northwind", 165)));
        let places = board.arrange([newcomer, Seat::Kept(Place(1))], at(170));
        assert_eq!(places, [Place(2), Place(1)]);
        // Whoever had the first place, and one that nobody ever had.
        board.publish(Place(0), snapshot("contoso", 175), None, at(175));
        board.publish(Place(7), snapshot("contoso", 175), None, at(175));
        let names = |board: &Board| -> Vec<String> {
            board.shown().tenants.iter().map(|tenant| tenant.snapshot.terms.tenant.to_string()).collect()
        };
        assert_eq!(names(&board), ["northwind", "fabrikam"]);
        assert!(board.shown().tenants[1].directory.is_some(), "what is known of it is kept");
        assert!(board.page_of("contoso", at(176)).is_none());
        assert!(board.latest(Place(0)).is_none());
        let again = board.arrange([Seat::New(Box::new(snapshot("contoso", 180)))], at(180));
        assert_eq!(again, [Place(3)], "no place is given twice");
        assert_eq!(board.arrange([Seat::Kept(Place(0)), Seat::Kept(Place(3))], at(181)), [Place(3)]);
        assert_eq!(board.shown().arrangement, 3);
    }
}
