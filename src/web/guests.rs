//! Guests: who is connected, and who has to go when somebody comes and every seat is taken.
//!
//! The one to go is of a source that has the most seats, so whoever takes them all loses its own. Of these it is the
//! oldest that never had an answer, then the one that has had nothing to do for longest; one whose answer is under way
//! goes only when there is no other. An eighth of the seats is left to those who have just come and are about to ask.
//! It is told the time. How a guest hears that it has to go is in `room`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::source::Source;

/// Who is connected, each with a way to tell it to leave.
#[derive(Debug)]
pub(super) struct Guests<L> {
    most: usize,
    /// By where they come from, and then by number: in the order in which they came.
    by_source: HashMap<Source, BTreeMap<u64, Guest<L>>>,
    /// How many came so far, and how many answers were begun.
    numbers: u64,
}

/// Which guest: gone, it means nobody any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id {
    source: Source,
    number: u64,
}

#[derive(Debug)]
struct Guest<L> {
    /// Whether a request was answered to its end.
    was_answered: bool,
    /// When the last answer ended, or it came.
    since: Instant,
    /// The answers under way, the oldest first.
    answers: VecDeque<Asked>,
    leave: L,
}

/// An answer under way.
#[derive(Debug)]
struct Asked {
    number: u64,
    begun: Instant,
    /// Whether it keeps a slot that others may wait for. One that is still made does not, nor does a refusal.
    keeps_slot: bool,
}

impl<L> Guests<L> {
    /// So many seats, at least one.
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), by_source: HashMap::new(), numbers: 0 }
    }

    /// Somebody comes and gets a seat. Returns who has to go for it, if any.
    pub(super) fn enter(&mut self, source: Source, leave: L, now: Instant) -> (Id, Option<L>) {
        let full = self.by_source.values().map(BTreeMap::len).sum::<usize>() >= self.most;
        let gone = if full { self.least_needed().and_then(|id| self.leave(id)) } else { None };
        let number = self.next();
        let guest = Guest { was_answered: false, since: now, answers: VecDeque::new(), leave };
        self.by_source.entry(source).or_default().insert(number, guest);
        (Id { source, number }, gone)
    }

    /// A guest goes. Returns how it would have been told to.
    pub(super) fn leave(&mut self, Id { source, number }: Id) -> Option<L> {
        let guests = self.by_source.get_mut(&source)?;
        let guest = guests.remove(&number);
        if guests.is_empty() {
            self.by_source.remove(&source);
        }
        guest.map(|guest| guest.leave)
    }

    /// A guest has asked something. Returns the number of the answer.
    pub(super) fn ask(&mut self, id: Id, now: Instant) -> u64 {
        let number = self.next();
        if let Some(guest) = self.guest(id) {
            guest.answers.push_back(Asked { number, begun: now, keeps_slot: false });
        }
        number
    }

    /// The answer of that number keeps a slot until it is sent.
    pub(super) fn keeps_slot(&mut self, id: Id, number: u64) {
        let answer = self.guest(id).and_then(|guest| guest.answers.iter_mut().find(|answer| answer.number == number));
        if let Some(answer) = answer {
            answer.keeps_slot = true;
        }
    }

    /// The answer of that number is written, or given up.
    pub(super) fn answered(&mut self, id: Id, number: u64, now: Instant) {
        if let Some(guest) = self.guest(id) {
            guest.answers.retain(|answer| answer.number != number);
            guest.was_answered = true;
            guest.since = now;
        }
    }

    /// For how long the oldest answer to a guest has been under way.
    pub(super) fn answering(&mut self, id: Id, now: Instant) -> Option<Duration> {
        let Asked { begun, .. } = self.guest(id)?.answers.front()?;
        Some(now.saturating_duration_since(*begun))
    }

    /// Somebody has to give way to the one who asks: the guest whose answer keeps a slot and was asked for the longest time
    /// ago, of the source that has most of them if that is another, or of all if that is this long ago.
    pub(super) fn send_away_slowest(&mut self, asker: Id, as_long_as: Duration, now: Instant) -> Option<L> {
        let is_sent = |guest: &&Guest<L>| guest.answers.iter().any(|answer| answer.keeps_slot);
        let sent = |guests: &BTreeMap<u64, Guest<L>>| guests.values().filter(is_sent).count();
        let answers = |source: &Source| self.by_source.get(source).map_or(0, sent);
        let greediest = self.by_source.keys().max_by_key(|source| answers(source))?;
        // The one who asks would have one more.
        let greedy = (answers(greediest) > answers(&asker.source) + 1)
            .then(|| self.slowest(|id, answer| answer.keeps_slot && id.source == *greediest));
        let slow = || {
            self.slowest(|id, answer| answer.keeps_slot && id != asker)
                .filter(|(begun, _)| now.saturating_duration_since(*begun) >= as_long_as)
        };
        let (_, id) = greedy.flatten().or_else(slow)?;
        self.leave(id)
    }

    /// Who is missed least.
    fn least_needed(&self) -> Option<Id> {
        let greediest = self.by_source.values().filter(|guests| guests.values().any(Guest::rests)).map(BTreeMap::len);
        let Some(seats) = greediest.max() else { return self.slowest(|_, _| true).map(|(_, id)| id) };
        let theirs = || self.all().filter(|(id, guest)| self.by_source[&id.source].len() == seats && guest.rests());
        let newcomers = || theirs().filter(|(_, guest)| !guest.was_answered);
        let oldest = newcomers().min_by_key(|(id, _)| id.number);
        let idlest = theirs().filter(|(_, guest)| guest.was_answered).min_by_key(|(_, guest)| guest.since);
        let few = newcomers().count() <= self.most / 8;
        let gone = if few { idlest.or(oldest) } else { oldest };
        gone.map(|(id, _)| id)
    }

    /// Who asked for the oldest of these answers, and when.
    fn slowest(&self, of: impl Fn(Id, &Asked) -> bool) -> Option<(Instant, Id)> {
        let answers = self.all().flat_map(|(id, guest)| guest.answers.iter().map(move |answer| (id, answer)));
        let begun = answers.filter(|(id, answer)| of(*id, answer)).map(|(id, answer)| (answer.begun, id));
        begun.min_by_key(|(begun, _)| *begun)
    }

    fn all(&self) -> impl Iterator<Item = (Id, &Guest<L>)> {
        self.by_source.iter().flat_map(|(source, guests)| {
            guests.iter().map(|(number, guest)| (Id { source: *source, number: *number }, guest))
        })
    }

    fn guest(&mut self, Id { source, number }: Id) -> Option<&mut Guest<L>> {
        self.by_source.get_mut(&source)?.get_mut(&number)
    }

    fn next(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

impl<L> Guest<L> {
    /// Whether no answer to it is under way.
    fn rests(&self) -> bool {
        self.answers.is_empty()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test begins at any instant")]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn source(number: u8) -> Source {
        Source::of(Some(Ipv4Addr::new(192, 0, 2, number).into()))
    }

    /// What happens in a room of 16 seats: letters are guests, each second one thing. `a+1` comes from source 1, `a?` asks,
    /// `a!` has its answer. Returns who had to go, in that order.
    fn gone(story: &str) -> String {
        let (mut guests, mut ids, mut turns) = (Guests::new(16), HashMap::new(), HashMap::new());
        let mut now = Instant::now();
        let mut gone = String::new();
        for event in story.split_whitespace() {
            now += SECOND;
            let name = event.chars().next().expect("a name");
            match &event[1..] {
                "?" => drop(turns.insert(name, guests.ask(ids[&name], now))),
                "!" => guests.answered(ids[&name], turns[&name], now),
                from => {
                    let from = source(from.trim_start_matches('+').parse().expect("a source"));
                    let (id, left) = guests.enter(from, name, now);
                    ids.insert(name, id);
                    gone.extend(left);
                }
            }
        }
        gone
    }

    /// The same of each guest, one after the other.
    fn each(names: std::ops::RangeInclusive<char>, events: &str) -> String {
        names.flat_map(|name| events.chars().map(move |letter| if letter == '_' { name } else { letter })).collect()
    }

    /// Guests of a source come.
    fn come(names: std::ops::RangeInclusive<char>, source: u8) -> String {
        each(names, &format!("_+{source} "))
    }

    #[test]
    fn nobody_has_to_go_while_there_are_seats() {
        assert_eq!(gone(&come('a'..='p', 1)), "");
    }

    #[test]
    fn the_oldest_that_asked_nothing_goes_first() {
        assert_eq!(gone(&format!("A+1 A? A! {}", come('b'..='s', 1))), "bcd");
    }

    #[test]
    fn then_the_one_with_nothing_to_do_for_longest() {
        let answered = each('a'..='p', "_+1 _? _! ");
        assert_eq!(gone(&format!("{answered} a? a! x+1 y+1")), "bc");
    }

    #[test]
    fn those_who_have_just_come_keep_an_eighth_of_the_seats() {
        let answered = each('a'..='p', "_+1 _? _! ");
        assert_eq!(gone(&format!("{answered} {}", come('A'..='F', 1))), "abcABC");
    }

    #[test]
    fn whose_answer_is_under_way_goes_when_there_is_no_other() {
        let asking = each('a'..='p', "_+1 _? ");
        assert_eq!(gone(&format!("{asking} x+1")), "a");
        assert_eq!(gone(&format!("{asking} p! x+1")), "p");
    }

    #[test]
    fn whoever_takes_all_seats_loses_its_own() {
        assert_eq!(gone(&format!("A+2 B+3 B? B! {}", come('a'..='r', 1))), "abcd");
    }

    #[test]
    fn an_answer_that_takes_long_gives_way_to_one_who_asks() {
        let now = Instant::now();
        let mut guests = Guests::new(16);
        let [slow, slower, asker] = ["slow", "slower", "asker"].map(|name| guests.enter(source(1), name, now).0);
        for (guest, asked) in [(slower, now), (slow, now + SECOND)] {
            let answer = guests.ask(guest, asked);
            guests.keeps_slot(guest, answer);
        }
        guests.ask(asker, now + SECOND);
        assert_eq!(guests.send_away_slowest(asker, SECOND, now + SECOND / 2), None, "nobody is slow yet");
        assert_eq!(guests.send_away_slowest(asker, SECOND, now + SECOND), Some("slower"));
        assert_eq!(guests.answering(slower, now + SECOND), None, "it is gone");
        assert_eq!(guests.answering(slow, now + 3 * SECOND), Some(2 * SECOND));
    }

    #[test]
    fn an_answer_that_keeps_no_slot_gives_way_to_nobody() {
        let now = Instant::now();
        let mut guests = Guests::new(16);
        let [waits, asker] = ["waits", "asker"].map(|name| guests.enter(source(1), name, now).0);
        // Its password waits to be looked at, say: it keeps nothing that anybody else could use.
        let answer = guests.ask(waits, now);
        assert_eq!(guests.send_away_slowest(asker, SECOND, now + 8 * SECOND), None);
        guests.keeps_slot(waits, answer);
        assert_eq!(guests.send_away_slowest(asker, SECOND, now + 8 * SECOND), Some("waits"));
    }

    #[test]
    fn a_source_with_many_answers_under_way_gives_way_at_once_to_one_with_few() {
        let now = Instant::now();
        let mut guests = Guests::new(16);
        for name in ["a", "b", "c"] {
            let (id, _) = guests.enter(source(1), name, now);
            let answer = guests.ask(id, now);
            guests.keeps_slot(id, answer);
        }
        let (asker, _) = guests.enter(source(2), "asker", now);
        guests.ask(asker, now);
        let mut given_way = || guests.send_away_slowest(asker, SECOND, now);
        assert_eq!([given_way(), given_way(), given_way()], [Some("a"), Some("b"), None], "until they have as many");
    }

    proptest! {
        #[test]
        fn there_are_never_too_many_and_nobody_goes_for_one_who_has_more(
            most in 1usize..20, events in prop::collection::vec((0u8..3, 0u8..4, any::<prop::sample::Index>()), 1..200),
        ) {
            let mut guests = Guests::new(most);
            // Who is there: its source, and the answers to it that are under way.
            let mut there: BTreeMap<u64, (Id, u8, Vec<u64>)> = BTreeMap::new();
            let mut now = Instant::now();
            for (number, (event, from, which)) in (0u64..).zip(events) {
                now += SECOND;
                if event == 0 || there.is_empty() {
                    let seats = |source: u8| there.values().filter(|(_, other, _)| *other == source).count();
                    let rests = |source: u8| there.values().any(|(_, other, turns)| *other == source && turns.is_empty());
                    let (id, left) = guests.enter(source(from), number, now);
                    prop_assert_eq!(left.is_some(), there.len() == most);
                    if let Some(left) = left {
                        let (_, its, turns) = there[&left].clone();
                        if turns.is_empty() {
                            let greedier = (0..4).any(|other| seats(other) > seats(its) && rests(other));
                            prop_assert!(!greedier, "another source has more seats");
                        } else {
                            prop_assert!(!(0..4).any(rests), "somebody rests, and one who waits had to go");
                        }
                        there.remove(&left);
                    }
                    there.insert(number, (id, from, Vec::new()));
                    continue;
                }
                let name = *which.get(&there.keys().copied().collect::<Vec<_>>());
                let (id, _, turns) = there.get_mut(&name).expect("somebody");
                match turns.pop() {
                    Some(turn) if event == 2 => guests.answered(*id, turn, now),
                    turn => {
                        turns.extend(turn);
                        turns.push(guests.ask(*id, now));
                    }
                }
            }
        }
    }
}
