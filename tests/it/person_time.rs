//! Person-time and transitions against the simulator's own arithmetic, page by page.
//!
//! The people's clock stands still until a page shows how they are, then it is moved: so it is known at which instants the
//! exporter looked at them, and nothing depends on when exactly it did. How long a gap was it says itself; that much of
//! the simulated time between two instants is what the integral is held against.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, SystemTime};

use simulator::{Clock, Simulator, Spent};

use crate::harness::{
    Census, Exporter, MORNING, PRESENCE_FAMILIES, Page, Seen, Tenant, WORDS, assert_same_lines, enabled_member, frozen,
};

/// How many minutes the people's clock is moved each time: few, so that the bounds mean something.
const STEPS: [u64; 5] = [1, 3, 2, 7, 1];

/// The counters of time, with the label of their words.
const TIMES: [(&str, &str); 2] =
    [("availability_user_seconds_total", "availability"), ("activity_user_seconds_total", "activity")];

const TRANSITIONS: &str = "availability_transitions_total";

/// How many people there are by word.
type People = BTreeMap<&'static str, i64>;

/// Tenths of a second by word.
fn tenths(page: &Page, tenant: &str, (family, label): (&str, &str)) -> BTreeMap<String, i64> {
    let lines = page.of(tenant, &[family]);
    let start = format!("{family}{{{label}=\"");
    let samples = lines.lines().filter_map(|line| line.strip_prefix(&start)?.split_once("\"} "));
    samples.map(|(word, seconds)| (word.to_owned(), whole(seconds.parse::<f64>().unwrap() * 10.0))).collect()
}

/// A number that is whole but for how it is written.
fn whole(number: f64) -> i64 {
    format!("{number:.0}").parse().unwrap()
}

/// How everybody who is tracked is at an instant.
fn seen(simulator: &Simulator, at: SystemTime) -> Vec<Seen> {
    let people = simulator.organisation().people().filter(enabled_member);
    people.map(|person| simulator.presence_of(&person, at).into()).collect()
}

fn counted(words: impl Iterator<Item = &'static str>) -> People {
    let mut people = People::new();
    words.for_each(|word| *people.entry(word).or_default() += 1);
    people
}

/// What the page must say of transitions between these instants.
fn transitions(instants: &[Vec<Seen>]) -> String {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for pair in instants.windows(2) {
        for (before, after) in pair[0].iter().zip(&pair[1]) {
            *counts.entry((before.availability, after.availability)).or_default() += 1;
        }
    }
    let (mut lines, words) = (String::new(), WORDS[0].1);
    for (from, to) in words.iter().flat_map(|from| words.iter().map(move |to| (*from, *to))) {
        if from != to {
            let count = counts.get(&(from, to)).copied().unwrap_or(0);
            writeln!(lines, "{TRANSITIONS}{{from=\"{from}\",to=\"{to}\"}} {count}").unwrap();
        }
    }
    lines
}

/// What two pages have between them, for one of the counters, and how people were at the instants that they show.
struct Between {
    family: &'static str,
    grown: BTreeMap<String, i64>,
    people: [People; 2],
}

impl Between {
    /// Some tenths went to the words that people had before, and, should there have been another cycle before the page was
    /// read, some to those they have now; each of them for everybody.
    fn is_everybodys_time(&self) {
        let Self { family, grown, people: [before, after] } = self;
        let everybody: i64 = before.values().sum();
        let all: i64 = grown.values().sum();
        assert!(all > 0 && all % everybody == 0, "{family}: {all} tenths of {everybody} people");
        let gap = all / everybody;
        let number = |people: &People, word: &str| people.get(word).copied().unwrap_or(0);
        let explained = |later: i64| {
            let due = |word: &str| (gap - later) * number(before, word) + later * number(after, word);
            grown.iter().all(|(word, tenths)| due(word) == *tenths)
        };
        assert!((0..gap).any(explained), "{family} grew by {grown:?}: {gap} tenths of {before:?}, then {after:?}");
    }

    /// What the page tells of the time that passed is not far from how it was spent: a change takes at most one interval from
    /// one word and gives it to another.
    fn is_near(&self, integral: &BTreeMap<&str, Duration>, changes: u32, passed: f64) {
        let Self { family, grown, people: [before, _] } = self;
        let gap = grown.values().sum::<i64>() / before.values().sum::<i64>();
        let off = grown.iter().map(|(word, tenths)| {
            let spent = integral.get(word.as_str()).map_or(0.0, Duration::as_secs_f64);
            (passed * float(*tenths) / float(gap) - spent).abs()
        });
        let (off, bound) = (off.sum::<f64>(), 2.0 * passed * f64::from(changes));
        assert!(off <= bound + 1e-3, "{family} is off by {off} person-seconds, and {changes} changes allow {bound}");
        assert!(bound < passed * float(before.values().sum()), "{changes} changes allow everything");
    }
}

fn float(number: i64) -> f64 {
    f64::from(i32::try_from(number).unwrap())
}

/// How the tracked people spend their time.
fn spent(simulator: &Simulator, from: SystemTime, until: SystemTime) -> Spent {
    let mut spent = Spent::default();
    for person in simulator.organisation().people().filter(enabled_member) {
        spent += &simulator.seconds(&person, from, until);
    }
    spent
}

#[test]
fn person_time_is_the_integral_of_presence_to_an_interval_a_change() {
    let tenant = Tenant::start("contoso", frozen(600, MORNING));
    let (few, fewer) = (Tenant::start("few", frozen(50, MORNING)), Tenant::start("fewer", frozen(4, MORNING)));
    let exporter = Exporter::start(&[&tenant, &few, &fewer]);
    let mut at = SystemTime::UNIX_EPOCH + Duration::from_secs(MORNING);
    let mut instants = vec![seen(&tenant.simulator, at)];
    let mut before = page_of_now(&exporter, &tenant);
    for step in STEPS {
        let (from, passed) = (at, Duration::from_mins(step));
        at += passed;
        for tenant in [&tenant, &few, &fewer] {
            tenant.simulator.set_clock(Clock::Frozen(at));
        }
        let page = page_of_now(&exporter, &tenant);
        instants.push(seen(&tenant.simulator, at));
        check_growth(&tenant, [&before, &page], &instants[instants.len() - 2..], [from, at]);
        before = page;
    }
    assert_same_lines(&before.of("contoso", &[TRANSITIONS]), &transitions(&instants), "transitions");
    let grown = |tenant| before.sum(tenant, TIMES[0].0).unwrap() > 0.0;
    assert_eq!(["few", "fewer"].map(grown), [true, false], "{}", before.0);
    assert_eq!(["few", "fewer"].map(|tenant| before.of(tenant, &[TRANSITIONS])), ["", ""]);
}

/// The first page that is seen to show how the people are.
fn page_of_now(exporter: &Exporter, tenant: &Tenant) -> Page {
    let now = Census::usual(&tenant.simulator).lines();
    exporter.wait_until("how the people are", |page| page.of(&tenant.name, &PRESENCE_FAMILIES) == now)
}

/// What grew from one page to the next, held against how the people were at both instants, and in between.
fn check_growth(tenant: &Tenant, pages: [&Page; 2], seen: &[Vec<Seen>], [from, until]: [SystemTime; 2]) {
    let [availability, activity]: [fn(&Seen) -> &'static str; 2] = [|seen| seen.availability, |seen| seen.activity];
    let passed = until.duration_since(from).unwrap().as_secs_f64();
    let spent_until = |until| spent(&tenant.simulator, from, until);
    // Of a change at the last instant the integral knows nothing yet.
    let (time, changes) = (spent_until(until), spent_until(until + Duration::from_secs(1)));
    let integrals = [
        time.availability.iter().map(|(word, time)| (word.word(), *time)).collect::<BTreeMap<_, _>>(),
        time.activity.iter().map(|(word, time)| (word.word(), *time)).collect(),
    ];
    let changes = [changes.availability_changes(), changes.activity_changes];
    let fields = TIMES.into_iter().zip([availability, activity]).zip(integrals.iter().zip(changes));
    for ((time, word_of), (integral, changes)) in fields {
        let [mut grown, earlier] = [pages[1], pages[0]].map(|page| tenths(page, &tenant.name, time));
        for (word, tenths) in &mut grown {
            *tenths -= earlier[word];
        }
        let people = [0, 1].map(|instant| counted(seen[instant].iter().map(word_of)));
        let between = Between { family: time.0, grown, people };
        between.is_everybodys_time();
        between.is_near(integral, changes, passed);
    }
}
