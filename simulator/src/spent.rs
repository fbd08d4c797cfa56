//! Time in state: how somebody's time was spent between two instants, to the second.
//!
//! Presence changes only where the model of the day says so, so the sum over the pieces in between is exact. It knows
//! nothing of requests: what a client who asks now and then makes of it is compared with this.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::day;
use crate::organisation::Person;
use crate::places::Moment;
use crate::presence::{Activity, Availability};

/// How somebody's time was spent. A word that never held is absent; the durations of either map sum to the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// How long each availability held.
    pub availability: BTreeMap<Availability, Duration>,
    /// How long each activity held.
    pub activity: BTreeMap<Activity, Duration>,
    /// How often availability changed, by what it was and what it became.
    pub transitions: BTreeMap<(Availability, Availability), u32>,
    /// How often activity changed.
    pub activity_changes: u32,
}

impl Spent {
    /// The time of a person from one instant until another; nothing if that is not later.
    pub(crate) fn between(person: &Person, from: SystemTime, until: SystemTime) -> Self {
        let mut spent = Self::default();
        let (mut at, mut before) = (from, None);
        while at < until {
            let moment = Moment::new(at);
            let now = day::presence(person, &moment);
            let (now, next) = ((now.availability, now.activity), day::settled_until(person, &moment, at).min(until));
            spent.add(before, now, next.duration_since(at).unwrap_or_default());
            (at, before) = (next, Some(now));
        }
        spent
    }

    fn add(&mut self, before: Option<(Availability, Activity)>, now: (Availability, Activity), passed: Duration) {
        *self.availability.entry(now.0).or_default() += passed;
        *self.activity.entry(now.1).or_default() += passed;
        let Some(before) = before else { return };
        if before.0 != now.0 {
            *self.transitions.entry((before.0, now.0)).or_default() += 1;
        }
        self.activity_changes += u32::from(before.1 != now.1);
    }

    /// How often availability changed.
    #[must_use]
    pub fn availability_changes(&self) -> u32 {
        self.transitions.values().sum()
    }
}

impl std::ops::AddAssign<&Self> for Spent {
    /// The time of several people, or of one in several times.
    fn add_assign(&mut self, other: &Self) {
        for (word, time) in &other.availability {
            *self.availability.entry(*word).or_default() += *time;
        }
        for (word, time) in &other.activity {
            *self.activity.entry(*word).or_default() += *time;
        }
        for (change, times) in &other.transitions {
            *self.transitions.entry(*change).or_default() += times;
        }
        self.activity_changes += other.activity_changes;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::Spent;
    use crate::day;
    use crate::organisation::{Organisation, Person};
    use crate::places::Moment;

    /// Sunday, 2026-10-25T00:00:00Z: the day on which summer time ends in Europe.
    const SUNDAY: Duration = Duration::from_hours(498_024);

    /// What looking at every second comes to.
    fn watched(person: &Person, from: SystemTime, seconds: u32) -> Spent {
        let (mut spent, mut before) = (Spent::default(), None);
        for second in 0..seconds {
            let now = day::presence(person, &Moment::new(from + Duration::from_secs(second.into())));
            let now = (now.availability, now.activity);
            spent.add(before, now, Duration::from_secs(1));
            before = Some(now);
        }
        spent
    }

    #[test]
    fn it_is_what_somebody_sees_who_looks_at_every_second() {
        for person in Organisation::new(3, 12).people() {
            // From Sunday evening till Monday evening; and the hours in which the clocks change.
            for (from, hours) in [(20, 24), (0, 4)] {
                let from = UNIX_EPOCH + SUNDAY + Duration::from_hours(from);
                let until = from + Duration::from_hours(hours.into());
                assert_eq!(Spent::between(&person, from, until), watched(&person, from, hours * 3600), "{person:?}");
            }
        }
    }

    #[test]
    fn fractions_of_a_second_are_kept_and_nothing_passes_backwards() {
        let person = Organisation::new(3, 40).person(7);
        let from = UNIX_EPOCH + SUNDAY + Duration::from_millis(33_250_750);
        let until = from + Duration::from_millis(90_061_500);
        let spent = Spent::between(&person, from, until);
        assert_eq!(spent.availability.values().sum::<Duration>(), Duration::from_millis(90_061_500));
        assert_eq!(spent.activity.values().sum::<Duration>(), Duration::from_millis(90_061_500));
        assert_eq!(Spent::between(&person, until, from), Spent::default());
    }

    #[test]
    fn two_halves_sum_to_the_whole_but_for_a_change_at_the_edge() {
        let person = Organisation::new(3, 40).people().find(Person::has_teams).expect("somebody with Teams");
        let at = |hours| UNIX_EPOCH + SUNDAY + Duration::from_hours(24) + Duration::from_hours(hours);
        let mut halves = Spent::between(&person, at(0), at(11));
        halves += &Spent::between(&person, at(11), at(24));
        let whole = Spent::between(&person, at(0), at(24));
        assert_eq!((&halves.availability, &halves.activity), (&whole.availability, &whole.activity));
        assert!(whole.availability_changes() - halves.availability_changes() <= 1);
    }
}
