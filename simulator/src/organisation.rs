//! The organisation: who works where, as what, and in which groups.
//!
//! Nothing is stored. A person is computed from the seed and a number in `0..people`, in well under a
//! microsecond, so a tenant of a million costs no memory and no time to start. What people do all day is `day`.

use crate::dice::Dice;
use crate::identity::{Guid, Permutation};
use crate::names::{COMPANIES, DEPARTMENT_SHARES, DEPARTMENTS, DOMAIN, Department, GIVEN, PARTNERS, SURNAMES};
use crate::places::{OFFICES, Office, SHARES};

/// What sort of account somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A member of staff.
    Employee,
    /// Somebody of another company, invited.
    Guest,
    /// A meeting room's mailbox account: disabled, as Exchange makes them.
    Room,
    /// An account that software uses: enabled, without licence, never signed in to Teams.
    Service,
}

/// The state of the Teams service plan, `assignedPlans/capabilityStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// No such plan.
    Absent,
    /// `Enabled`
    Enabled,
    /// `Warning`: in the grace period, still usable.
    Warning,
    /// `Suspended`
    Suspended,
    /// `Deleted`
    Deleted,
}

/// One account of the directory.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The number of the person, `0..people`; the directory lists in this order.
    pub number: u32,
    /// The object id.
    pub id: Guid,
    /// What sort of account this is.
    pub kind: Kind,
    /// `accountEnabled`
    pub account_enabled: bool,
    /// `givenName`
    pub given_name: &'static str,
    /// `surname`
    pub surname: &'static str,
    /// `jobTitle`
    pub job_title: Option<&'static str>,
    /// `companyName`
    pub company_name: &'static str,
    /// `employeeType`
    pub employee_type: Option<&'static str>,
    /// The Teams plan; without a usable one there is no presence.
    pub teams_plan: Plan,
    /// Where the person works in [`OFFICES`]; guests have a clock but no office.
    pub(crate) office_at: usize,
    pub(crate) department: Option<&'static Department>,
    pub(crate) dice: Dice,
    ascii: (&'static str, &'static str),
}

impl Person {
    /// `userType`: `Member` or `Guest`.
    #[must_use]
    pub const fn user_type(&self) -> &'static str {
        if matches!(self.kind, Kind::Guest) { "Guest" } else { "Member" }
    }

    /// `department`; some people have none.
    #[must_use]
    pub fn department(&self) -> Option<&'static str> {
        self.department.map(|department| department.name)
    }

    /// The office, with its city, state, country and usage location; guests and service accounts have none.
    #[must_use]
    pub fn office(&self) -> Option<&'static Office> {
        matches!(self.kind, Kind::Employee | Kind::Room).then(|| &OFFICES[self.office_at])
    }

    /// `displayName`
    #[must_use]
    pub fn display_name(&self) -> String {
        match self.kind {
            Kind::Employee => format!("{} {}", self.given_name, self.surname),
            Kind::Guest => format!("{} {} (external)", self.given_name, self.surname),
            Kind::Room => format!("Room {} {}", OFFICES[self.office_at].city, self.number),
            Kind::Service => format!("svc-{}", self.number),
        }
    }

    /// `userPrincipalName`, unique in the tenant.
    #[must_use]
    pub fn user_principal_name(&self) -> String {
        let (given, surname) = self.ascii;
        let number = self.number;
        match self.kind {
            Kind::Employee => format!("{given}.{surname}.{number}@{DOMAIN}"),
            Kind::Guest => {
                format!("{given}.{surname}.{number}_{}#EXT#@{DOMAIN}", self.partner())
            }
            Kind::Room => format!("room.{number}@{DOMAIN}"),
            Kind::Service => format!("svc-{number}@{DOMAIN}"),
        }
    }

    /// `mail`; service accounts have none.
    #[must_use]
    pub fn mail(&self) -> Option<String> {
        let (given, surname) = self.ascii;
        match self.kind {
            Kind::Guest => Some(format!("{given}.{surname}.{}@{}", self.number, self.partner())),
            Kind::Service => None,
            Kind::Employee | Kind::Room => Some(self.user_principal_name()),
        }
    }

    /// `onPremisesExtensionAttributes/extensionAttribute{number}`: 1 is the cost centre and 2 the site code of
    /// employees; the others are empty.
    #[must_use]
    pub fn extension_attribute(&self, number: u8) -> Option<String> {
        match (self.kind, number) {
            (Kind::Employee, 1) => Some(format!("CC-{:04}", 1000 + self.dice.on(31).below(40) * 25)),
            (Kind::Employee, 2) => Some(format!("{}-{:02}", OFFICES[self.office_at].usage_location, self.office_at)),
            _ => None,
        }
    }

    /// Whether `accountEnabled eq true and userType eq 'Member'` selects this person.
    #[must_use]
    pub const fn is_enabled_member(&self) -> bool {
        self.account_enabled && !matches!(self.kind, Kind::Guest)
    }

    /// Whether Teams serves this account. Guests, rooms, service accounts and people without a usable plan have
    /// no presence of their own.
    #[must_use]
    pub const fn has_teams(&self) -> bool {
        matches!(self.kind, Kind::Employee) && matches!(self.teams_plan, Plan::Enabled | Plan::Warning)
    }

    /// Rooms and service accounts have neither given name nor surname in the directory.
    pub(crate) const fn has_a_name(&self) -> bool {
        matches!(self.kind, Kind::Employee | Kind::Guest)
    }

    fn partner(&self) -> &'static str {
        PARTNERS[self.dice.on(30).below(4) as usize]
    }
}

/// The people and groups of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Organisation {
    people: u32,
    dice: Dice,
    ids: Permutation,
}

impl Organisation {
    /// The organisation of `people` accounts that this seed makes.
    #[must_use]
    pub fn new(seed: u64, people: u32) -> Self {
        let dice = Dice::new(seed);
        Self { people, dice: dice.on(10), ids: Permutation::new(dice.on(11)) }
    }

    /// Number of accounts, of every kind.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.people
    }

    /// Whether nobody is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.people == 0
    }

    /// Everybody, in the order in which the directory lists them.
    #[must_use]
    pub fn people(&self) -> impl ExactSizeIterator<Item = Person> + '_ {
        (0..self.people).map(|number| self.person(number))
    }

    /// The account with this object id.
    #[must_use]
    pub fn find(&self, id: Guid) -> Option<Person> {
        let number = self.ids.number(id).filter(|number| *number < self.people)?;
        Some(self.described(number, id))
    }

    /// The account with this number.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    pub fn person(&self, number: u32) -> Person {
        assert!(number < self.people, "there is no person {number} among {}", self.people);
        self.described(number, self.ids.guid(number))
    }

    /// An object id that belongs to nobody here, one for each number.
    pub(crate) fn foreign_id(&self, number: u64) -> Guid {
        Guid::thrown(self.dice.on(12).on(number))
    }

    /// What the scenes of a scenario are thrown with.
    pub(crate) const fn dice_on_scenes(&self) -> Dice {
        self.dice.on(13)
    }

    fn described(&self, number: u32, id: Guid) -> Person {
        let dice = self.dice.on(u64::from(number) + 1_000);
        let kind = match dice.on(1).below(1000) {
            0..80 => Kind::Guest,
            80..92 => Kind::Room,
            92..100 => Kind::Service,
            _ => Kind::Employee,
        };
        let employee = matches!(kind, Kind::Employee);
        let department = department_of(dice, kind);
        let given = GIVEN[dice.on(2).below(32) as usize];
        let surname = SURNAMES[dice.on(3).below(32) as usize];
        Person {
            number,
            id,
            kind,
            account_enabled: !matches!(kind, Kind::Room) && !dice.on(4).happens(35),
            given_name: given.0,
            surname: surname.0,
            job_title: department.map(|department| department.titles[title(dice)]),
            company_name: company_of(dice, kind),
            employee_type: employee.then(|| employee_type(dice)),
            teams_plan: plan_of(dice, kind),
            office_at: office_of(dice),
            department,
            dice,
            ascii: (given.1, surname.1),
        }
    }
}

fn department_of(dice: Dice, kind: Kind) -> Option<&'static Department> {
    if !matches!(kind, Kind::Employee) || dice.on(5).happens(30) {
        return None;
    }
    let mut left = dice.on(6).below(DEPARTMENT_SHARES);
    DEPARTMENTS.iter().find(|department| {
        let here = left < department.share;
        left = left.saturating_sub(department.share);
        here
    })
}

fn office_of(dice: Dice) -> usize {
    let mut left = dice.on(7).below(SHARES);
    let here = |office: &Office| {
        let here = left < office.share;
        left = left.saturating_sub(office.share);
        here
    };
    OFFICES.iter().position(here).unwrap_or(0)
}

fn title(dice: Dice) -> usize {
    match dice.on(8).below(10) {
        0..6 => 0,
        6..9 => 1,
        _ => 2,
    }
}

fn company_of(dice: Dice, kind: Kind) -> &'static str {
    if matches!(kind, Kind::Guest) {
        return "Partner";
    }
    COMPANIES[match dice.on(9).below(10) {
        0..7 => 0,
        7..9 => 1,
        _ => 2,
    }]
}

fn employee_type(dice: Dice) -> &'static str {
    match dice.on(10).below(20) {
        0..16 => "Employee",
        16..19 => "Contractor",
        _ => "Intern",
    }
}

fn plan_of(dice: Dice, kind: Kind) -> Plan {
    if !matches!(kind, Kind::Employee) {
        return Plan::Absent;
    }
    match dice.on(11).below(1000) {
        0..15 => Plan::Absent,
        15..20 => Plan::Warning,
        20..24 => Plan::Suspended,
        24..28 => Plan::Deleted,
        _ => Plan::Enabled,
    }
}
