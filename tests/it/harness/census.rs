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

/// Every label of presence, and the words that it always shows.
pub(crate) const WORDS: [(&str, &[&str]); 3] =
    [("availability", &AVAILABILITY), ("activity", &ACTIVITY), ("work_location", &WORK_LOCATION)];

/// Whom the default filter selects.
pub(crate) fn enabled_member(person: &Person) -> bool {
    person.is_enabled_member()
}

/// Whom the empty filter selects.
pub(crate) const EVERYBODY: fn(&Person) -> bool = |_| true;

/// How the service answers about one person. `None` for a property that the answer does not carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) availability: &'static str,
    pub(crate) activity: &'static str,
    pub(crate) work_location: Option<&'static str>,
    pub(crate) is_out_of_office: Option<bool>,
    pub(crate) has_status_message: Option<bool>,
}

impl Seen {
    /// Somebody about whom the service knows nothing.
    pub(crate) fn unknown() -> Self {
        Presence::UNKNOWN.into()
    }
}

impl From<Presence> for Seen {
    fn from(presence: Presence) -> Self {
        Self {
            availability: presence.availability.word(),
            activity: presence.activity.word(),
            work_location: Some(presence.work_location.kind.word()),
            is_out_of_office: Some(presence.is_out_of_office),
            has_status_message: Some(presence.status_message.is_some_and(|text| !text.trim().is_empty())),
        }
    }
}

/// Counts of people, by everything that the page tells of them.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// Those who were counted.
    pub(crate) people: u32,
    /// Those whom the service leaves out.
    pub(crate) left_out: u32,
    words: [BTreeMap<&'static str, u32>; 3],
    out_of_office: Option<u32>,
    status_message: Option<u32>,
}

impl Census {
    /// Counts those whom `selected` selects, each as the service answers about somebody who is so; `None` where it
    /// leaves the person out.
    pub(crate) fn of(
        simulator: &Simulator,
        selected: impl Fn(&Person) -> bool,
        seen: impl Fn(&Person, Presence) -> Option<Seen>,
    ) -> Self {
        let mut census = Self::default();
        let now = simulator.now();
        for person in simulator.organisation().people().filter(selected) {
            match seen(&person, simulator.presence_of(&person, now)) {
                Some(seen) => census.add(seen),
                None => census.left_out += 1,
            }
        }
        census
    }

    /// Those whom the default filter selects, as the documentation has them answered.
    pub(crate) fn usual(simulator: &Simulator) -> Self {
        Self::of(simulator, enabled_member, |_, presence| Some(presence.into()))
    }

    /// Counts one more.
    pub(crate) fn add(&mut self, seen: Seen) {
        self.people += 1;
        let words = [Some(seen.availability), Some(seen.activity), seen.work_location];
        for (counts, word) in self.words.iter_mut().zip(words) {
            if let Some(word) = word {
                *counts.entry(word).or_default() += 1;
            }
        }
        let add = |users: &mut Option<u32>, given: Option<bool>| {
            *users = given.map(|given| users.unwrap_or(0) + u32::from(given)).or(*users);
        };
        add(&mut self.out_of_office, seen.is_out_of_office);
        add(&mut self.status_message, seen.has_status_message);
    }

    /// The presence families, as [`super::Page::of`] gives them. What no answer carried is absent.
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        for ((field, known), counts) in WORDS.iter().zip(&self.words).filter(|(_, it)| !it.is_empty()) {
            let unknown = counts.keys().filter(|word| !known.contains(*word));
            for word in known.iter().chain(unknown) {
                let users = counts.get(word).copied().unwrap_or(0);
                writeln!(lines, "{field}_users{{{field}=\"{word}\"}} {users}").unwrap();
            }
        }
        let numbers = [("out_of_office_users", self.out_of_office), ("status_message_users", self.status_message)];
        for (family, users) in numbers.into_iter().filter_map(|(family, users)| Some((family, users?))) {
            writeln!(lines, "{family} {users}").unwrap();
        }
        lines
    }
}
