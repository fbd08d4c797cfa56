//! The census: what the page must say of a simulated tenant, counted by the simulator's own arithmetic.
//!
//! The words are those of the metrics' contract, written down here a second time: a word that the code forgets is missed.

use std::collections::BTreeMap;
use std::fmt::Write;

use simulator::{Person, Presence, Simulator};

/// The families that the presence of people decides, without their prefix.
pub(crate) const PRESENCE_FAMILIES: [&str; 5] =
    ["availability_users", "activity_users", "work_location_users", "out_of_office_users", "status_message_users"];

const AVAILABILITY: [&str; 13] = [
    "Available", "AvailableIdle", "Away", "BeRightBack", "Busy", "BusyIdle", "DoNotDisturb", "Focusing", "InACall",
    "InAMeeting", "Offline", "Presenting", "PresenceUnknown",
];

const ACTIVITY: [&str; 17] = [
    "Available", "AvailableInactive", "Away", "BeRightBack", "Busy", "DoNotDisturb", "Focusing", "InACall",
    "InAConferenceCall", "Inactive", "InAMeeting", "Offline", "OffWork", "OutOfOffice", "PresenceUnknown",
    "Presenting", "UrgentInterruptionsOnly",
];

const WORK_LOCATION: [&str; 5] = ["unspecified", "office", "remote", "timeOff", "unknownFutureValue"];

/// Whom the default filter selects.
pub(crate) fn enabled_member(person: &Person) -> bool {
    person.is_enabled_member()
}

/// Whom the empty filter selects.
pub(crate) const EVERYBODY: fn(&Person) -> bool = |_| true;

/// The presence families of those whom `selected` selects, as [`super::Page::of`] gives them; `seen` is how the service
/// answers about a person who is so, `None` where it leaves the person out.
pub(crate) fn census(
    simulator: &Simulator,
    selected: impl Fn(&Person) -> bool,
    seen: impl Fn(&Person, Presence) -> Option<Presence>,
) -> String {
    let mut counts = Counts::default();
    let now = simulator.now();
    for person in simulator.organisation().people().filter(selected) {
        if let Some(presence) = seen(&person, simulator.presence_of(&person, now)) {
            counts.add(&presence);
        }
    }
    counts.lines()
}

#[derive(Default)]
struct Counts {
    words: [BTreeMap<&'static str, u32>; 3],
    out_of_office: u32,
    status_message: u32,
}

impl Counts {
    fn add(&mut self, presence: &Presence) {
        let words = [presence.availability.word(), presence.activity.word(), presence.work_location.kind.word()];
        for (counts, word) in self.words.iter_mut().zip(words) {
            *counts.entry(word).or_default() += 1;
        }
        self.out_of_office += u32::from(presence.is_out_of_office);
        self.status_message += u32::from(presence.status_message.is_some_and(|text| !text.is_empty()));
    }

    fn lines(&self) -> String {
        let mut lines = String::new();
        let fields = ["availability", "activity", "work_location"];
        let known: [&[&str]; 3] = [&AVAILABILITY, &ACTIVITY, &WORK_LOCATION];
        for ((field, known), counts) in fields.iter().zip(known).zip(&self.words) {
            for word in known {
                let users = counts.get(word).copied().unwrap_or(0);
                writeln!(lines, "{field}_users{{{field}=\"{word}\"}} {users}").unwrap();
            }
            for (word, users) in counts.iter().filter(|(word, _)| !known.contains(*word)) {
                writeln!(lines, "{field}_users{{{field}=\"{word}\"}} {users}").unwrap();
            }
        }
        writeln!(lines, "out_of_office_users {}", self.out_of_office).unwrap();
        writeln!(lines, "status_message_users {}", self.status_message).unwrap();
        lines
    }
}
