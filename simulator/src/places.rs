//! Places: the offices of the simulated company, with their countries, clocks and holidays.
//!
//! Fixed tables; which person works where is decided in `organisation`.

use std::time::SystemTime;

use crate::calendar::{self, Local, Summer};

/// An office building.
#[derive(Debug)]
pub struct Office {
    /// What the directory calls `officeLocation`.
    pub name: &'static str,
    /// City, as in the directory.
    pub city: &'static str,
    /// State or province; absent where addresses have none.
    pub state: Option<&'static str>,
    /// Country, spelled out as in the directory's `country`.
    pub country: &'static str,
    /// ISO 3166-1 alpha-2, as in the directory's `usageLocation`.
    pub usage_location: &'static str,
    /// Share of the staff, in relation to the sum of all shares.
    pub(crate) share: u32,
    /// Standard time, in minutes east of Greenwich.
    pub(crate) offset_minutes: i64,
    pub(crate) summer: Summer,
    /// Public holidays as (month, date).
    pub(crate) holidays: &'static [(i64, i64)],
}

const GERMANY: &[(i64, i64)] = &[(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)];
const AUSTRIA: &[(i64, i64)] = &[(1, 1), (1, 6), (5, 1), (8, 15), (10, 26), (12, 8), (12, 25), (12, 26)];
const SWITZERLAND: &[(i64, i64)] = &[(1, 1), (1, 2), (8, 1), (12, 25), (12, 26)];
const BRITAIN: &[(i64, i64)] = &[(1, 1), (12, 25), (12, 26)];
const AMERICA: &[(i64, i64)] = &[(1, 1), (7, 4), (11, 11), (12, 25)];
const BRAZIL: &[(i64, i64)] = &[(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)];
const INDIA: &[(i64, i64)] = &[(1, 26), (8, 15), (10, 2), (12, 25)];
const JAPAN: &[(i64, i64)] = &[(1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)];

#[rustfmt::skip]
const fn office(
    name: &'static str, city: &'static str, state: Option<&'static str>, country: &'static str,
    usage_location: &'static str,
) -> Office {
    Office {
        name, city, state, country, usage_location,
        share: 1, offset_minutes: 60, summer: Summer::Europe, holidays: GERMANY,
    }
}

impl Office {
    const fn share(mut self, share: u32) -> Self {
        self.share = share;
        self
    }

    const fn clock(mut self, offset_minutes: i64, summer: Summer, holidays: &'static [(i64, i64)]) -> Self {
        self.offset_minutes = offset_minutes;
        self.summer = summer;
        self.holidays = holidays;
        self
    }
}

/// All offices; a person refers to one by its place in this table.
pub(crate) static OFFICES: [Office; 12] = [
    office("Berlin Mitte", "Berlin", Some("Berlin"), "Germany", "DE").share(22),
    office("Köln, Rheinufer 12", "Köln", Some("Nordrhein-Westfalen"), "Germany", "DE").share(12),
    office("München Werk 3", "München", Some("Bayern"), "Germany", "DE").share(14),
    office("Wien", "Wien", None, "Austria", "AT").share(6).clock(60, Summer::Europe, AUSTRIA),
    office("Zürich \"Sihlpark\"", "Zürich", Some("ZH"), "Switzerland", "CH").share(6).clock(
        60,
        Summer::Europe,
        SWITZERLAND,
    ),
    office("London", "London", None, "United Kingdom", "GB").share(10).clock(0, Summer::Europe, BRITAIN),
    office("New York HQ", "New York", Some("NY"), "United States", "US").share(10).clock(
        -300,
        Summer::America,
        AMERICA,
    ),
    office("Austin", "Austin", Some("TX"), "United States", "US").share(5).clock(-360, Summer::America, AMERICA),
    office("São Paulo", "São Paulo", Some("SP"), "Brazil", "BR").share(4).clock(-180, Summer::None, BRAZIL),
    office("Bengaluru Tower B", "Bengaluru", Some("Karnataka"), "India", "IN").share(14).clock(
        330,
        Summer::None,
        INDIA,
    ),
    office("東京", "Tokyo", Some("Tokyo"), "Japan", "JP").share(4).clock(540, Summer::None, JAPAN),
    office("O'Fallon Depot", "O'Fallon", Some("MO"), "United States", "US").share(1).clock(
        -360,
        Summer::America,
        AMERICA,
    ),
];

/// The sum of all shares.
pub(crate) const SHARES: u32 = 108;

/// One instant as every office sees it: computed once for a request, read for each person.
#[derive(Debug)]
pub(crate) struct Moment([Local; OFFICES.len()]);

impl Moment {
    pub(crate) fn new(at: SystemTime) -> Self {
        let unix = calendar::unix_seconds(at);
        Self(std::array::from_fn(|at| {
            let office = &OFFICES[at];
            calendar::local(unix, office.offset_minutes, office.summer, office.holidays)
        }))
    }

    /// The local time in the office at this place of the table.
    pub(crate) fn in_office(&self, office: usize) -> Local {
        self.0[office]
    }
}

#[cfg(test)]
mod tests {
    use super::{OFFICES, SHARES};

    #[test]
    fn the_shares_add_up() {
        assert_eq!(OFFICES.iter().map(|office| office.share).sum::<u32>(), SHARES);
    }
}
