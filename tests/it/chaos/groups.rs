//! What holds of the groups on every page: they show what the tenant shows, and nobody by subtraction.

use std::collections::BTreeMap;

use super::laws::{Look, equal, holds};

/// The families that count groups.
const COUNTS: [&str; 5] = [
    "group_users", "group_availability_users", "group_activity_users", "group_work_location_users",
    "group_out_of_office_users",
];

/// The dimensions of every tenant, by what they are made of.
pub(super) const ATTRIBUTES: [&str; 2] = ["department", "office"];

/// The dimension of Entra groups.
pub(super) const TEAM: &str = "team";

/// Counts of a dimension by group.
type Groups<'a> = BTreeMap<&'a str, f64>;

/// The sum over a family for each group of a dimension.
fn groups<'a>(look: &Look<'a>, family: &str, dimension: &str) -> Groups<'a> {
    let mut groups = Groups::new();
    for sample in look.now.family(family).iter().filter(|sample| sample.labels["dimension"] == dimension) {
        *groups.entry(sample.labels["group"].as_str()).or_default() += sample.value;
    }
    groups
}

/// Groups are there only while the tenant's counts are.
pub(super) fn are_there_with_the_counts(look: &Look<'_>) -> Result<(), String> {
    let counted = !look.now.family("activity_users").is_empty();
    let grouped = COUNTS.iter().chain(&["group_reachable"]).find(|family| !look.now.family(family).is_empty());
    holds(counted || grouped.is_none(), || format!("{grouped:?} without the tenant's counts"))?;
    let told = look.now.family("groups").len();
    holds(told == 3 * (ATTRIBUTES.len() + 1), || format!("{told} series tell what became of the groups"))
}

/// No group is about fewer than the smallest group, nor is what remains when they are taken from the whole.
pub(super) fn hide_the_few(look: &Look<'_>) -> Result<(), String> {
    let least = look.terms.min_group_size;
    for dimension in ATTRIBUTES.into_iter().chain([TEAM]) {
        let (sizes, answered) =
            (groups(look, "group_users", dimension), groups(look, "group_availability_users", dimension));
        for (group, users) in &answered {
            let size = sizes.get(group).copied().unwrap_or_default();
            holds((least..=size).contains(users), || format!("{users} of {group}'s {size} in {dimension}"))?;
        }
        let rest = look.now.covered() - answered.values().sum::<f64>();
        let few = rest > 0.5 && rest < least - 0.5;
        let divides = ATTRIBUTES.contains(&dimension) && !answered.is_empty();
        holds(!divides || !few, || format!("{rest} people remain beside the groups of {dimension}"))?;
    }
    Ok(())
}

/// A dimension of an attribute holds everybody once, unless groups of it are not shown.
pub(super) fn divide_the_users(look: &Look<'_>) -> Result<(), String> {
    ATTRIBUTES.into_iter().try_for_each(|dimension| {
        let (sizes, answered) =
            (groups(look, "group_users", dimension), groups(look, "group_availability_users", dimension));
        let tracked: f64 = look.now.tracked().iter().sum();
        let (sum, covered) = (sizes.values().sum::<f64>(), answered.values().sum::<f64>());
        let right =
            sum <= tracked && (!equal(sum, tracked) || answered.is_empty() || equal(covered, look.now.covered()));
        holds(right, || format!("{sum} of {tracked} people in {dimension}, {covered} of {}", look.now.covered()))
    })
}

/// What is said of a team is yes or no, and whether it is said is told.
pub(super) fn say_whether_a_team_is_seen(look: &Look<'_>) -> Result<(), String> {
    let (visible, reachable) = (groups(look, "group_visible", TEAM), groups(look, "group_reachable", TEAM));
    let binary = visible.values().chain(reachable.values()).all(|value| *value == 0.0 || equal(*value, 1.0));
    let told = visible.iter().all(|(team, visible)| reachable.contains_key(team) == equal(*visible, 1.0));
    holds(binary && told, || format!("visible {visible:?}, reachable {reachable:?}"))
}
