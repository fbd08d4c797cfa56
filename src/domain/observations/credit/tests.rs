//! What is credited to whom, told as small histories of a hundred people or so.

use std::ops::Range;

use super::super::super::directory::Directory;
use super::super::super::moment::Moment;
use super::super::super::presence::{Presence, Word};
use super::super::super::user::UserId;
use super::*;

const MAX_AGE: Duration = Duration::from_mins(5);

/// The fewest users of whom the tests want to hear.
const LEAST: u32 = 5;

/// A tenant, and what its counters have been told.
struct Tenant {
    observations: Observations,
    counters: Counters,
}

fn at(seconds: u64) -> Moment {
    Moment::from_millis(1_000_000 + seconds * 1000)
}

fn directory(numbers: Range<u32>) -> Arc<Directory> {
    let user = |number| UserId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a GUID");
    Arc::new(Directory::new(numbers.map(user).collect(), at(0)))
}

/// The presence of somebody whose availability and activity are these.
fn presence(words: [&str; 2]) -> Presence {
    let [availability, activity] = words;
    let (availability, activity) = (Field::Availability.parse(availability), Field::Activity.parse(activity));
    Presence { availability: Some(availability), activity: Some(activity), ..Presence::default() }
}

const FREE: [&str; 2] = ["Available", "Available"];
const MEETING: [&str; 2] = ["Busy", "InAMeeting"];

impl Tenant {
    fn new(users: u32) -> Self {
        Self { observations: Observations::new(directory(0..users)), counters: Counters::default() }
    }

    /// A cycle that begins at `start`, each of whose requests comes two seconds after the one before.
    fn cycle(&mut self, start: u64, presence_of: impl Fn(u32) -> Option<[&'static str; 2]>) {
        let batches = self.observations.begin(at(start), MAX_AGE);
        for (batch, asked) in batches.zip((start..).step_by(2)) {
            let answers = batch.places().iter().map(|place| presence_of(*place).map(presence)).collect();
            self.observations.take(&batch, answers, at(asked));
        }
        self.observations.conclude(true);
        self.counters = self.counters.plus(&self.observations.credit(LEAST));
    }

    /// The counters that are not zero.
    fn check(&self, expected: &str) {
        let counters = &self.counters;
        let times = counters.availability().chain(counters.activity()).map(|(word, sum)| (word.to_owned(), sum));
        let changes = counters.transitions().map(|([from, to], count)| (format!("{from}>{to}"), count));
        let shown = times.chain(changes).filter(|(_, sum)| *sum > 0.0).map(|(word, sum)| format!("{word}={sum}"));
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
    }
}

#[test]
fn time_goes_to_the_earlier_answer_and_a_change_is_a_transition() {
    let mut tenant = Tenant::new(100);
    tenant.cycle(0, |_| Some(FREE));
    tenant.check("");
    tenant.cycle(60, |place| Some(if place < 10 { MEETING } else { FREE }));
    tenant.check("Available=6000 Available=6000 Available>Busy=10");
    tenant.cycle(120, |_| Some(FREE));
    tenant.check("Available=11400 Busy=600 Available=11400 InAMeeting=600 Available>Busy=10 Busy>Available=10");
}

#[test]
fn another_activity_alone_is_no_transition() {
    let mut tenant = Tenant::new(50);
    tenant.cycle(0, |_| Some(["Busy", "InACall"]));
    tenant.cycle(60, |_| Some(MEETING));
    tenant.cycle(120, |_| Some(MEETING));
    tenant.check("Busy=6000 InACall=3000 InAMeeting=3000");
}

#[test]
fn who_was_left_out_meanwhile_is_credited_the_whole_gap_unless_it_is_too_long() {
    let mut tenant = Tenant::new(100);
    tenant.cycle(0, |_| Some(FREE));
    for start in (60..300).step_by(60) {
        tenant.cycle(start, |place| (place > 0).then_some(FREE));
    }
    tenant.check("Available=23760 Available=23760");
    tenant.cycle(300, |_| Some(MEETING));
    tenant.check("Available=30000 Available=30000 Available>Busy=100");
    for start in (360..=660).step_by(60) {
        tenant.cycle(start, |place| (place > 0).then_some(MEETING));
    }
    tenant.check("Available=30000 Busy=35640 Available=30000 InAMeeting=35640 Available>Busy=100");
    tenant.cycle(661, |place| Some(if place > 0 { MEETING } else { FREE }));
    tenant.check("Available=30000 Busy=35739 Available=30000 InAMeeting=35739 Available>Busy=100");
}

/// Of two requests the second asks about three people. The counts before tell how many were in a meeting; were they
/// credited by the instants of their requests, the seconds would tell how many of these three.
#[test]
fn nobody_can_tell_from_the_seconds_in_which_request_somebody_was_asked_about() {
    let credited = |in_meeting: u32| {
        let mut tenant = Tenant::new(653);
        tenant.cycle(0, |place| Some(if place == in_meeting { MEETING } else { FREE }));
        let second = tenant.observations.begin(at(60), MAX_AGE).collect::<Vec<_>>();
        for (batch, asked) in second.iter().rev().zip([60, 65]) {
            tenant.observations.take(batch, vec![Some(presence(FREE)); batch.places().len()], at(asked));
        }
        tenant.counters = tenant.counters.plus(&tenant.observations.credit(LEAST));
        tenant.counters
    };
    assert_eq!(credited(0), credited(652));
    assert!(credited(0).activity().any(|credited| credited == ("InAMeeting", 60.0)));
}

#[test]
fn whoever_is_answered_twice_in_a_cycle_is_credited_once_and_is_one_person() {
    for (people, expected) in [(50, "Available=3000 Available=3000 Available>Busy=50"), (3, "")] {
        let mut tenant = Tenant::new(50);
        tenant.cycle(0, |_| Some(FREE));
        let batch = tenant.observations.begin(at(60), MAX_AGE).next().expect("a batch");
        for (asked, words) in [(60, MEETING), (62, FREE)] {
            let answers = (0..50).map(|place| (place < people).then(|| presence(words))).collect();
            tenant.observations.take(&batch, answers, at(asked));
        }
        tenant.counters = tenant.counters.plus(&tenant.observations.credit(LEAST));
        tenant.check(expected);
    }
}

#[test]
fn who_comes_and_who_goes_changes_nothing_and_whoever_returns_begins_anew() {
    let mut tenant = Tenant::new(100);
    tenant.cycle(0, |_| Some(FREE));
    tenant.observations = tenant.observations.adopting(directory(50..150));
    tenant.cycle(60, |_| Some(MEETING));
    tenant.check("Available=3000 Available=3000 Available>Busy=50");
    tenant.observations = tenant.observations.adopting(directory(0..100));
    tenant.cycle(120, |_| Some(MEETING));
    tenant.check("Available=3000 Busy=3000 Available=3000 InAMeeting=3000 Available>Busy=50");
}

#[test]
fn what_few_people_make_waits_for_a_cycle_of_more() {
    let mut tenant = Tenant::new(100);
    tenant.cycle(0, |_| Some(FREE));
    tenant.cycle(60, |place| (place < 4).then_some(MEETING));
    tenant.cycle(120, |place| (place < 4).then_some(MEETING));
    tenant.check("");
    tenant.cycle(180, |place| (place < 5).then_some(MEETING));
    tenant.check("Available=420 Busy=480 Available=420 InAMeeting=480 Available>Busy=5");
}

#[test]
fn a_tenant_of_few_people_shows_no_time_not_even_later() {
    let mut tenant = Tenant::new(4);
    for start in [0, 60, 120] {
        tenant.cycle(start, |_| Some(FREE));
    }
    tenant.check("");
    tenant.observations = tenant.observations.adopting(directory(0..10));
    tenant.cycle(180, |_| Some(FREE));
    tenant.check("");
    tenant.cycle(240, |_| Some(FREE));
    // One minute of four, which waited for more people, and one of ten.
    tenant.check("Available=840 Available=840");
}

#[test]
fn transitions_of_fewer_than_fifty_people_are_not_counted() {
    let mut tenant = Tenant::new(49);
    tenant.cycle(0, |_| Some(FREE));
    tenant.cycle(60, |_| Some(MEETING));
    tenant.check("Available=2940 Available=2940");
    tenant.observations = tenant.observations.adopting(directory(0..50));
    tenant.cycle(120, |_| Some(FREE));
    tenant.check("Available=2940 Busy=2940 Available=2940 InAMeeting=2940 Busy>Available=49");
}

/// What a collector that starts again meets first: other words, in another order.
#[test]
fn a_word_has_one_series_whenever_it_is_met_and_the_ninth_of_a_tenants_own_none() {
    let juggling = |tenant: &mut Tenant, words: Range<u8>| {
        tenant.observations = Observations::new(directory(0..50));
        for (word, start) in words.zip((0..).step_by(60)) {
            let word = Word::Other(format!("W{word}").into());
            let batch = tenant.observations.begin(at(start), MAX_AGE).next().expect("a batch");
            let presence = Presence { availability: Some(word), ..presence(FREE) };
            tenant.observations.take(&batch, vec![Some(presence); 50], at(start));
            tenant.counters = tenant.counters.plus(&tenant.observations.credit(LEAST));
        }
    };
    let mut tenant = Tenant::new(50);
    juggling(&mut tenant, 0..3);
    tenant.check("W0=3000 W1=3000 Available=6000 W0>W1=50 W1>W2=50");
    juggling(&mut tenant, 1..12);
    let credited = "W0=3000 W1=6000 W2=3000 W3=3000 W4=3000 W5=3000 W6=3000 W7=3000 Other=9000 Available=36000";
    let changes = "W0>W1=50 W1>W2=100 W2>W3=50 W3>W4=50 W4>W5=50 W5>W6=50 W6>W7=50 W7>Other=50";
    tenant.check(&format!("{credited} {changes}"));
}
