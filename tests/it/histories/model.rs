//! The naive model of what is known of people: a plain map, and every count by looking at everybody.
//!
//! It keeps whole words and true instants where the exporter keeps eight bytes a user, and it knows no batches. Of
//! counters it keeps everything that was ever credited, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use teams_presence_exporter::domain::counters::Counters;
use teams_presence_exporter::domain::moment::Moment;
use teams_presence_exporter::domain::presence::{Field, Presence, Word};
use teams_presence_exporter::domain::tally::{Tally, WordCounts};
use teams_presence_exporter::domain::user::UserId;

/// What is known of the people of one tenant.
#[derive(Debug, Clone)]
pub(super) struct Model {
    people: BTreeMap<UserId, Known>,
    /// The number of the last cycle.
    cycle: u32,
    /// The properties that answers carry, and those that the answers of this cycle have carried.
    carried: BTreeSet<&'static str>,
    carrying: BTreeSet<&'static str>,
    /// When each cycle began, by its number.
    begun: BTreeMap<u32, Moment>,
    /// What the cycle under way has credited to whom, and what waits for a cycle of more people.
    crediting: Vec<(UserId, Credited)>,
    waiting: Vec<Credited>,
    /// What the counters were told.
    pub(super) book: Vec<Credited>,
}

/// A user's time between two answers.
#[derive(Debug, Clone)]
pub(super) struct Credited {
    tenths: u64,
    /// The words of the earlier answer, and the availability of the later one, if there is to be a transition.
    words: [String; 2],
    to: Option<String>,
}

/// Sums over such a book: person-time by availability and activity, transitions.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sums {
    tenths: [BTreeMap<String, u64>; 2],
    transitions: BTreeMap<(String, String), u64>,
}

/// What is known of one of them.
#[derive(Debug, Clone, Default)]
struct Known {
    answer: Option<Answered>,
    left_out: u32,
    suspect: bool,
    quarantined: bool,
}

/// The last answer about somebody.
#[derive(Debug, Clone)]
struct Answered {
    at: Moment,
    cycle: u32,
    words: [String; 3],
    out_of_office: bool,
    status_message: bool,
}

/// All that a tally says, words that nobody has left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts<'a> {
    /// Current, held, unanswered, unanswerable.
    freshness: [u32; 4],
    quarantined: u32,
    words: [Option<BTreeMap<&'a str, u32>>; 3],
    out_of_office: Option<u32>,
    status_message: Option<u32>,
    oldest: Option<u64>,
}

impl Model {
    /// Nothing is known of these people.
    pub(super) fn new(people: &[UserId]) -> Self {
        let people = people.iter().map(|user| (*user, Known::default())).collect();
        let (carried, carrying) = (BTreeSet::new(), BTreeSet::new());
        let (begun, crediting, waiting, book) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        Self { people, cycle: 0, carried, carrying, begun, crediting, waiting, book }
    }

    /// Others are there now, perhaps the same. Who was set aside is asked again, without hope.
    pub(super) fn adopt(&mut self, people: &[UserId]) {
        let mut before = std::mem::take(&mut self.people);
        for user in people {
            let mut known = before.remove(user).unwrap_or_default();
            if known.quarantined {
                (known.quarantined, known.suspect, known.left_out) = (false, true, 3);
            }
            self.people.insert(*user, known);
        }
    }

    /// A cycle begins at `now`. Returns whom it must ask about: suspects in two halves, then all others, who was answered longest
    /// ago first, never more than 650 at a time.
    pub(super) fn begin(&mut self, now: Moment) -> Vec<BTreeSet<UserId>> {
        self.cycle += 1;
        self.begun.insert(self.cycle, now);
        self.crediting.clear();
        self.carrying.clear();
        let asked = |suspect: bool| {
            let people = self.people.iter().filter(|(_, known)| !known.quarantined && known.suspect == suspect);
            let mut people: Vec<_> =
                people.map(|(user, known)| (known.answer.as_ref().map(|it| it.at), *user)).collect();
            people.sort();
            people.into_iter().map(|(_, user)| user).collect::<Vec<UserId>>()
        };
        let (suspects, others) = (asked(true), asked(false));
        let half = suspects.len().div_ceil(2).clamp(1, 650);
        suspects.chunks(half).chain(others.chunks(650)).map(|batch| batch.iter().copied().collect()).collect()
    }

    /// Somebody was asked about: the answer, or that there was none in a complete one.
    pub(super) fn answered(&mut self, user: UserId, presence: Option<&Presence>, at: Moment, max_age: Duration) {
        let Some(known) = self.people.get_mut(&user) else { return };
        known.suspect = false;
        let Some(presence) = presence else {
            known.left_out += 1;
            return;
        };
        let words = [&presence.availability, &presence.activity, &presence.work_location];
        let (out_of_office, status_message) = (presence.out_of_office, presence.status_message);
        let carried =
            words.iter().map(|word| word.is_some()).chain([out_of_office.is_some(), status_message.is_some()]);
        let named = ["availability", "activity", "work location", "out of office", "status message"].into_iter();
        self.carrying.extend(named.zip(carried).filter_map(|(name, carried)| carried.then_some(name)));
        let mut fields = Field::ALL.iter().zip(words);
        let words = std::array::from_fn(|_| {
            fields.next().map_or_else(String::new, |(field, word)| label(*field, word.as_ref()))
        });
        let (cycle, out_of_office, status_message) =
            (self.cycle, out_of_office == Some(true), status_message == Some(true));
        let answer = Answered { at, cycle, words, out_of_office, status_message };
        let before = std::mem::take(known).answer;
        known.answer = Some(answer.clone());
        if let Some(before) = before.filter(|before| before.cycle < cycle) {
            self.credit(user, before, answer, max_age);
        }
    }

    /// The time between two answers is that between the beginnings of their cycles.
    fn credit(&mut self, user: UserId, before: Answered, answer: Answered, max_age: Duration) {
        let time = self.begun[&answer.cycle].since(self.begun[&before.cycle]);
        if time <= max_age && answer.at.since(before.at) <= max_age {
            let [from, activity, _] = before.words;
            let to = answer.words.into_iter().next().filter(|to| *to != from);
            let tenths = u64::try_from(time.as_millis() / 100).unwrap();
            self.crediting.push((user, Credited { tenths, words: [from, activity], to }));
        }
    }

    /// What a cycle has credited goes into the book, with what waits, if it is of at least so many people.
    pub(super) fn enter(&mut self, least: usize) {
        let people: BTreeSet<UserId> = self.crediting.iter().map(|(user, _)| *user).collect();
        self.waiting.extend(self.crediting.drain(..).map(|(_, credited)| credited));
        if self.people.len() < 50 {
            self.waiting.iter_mut().for_each(|credited| credited.to = None);
        }
        if self.people.len() < least {
            self.waiting.clear();
        }
        if people.len() >= least {
            self.book.append(&mut self.waiting);
        }
    }

    pub(super) fn suspect(&mut self, user: UserId) {
        self.people.entry(user).and_modify(|known| known.suspect = true);
    }

    pub(super) fn quarantine(&mut self, user: UserId) {
        self.people.entry(user).and_modify(|known| known.quarantined = true);
    }

    /// A cycle ends. Only a complete one can tell that a property is gone.
    pub(super) fn conclude(&mut self, complete: bool) {
        if complete && !self.carrying.is_empty() {
            self.carried.clear();
        }
        self.carried.append(&mut self.carrying.clone());
    }

    /// What a tally at `now` must say.
    pub(super) fn counts(&self, now: Moment, max_age: Duration) -> Counts<'_> {
        let mut counts = Counts::default();
        let (mut words, mut out_of_office, mut status_message) = ([const { BTreeMap::new() }; 3], 0, 0);
        for known in self.people.values() {
            counts.quarantined += u32::from(known.quarantined);
            let answer = known.answer.as_ref().filter(|answer| now.since(answer.at) < max_age);
            let class = match answer {
                _ if known.quarantined || known.left_out >= 3 => 3,
                None => 2,
                Some(answer) => usize::from(answer.cycle != self.cycle),
            };
            counts.freshness[class] += 1;
            let Some(answer) = answer.filter(|_| class < 2) else { continue };
            for (words, word) in words.iter_mut().zip(&answer.words) {
                *words.entry(word.as_str()).or_insert(0) += 1;
            }
            out_of_office += u32::from(answer.out_of_office);
            status_message += u32::from(answer.status_message);
            counts.oldest = Some(counts.oldest.unwrap_or(u64::MAX).min(answer.at.millis()));
        }
        let carried = |name: &str| self.carried.contains(name);
        let mut words = ["availability", "activity", "work location"].into_iter().zip(words);
        counts.words = std::array::from_fn(|_| words.next().and_then(|(name, words)| carried(name).then_some(words)));
        counts.out_of_office = carried("out of office").then_some(out_of_office);
        counts.status_message = carried("status message").then_some(status_message);
        counts
    }

    /// How many people there are.
    pub(super) fn tracked(&self) -> usize {
        self.people.len()
    }
}

impl Sums {
    /// What a book comes to.
    pub(super) fn of(book: &[Credited]) -> Self {
        let mut sums = Self::default();
        for Credited { tenths, words, to } in book {
            for (sums, word) in sums.tenths.iter_mut().zip(words) {
                *sums.entry(word.clone()).or_default() += tenths;
            }
            if let Some(to) = to {
                *sums.transitions.entry((words[0].clone(), to.clone())).or_default() += 1;
            }
        }
        sums
    }

    /// What counters say, what is zero left out.
    pub(super) fn told(counters: &Counters) -> Self {
        fn sums<'a>(seconds: impl Iterator<Item = (&'a str, f64)>) -> BTreeMap<String, u64> {
            let tenths = seconds.map(|(word, seconds)| (word.to_owned(), whole(seconds * 10.0)));
            tenths.filter(|(_, tenths)| *tenths > 0).collect()
        }
        let transitions = counters.transitions().filter(|(_, count)| *count > 0.0);
        let transitions = transitions.map(|([from, to], count)| ((from.to_owned(), to.to_owned()), whole(count)));
        Self { tenths: [sums(counters.availability()), sums(counters.activity())], transitions: transitions.collect() }
    }
}

/// A sum that is whole but for how it is written.
fn whole(sum: f64) -> u64 {
    format!("{sum:.0}").parse().unwrap()
}

impl<'a> Counts<'a> {
    /// What a tally says.
    pub(super) fn of(tally: &'a Tally) -> Self {
        let freshness = tally.freshness;
        let counted = |words: &'a WordCounts| {
            words.iter().filter(|(_, count)| *count > 0).map(|(word, count)| (&**word, *count)).collect()
        };
        Self {
            freshness: [freshness.current, freshness.held, freshness.unanswered, freshness.unanswerable],
            quarantined: tally.quarantined,
            words: tally.words.each_ref().map(|words| words.as_ref().map(counted)),
            out_of_office: tally.out_of_office,
            status_message: tally.status_message,
            oldest: tally.oldest.map(Moment::millis),
        }
    }
}

/// The label value that a word counts under.
fn label(field: Field, word: Option<&Word>) -> String {
    match word {
        Some(Word::Known(slot)) => field.known()[usize::from(*slot)].to_owned(),
        Some(Word::Other(word)) => word.to_string(),
        None if field == Field::WorkLocation => "unspecified".to_owned(),
        None => "PresenceUnknown".to_owned(),
    }
}
