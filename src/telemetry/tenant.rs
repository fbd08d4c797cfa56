//! One tenant's part of the metrics: what is counted for it, from its coming to its going.
//!
//! What is counted is said by those who count; what a family is called stands in `catalog`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use prometheus::core::{Collector, MetricVec, MetricVecBuilder};
use prometheus::proto::MetricFamily;

use super::{Counted, Operation, Telemetry};
use crate::domain::advice::{Advice, Reason};
use crate::domain::permission::{Permission, Review};
use crate::domain::presence::Field;
use crate::domain::tenant::TenantName;

/// One tenant's part of the metrics: a clone costs nothing and counts into the same numbers.
#[derive(Debug, Clone)]
pub struct TenantTelemetry {
    telemetry: Arc<Telemetry>,
    tenant: TenantName,
    /// What its application has to be permitted.
    permissions: Arc<[Permission]>,
    /// Whether the tenant is gone: what still ends of its work is no longer counted.
    gone: Arc<AtomicBool>,
}

impl TenantTelemetry {
    pub(super) fn new(telemetry: Arc<Telemetry>, tenant: TenantName, permissions: Arc<[Permission]>) -> Self {
        Self { telemetry, tenant, permissions, gone: Arc::default() }
    }

    /// Begins anew, with another credential perhaps and in need of these permissions; what was counted stays.
    #[must_use]
    pub fn anew(self, permissions: impl Into<Arc<[Permission]>>) -> Self {
        self.no_token();
        // There may be nothing to remove, and that is as well.
        let mut counted = self.telemetry.change();
        drop(counted.credential_expiry.remove_label_values(&[self.tenant.as_str()]));
        counted.access.remove(&self.tenant);
        drop(counted);
        Self { permissions: permissions.into(), ..self }
    }

    /// Ends with the tenant: its series are gone, and nothing that is late is counted any more.
    pub fn forget(&self) {
        let (mut all, tenant) = (self.telemetry.change(), self.tenant.as_str());
        self.gone.store(true, Ordering::Relaxed);
        all.access.remove(&self.tenant);
        for counters in [&all.requests, &all.directory_failures, &all.cycles, &all.cycle_failures, &all.unrecognized] {
            forget(counters, tenant);
        }
        for gauges in [&all.token_expiry, &all.credential_expiry, &all.permission_granted] {
            forget(gauges, tenant);
        }
        forget(&all.request_duration, tenant);
        forget(&all.throttled_seconds, tenant);
    }

    /// The metrics to count in, unless the tenant is gone: asked while nobody else can make it go.
    fn counting(&self) -> Option<MutexGuard<'_, Counted>> {
        let counted = self.telemetry.change();
        (!self.gone.load(Ordering::Relaxed)).then_some(counted)
    }

    /// The tenant that is counted for.
    #[must_use]
    pub fn tenant(&self) -> &TenantName {
        &self.tenant
    }

    /// Counts a request that ended: `code` is its HTTP status or what kept it from one.
    pub fn request(&self, operation: Operation, code: &str, took: Duration) {
        let Some(counted) = self.counting() else { return };
        let (tenant, operation) = (self.tenant.as_str(), operation.label());
        counted.requests.with_label_values(&[tenant, operation, code]).inc();
        counted.request_duration.with_label_values(&[tenant, operation]).observe(took.as_secs_f64());
    }

    /// Counts time in which the tenant waits because Graph said so.
    pub fn throttled(&self, wait: Duration) {
        let Some(counted) = self.counting() else { return };
        counted.throttled_seconds.with_label_values(&[self.tenant.as_str()]).inc_by(wait.as_secs_f64());
    }

    /// Counts a listing that failed.
    pub fn listing_failed(&self, reason: Reason) {
        let Some(counted) = self.counting() else { return };
        counted.directory_failures.with_label_values(&[self.tenant.as_str(), reason.label()]).inc();
    }

    /// Counts a cycle that ended, and the gravest reason for which it did less than all of its work.
    pub fn cycle(&self, failure: Option<Reason>) {
        let Some(counted) = self.counting() else { return };
        counted.cycles.with_label_values(&[self.tenant.as_str()]).inc();
        if let Some(reason) = failure {
            counted.cycle_failures.with_label_values(&[self.tenant.as_str(), reason.label()]).inc();
        }
    }

    /// Counts an unknown word.
    pub fn unrecognized(&self, field: Field) {
        let Some(counted) = self.counting() else { return };
        counted.unrecognized.with_label_values(&[self.tenant.as_str(), field.label()]).inc();
    }

    /// Notes the token in use: when it expires, in seconds since 1970, and its roles where they could be read. Returns what
    /// the roles tell if that is something else than the token before told.
    pub fn token(&self, expires: f64, roles: Option<&[String]>) -> Option<Arc<Review>> {
        let mut counted = self.counting()?;
        let tenant = self.tenant.as_str();
        counted.token_expiry.with_label_values(&[tenant]).set(expires);
        let review = roles.map(|roles| Review::of(&self.permissions, roles.iter().map(String::as_str)));
        for permission in &*self.permissions {
            let labels = [tenant, permission.name()];
            match &review {
                Some(review) => {
                    let granted = f64::from(u8::from(review.granted.contains(permission)));
                    counted.permission_granted.with_label_values(&labels).set(granted);
                }
                // There may be nothing to remove, and that is as well.
                None => drop(counted.permission_granted.remove_label_values(&labels)),
            }
        }
        let review = review.map(Arc::new);
        let access = counted.access.entry(self.tenant.clone()).or_default();
        let before = std::mem::replace(&mut access.review, review.clone());
        review.filter(|review| before.as_ref() != Some(review))
    }

    /// Notes that there is no token any more.
    pub fn no_token(&self) {
        let Some(mut counted) = self.counting() else { return };
        let tenant = self.tenant.as_str();
        counted.access.entry(self.tenant.clone()).or_default().review = None;
        // There may be nothing to remove, and that is as well.
        drop(counted.token_expiry.remove_label_values(&[tenant]));
        for permission in &*self.permissions {
            drop(counted.permission_granted.remove_label_values(&[tenant, permission.name()]));
        }
    }

    /// Notes when the credential in use expires, in seconds since 1970.
    pub fn credential_expiry(&self, expires: f64) {
        let Some(mut counted) = self.counting() else { return };
        counted.credential_expiry.with_label_values(&[self.tenant.as_str()]).set(expires);
        counted.access.entry(self.tenant.clone()).or_default().expires = Some(expires);
    }

    /// Notes why a new credential is not taken, or that the one in use is the newest.
    pub fn credential_kept(&self, why: Option<Advice>) {
        let Some(mut counted) = self.counting() else { return };
        counted.access.entry(self.tenant.clone()).or_default().kept = why;
    }
}

/// Removes the series of a tenant from a family.
fn forget<T: MetricVecBuilder>(family: &MetricVec<T>, tenant: &str) {
    for metric in family.collect().iter().flat_map(MetricFamily::get_metric) {
        let labels: HashMap<&str, &str> =
            metric.get_label().iter().map(|label| (label.name(), label.value())).collect();
        if labels.get("tenant") == Some(&tenant) {
            // It may be gone already, and that is as well.
            drop(family.remove(&labels));
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus::proto::Metric;

    use super::*;
    use crate::catalog::{self, Family};
    use crate::telemetry::Build;

    /// Everything that a tenant's work counts.
    fn count_everything(tenant: &TenantTelemetry) {
        tenant.request(Operation::Users, "200", Duration::from_secs(1));
        tenant.throttled(Duration::from_secs(1));
        tenant.listing_failed(Reason::Throttled);
        tenant.cycle(Some(Reason::Throttled));
        tenant.unrecognized(Field::ALL[0]);
        tenant.token(1.0, Some(&["Presence.Read.All".to_owned()]));
        tenant.credential_expiry(2.0);
    }

    #[test]
    fn a_tenant_that_is_gone_has_no_series_and_gets_none_by_what_is_late() {
        let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
        let empty = telemetry.gather();
        let name = |name| TenantName::parse(name).expect("a name");
        let [stays, goes] =
            ["contoso", "fabrikam"].map(|it| telemetry.tenant(&name(it), [Permission::PresenceReadAll]));
        count_everything(&stays);
        let alone = telemetry.gather_of("contoso");
        assert!(alone.len() > empty.len());
        count_everything(&goes);
        let late = goes.clone();
        goes.forget();
        count_everything(&late);
        late.no_token();
        assert!(telemetry.gather_of("fabrikam").iter().all(|family| family.get_metric().is_empty()));
        assert_eq!(telemetry.gather_of("contoso"), alone);
        // Somebody of the same name comes.
        let comes = telemetry.tenant(&name("fabrikam"), []);
        comes.cycle(None);
        late.cycle(None);
        let cycles = telemetry.gather_of("fabrikam").into_iter().find(|family| family.name() == catalog::CYCLES.name);
        let cycles = cycles.expect("a family").get_metric()[0].get_counter().get_value();
        assert_eq!(cycles.to_string(), "1");
    }

    #[test]
    fn a_tenant_that_begins_anew_counts_on_and_shows_no_token_nor_credential_of_before() {
        let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
        let tenant = telemetry.tenant(&TenantName::parse("contoso").expect("a name"), [Permission::GroupMemberReadAll]);
        tenant.cycle(None);
        tenant.token(1.0, Some(&[]));
        tenant.credential_expiry(1.0);
        let tenant = tenant.anew([Permission::PresenceReadAll]);
        let shown = telemetry.gather_of("contoso");
        let has_samples =
            |family: &Family| shown.iter().any(|it| it.name() == family.name && !it.get_metric().is_empty());
        let gone = [catalog::TOKEN_EXPIRY, catalog::CREDENTIAL_EXPIRY, catalog::PERMISSION_GRANTED];
        assert_eq!(gone.map(has_samples), [false; 3]);
        assert!(has_samples(catalog::CYCLES));
        tenant.token(2.0, Some(&[]));
        let shown: Vec<String> = telemetry
            .gather()
            .iter()
            .filter(|family| family.name() == catalog::PERMISSION_GRANTED.name)
            .flat_map(MetricFamily::get_metric)
            .flat_map(Metric::get_label)
            .map(|label| label.value().to_owned())
            .collect();
        assert_eq!(shown, ["Presence.Read.All", "contoso"]);
    }
}
