//! The working day: what somebody's presence is at an instant.
//!
//! A pure function of the person (hence of the seed) and the local time. A day is made of segments (night, work,
//! lunch, half-hours of the calendar, ten-minute stretches of one's own); the second in which the present segment
//! began is the sequence number, so that it grows whenever the presence changes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::calendar::{DAY, Local};
use crate::dice::Dice;
use crate::identity::Guid;
use crate::names::{OUT_OF_OFFICE_MESSAGES, STATUS_MESSAGES};
use crate::organisation::Person;
use crate::places::{Moment, OFFICES};
use crate::presence::{
    Activity, Availability, Presence, SequenceNumber, WorkLocation, WorkLocationSource, WorkLocationType,
};

type Words = (Availability, Activity);

/// The presence of a person at a moment.
pub(crate) fn presence(person: &Person, moment: &Moment) -> Presence {
    if !person.has_teams() {
        return Presence::UNKNOWN;
    }
    let local = moment.in_office(person.office_at);
    let today = Today::of(person, local);
    let (words, began) = today.words(person, local);
    let standard = OFFICES[person.office_at].offset_minutes * 60;
    let away = today.absence.is_some();
    Presence {
        availability: words.0,
        activity: words.1,
        sequence_number: SequenceNumber(local.day * DAY + began - standard),
        is_out_of_office: away,
        out_of_office_message: today.absence.as_ref().and_then(|absence| absence.message),
        status_message: today.status,
        work_location: today.work_location(person, local),
    }
}

/// Until when the presence of that moment holds at the least; always later than `at`, which is the moment's instant.
pub(crate) fn settled_until(person: &Person, moment: &Moment, at: SystemTime) -> SystemTime {
    let local = moment.in_office(person.office_at);
    let left = Today::of(person, local).next(person, local.second) - local.second;
    // A half-hour at most, and clocks change only between two of them.
    let whole = Duration::from_secs(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    UNIX_EPOCH + whole + Duration::from_secs(left.unsigned_abs())
}

/// What is settled for a person when the day begins.
struct Today {
    dice: Dice,
    /// Out of office all day, perhaps with a message.
    absence: Option<Absence>,
    /// Nobody expects work: weekend, holiday, a day off, a disabled account.
    off: bool,
    status: Option<&'static str>,
    arrival: i64,
    departure: i64,
    lunch: (i64, i64),
    remote: bool,
}

/// Out of office.
struct Absence {
    message: Option<&'static str>,
}

/// How long a computed state of one's own choice lasts, in seconds.
const STRETCH: i64 = 600;
/// How long a slot of the calendar lasts, in seconds.
const SLOT: i64 = 1800;
/// How long a client stays signed in and idle after its owner left, in seconds.
const LINGER: i64 = 1200;

impl Today {
    fn of(person: &Person, local: Local) -> Self {
        let week = person.dice.on(201).on(number((local.day + 3).div_euclid(7)));
        let dice = person.dice.on(200).on(number(local.day));
        let leave = week.happens(60) || dice.on(1).happens(12);
        let message = |chance| week.on(6).happens(chance).then(|| *week.on(7).pick(&OUT_OF_OFFICE_MESSAGES));
        let day_off = dice.on(2).happens(25) || (local.free && !dice.on(3).happens(30));
        let arrival = 7 * 3600 + i64::from(dice.on(4).below(5400) + person.dice.on(203).below(5400));
        let part_time = person.dice.on(204).happens(120);
        let hours = if part_time { 4 * 3600 } else { 8 * 3600 };
        let lunch = 41_400 + i64::from(dice.on(5).below(5400));
        Self {
            dice,
            absence: leave.then(|| Absence { message: message(800) }),
            off: day_off || !person.account_enabled,
            status: week.on(5).happens(80).then(|| *week.on(8).pick(&STATUS_MESSAGES)),
            arrival,
            departure: arrival + hours + i64::from(dice.on(6).below(5400)),
            lunch: (lunch, lunch + 1500 + i64::from(dice.on(7).below(2100))),
            remote: person.dice.on(205).on(number((local.day + 3).rem_euclid(7))).happens(420),
        }
    }

    /// The words, and the second of the day in which they began to hold.
    fn words(&self, person: &Person, local: Local) -> (Words, i64) {
        let now = local.second;
        if !person.account_enabled {
            return ((Availability::Offline, Activity::Offline), 0);
        }
        if self.absence.is_some() {
            return (self.absent(now), self.began(now, &[]));
        }
        if self.off || now < self.arrival {
            return (self.asleep(), 0);
        }
        if now >= self.departure + LINGER {
            return (self.asleep(), self.departure + LINGER);
        }
        if now >= self.departure {
            return ((Availability::Away, Activity::Away), self.departure);
        }
        if (self.lunch.0..self.lunch.1).contains(&now) {
            return (self.lunching(), self.arrival.max(self.lunch.0));
        }
        let slot = now / SLOT * SLOT;
        let phase = phase(person);
        let stretch = (now + phase) / STRETCH * STRETCH - phase;
        match self.in_calendar(person, now / SLOT) {
            Some(words) => (words, self.began(now, &[slot])),
            None => (self.at_will(person, (now + phase) / STRETCH), self.began(now, &[slot, stretch])),
        }
    }

    /// The latest of the day's own boundaries and these that is not in the future.
    fn began(&self, now: i64, boundaries: &[i64]) -> i64 {
        let own = [0, self.arrival, self.lunch.1, self.departure];
        own.iter().chain(boundaries).copied().filter(|at| *at <= now).max().unwrap_or(0)
    }

    /// The first second after this one in which anything may change.
    fn next(&self, person: &Person, now: i64) -> i64 {
        let phase = phase(person);
        let slot = (now / SLOT + 1) * SLOT;
        let stretch = ((now + phase) / STRETCH + 1) * STRETCH - phase;
        let own = [self.arrival, self.lunch.0, self.lunch.1, self.departure, self.departure + LINGER];
        own.into_iter().chain([stretch]).filter(|at| *at > now).fold(slot, i64::min)
    }

    fn absent(&self, now: i64) -> Words {
        let working = (self.arrival..self.departure).contains(&now) && !self.off;
        match self.dice.on(10).below(100) {
            0..5 if working => (Availability::Available, Activity::OutOfOffice),
            5..7 if working => (Availability::Busy, Activity::InACall),
            7..14 => (Availability::Away, Activity::OutOfOffice),
            14..30 => (Availability::Offline, Activity::Offline),
            _ => (Availability::Offline, Activity::OutOfOffice),
        }
    }

    fn asleep(&self) -> Words {
        match self.dice.on(11).below(100) {
            0..10 => (Availability::Away, Activity::Away),
            10..45 => (Availability::Offline, Activity::OffWork),
            _ => (Availability::Offline, Activity::Offline),
        }
    }

    fn lunching(&self) -> Words {
        match self.dice.on(12).below(10) {
            0..6 => (Availability::Away, Activity::Away),
            6..8 => (Availability::BeRightBack, Activity::BeRightBack),
            8 => (Availability::Away, Activity::BeRightBack),
            _ => (Availability::AvailableIdle, Activity::Inactive),
        }
    }

    /// What the calendar says of one of the day's half-hours.
    fn in_calendar(&self, person: &Person, slot: i64) -> Option<Words> {
        let meetings = person.department.map_or(100, |department| department.meetings_permille);
        let hour = self.dice.on(300 + number(slot / 2));
        let half = self.dice.on(400 + number(slot));
        if hour.happens(meetings / 2) || half.happens(meetings / 2) {
            return Some(match half.on(1).below(100) {
                0..10 => (Availability::DoNotDisturb, Activity::Presenting),
                10..18 => (Availability::Busy, Activity::InAConferenceCall),
                _ => (Availability::Busy, Activity::InAMeeting),
            });
        }
        hour.on(2).happens(45).then_some((Availability::DoNotDisturb, Activity::Focusing))
    }

    /// What somebody does in a stretch of ten minutes without an appointment.
    fn at_will(&self, person: &Person, stretch: i64) -> Words {
        let calls = person.department.map_or(50, |department| department.calls_permille);
        let dice = self.dice.on(1_000 + number(stretch));
        if dice.happens(calls) {
            let conference = dice.on(1).happens(200);
            let activity = if conference { Activity::InAConferenceCall } else { Activity::InACall };
            return (Availability::Busy, activity);
        }
        match dice.on(2).below(1000) {
            0..12 => (Availability::DoNotDisturb, Activity::DoNotDisturb),
            12..15 => (Availability::DoNotDisturb, Activity::UrgentInterruptionsOnly),
            15..65 => (Availability::Busy, Activity::Busy),
            65..80 => (Availability::BusyIdle, Activity::Inactive),
            80..140 => (Availability::Away, Activity::Away),
            140..175 => (Availability::BeRightBack, Activity::BeRightBack),
            175..225 => (Availability::AvailableIdle, Activity::Inactive),
            225..240 => (Availability::Available, Activity::AvailableInactive),
            240..243 => (Availability::Offline, Activity::OffWork),
            _ => (Availability::Available, Activity::Available),
        }
    }

    fn work_location(&self, person: &Person, local: Local) -> WorkLocation {
        let source = match person.dice.on(207).below(10) {
            0..5 => WorkLocationSource::Scheduled,
            5..7 => WorkLocationSource::Manual,
            7..9 => WorkLocationSource::Automatic,
            _ => return WorkLocation::UNSPECIFIED,
        };
        if self.absence.is_some() {
            return WorkLocation {
                source: WorkLocationSource::Scheduled,
                kind: WorkLocationType::TimeOff,
                place: None,
            };
        }
        if self.off || !(self.arrival..self.departure).contains(&local.second) {
            return WorkLocation::UNSPECIFIED;
        }
        if self.remote {
            // Only the office's network tells a place by itself.
            let automatic = matches!(source, WorkLocationSource::Automatic);
            let source = if automatic { WorkLocationSource::Scheduled } else { source };
            return WorkLocation { source, kind: WorkLocationType::Remote, place: None };
        }
        let known = !matches!(source, WorkLocationSource::Scheduled);
        let building =
            Guid::thrown(Dice::new(number(OFFICES[person.office_at].offset_minutes)).on(person.office_at as u64));
        WorkLocation { source, kind: WorkLocationType::Office, place: known.then_some(building) }
    }
}

/// How long before midnight the first stretch of somebody's own began.
fn phase(person: &Person) -> i64 {
    i64::from(person.dice.on(206).below(600))
}

/// A possibly negative number as a purpose of dice.
const fn number(signed: i64) -> u64 {
    signed.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::presence;
    use crate::organisation::Organisation;
    use crate::places::Moment;
    use crate::presence::{Activity, Availability};

    /// Monday, 2026-11-16T00:00:00Z, and whole minutes after it.
    fn monday(minutes: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_794_787_200 + minutes * 60)
    }

    #[test]
    fn every_word_of_the_captured_spelling_is_reached_within_a_day() {
        let organisation = Organisation::new(1, 3_000);
        let mut seen = (BTreeSet::new(), BTreeSet::new());
        for minutes in (0..24 * 60).step_by(20) {
            let moment = Moment::new(monday(minutes));
            for person in organisation.people() {
                let presence = presence(&person, &moment);
                seen.0.insert(presence.availability);
                seen.1.insert(presence.activity);
            }
        }
        assert_eq!(seen.0.len(), 9, "{:?}", seen.0);
        assert_eq!(seen.1, Activity::ALL.iter().copied().collect());
    }

    #[test]
    fn the_sequence_number_grows_whenever_the_presence_changes() {
        for person in Organisation::new(1, 300).people() {
            let mut last = presence(&person, &Moment::new(monday(0)));
            // Three weeks around the end of summer time in Europe and in America.
            for minutes in (0..21 * 24 * 60).step_by(7) {
                let at = monday(minutes) - Duration::from_hours(27 * 24);
                let now = presence(&person, &Moment::new(at));
                if minutes > 0 {
                    assert!(now.sequence_number >= last.sequence_number, "{last:?} {now:?}");
                    assert!(now == last || now.sequence_number > last.sequence_number, "{last:?} {now:?}");
                }
                last = now;
            }
        }
    }

    #[test]
    fn most_of_berlin_is_at_work_on_monday_morning_and_nobody_on_sunday_night() {
        let organisation = Organisation::new(1, 5_000);
        let share = |at| {
            let moment = Moment::new(at);
            let germans = organisation.people().filter(|person| {
                person.has_teams()
                    && person.account_enabled
                    && person.office().is_some_and(|at| at.country == "Germany")
            });
            let (mut all, mut offline) = (0, 0);
            for person in germans {
                all += 1;
                offline += u32::from(presence(&person, &moment).availability == Availability::Offline);
            }
            100 * offline / all
        };
        assert!(share(monday(9 * 60)) < 25, "{}", share(monday(9 * 60)));
        assert!(share(monday(0) - Duration::from_hours(3)) > 80);
    }
}
