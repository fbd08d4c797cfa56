//! Calendars: what an instant is called in an office.
//!
//! Civil dates, summer time by the two rules that matter to the simulated offices, weekends and public
//! holidays. Knows nothing of people; `day` reads it.

use std::time::{SystemTime, UNIX_EPOCH};

/// How clocks change in summer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Summer {
    /// Never.
    None,
    /// From the last Sunday of March to the last of October, at 01:00 UTC (Directive 2000/84/EC).
    Europe,
    /// From the second Sunday of March to the first of November, at 02:00 local (Energy Policy Act of 2005).
    America,
}

/// A local date and time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// Days since 1970-01-01.
    pub(crate) day: i64,
    /// Seconds since local midnight.
    pub(crate) second: i64,
    /// A Saturday, a Sunday or a public holiday.
    pub(crate) free: bool,
}

/// Seconds since 1970-01-01T00:00:00Z; negative before.
pub(crate) fn unix_seconds(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
    }
}

/// The local time at `unix` seconds, given the zone's standard offset in minutes.
pub(crate) fn local(unix: i64, offset_minutes: i64, summer: Summer, holidays: &[(i64, i64)]) -> Local {
    let standard = unix + offset_minutes * 60;
    let shifted = standard + if in_summer(unix, standard, summer) { 3600 } else { 0 };
    let day = shifted.div_euclid(DAY);
    let (_, month, date) = civil(day);
    let free = weekday(day) >= 5 || holidays.contains(&(month, date));
    Local { day, second: shifted.rem_euclid(DAY), free }
}

/// `2026-08-20T09:15:00` in UTC; `separator` stands between date and time.
pub(crate) fn timestamp(at: SystemTime, separator: char) -> String {
    let unix = unix_seconds(at);
    let (year, month, date) = civil(unix.div_euclid(DAY));
    let second = unix.rem_euclid(DAY);
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}{separator}{hours:02}:{minutes:02}:{seconds:02}")
}

/// `Thu, 20 Aug 2026 09:15:00 GMT`, as HTTP wants it.
pub(crate) fn http_date(at: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = unix_seconds(at).div_euclid(DAY);
    let (year, month, date) = civil(day);
    let name = DAYS[usize::try_from(weekday(day)).unwrap_or(0)];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    let stamp = timestamp(at, ' ');
    let time = stamp.split(' ').next_back().unwrap_or_default();
    format!("{name}, {date:02} {month} {year} {time} GMT")
}

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

fn in_summer(unix: i64, standard: i64, summer: Summer) -> bool {
    let (year, _, _) = civil(standard.div_euclid(DAY));
    match summer {
        Summer::None => false,
        Summer::Europe => {
            let begin = sunday_on_or_before(days(year, 3, 31)) * DAY + 3600;
            let end = sunday_on_or_before(days(year, 10, 31)) * DAY + 3600;
            (begin..end).contains(&unix)
        }
        Summer::America => {
            let begin = sunday_on_or_before(days(year, 3, 14)) * DAY + 2 * 3600;
            let end = sunday_on_or_before(days(year, 11, 7)) * DAY + 3600;
            (begin..end).contains(&standard)
        }
    }
}

/// 0 is Monday. 1970-01-01 was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn sunday_on_or_before(day: i64) -> i64 {
    day - (weekday(day) + 1) % 7
}

/// Year, month and date of a day (H. Hinnant, "chrono-compatible low-level date algorithms").
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let index = (5 * of_year + 2) / 153;
    let month = if index < 10 { index + 3 } else { index - 9 };
    let date = of_year - (153 * index + 2) / 5 + 1;
    (year + era * 400 + i64::from(month <= 2), month, date)
}

/// The inverse of [`civil`].
fn days(year: i64, month: i64, date: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + date - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Local, Summer, UNIX_EPOCH, civil, days, http_date, local, timestamp};
    use std::time::Duration;

    /// 2026-08-20T09:15:00Z, a Thursday.
    const THURSDAY: i64 = 1_787_217_300;

    #[test]
    fn dates_survive_the_way_to_days_and_back() {
        for day in (-200_000..200_000).step_by(97) {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
    }

    #[test]
    fn an_instant_is_written_as_graph_and_http_write_it() {
        let at = UNIX_EPOCH + Duration::from_secs(THURSDAY.unsigned_abs());
        assert_eq!(timestamp(at, 'T'), "2026-08-20T09:15:00");
        assert_eq!(http_date(at), "Thu, 20 Aug 2026 09:15:00 GMT");
    }

    #[test]
    fn berlin_is_two_hours_ahead_in_august_and_one_in_january() {
        let august = local(THURSDAY, 60, Summer::Europe, &[]);
        assert_eq!(august.second, (11 * 60 + 15) * 60);
        let january = local(THURSDAY - 220 * 86_400, 60, Summer::Europe, &[]);
        assert_eq!(january.second, (10 * 60 + 15) * 60);
    }

    #[test]
    fn new_york_changes_on_the_second_sunday_of_march() {
        // 2026-03-08T06:59:59Z is 01:59:59 EST; a second later it is 03:00:00 EDT.
        let before = 1_772_953_199;
        assert_eq!(local(before, -300, Summer::America, &[]).second, 2 * 3600 - 1);
        assert_eq!(local(before + 1, -300, Summer::America, &[]).second, 3 * 3600);
    }

    #[test]
    fn weekends_and_holidays_are_free() {
        let on = |unix| local(unix, 0, Summer::None, &[(8, 20)]);
        assert!(matches!(on(THURSDAY), Local { free: true, .. }));
        assert!(!on(THURSDAY + 86_400).free);
        assert!(on(THURSDAY + 2 * 86_400).free);
    }
}
