//! The replay does not lie: what it writes is what the pages say, and what they say is how the simulated people are.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::tools::tool;

/// 2026-11-18T13:00:00Z, a Wednesday; an hour of pages a minute apart.
const FROM: u64 = 1_795_006_800;
const STEP: u64 = 60;
const HOUR: u64 = 3600;

fn watch(trouble: Option<u64>) -> Watch {
    watch_of(300, trouble)
}

fn watch_of(users: u32, trouble: Option<u64>) -> Watch {
    let out = PathBuf::new();
    let arguments = Arguments { out, from: FROM, until: FROM + HOUR, trouble, step: STEP, users, seed: 3 };
    begin(&arguments).expect("a tenant")
}

fn instants() -> impl Iterator<Item = u64> {
    (FROM..FROM + HOUR).step_by(60)
}

/// The samples of a page: the series, its labels in order, and its value.
fn samples(page: &str) -> BTreeMap<String, f64> {
    page.lines().filter(|line| !line.starts_with('#')).map(sample).collect()
}

/// A sample without a time.
fn sample(line: &str) -> (String, f64) {
    let (series, value) = line.rsplit_once(' ').expect("a value");
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let mut pairs: Vec<String> = Vec::new();
    // A comma begins another label where a name and a quote follow; values have commas as well.
    for part in labels.trim_end_matches('}').split(',') {
        let begins =
            part.split_once("=\"").is_some_and(|(name, _)| name.chars().all(|it| it.is_alphanumeric() || it == '_'));
        match pairs.last_mut() {
            Some(last) if !begins => last.extend([",", part]),
            // Prometheus writes a bucket's bound as a number with a fraction.
            _ => pairs.push(part.replace(".0\"", "\"")),
        }
    }
    pairs.sort_unstable();
    (format!("{name} {pairs:?}"), value.parse().expect("a number"))
}

/// A value of a page, by the series as the page spells it.
fn value(page: &str, series: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn promtool_takes_an_hour_of_it_and_gives_back_what_the_pages_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut pages, mut watched) = (BTreeMap::new(), watch(None));
    for instant in instants() {
        let page = watched.page(instant);
        pages.insert(instant, samples(&(scrape(&page) + &page)));
    }
    fs::write(folder.path().join("hour.om"), span(&mut watch(None), FROM, FROM + HOUR, STEP)).expect("a file");
    let promtool = |arguments: &[&str]| {
        let output =
            Command::new(tool("promtool")).current_dir(folder.path()).args(arguments).output().expect("promtool");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    // A store has a log of what came last; without one promtool does not look at its blocks.
    fs::create_dir_all(folder.path().join("blocks/wal")).expect("a folder");
    promtool(&["tsdb", "create-blocks-from", "openmetrics", "--quiet", "hour.om", "blocks"]);
    let mut stored: BTreeMap<u64, BTreeMap<String, f64>> = BTreeMap::new();
    for line in promtool(&["tsdb", "dump-openmetrics", "blocks"]).lines().filter(|line| !line.starts_with('#')) {
        let (line, time) = line.rsplit_once(' ').expect("a time");
        let time: f64 = time.parse().expect("a number");
        let instant = instants().find(|instant| Duration::from_secs(*instant) == Duration::from_secs_f64(time));
        let (series, value) = sample(line);
        stored.entry(instant.expect("an instant of the hour")).or_default().insert(series, value);
    }
    assert_eq!(stored.len(), 60);
    assert!(stored == pages, "{:?} is not {:?}", stored.first_key_value(), pages.first_key_value());
}

#[test]
fn a_page_counts_how_the_simulated_people_were_half_an_interval_before() {
    // In a smaller tenant those on call are too few to be shown.
    let mut watched = watch_of(5_000, None);
    let simulator = simulator::Simulator::start(simulator::Settings { seed: 3, people: 5_000, ..Default::default() });
    let simulator = simulator.expect("a tenant");
    for instant in instants().take(2) {
        let page = watched.page(instant);
        let asked = UNIX_EPOCH + Duration::from_secs(instant - STEP / 2);
        let mut expected: BTreeMap<String, u32> = BTreeMap::new();
        let mut count = |series: String| *expected.entry(series).or_default() += 1;
        for person in simulator.people().into_iter().filter(simulator::Person::is_enabled_member) {
            let presence = simulator.presence_of(&person, asked);
            let (availability, activity) = (presence.availability.word(), presence.activity.word());
            let work_location = presence.work_location.kind.word();
            count(format!("teams_presence_availability_users{{availability=\"{availability}\",tenant=\"demo\"}}"));
            count(format!("teams_presence_activity_users{{activity=\"{activity}\",tenant=\"demo\"}}"));
            count(format!("teams_presence_work_location_users{{tenant=\"demo\",work_location=\"{work_location}\"}}"));
            if presence.is_out_of_office {
                count("teams_presence_out_of_office_users{tenant=\"demo\"}".to_owned());
            }
        }
        let on_call = simulator.groups().iter().find(|group| group.name == "On call SRE").expect("a group");
        for _ in simulator.members(on_call).iter().filter(|member| member.is_enabled_member()) {
            count("teams_presence_group_users{dimension=\"team\",group=\"sre\",tenant=\"demo\"}".to_owned());
        }
        for (series, users) in expected {
            let told = value(&page, &series).map(|users| users.to_string());
            assert_eq!(told, Some(users.to_string()), "{series} at {instant}");
        }
    }
}

#[test]
fn from_page_to_page_everybody_is_credited_an_interval() {
    let mut watched = watch(None);
    let pages: Vec<String> = instants().take(3).map(|instant| watched.page(instant)).collect();
    let seconds = |page: &String| -> f64 {
        let counters = samples(page).into_iter();
        counters
            .filter(|(series, _)| series.starts_with("teams_presence_availability_user_seconds_total"))
            .map(|it| it.1)
            .sum()
    };
    let users = value(&pages[2], "teams_presence_tracked_users{freshness=\"current\",tenant=\"demo\"}").expect("users");
    let credited: Vec<String> = pages.iter().map(|page| format!("{:.0}", seconds(page) / users)).collect();
    assert_eq!(credited, ["0", "60", "120"]);
}

#[test]
fn an_outage_first_ends_up_and_then_the_counts_and_passes() {
    // It begins after forty minutes of throttling and half an hour of rest.
    let mut watched = watch(Some(FROM - 70 * 60 + 600));
    let pages: Vec<String> = instants().map(|instant| watched.page(instant)).collect();
    let up = |minute: usize| value(&pages[minute], "teams_presence_up{tenant=\"demo\"}").map(|up| up.to_string());
    let counted = |minute: usize| pages[minute].contains("teams_presence_availability_users{");
    let seen: Vec<_> = [9, 12, 20, 34, 40].map(|minute| (up(minute), counted(minute))).to_vec();
    let (one, nought) = (Some("1".to_owned()), Some("0".to_owned()));
    assert_eq!(
        seen,
        [(one.clone(), true), (nought.clone(), true), (nought.clone(), false), (nought, false), (one, true)]
    );
    let failures = "teams_presence_cycle_failures_total{reason=\"unavailable\",tenant=\"demo\"}";
    assert!(value(&pages[40], failures) >= Some(20.0), "{:?}", value(&pages[40], failures));
}

#[test]
fn throttling_is_waited_out_and_lowers_the_budget_for_a_while() {
    // Of a tenant this small a cycle is one request, which is let through.
    let mut watched = watch_of(5_000, Some(FROM + 300));
    let pages: Vec<String> = instants().take(55).map(|instant| watched.page(instant)).collect();
    let at = |minute: usize, series| value(&pages[minute], series).expect("a value");
    let budget = "teams_presence_graph_budget_requests{tenant=\"demo\"}";
    let [before, during, after] = [4, 30, 54].map(|minute| at(minute, budget).to_string());
    assert_eq!((before.as_str(), after.as_str()), ("1200", "1200"));
    assert!(at(30, budget) < 20.0, "{during}");
    assert!(at(54, "teams_presence_graph_throttled_seconds_total{tenant=\"demo\"}") > 100.0);
}
