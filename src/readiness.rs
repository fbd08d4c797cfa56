//! Readiness: whether every tenant has been looked at once, as a latch that never opens and shuts again.
//!
//! A tenant counts once its first cycle has concluded, well or badly: an outage of Graph must not take away the very
//! metrics that explain it. After the give-up moment nobody is waited for any more. It is told the time and knows
//! neither what a cycle is nor who asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::moment::Moment;

/// The latch of the process. A clone is the same latch.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<Latch>);

#[derive(Debug)]
struct Latch {
    /// Whether its first cycle has concluded, for each tenant in the order of the configuration.
    concluded: Box<[AtomicBool]>,
    /// From when on nobody is waited for.
    give_up: Moment,
    /// Whether it was ever found ready: then it stays so.
    ready: AtomicBool,
}

/// A tenant that is waited for, or is not.
#[derive(Debug, Clone)]
pub struct Awaited {
    readiness: Readiness,
    tenant: Option<usize>,
}

impl Awaited {
    /// Notes that a cycle of the tenant has concluded, well or badly, or that none ever will.
    pub fn concluded(&self) {
        if let Some(concluded) = self.tenant.and_then(|tenant| self.readiness.0.concluded.get(tenant)) {
            concluded.store(true, Ordering::Relaxed);
        }
    }
}

impl Readiness {
    /// Waits for this many tenants, but not beyond `give_up`.
    #[must_use]
    pub fn new(tenants: usize, give_up: Moment) -> Self {
        let concluded = (0..tenants).map(|_| AtomicBool::new(false)).collect();
        Self(Arc::new(Latch { concluded, give_up, ready: AtomicBool::new(false) }))
    }

    /// The tenant with this number in the configuration of the start.
    #[must_use]
    pub fn of(&self, tenant: usize) -> Awaited {
        Awaited { readiness: self.clone(), tenant: Some(tenant) }
    }

    /// A tenant that came later: nobody waits for it.
    #[must_use]
    pub fn of_nobody(&self) -> Awaited {
        Awaited { readiness: self.clone(), tenant: None }
    }

    /// How many tenants are still waited for at `now`: none means ready, from then on for ever.
    #[must_use]
    pub fn waiting(&self, now: Moment) -> usize {
        let Latch { concluded, give_up, ready } = &*self.0;
        if ready.load(Ordering::Relaxed) {
            return 0;
        }
        let waiting = concluded.iter().filter(|concluded| !concluded.load(Ordering::Relaxed)).count();
        if waiting == 0 || now >= *give_up {
            ready.store(true, Ordering::Relaxed);
            return 0;
        }
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    #[test]
    fn it_is_ready_once_every_tenant_has_concluded() {
        let readiness = Readiness::new(2, at(120));
        assert_eq!(readiness.waiting(at(1)), 2);
        readiness.of(1).concluded();
        readiness.of(1).concluded();
        readiness.of_nobody().concluded();
        assert_eq!(readiness.clone().waiting(at(2)), 1);
        readiness.of(0).concluded();
        assert_eq!(readiness.waiting(at(3)), 0);
    }

    #[test]
    fn after_the_give_up_moment_it_is_ready_and_stays_so() {
        let readiness = Readiness::new(1, at(120));
        assert_eq!(readiness.waiting(at(119)), 1);
        assert_eq!(readiness.waiting(at(120)), 0);
        assert_eq!(readiness.waiting(at(0)), 0, "it never flaps back");
    }

    #[test]
    fn without_tenants_there_is_nothing_to_wait_for() {
        assert_eq!(Readiness::new(0, at(120)).waiting(at(0)), 0);
    }
}
