//! Each law on the golden page, which keeps it, and on pages that break it.

use super::*;
use crate::chaos::reading::Scrape;
use crate::harness::Exposition;

/// When the golden page was made, for these tests.
const AT: f64 = 1_700_000_000.0;

/// The golden page with numbers where it is masked.
fn golden() -> String {
    let number = |line: &str| match line.split(['{', ' ']).next().unwrap_or_default() {
        name if name.ends_with("_timestamp_seconds") => format!("{}", AT - 2.0),
        // One request of each kind, but one for each group.
        name if name.ends_with("_bucket") => if line.contains("group_members") { "3" } else { "1" }.to_owned(),
        _ => "0.5".to_owned(),
    };
    let page = include_str!("../../golden/metrics.txt").lines().map(|line| match line.strip_suffix(" MASKED") {
        Some(series) => format!("{series} {}\n", number(line)),
        None => format!("{line}\n"),
    });
    page.collect()
}

/// What a page says of the golden tenant.
fn reading(page: &str) -> Reading {
    let mut scrape = Scrape::of(Exposition::parse(page).unwrap_or_else(|fault| panic!("{fault}\n{page}")));
    scrape.tenants.remove("contoso").unwrap_or_default()
}

/// The laws that a page breaks, which comes this many seconds after the golden one and after another.
fn broken_by(now: &str, before: &str, seconds: f64) -> Vec<&'static str> {
    let terms = Terms {
        people: 52.0,
        interval: 3_600.0,
        max_age: 10_800.0,
        min_coverage: 0.95,
        min_group_size: 3.0,
        request_budget: 1_200.0,
    };
    let (now, before) = (reading(now), reading(before));
    let look = Look { now: &now, before: &before, terms: &terms, from: AT + seconds, until: AT + seconds + 1.0 };
    LAWS.iter().filter(|(_, holds)| holds(&look).is_err()).map(|(law, _)| *law).collect()
}

#[test]
fn the_golden_page_keeps_every_law() {
    assert_eq!(broken_by(&golden(), &golden(), 0.0), Vec::<&str>::new());
}

/// A page that differs from the golden one here breaks this law.
#[track_caller]
fn check(good: &str, bad: &str, law: &str) {
    let golden = golden();
    assert!(golden.contains(good), "not on the golden page: {good}");
    let page = golden.replace(good, bad);
    let (_, law_of) = LAWS.iter().map(|(said, _)| (said, *said)).find(|(said, _)| said.contains(law)).unwrap();
    assert!(broken_by(&page, &golden, 0.0).contains(&law_of), "{bad} is taken for good");
}

#[test]
fn whoever_is_counted_twice_is_noticed() {
    check(
        "{availability=\"Available\",tenant=\"contoso\"} ",
        "{availability=\"Available\",tenant=\"contoso\"} 1",
        "counted once",
    );
    check("{freshness=\"held\",tenant=\"contoso\"} 0", "{freshness=\"held\",tenant=\"contoso\"} 1", "counted once");
}

#[test]
fn whoever_is_made_up_or_lost_is_noticed() {
    let held = "{freshness=\"held\",tenant=\"contoso\"} ";
    check(&format!("{held}0"), &format!("{held}1"), "nobody is made up");
    check(&format!("{held}0"), &format!("{held}-1"), "nobody is made up");
    check("quarantined_users{tenant=\"contoso\"} 0", "quarantined_users{tenant=\"contoso\"} 1", "nobody is made up");
}

#[test]
fn counts_that_should_not_be_there_and_absent_ones_are_noticed() {
    let unanswered = "{freshness=\"unanswered\",tenant=\"contoso\"} ";
    let current = "{freshness=\"current\",tenant=\"contoso\"} ";
    check(&format!("{unanswered}0"), &format!("{unanswered}3"), "exactly while");
    check(&format!("{current}52"), &format!("{current}2"), "exactly while");
    let golden = golden();
    for family in ["_activity_users", "_oldest_observation_timestamp_seconds"] {
        let others: Vec<&str> = golden.lines().filter(|line| !line.contains(family)).collect();
        assert!(broken_by(&(others.join("\n") + "\n"), &golden, 0.0).contains(&LAWS[2].0), "without {family}");
    }
}

#[test]
fn a_word_that_is_new_or_missing_is_noticed() {
    check("availability=\"Away\"", "availability=\"Somewhere\"", "every known word");
}

#[test]
fn an_undeserved_up_is_noticed() {
    let up = |up: u32| format!("teams_presence_up{{tenant=\"contoso\"}} {up}");
    let another = |page: &str| page.replace("cycles_total{tenant=\"contoso\"} 1", "cycles_total{tenant=\"contoso\"} 2");
    let law = LAWS[4].0;
    check(&up(1), &up(2), law);
    let (golden, down) = (golden(), golden().replace(&up(1), &up(0)));
    // Down between two cycles may be silence; right after one that answered everybody it is not.
    assert!(!broken_by(&down, &golden, 0.0).contains(&law));
    assert!(broken_by(&another(&down), &golden, 0.0).contains(&law));
    let unanswered = "{freshness=\"unanswered\",tenant=\"contoso\"} ";
    let short = golden.replace(&format!("{unanswered}0"), &format!("{unanswered}10"));
    assert!(broken_by(&another(&short), &golden, 0.0).contains(&law));
    assert!(broken_by(&golden, &golden, 7_201.0).contains(&law), "up two intervals after the last cycle");
}

#[test]
fn times_that_cannot_be_are_noticed() {
    let law = LAWS[5].0;
    let time = |family: &str, at: f64| format!("{family}{{tenant=\"contoso\"}} {at}");
    for family in
        ["last_success_timestamp_seconds", "directory_timestamp_seconds", "oldest_observation_timestamp_seconds"]
    {
        check(&time(family, AT - 2.0), &time(family, AT + 2.0), law);
    }
    let later =
        golden().replace(&time("directory_timestamp_seconds", AT - 2.0), &time("directory_timestamp_seconds", AT));
    assert!(broken_by(&golden(), &later, 0.0).contains(&law), "a time that went back");
    assert!(broken_by(&golden(), &golden(), 10_801.0).contains(&law), "counts that are too old");
}

#[test]
fn too_many_requests_are_noticed() {
    let law = LAWS[6].0;
    check("graph_window_requests{tenant=\"contoso\"} 1", "graph_window_requests{tenant=\"contoso\"} 1201", law);
    check("graph_budget_requests{tenant=\"contoso\"} 1200", "graph_budget_requests{tenant=\"contoso\"} 0", law);
    check("poll_interval_seconds{tenant=\"contoso\"} 3600", "poll_interval_seconds{tenant=\"contoso\"} 3599", law);
    check("planned_requests{tenant=\"contoso\"} 1", "planned_requests{tenant=\"contoso\"} 53", law);
}

#[test]
fn a_counter_that_goes_back_or_away_is_noticed() {
    let law = LAWS[7].0;
    check("cycles_total{tenant=\"contoso\"} 1", "cycles_total{tenant=\"contoso\"} 0", law);
    check("code=\"200\",operation=\"token\"", "code=\"503\",operation=\"token\"", law);
}

#[test]
fn time_that_only_one_word_knows_of_and_transitions_that_should_be_there_are_noticed() {
    let law = LAWS[8].0;
    let time = "activity_user_seconds_total{activity=\"Away\",tenant=\"contoso\"}";
    check(&format!("{time} 0"), &format!("{time} 60"), law);
    let golden = golden();
    let others: Vec<&str> = golden.lines().filter(|line| !line.contains("_availability_transitions_total")).collect();
    assert!(broken_by(&(others.join("\n") + "\n"), &golden, 0.0).contains(&law));
    let one = golden.lines().find(|line| line.starts_with("teams_presence_availability_transitions_total{")).unwrap();
    check(&format!("{one}\n"), "", LAWS[7].0);
}

#[test]
fn failures_without_a_reason_or_a_cycle_are_noticed() {
    let law = LAWS[9].0;
    let reason = |reason: &str, failures: u32| {
        format!("cycle_failures_total{{reason=\"{reason}\",tenant=\"contoso\"}} {failures}")
    };
    check(&reason("deadline", 0), &reason("deadline", 3), law);
    check(&reason("deadline", 0), &reason("because", 0), law);
}

#[test]
fn a_label_that_says_anything_else_is_noticed() {
    let law = LAWS[10].0;
    check("code=\"200\",operation=\"users\"", "code=\"20\",operation=\"users\"", law);
    check("operation=\"users\"", "operation=\"Ada\"", law);
    check("field=\"activity\",", "field=\"activity\",user=\"Ada\",", law);
    check("permission=\"User.Read.All\"", "permission=\"Ada\"", law);
}

#[test]
fn groups_without_the_tenant_s_counts_are_noticed() {
    let golden = golden();
    let counts = |line: &&str| line.contains("teams_presence_activity_users");
    let page: Vec<&str> = golden.lines().filter(|line| !counts(line)).collect();
    assert!(broken_by(&(page.join("\n") + "\n"), &golden, 0.0).contains(&LAWS[11].0));
}

#[test]
fn a_group_or_a_rest_of_too_few_is_noticed() {
    let law = LAWS[12].0;
    check(
        "group_users{dimension=\"team\",group=\"sre\",tenant=\"contoso\"} 8",
        "group_users{dimension=\"team\",group=\"sre\",tenant=\"contoso\"} 3",
        law,
    );
    // Taken from the whole, the other departments tell of the four that are left out.
    let golden = golden();
    let few = |line: &&str| line.contains("dimension=\"department\",group=\"Customer Support\"");
    let page: Vec<&str> = golden.lines().filter(|line| !few(line)).collect();
    assert_eq!(page.len() + 14, golden.lines().count(), "its users, and thirteen words");
    let terms_of_the_rest = broken_by(&(page.join("\n") + "\n"), &golden, 0.0);
    assert!(!terms_of_the_rest.contains(&law), "three are as many as the least");
    let size =
        golden.lines().find(|line| line.contains("group_availability_users") && few(line) && !line.ends_with(" 0"));
    let size = size.unwrap();
    let (series, users) = size.rsplit_once(' ').unwrap();
    let fewer = users.parse::<u32>().unwrap() - 1;
    check(size, &format!("{series} {fewer}"), law);
}

#[test]
fn somebody_who_is_in_no_group_or_in_two_is_noticed() {
    let finance = "group_users{dimension=\"department\",group=\"Finance\",tenant=\"contoso\"}";
    check(&format!("{finance} 5"), &format!("{finance} 9"), LAWS[13].0);
}

#[test]
fn a_team_that_is_half_reachable_or_seen_in_the_dark_is_noticed() {
    let law = LAWS[14].0;
    let reachable = "group_reachable{dimension=\"team\",group=\"sre\",tenant=\"contoso\"}";
    check(&format!("{reachable} 1"), &format!("{reachable} 0.5"), law);
    let solo = "group_visible{dimension=\"team\",group=\"solo\",tenant=\"contoso\"}";
    check(&format!("{solo} 0"), &format!("{solo} 1"), law);
}
