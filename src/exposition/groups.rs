//! The families of groups: counts where a snapshot shows them, and what became of the groups, always.

use super::Page;
use crate::catalog::{self, Family};
use crate::domain::dimension::{Dimension, EntraGroup};
use crate::domain::moment::Now;
use crate::domain::presence::Field;
use crate::domain::snapshot::Snapshot;
use crate::domain::tally::{DimensionTally, GroupTally};

/// The family of each field's words, in the order of [`Field::ALL`].
const WORDS: [&Family; Field::ALL.len()] =
    [catalog::GROUP_AVAILABILITY_USERS, catalog::GROUP_ACTIVITY_USERS, catalog::GROUP_WORK_LOCATION_USERS];

/// Adds the groups of every dimension of a tenant.
pub(super) fn add(page: &mut Page, now: Now, snapshot: &Snapshot) {
    let tenant = snapshot.terms.tenant.as_str();
    let shown = snapshot.counts(now.moment).is_some();
    let nothing = DimensionTally::default();
    for (number, dimension) in snapshot.terms.dimensions.iter().enumerate() {
        let tally = snapshot.tally.dimensions.get(number).unwrap_or(&nothing);
        let labels = [tenant, dimension.name.as_str()];
        for group in tally.named(dimension).filter(|_| shown) {
            counts(page, labels, group);
        }
        truth(page, labels, dimension, tally, shown);
    }
}

/// The counts of one group.
fn counts(page: &mut Page, [tenant, dimension]: [&str; 2], group: &GroupTally) {
    let labels = [tenant, dimension, &*group.name];
    if let Some(reachable) = group.reachable {
        page.add(catalog::GROUP_REACHABLE, &labels, f64::from(u8::from(reachable)));
    }
    let Some(counts) = &group.counts else { return };
    page.add(catalog::GROUP_USERS, &labels, f64::from(counts.users));
    for (family, words) in WORDS.into_iter().zip(&counts.words) {
        for (word, users) in words.iter().flatten() {
            page.add(family, &[tenant, dimension, &*group.name, word], f64::from(*users));
        }
    }
    if let Some(users) = counts.out_of_office {
        page.add(catalog::GROUP_OUT_OF_OFFICE_USERS, &labels, f64::from(users));
    }
}

/// What became of the groups: always there.
fn truth(page: &mut Page, labels: [&str; 2], dimension: &Dimension, tally: &DimensionTally, shown: bool) {
    let [tenant, name] = labels;
    let visibility = tally.visibility;
    let kinds = [("shown", visibility.shown), ("folded", visibility.folded), ("withheld", visibility.withheld)];
    for (kind, groups) in kinds {
        page.add(catalog::GROUPS, &[tenant, name, kind], f64::from(groups));
    }
    let is_on_duty = dimension.duty().is_some();
    for (number, EntraGroup { name: group, .. }) in dimension.named_always().iter().enumerate() {
        let tally = tally.groups.get(number).filter(|_| shown);
        let visible = tally.is_some_and(|it| if is_on_duty { it.reachable.is_some() } else { it.counts.is_some() });
        page.add(catalog::GROUP_VISIBLE, &[tenant, name, group.as_str()], f64::from(u8::from(visible)));
    }
}
