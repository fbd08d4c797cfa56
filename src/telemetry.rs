//! Telemetry: the exporter's metrics about itself and about its requests.
//!
//! Counters live here, outside the tasks that may fail, and only go up. They are read afresh by every scrape and share
//! nothing with the board, so counting a request never waits for a page. What a family is called stands in `catalog`.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::Collector;
use prometheus::proto::{LabelPair, MetricFamily};
use prometheus::{CounterVec, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

use crate::catalog::{self, Family};
use crate::domain::advice::Reason;
use crate::domain::permission::Permission;
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
    registry: Registry,
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
    /// Held while the end of a cycle is counted, or tenants come and go, so that no page shows half of it.
    ending: Mutex<()>,
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
        let registry = Registry::new();
        let build_info = registered(&registry, GaugeVec::new, catalog::BUILD_INFO);
        build_info.with_label_values(&[VERSION, build.revision, build.rust_version]).set(1.0);
        let request_duration = HistogramVec::new(buckets, duration.labels).expect(WELL_FORMED);
        registry.register(Box::new(request_duration.clone())).expect(WELL_FORMED);
        Self {
            requests: registered(&registry, IntCounterVec::new, catalog::GRAPH_REQUESTS),
            request_duration,
            throttled_seconds: registered(&registry, CounterVec::new, catalog::GRAPH_THROTTLED_SECONDS),
            directory_failures: registered(&registry, IntCounterVec::new, catalog::DIRECTORY_FAILURES),
            cycles: registered(&registry, IntCounterVec::new, catalog::CYCLES),
            cycle_failures: registered(&registry, IntCounterVec::new, catalog::CYCLE_FAILURES),
            unrecognized: registered(&registry, IntCounterVec::new, catalog::UNRECOGNIZED_VALUES),
            token_expiry: registered(&registry, GaugeVec::new, catalog::TOKEN_EXPIRY),
            credential_expiry: registered(&registry, GaugeVec::new, catalog::CREDENTIAL_EXPIRY),
            permission_granted: registered(&registry, GaugeVec::new, catalog::PERMISSION_GRANTED),
            config_reload: registered(&registry, GaugeVec::new, catalog::CONFIG_LAST_RELOAD_SUCCESSFUL),
            config_reload_success: registered(&registry, GaugeVec::new, catalog::CONFIG_LAST_RELOAD_SUCCESS),
            web_config_reload: registered(&registry, GaugeVec::new, catalog::WEB_CONFIG_LAST_RELOAD_SUCCESSFUL),
            web_certificate_expiry: registered(&registry, GaugeVec::new, catalog::WEB_CERTIFICATE_EXPIRY),
            registry,
            ending: Mutex::default(),
        }
    }

    /// Begins to count for a tenant, whose application needs these permissions: every counter whose labels are fixed is
    /// there from now on, at zero.
    #[must_use]
    pub fn tenant(self: &Arc<Self>, tenant: &TenantName, permissions: impl Into<Arc<[Permission]>>) -> TenantTelemetry {
        let name = tenant.as_str();
        self.cycles.with_label_values(&[name]);
        self.throttled_seconds.with_label_values(&[name]);
        for reason in Reason::OF_CYCLES {
            self.cycle_failures.with_label_values(&[name, reason.label()]);
        }
        for reason in Reason::OF_LISTINGS {
            self.directory_failures.with_label_values(&[name, reason.label()]);
        }
        for field in Field::ALL {
            self.unrecognized.with_label_values(&[name, field.label()]);
        }
        TenantTelemetry::new(Arc::clone(self), tenant.clone(), permissions.into())
    }

    /// Notes that the configuration was loaded at this second since 1970.
    pub fn config_loaded(&self, unix_seconds: f64) {
        self.config_reload.with_label_values::<&str>(&[]).set(1.0);
        self.config_reload_success.with_label_values::<&str>(&[]).set(unix_seconds);
    }

    /// Notes that a configuration could not be read, so that the one before stays in force.
    pub fn config_refused(&self) {
        self.config_reload.with_label_values::<&str>(&[]).set(0.0);
    }

    /// Makes a change that no page may show the half of. Whoever makes it counts nothing meanwhile.
    pub fn at_once<T>(&self, change: impl FnOnce() -> T) -> T {
        let _whole = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        change()
    }

    /// Notes that the web configuration was read and is in force, and when the server's certificate expires, in seconds
    /// since 1970.
    pub fn web_config_loaded(&self, certificate_expires: Option<f64>) {
        self.web_config_reload.with_label_values::<&str>(&[]).set(1.0);
        match certificate_expires {
            Some(expires) => self.web_certificate_expiry.with_label_values::<&str>(&[]).set(expires),
            None => self.web_certificate_expiry.reset(),
        }
    }

    /// Notes that the web configuration could not be read, so that the one before stays in force.
    pub fn web_config_refused(&self) {
        self.web_config_reload.with_label_values::<&str>(&[]).set(0.0);
    }

    /// Every family with its samples of this instant, sorted by name.
    #[must_use]
    pub fn gather(&self) -> Vec<MetricFamily> {
        let _whole = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        self.registry.gather()
    }

    /// Every family that tells tenants apart, with the samples of this one.
    #[must_use]
    pub fn gather_of(&self, tenant: &str) -> Vec<MetricFamily> {
        let mut families = self.gather();
        for family in &mut families {
            let is_its = |label: &LabelPair| label.name() == "tenant" && label.value() == tenant;
            family.mut_metric().retain(|metric| metric.get_label().iter().any(is_its));
        }
        families
    }

    /// What the process itself takes, read at this instant.
    #[must_use]
    pub fn process() -> Vec<(&'static Family, f64)> {
        process::read()
    }
}

/// The catalog's names are checked by its tests, so metrics made of them are well formed.
const WELL_FORMED: &str = "the catalog's families are well formed";

fn registered<T: Collector + Clone + 'static>(
    registry: &Registry,
    new: fn(Opts, &[&str]) -> prometheus::Result<T>,
    family: &Family,
) -> T {
    let collector = new(Opts::new(family.name, family.help), family.labels).expect(WELL_FORMED);
    registry.register(Box::new(collector.clone())).expect(WELL_FORMED);
    collector
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over the samples of a family.
    fn sum(families: &[MetricFamily], family: &Family) -> f64 {
        let metrics = families.iter().filter(|it| it.name() == family.name).flat_map(MetricFamily::get_metric);
        metrics.map(|metric| metric.get_counter().get_value()).sum()
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
