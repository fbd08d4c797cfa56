//! The truth: how the people of a tenant are, and were lately, so that any count can be judged.
//!
//! The people's clock is moved by the trial and stands still in between. An answer that a page counts was made at one of
//! the instants in force since the oldest answer, and a request before. So of each word there are at least those people
//! who had it at all of these instants, if everybody is counted, and at most those who had it at any.

use std::collections::BTreeMap;

use simulator::{Person, Simulator};

use super::reading::Reading;
use crate::harness::{Seen, WORDS, enabled_member};

/// The people of a tenant at every instant that a page may tell of.
pub(super) struct Truth {
    people: Vec<Person>,
    /// Oldest first.
    instants: Vec<Instant>,
    /// The longest poll interval so far, in seconds: no request lives longer than a cycle.
    longest: f64,
    /// When last the service said untruly that it does not know how somebody is, in seconds since 1970.
    denied: f64,
}

/// How everybody was while the people's clock stood still.
struct Instant {
    /// From when on, in seconds since 1970.
    from: f64,
    seen: Vec<Seen>,
}

/// How many people may be counted under a label and its word.
type Bounds = BTreeMap<(&'static str, &'static str), (f64, f64)>;

/// What an answer may be late by besides the longest request: the two clocks are not read at once.
const SLACK: f64 = 1.0;

impl Truth {
    /// The people whom the default filter selects, as they are from `now` on.
    pub(super) fn new(simulator: &Simulator, now: f64) -> Self {
        let people: Vec<Person> = simulator.organisation().people().filter(enabled_member).collect();
        let mut truth = Self { people, instants: Vec::new(), longest: 0.0, denied: 0.0 };
        truth.moved(simulator, now);
        truth
    }

    /// How many they are.
    pub(super) fn people(&self) -> f64 {
        f64::from(u32::try_from(self.people.len()).unwrap_or(u32::MAX))
    }

    /// The people's clock was moved.
    pub(super) fn moved(&mut self, simulator: &Simulator, now: f64) {
        let at = simulator.now();
        let seen = self.people.iter().map(|person| simulator.presence_of(person, at).into()).collect();
        self.instants.push(Instant { from: now, seen });
    }

    /// The service answers `PresenceUnknown` about people whose presence is known.
    pub(super) fn denied(&mut self, now: f64) {
        self.denied = now;
    }

    /// Reads how often presence is read.
    pub(super) fn note(&mut self, page: &Reading) {
        self.longest = self.longest.max(page.number("poll_interval_seconds").unwrap_or(f64::NAN));
    }

    /// Whether all that a page counts is of the latest instant.
    pub(super) fn is_settled(&self, page: &Reading) -> bool {
        let since = self.since(page);
        since.is_some_and(|since| self.in_force(since).len() == 1 && self.denied < since)
    }

    /// Holds the counts of a page against the people.
    pub(super) fn check(&self, page: &Reading) -> Result<(), String> {
        let Some(since) = self.since(page) else { return Ok(()) };
        let bounds = self.bounds(since);
        let everybody = page.covered() >= self.people();
        let judge = |label: &str, word: &str, users: f64| {
            let (mut least, mut most) = bounds.get(&(label, word)).copied().unwrap_or_default();
            if label == "availability" && self.denied >= since {
                least = 0.0;
                most = if word == "PresenceUnknown" { f64::INFINITY } else { most };
            }
            let least = if everybody { least } else { 0.0 };
            let told = || format!("{users} have the {label} {word:?}, but {least} to {most} can");
            if (least..=most).contains(&users) { Ok(()) } else { Err(told()) }
        };
        for (label, _) in WORDS {
            for (word, users) in page.by(&format!("{label}_users"), label) {
                judge(label, word, users)?;
            }
        }
        let numbers = [OUT_OF_OFFICE, STATUS_MESSAGE].map(|family| (family, page.number(family)));
        numbers.into_iter().try_for_each(|(family, users)| users.map_or(Ok(()), |users| judge(family, "", users)))
    }

    /// Since when the answers were made that a page counts.
    fn since(&self, page: &Reading) -> Option<f64> {
        Some(page.number("oldest_observation_timestamp_seconds")? - self.longest - SLACK)
    }

    /// The instants at which an answer may have been made that came after `since`.
    fn in_force(&self, since: f64) -> &[Instant] {
        let ended = self.instants.iter().skip(1).take_while(|next| next.from < since).count();
        &self.instants[ended..]
    }

    fn bounds(&self, since: f64) -> Bounds {
        let instants = self.in_force(since);
        let mut bounds = Bounds::new();
        for person in 0..self.people.len() {
            let mut times: BTreeMap<(&'static str, &'static str), usize> = BTreeMap::new();
            for instant in instants {
                for (label, word) in words(instant.seen[person]) {
                    *times.entry((label, word)).or_default() += 1;
                }
            }
            for (word, times) in times {
                let (least, most) = bounds.entry(word).or_insert((0.0, 0.0));
                *least += f64::from(u8::from(times == instants.len()));
                *most += 1.0;
            }
        }
        bounds
    }
}

const OUT_OF_OFFICE: &str = "out_of_office_users";
const STATUS_MESSAGE: &str = "status_message_users";

/// Under which labels and words somebody is counted; those of a number have no word.
fn words(seen: Seen) -> impl Iterator<Item = (&'static str, &'static str)> {
    let marks = [(OUT_OF_OFFICE, seen.is_out_of_office), (STATUS_MESSAGE, seen.has_status_message)];
    let marks = marks.into_iter().filter(|(_, has)| *has == Some(true)).map(|(family, _)| (family, ""));
    let work_location = seen.work_location.map(|word| ("work_location", word));
    [("availability", seen.availability), ("activity", seen.activity)].into_iter().chain(work_location).chain(marks)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::time::{Duration, SystemTime};

    use simulator::Clock;

    use super::*;
    use crate::chaos::reading::Scrape;
    use crate::harness::{Census, Exposition, MORNING, frozen};

    /// The seconds of the page at which it was noon for the people, and evening, and its oldest answer was given.
    const NOON: f64 = 1_000.0;
    const EVENING: f64 = 1_100.0;

    /// A tenant whose people had a morning and have an evening, and what a page says right in each.
    fn day() -> (Truth, [String; 2]) {
        let simulator = Simulator::start(frozen(300, MORNING)).unwrap();
        let mut truth = Truth::new(&simulator, NOON);
        let morning = Census::usual(&simulator).lines();
        simulator.set_clock(Clock::Frozen(SystemTime::UNIX_EPOCH + Duration::from_secs(MORNING + 9 * 3_600)));
        truth.moved(&simulator, EVENING);
        truth.longest = 5.0;
        let evening = Census::usual(&simulator).lines();
        assert_ne!(morning, evening);
        (truth, [morning, evening])
    }

    /// What the truth says of these counts of everybody, the oldest answer being of `oldest`.
    fn check(truth: &Truth, counts: &str, oldest: f64) -> Result<(), String> {
        let current = truth.people();
        let truths = format!(
            "tracked_users{{freshness=\"current\"}} {current}\ntracked_users{{freshness=\"held\"}} 0
tracked_users{{freshness=\"unanswered\"}} 0\ntracked_users{{freshness=\"unanswerable\"}} 0
oldest_observation_timestamp_seconds {oldest}\n"
        );
        let (mut page, mut latest) = (String::new(), String::new());
        for line in counts.lines().chain(truths.lines()) {
            let family = line.split(['{', ' ']).next().unwrap_or_default();
            if family != latest {
                writeln!(page, "# HELP teams_presence_{family} x\n# TYPE teams_presence_{family} gauge").unwrap();
                family.clone_into(&mut latest);
            }
            writeln!(page, "teams_presence_{line}").unwrap();
        }
        truth.check(&Scrape::of(Exposition::parse(&page).unwrap()).exporter)
    }

    #[test]
    fn counts_of_one_instant_are_right_while_it_may_count_and_no_longer() {
        let (truth, [morning, evening]) = day();
        assert_eq!(check(&truth, &morning, NOON + 50.0), Ok(()));
        assert_eq!(check(&truth, &evening, EVENING + 50.0), Ok(()));
        assert!(check(&truth, &morning, EVENING + 50.0).is_err(), "the morning's counts in the evening");
        // The oldest answer may have been under way when the people's clock was moved.
        assert_eq!(check(&truth, &morning, EVENING + 2.0), Ok(()));
    }

    #[test]
    fn one_person_more_or_less_is_noticed() {
        let (truth, [_, evening]) = day();
        for line in evening.lines() {
            let (series, users) = line.rsplit_once(' ').unwrap();
            let users: u32 = users.parse().unwrap();
            for wrong in [users + 1, users.saturating_sub(1)] {
                let counts = evening.replace(&format!("{line}\n"), &format!("{series} {wrong}\n"));
                assert_eq!(check(&truth, &counts, EVENING + 50.0).is_ok(), wrong == users, "{series} {wrong}");
            }
        }
    }

    #[test]
    fn who_is_denied_is_unknown_and_nothing_else() {
        let (mut truth, [_, evening]) = day();
        let denied = |evening: &str, word: &str| {
            let counted = evening.lines().find(|line| line.contains("{availability=\"Available\"}")).unwrap();
            let to = evening.lines().find(|line| line.contains(&format!("{{availability=\"{word}\"}}"))).unwrap();
            let one_more = |line: &str, more: i64| {
                let (series, users) = line.rsplit_once(' ').unwrap();
                format!("{series} {}", users.parse::<i64>().unwrap() + more)
            };
            evening.replace(counted, &one_more(counted, -1)).replace(to, &one_more(to, 1))
        };
        assert!(check(&truth, &denied(&evening, "PresenceUnknown"), EVENING + 50.0).is_err());
        truth.denied(EVENING + 60.0);
        assert_eq!(check(&truth, &denied(&evening, "PresenceUnknown"), EVENING + 50.0), Ok(()));
        assert!(check(&truth, &denied(&evening, "Busy"), EVENING + 50.0).is_err());
    }
}
