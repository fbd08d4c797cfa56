//! Telemetry: the exporter's metrics about itself, about its requests, and about how each application gets in.
//!
//! Counters live here, outside the tasks that may fail, and only go up. They share nothing with the board, so counting a
//! request waits for no page, and how often they have changed is counted too: what was made of them is theirs until they
//! change again. What a family is called stands in `catalog`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus::core::Collector;
use prometheus::proto::{LabelPair, Metric, MetricFamily};
use prometheus::{CounterVec, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

use crate::catalog::{self, Family};
use crate::domain::advice::{Advice, Reason};
use crate::domain::permission::{Permission, Review};
use crate::domain::presence::Field;
use crate::domain::tenant::TenantName;

mod process;
mod tenant;

pub use tenant::TenantTelemetry;

/// The version of the exporter.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a request is for: the value of the `operation` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A page of users.
    Users,
    /// A page of the members of a group.
    GroupMembers,
    /// The presence of a batch.
    Presences,
    /// The presence of one user.
    Presence,
    /// A token.
    Token,
}

impl Operation {
    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::GroupMembers => "group_members",
            Self::Presences => "presences",
            Self::Presence => "presence",
            Self::Token => "token",
        }
    }
}

/// The metrics of the whole process.
#[derive(Debug)]
pub struct Telemetry {
    /// Held for a moment by whoever counts, and by whoever reads: no page shows half of what one of them counts.
    counted: Mutex<Counted>,
    /// Held while tenants come and go, and by whoever reads, before the other one: no page shows half of that.
    whole: Mutex<()>,
}

/// Everything that is counted.
#[derive(Debug)]
struct Counted {
    /// How often it has changed, its making included.
    changes: u64,
    /// Each family by its name, and in a registry of its own, so that one after the other can be gathered.
    families: Vec<(&'static str, Registry)>,
    requests: IntCounterVec,
    request_duration: HistogramVec,
    throttled_seconds: CounterVec,
    directory_failures: IntCounterVec,
    cycles: IntCounterVec,
    cycle_failures: IntCounterVec,
    unrecognized: IntCounterVec,
    token_expiry: GaugeVec,
    credential_expiry: GaugeVec,
    permission_granted: GaugeVec,
    config_reload: GaugeVec,
    config_reload_success: GaugeVec,
    web_config_reload: GaugeVec,
    web_certificate_expiry: GaugeVec,
    /// How each tenant's application gets in: no series, but the status page shows it.
    access: HashMap<TenantName, Access>,
}

/// How the application of a tenant gets in, and what it may do there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Access {
    /// What the roles of the token tell; nothing without a token, or with one that cannot be read.
    pub review: Option<Arc<Review>>,
    /// When the credential in use expires, in seconds since 1970, if that is known.
    pub expires: Option<f64>,
    /// Why the credential that the files hold now is not the one in use, if it is not.
    pub kept: Option<Advice>,
}

/// What was built: the labels of `teams_presence_build_info`.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// The commit, or `unknown`.
    pub revision: &'static str,
    /// The compiler.
    pub rust_version: &'static str,
}

impl Telemetry {
    /// Nothing counted yet, of nobody.
    ///
    /// # Panics
    /// If the catalog holds a name that Prometheus refuses; its tests see to it that it does not.
    #[must_use]
    pub fn new(build: Build) -> Self {
        let duration = catalog::GRAPH_REQUEST_DURATION;
        let buckets =
            HistogramOpts::new(duration.name, duration.help).buckets(catalog::REQUEST_DURATION_BUCKETS.into());
        let mut families = Vec::new();
        let build_info = registered(&mut families, GaugeVec::new, catalog::BUILD_INFO);
        build_info.with_label_values(&[VERSION, build.revision, build.rust_version]).set(1.0);
        let request_duration = HistogramVec::new(buckets, duration.labels).expect(WELL_FORMED);
        register(&mut families, duration, &request_duration);
        let mut counted = Counted {
            changes: 1,
            requests: registered(&mut families, IntCounterVec::new, catalog::GRAPH_REQUESTS),
            request_duration,
            throttled_seconds: registered(&mut families, CounterVec::new, catalog::GRAPH_THROTTLED_SECONDS),
            directory_failures: registered(&mut families, IntCounterVec::new, catalog::DIRECTORY_FAILURES),
            cycles: registered(&mut families, IntCounterVec::new, catalog::CYCLES),
            cycle_failures: registered(&mut families, IntCounterVec::new, catalog::CYCLE_FAILURES),
            unrecognized: registered(&mut families, IntCounterVec::new, catalog::UNRECOGNIZED_VALUES),
            token_expiry: registered(&mut families, GaugeVec::new, catalog::TOKEN_EXPIRY),
            credential_expiry: registered(&mut families, GaugeVec::new, catalog::CREDENTIAL_EXPIRY),
            permission_granted: registered(&mut families, GaugeVec::new, catalog::PERMISSION_GRANTED),
            config_reload: registered(&mut families, GaugeVec::new, catalog::CONFIG_LAST_RELOAD_SUCCESSFUL),
            config_reload_success: registered(&mut families, GaugeVec::new, catalog::CONFIG_LAST_RELOAD_SUCCESS),
            web_config_reload: registered(&mut families, GaugeVec::new, catalog::WEB_CONFIG_LAST_RELOAD_SUCCESSFUL),
            web_certificate_expiry: registered(&mut families, GaugeVec::new, catalog::WEB_CERTIFICATE_EXPIRY),
            access: HashMap::new(),
            families,
        };
        counted.families.sort_by_key(|(name, _)| *name);
        Self { counted: Mutex::new(counted), whole: Mutex::default() }
    }

    /// Begins to count for a tenant, whose application needs these permissions: every counter whose labels are fixed is
    /// there from now on, at zero.
    #[must_use]
    pub fn tenant(self: &Arc<Self>, tenant: &TenantName, permissions: impl Into<Arc<[Permission]>>) -> TenantTelemetry {
        let (name, counted) = (tenant.as_str(), self.change());
        counted.cycles.with_label_values(&[name]);
        counted.throttled_seconds.with_label_values(&[name]);
        for reason in Reason::OF_CYCLES {
            counted.cycle_failures.with_label_values(&[name, reason.label()]);
        }
        for reason in Reason::OF_LISTINGS {
            counted.directory_failures.with_label_values(&[name, reason.label()]);
        }
        for field in Field::ALL {
            counted.unrecognized.with_label_values(&[name, field.label()]);
        }
        TenantTelemetry::new(Arc::clone(self), tenant.clone(), permissions.into())
    }

    /// Notes that the configuration was loaded at this second since 1970.
    pub fn config_loaded(&self, unix_seconds: f64) {
        let counted = self.change();
        counted.config_reload.with_label_values::<&str>(&[]).set(1.0);
        counted.config_reload_success.with_label_values::<&str>(&[]).set(unix_seconds);
    }

    /// Notes that a configuration could not be read, so that the one before stays in force.
    pub fn config_refused(&self) {
        self.change().config_reload.with_label_values::<&str>(&[]).set(0.0);
    }

    /// Makes a change of several steps that no page may show the half of.
    pub fn at_once<T>(&self, change: impl FnOnce() -> T) -> T {
        let _whole = self.whole();
        change()
    }

    /// Notes that the web configuration was read and is in force, and when the server's certificate expires, in seconds
    /// since 1970.
    pub fn web_config_loaded(&self, certificate_expires: Option<f64>) {
        let counted = self.change();
        counted.web_config_reload.with_label_values::<&str>(&[]).set(1.0);
        match certificate_expires {
            Some(expires) => counted.web_certificate_expiry.with_label_values::<&str>(&[]).set(expires),
            None => counted.web_certificate_expiry.reset(),
        }
    }

    /// Notes that the web configuration could not be read, so that the one before stays in force.
    pub fn web_config_refused(&self) {
        self.change().web_config_reload.with_label_values::<&str>(&[]).set(0.0);
    }

    /// Every family with its samples of this instant, sorted by name.
    #[must_use]
    pub fn gather(&self) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        self.gather_after(0, |family| families.push(family));
        families
    }

    /// Hands over the same, one family after the other, if there were more changes than `before`; with many tenants all of
    /// them together are large. Nobody counts meanwhile. Returns how many changes there were.
    pub fn gather_after(&self, before: u64, take: impl FnMut(MetricFamily)) -> Option<u64> {
        let _whole = self.whole();
        let counted = self.counted();
        if counted.changes == before {
            return None;
        }
        counted.families.iter().flat_map(|(_, registry)| registry.gather()).for_each(take);
        Some(counted.changes)
    }

    /// Every family that tells tenants apart, with the samples of this one.
    #[cfg(test)]
    pub(crate) fn gather_of(&self, tenant: &str) -> Vec<MetricFamily> {
        self.gather().into_iter().filter_map(|family| of_tenant(family, tenant)).collect()
    }

    /// How a tenant's application gets in.
    #[must_use]
    pub fn access(&self, tenant: &TenantName) -> Access {
        self.counted().access.get(tenant).cloned().unwrap_or_default()
    }

    /// What the process itself takes, read at this instant.
    #[must_use]
    pub fn process() -> Vec<(&'static Family, f64)> {
        process::read()
    }

    fn whole(&self) -> MutexGuard<'_, ()> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that is counted, for whoever changes something of it: the only way to do so.
    fn change(&self) -> MutexGuard<'_, Counted> {
        let mut counted = self.counted();
        counted.changes += 1;
        counted
    }
}

/// A family with the samples of this tenant alone; nothing if it has none of them.
#[must_use]
pub fn of_tenant(mut family: MetricFamily, tenant: &str) -> Option<MetricFamily> {
    let is_its = |label: &LabelPair| label.name() == "tenant" && label.value() == tenant;
    family.mut_metric().retain(|metric: &Metric| metric.get_label().iter().any(is_its));
    (!family.get_metric().is_empty()).then_some(family)
}

/// The catalog's names are checked by its tests, so metrics made of them are well formed.
const WELL_FORMED: &str = "the catalog's families are well formed";

fn registered<T: Collector + Clone + 'static>(
    families: &mut Vec<(&'static str, Registry)>,
    new: fn(Opts, &[&str]) -> prometheus::Result<T>,
    family: &'static Family,
) -> T {
    let collector = new(Opts::new(family.name, family.help), family.labels).expect(WELL_FORMED);
    register(families, family, &collector);
    collector
}

fn register<T: Collector + Clone + 'static>(
    families: &mut Vec<(&'static str, Registry)>,
    family: &'static Family,
    collector: &T,
) {
    let registry = Registry::new();
    registry.register(Box::new(collector.clone())).expect(WELL_FORMED);
    families.push((family.name, registry));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The sum over the samples of a family.
    fn sum(families: &[MetricFamily], family: &Family) -> f64 {
        let metrics = families.iter().filter(|it| it.name() == family.name).flat_map(MetricFamily::get_metric);
        metrics.map(|metric| metric.get_counter().get_value()).sum()
    }

    #[test]
    fn what_was_gathered_stays_true_until_something_changes() {
        let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
        let tenant = telemetry.tenant(&TenantName::parse("contoso").expect("a name"), [Permission::PresenceReadAll]);
        let changes: [&dyn Fn(); 13] = [
            &|| telemetry.config_loaded(1.0),
            &|| telemetry.config_refused(),
            &|| telemetry.web_config_loaded(Some(1.0)),
            &|| telemetry.web_config_refused(),
            &|| tenant.request(Operation::Users, "200", Duration::ZERO),
            &|| tenant.throttled(Duration::from_secs(1)),
            &|| tenant.listing_failed(Reason::Throttled),
            &|| tenant.cycle(None),
            &|| tenant.unrecognized(Field::Activity),
            &|| drop(tenant.token(1.0, Some(&[]))),
            &|| tenant.no_token(),
            &|| tenant.credential_expiry(1.0),
            &|| telemetry.at_once(|| tenant.forget()),
        ];
        let mut before = 0;
        for (number, change) in changes.into_iter().enumerate() {
            let mut gathered = Vec::new();
            let now = telemetry.gather_after(before, |family| gathered.push(family));
            before = now.unwrap_or_else(|| panic!("nothing new before change {number}"));
            assert_eq!(gathered, telemetry.gather());
            assert!(gathered.is_sorted_by_key(|family| family.name().to_owned()));
            assert!(telemetry.gather_after(before, drop).is_none(), "nothing has changed since");
            change();
            assert_ne!(gathered, telemetry.gather(), "change {number} changes nothing");
        }
        assert!(telemetry.gather_after(before, drop).is_some());
    }

    #[test]
    fn no_page_shows_half_of_the_end_of_a_cycle() {
        const CYCLES: u32 = 20_000;
        let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
        let tenant = telemetry.tenant(&TenantName::parse("contoso").expect("a name"), []);
        let counting = std::thread::spawn(move || (0..CYCLES).for_each(|_| tenant.cycle(Some(Reason::Throttled))));
        loop {
            let families = telemetry.gather();
            let (cycles, failures) = (sum(&families, catalog::CYCLES), sum(&families, catalog::CYCLE_FAILURES));
            assert_eq!(cycles.to_string(), failures.to_string(), "every cycle fails");
            if cycles >= f64::from(CYCLES) {
                break;
            }
        }
        counting.join().expect("it counts to its end");
    }
}
