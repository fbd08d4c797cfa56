//! Sizes: what a cycle will take of the budget, and how many series the tenant makes.
//!
//! Both are the domain's reckoning, with what was measured where something was.

use std::sync::{Arc, Mutex};

use super::tenant::{Known, Subject};
use crate::config::Tenant;
use crate::domain::advice::Finding;
use crate::domain::budget::Budget;
use crate::domain::plan::{Fit, Plan};
use crate::domain::series::{Fixed, Grouped, Most};

/// The budget of a tenant that has not asked anything yet.
pub(super) fn fresh_budget(tenant: &Tenant) -> Arc<Mutex<Budget>> {
    Arc::new(Mutex::new(fresh(tenant)))
}

fn fresh(tenant: &Tenant) -> Budget {
    Budget::new(tenant.request_budget, u32::try_from(tenant.concurrency).unwrap_or(u32::MAX))
}

/// Tells what a cycle takes, and whether that fits.
pub(super) fn budget(it: &mut Subject<'_>, known: &Known) {
    const STEP: &str = "budget";
    let terms = it.tenant.terms();
    let means = known.means.unwrap_or_else(|| fresh(&it.tenant).means());
    let Some(tracked) = known.tracked.filter(|tracked| *tracked > 0) else {
        let most = Plan::most(means, &terms);
        return it.section.ok(
            STEP,
            format!(
                "room for {} users every {} s; how many there are is not known",
                Grouped(most),
                terms.interval.as_secs()
            ),
        );
    };
    let plan = Plan::new(usize::try_from(tracked).unwrap_or(usize::MAX), means, &terms);
    match (plan.fit, plan.remedy(&terms)) {
        (Fit::Fits, _) => it.section.ok(STEP, plan.to_string()),
        (Fit::Stretched, _) => it.section.warn(STEP, Finding::stretched(&plan)),
        (Fit::Exceeds, remedy) => it.section.fail(STEP, Finding::exceeds(&plan, remedy.unwrap_or_default())),
    }
}

/// Tells how many series the tenant makes, and returns that number.
pub(super) fn series(it: &mut Subject<'_>, known: &Known) -> u64 {
    const STEP: &str = "series";
    let dimensions = &it.tenant.group_by;
    let fixed = Fixed::of(it.tenant.permissions().len());
    let most = Most::of(dimensions);
    let (groups, words) = match known.groups {
        _ if dimensions.is_empty() => (0, "no groups".to_owned()),
        Some(made) => (made.series, format!("{} of groups, as they are now ({made})", Grouped(made.series))),
        None => (most.series(), format!("at most {} of groups ({most})", Grouped(most.series()))),
    };
    let all = fixed + groups;
    let what = format!("about {} series: {} of the tenant, {words}", Grouped(all), Grouped(fixed));
    match most.remedy(dimensions) {
        Some(remedy) => it.section.warn(STEP, Finding::many_series(&what, remedy)),
        None => it.section.ok(STEP, what),
    }
    all
}
