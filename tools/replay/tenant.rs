//! The simulated tenant as an exporter meets it: who is listed, in which groups, and how each is at an instant.
//!
//! The simulator is asked directly, not over the wire: weeks of requests would take hours. What `src/graph` reads from
//! answers is made here from the same words. It does not know when anybody is asked about.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

use simulator::{Person, Settings, Simulator};
use teams_presence_exporter::demo;
use teams_presence_exporter::domain::batch::Batch;
use teams_presence_exporter::domain::dimension::{Attribute, Dimension, EntraGroup, GroupId, Source};
use teams_presence_exporter::domain::grouping::Members;
use teams_presence_exporter::domain::presence::{Field, Presence};
use teams_presence_exporter::domain::roster::Roster;
use teams_presence_exporter::domain::user::UserId;

/// The people of a tenant who are counted.
pub(crate) struct People {
    simulator: Simulator,
    /// Sorted by id, as in a directory.
    tracked: Vec<(UserId, Person)>,
    members: BTreeMap<GroupId, Vec<UserId>>,
    pub(crate) dimensions: Vec<Dimension>,
}

impl People {
    /// The enabled members among so many accounts.
    pub(crate) fn new(seed: u64, accounts: u32) -> io::Result<Self> {
        let simulator = Simulator::start(Settings { seed, people: accounts, ..Settings::default() })?;
        let mut tracked = simulator
            .people()
            .into_iter()
            .filter(Person::is_enabled_member)
            .map(|person| Ok((user(&person)?, person)))
            .collect::<io::Result<Vec<_>>>()?;
        tracked.sort_unstable_by_key(|(user, _)| *user);
        let dimensions = demo::group_by(&simulator)?;
        let entra_groups = dimensions.iter().flat_map(|dimension| match &dimension.source {
            Source::EntraGroups(by) => by.groups.as_slice(),
            Source::Attribute(_) => &[],
        });
        let mut members = BTreeMap::new();
        for EntraGroup { id, .. } in entra_groups {
            let group = simulator.groups().iter().find(|group| group.id.to_string() == id.to_string());
            let listed = group.map(|group| simulator.members(group)).unwrap_or_default();
            members.insert(*id, listed.iter().map(user).collect::<io::Result<_>>()?);
        }
        Ok(Self { simulator, tracked, members, dimensions })
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.tracked.len()
    }

    /// A listing of everybody.
    pub(crate) fn roster(&self) -> Roster {
        let mut roster = Roster::new(&self.dimensions);
        let attributes: Vec<(Attribute, String)> = self
            .dimensions
            .iter()
            .filter_map(|dimension| match &dimension.source {
                Source::Attribute(by) => Some((by.attribute, property(by.attribute))),
                Source::EntraGroups(_) => None,
            })
            .collect();
        for (user, person) in &self.tracked {
            let texts: Vec<(Attribute, Option<String>)> = attributes
                .iter()
                .map(|(attribute, property)| (*attribute, self.simulator.attribute(person, property)))
                .collect();
            let text = |wanted| texts.iter().find(|(attribute, _)| *attribute == wanted)?.1.as_deref();
            roster.add(*user, text);
        }
        roster
    }

    /// The members of the groups on call, as they are listed.
    pub(crate) fn members(&self) -> BTreeMap<GroupId, Members> {
        self.members.iter().map(|(id, members)| (*id, Members::Read(members.clone()))).collect()
    }

    /// How those of a batch are at an instant, in milliseconds since 1970.
    pub(crate) fn presences(&self, batch: &Batch, unix_millis: u64) -> Vec<Option<Presence>> {
        let instant = UNIX_EPOCH + Duration::from_millis(unix_millis);
        let place = |place: &u32| self.tracked.get(*place as usize);
        let presence = |(_, person): &(UserId, Person)| told(&self.simulator.presence_of(person, instant));
        batch.places().iter().map(|number| place(number).map(presence)).collect()
    }
}

/// What the simulated directory calls an attribute.
fn property(attribute: Attribute) -> String {
    match attribute {
        Attribute::Department => "department".to_owned(),
        Attribute::OfficeLocation => "officeLocation".to_owned(),
        Attribute::City => "city".to_owned(),
        Attribute::State => "state".to_owned(),
        Attribute::Country => "country".to_owned(),
        Attribute::UsageLocation => "usageLocation".to_owned(),
        Attribute::CompanyName => "companyName".to_owned(),
        Attribute::EmployeeType => "employeeType".to_owned(),
        Attribute::JobTitle => "jobTitle".to_owned(),
        Attribute::Extension(number) => format!("extensionAttribute{number}"),
    }
}

/// What an exporter takes from an answer.
fn told(presence: &simulator::Presence) -> Presence {
    Presence {
        availability: Some(Field::Availability.parse(presence.availability.word())),
        activity: Some(Field::Activity.parse(presence.activity.word())),
        work_location: Some(Field::WorkLocation.parse(presence.work_location.kind.word())),
        out_of_office: Some(presence.is_out_of_office),
        status_message: Some(presence.status_message.is_some_and(|text| !text.trim().is_empty())),
    }
}

fn user(person: &Person) -> io::Result<UserId> {
    UserId::parse(&person.id.to_string()).ok_or_else(|| io::Error::other("a person without an id"))
}
