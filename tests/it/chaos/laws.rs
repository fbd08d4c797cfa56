//! The laws: what holds on every page, whatever Graph and Entra do.
//!
//! A law looks at what one page says of one tenant, at what the page before said, and at the tenant's settings. Whether
//! the numbers are those of the people is `truth`'s matter. Each law is tested on a page that breaks it.

use std::collections::BTreeSet;

use teams_presence_exporter::catalog;
use teams_presence_exporter::domain::advice::Reason;
use teams_presence_exporter::domain::permission::Permission;

use super::groups;
use super::reading::Reading;
use crate::harness::{PRESENCE_FAMILIES, WORDS};

/// What of a tenant's section decides about its page, in seconds and people.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    /// Whom its filter selects.
    pub(super) people: f64,
    pub(super) interval: f64,
    pub(super) max_age: f64,
    pub(super) min_coverage: f64,
    pub(super) min_group_size: f64,
    pub(super) request_budget: f64,
}

/// What a law is held against.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) now: &'a Reading,
    /// Of the page before; empty if this is the first.
    pub(super) before: &'a Reading,
    pub(super) terms: &'a Terms,
    /// Between which seconds since 1970 the page was made.
    pub(super) from: f64,
    pub(super) until: f64,
}

/// A law: `Err` says how it is broken.
type Law = fn(&Look<'_>) -> Result<(), String>;

/// Every law by what it says.
pub(super) const LAWS: [(&str, Law); 15] = [
    ("who is counted is counted once in each family", sums_agree),
    ("the classes of freshness sum up to those who are tracked, and nobody is made up", classes_add_up),
    ("counts are there exactly while enough people are answered", counts_are_right_or_absent),
    ("every known word is there, zero included, and no other", words_are_known),
    ("a tenant is up exactly if its last cycle answered enough, and lately", up_is_deserved),
    ("no count is older than allowed, and nothing is of the future", times_are_plausible),
    ("no more requests are made and planned than allowed", requests_are_bounded),
    ("what is counted never goes back and never vanishes", counters_climb),
    ("person-time is the same by either word, and transitions are there for a crowd", person_time_is_whole),
    ("a cycle fails at most once, and every reason is there", failures_are_reasoned),
    ("labels say known words only", labels_are_known),
    ("groups are there only while the tenant's counts are", groups::are_there_with_the_counts),
    ("no group, and no rest beside groups, is about too few", groups::hide_the_few),
    ("the groups of an attribute hold everybody once", groups::divide_the_users),
    ("a team is reachable or not, and whether that is known is told", groups::say_whether_a_team_is_seen),
];

/// What is there for tenants of fifty people and more.
const TRANSITIONS: &str = "availability_transitions_total";

/// What rounding to tenths, and reading two clocks one after the other, may cost.
const SLACK: f64 = 0.3;

pub(super) fn holds(holds: bool, how: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(how()) }
}

pub(super) fn equal(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.5
}

fn sums_agree(look: &Look<'_>) -> Result<(), String> {
    let covered = look.now.covered();
    WORDS.iter().map(|(label, _)| format!("{label}_users")).try_for_each(|family| {
        let is_there = !look.now.family(&family).is_empty();
        let sum = look.now.sum(&family);
        holds(!is_there || equal(sum, covered), || format!("{family} sum up to {sum}, current and held to {covered}"))
    })
}

fn classes_add_up(look: &Look<'_>) -> Result<(), String> {
    let classes = look.now.tracked();
    let tracked: f64 = classes.iter().sum();
    let quarantined = look.now.number("quarantined_users").unwrap_or(f64::NAN);
    let all = classes.iter().all(|users| *users >= 0.0 && users.fract() == 0.0);
    holds(all && tracked <= look.terms.people, || format!("{classes:?} of {} people", look.terms.people))?;
    holds(quarantined <= classes[3], || format!("{quarantined} are quarantined, {} unanswerable", classes[3]))
}

fn enough(look: &Look<'_>, answered: f64) -> bool {
    let [current, held, unanswered, _] = look.now.tracked();
    answered > 0.0 && answered >= look.terms.min_coverage * (current + held + unanswered)
}

fn counts_are_right_or_absent(look: &Look<'_>) -> Result<(), String> {
    let covered = look.now.covered();
    let shown = enough(look, covered) && covered >= look.terms.min_group_size;
    let there: Vec<&str> = PRESENCE_FAMILIES.into_iter().filter(|it| !look.now.family(it).is_empty()).collect();
    let is_dated = !look.now.family("oldest_observation_timestamp_seconds").is_empty();
    // An answer without availabilities makes that family absent; one without activities does not happen here.
    let right = if shown { there.contains(&"activity_users") } else { there.is_empty() };
    holds(right && is_dated == shown, || {
        format!("{:?} of {:?} should be shown: {shown}; shown are {there:?}", look.now.tracked(), look.terms)
    })
}

fn words_are_known(look: &Look<'_>) -> Result<(), String> {
    WORDS.iter().try_for_each(|(label, words)| {
        let counts = look.now.by(&format!("{label}_users"), label);
        let known: BTreeSet<&str> = words.iter().copied().collect();
        let shown: BTreeSet<&str> = counts.keys().copied().collect();
        holds(shown.is_empty() || shown == known, || format!("{label}: {:?}", known.symmetric_difference(&shown)))
    })
}

fn up_is_deserved(look: &Look<'_>) -> Result<(), String> {
    let up = look.now.number("up").unwrap_or(f64::NAN);
    holds(up == 0.0 || equal(up, 1.0), || format!("up is {up}"))?;
    let interval = look.now.number("poll_interval_seconds").unwrap_or(f64::NAN);
    let success = look.now.number("last_success_timestamp_seconds");
    let lately = success.is_some_and(|success| success > look.from - 2.0 * interval - SLACK);
    holds(up == 0.0 || lately, || format!("up although the last success was at {success:?}, and it is {}", look.from))?;
    let has_just_ended = look.now.sum("cycles_total") > look.before.sum("cycles_total");
    // Who looks seldom may find that a cycle ended long ago, and that its answers have aged since.
    let is_fresh = has_just_ended && look.until - look.from < look.terms.interval / 2.0;
    let [current, ..] = look.now.tracked();
    holds(!is_fresh || look.now.up() == enough(look, current), || {
        format!("up is {up} right after a cycle, and tracked are {:?}", look.now.tracked())
    })
}

fn times_are_plausible(look: &Look<'_>) -> Result<(), String> {
    for family in ["last_success_timestamp_seconds", "directory_timestamp_seconds"] {
        let (before, now) = (look.before.number(family), look.now.number(family));
        let past = now.is_none_or(|now| now <= look.until + SLACK);
        // By the calendar, which is read anew for each page: a few milliseconds either way.
        let later = before.is_none_or(|before| now.is_some_and(|now| now > before - SLACK));
        holds(past && later, || format!("{family} went from {before:?} to {now:?} at {}", look.until))?;
    }
    let oldest = look.now.number("oldest_observation_timestamp_seconds");
    let youngest = look.until + SLACK;
    let young = oldest.is_none_or(|oldest| (look.from - look.terms.max_age - SLACK..=youngest).contains(&oldest));
    holds(young, || format!("an answer of {oldest:?} counts between {} and {}", look.from, look.until))
}

fn requests_are_bounded(look: &Look<'_>) -> Result<(), String> {
    let number = |family| look.now.number(family).unwrap_or(f64::NAN);
    let (window, budget) = (number("graph_window_requests"), number("graph_budget_requests"));
    let ceiling = look.terms.request_budget;
    holds(window <= ceiling && (1.0..=ceiling).contains(&budget), || {
        format!("{window} requests in 30 s, {budget} allowed, {ceiling} configured")
    })?;
    let (interval, planned) = (number("poll_interval_seconds"), number("planned_requests"));
    let longest = look.terms.interval.max(look.terms.max_age / 2.0);
    holds((look.terms.interval..=longest).contains(&interval), || format!("an interval of {interval} s"))?;
    holds(planned <= look.terms.people, || format!("{planned} requests planned for {} people", look.terms.people))
}

fn counters_climb(look: &Look<'_>) -> Result<(), String> {
    let mut now = look.now.counted();
    // Of a crowd that is none any more they are gone; whether they should be is another law's matter.
    let gone = look.now.family(TRANSITIONS).is_empty();
    let staying = look.before.counted().filter(|sample| !gone || !sample.name.ends_with(TRANSITIONS));
    // New series come in between, but the order stays.
    staying.into_iter().try_for_each(|before| {
        let now = now.find(|now| now.name == before.name && now.labels == before.labels);
        let value = now.map(|now| now.value);
        holds(value.is_some_and(|value| value >= before.value), || format!("{before:?} went to {value:?}"))
    })
}

fn person_time_is_whole(look: &Look<'_>) -> Result<(), String> {
    let [availability, activity] =
        ["availability", "activity"].map(|by| look.now.sum(&format!("{by}_user_seconds_total")));
    holds((availability - activity).abs() < 0.05 + availability * 1e-9, || {
        format!("{availability} s by availability, {activity} s by activity")
    })?;
    let (tracked, shown) = (look.now.tracked().iter().sum::<f64>(), !look.now.family(TRANSITIONS).is_empty());
    holds(shown == (tracked >= 50.0), || format!("transitions of {tracked} people are shown: {shown}"))
}

fn failures_are_reasoned(look: &Look<'_>) -> Result<(), String> {
    let (failures, cycles) = (look.now.sum("cycle_failures_total"), look.now.sum("cycles_total"));
    holds(failures <= cycles, || format!("{failures} of {cycles} cycles failed"))?;
    let expected =
        [("cycle_failures_total", Reason::OF_CYCLES.as_slice()), ("directory_failures_total", &Reason::OF_LISTINGS)];
    expected.into_iter().try_for_each(|(family, reasons)| {
        let shown: BTreeSet<&str> = look.now.by(family, "reason").into_keys().collect();
        let known = reasons.iter().map(|reason| reason.label()).collect();
        holds(shown == known, || format!("{family}: {shown:?}"))
    })
}

fn labels_are_known(look: &Look<'_>) -> Result<(), String> {
    if look.now.has_series_of(look.before) {
        return Ok(());
    }
    look.now.samples().try_for_each(|sample| {
        let name = ["_bucket", "_sum", "_count"].iter().fold(sample.name.as_str(), |name, ending| {
            name.strip_suffix(ending).filter(|name| name.ends_with("_duration_seconds")).unwrap_or(name)
        });
        let family = catalog::ALL.iter().find(|family| family.name == name);
        let family = family.ok_or_else(|| format!("{name} is in no catalog"))?;
        let named = sample.labels.keys().filter(|label| *label != "le").all(|label| family.labels.contains(&&**label));
        let complete = family.labels.iter().all(|label| sample.labels.contains_key(*label));
        let known = sample.labels.iter().all(|(label, value)| is_known(label, value));
        holds(named && complete && known, || format!("{name} {:?}", sample.labels))
    })
}

/// Whether a label may have this value. The words of presence have a law of their own.
fn is_known(label: &str, value: &str) -> bool {
    let is_code = || value.len() == 3 && value.bytes().all(|letter| letter.is_ascii_digit());
    match label {
        "tenant" | "availability" | "from" | "to" | "activity" | "work_location" | "reason" => true,
        "dimension" => groups::ATTRIBUTES.contains(&value) || value == groups::TEAM,
        "group" => !value.is_empty(),
        "visibility" => ["shown", "folded", "withheld"].contains(&value),
        "freshness" => ["current", "held", "unanswered", "unanswerable"].contains(&value),
        "operation" => ["users", "group_members", "presences", "presence", "token"].contains(&value),
        "code" => is_code() || ["timeout", "connect", "tls", "body"].contains(&value),
        "field" => WORDS.iter().any(|(label, _)| *label == value),
        "permission" => Permission::ALL.iter().any(|permission| permission.name() == value),
        "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
