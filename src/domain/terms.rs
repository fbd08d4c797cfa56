//! Terms: the settings of a tenant that decide about its counts, and how often they are made.
//!
//! They are parsed and held within bounds by `config`, which is not known here. `plan` and `snapshot` go by them.

use std::sync::Arc;
use std::time::Duration;

use super::dimension::Dimension;
use super::tenant::TenantName;

/// What of a tenant's configuration decides about its counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The tenant's label value.
    pub tenant: TenantName,
    /// How often presence is read.
    pub interval: Duration,
    /// Answers of this age and older count for nobody.
    pub max_age: Duration,
    /// The share of answerable users that must be answered, above 0 and at most 1.
    pub min_coverage: f64,
    /// The fewest people that any count may be about.
    pub min_group_size: u32,
    /// How often the users are listed.
    pub refresh_interval: Duration,
    /// By what the users are counted apart, the most important first.
    pub dimensions: Arc<[Dimension]>,
}

#[cfg(test)]
impl Terms {
    /// The terms of a tenant whose configuration says nothing of them.
    pub(crate) fn by_default(tenant: TenantName) -> Self {
        Self {
            tenant,
            interval: Duration::from_mins(1),
            max_age: Duration::from_mins(5),
            min_coverage: 0.95,
            min_group_size: 5,
            refresh_interval: Duration::from_hours(1),
            dimensions: Arc::default(),
        }
    }
}
