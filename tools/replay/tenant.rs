//! The simulated tenant as an exporter meets it: who is listed, in which groups, and how each is at an instant.
//!
//! The simulator is asked directly, not over the wire: weeks of requests would take hours. What `src/graph` reads from
//! answers is made here from the same words. It does not know when anybody is asked about.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

use simulator::{Person, Settings, Simulator};
use teams_presence_exporter::domain::batch::Batch;
use teams_presence_exporter::domain::dimension::{
    Attribute, ByAttribute, ByEntraGroups, Dimension, Duty, EntraGroup, GroupId, GroupMetric, Label, Source,
};
use teams_presence_exporter::domain::grouping::Members;
use teams_presence_exporter::domain::presence::{Field, Presence};
use teams_presence_exporter::domain::roster::Roster;
use teams_presence_exporter::domain::user::UserId;

/// The people on call: what the metrics call a group, and what the simulated tenant does.
const ON_CALL: [(&str, &str); 2] = [("sre", "On call SRE"), ("support", "On call Support")];

/// The people of a tenant who are counted.
pub(crate) struct People {
    simulator: Simulator,
    /// Sorted by id, as in a directory.
    people: Vec<(UserId, Person)>,
    members: BTreeMap<GroupId, Vec<UserId>>,
    pub(crate) dimensions: Vec<Dimension>,
}

impl People {
    /// The enabled members among so many accounts.
    pub(crate) fn new(seed: u64, accounts: u32) -> io::Result<Self> {
        let simulator = Simulator::start(Settings { seed, people: accounts, ..Settings::default() })?;
        let mut people = simulator
            .people()
            .into_iter()
            .filter(Person::is_enabled_member)
            .map(|person| Ok((user(&person)?, person)))
            .collect::<io::Result<Vec<_>>>()?;
        people.sort_unstable_by_key(|(user, _)| *user);
        let mut members = BTreeMap::new();
        let mut groups = Vec::new();
        for (name, known_as) in ON_CALL {
            let group = simulator.group(known_as);
            let id = GroupId::parse(&group.id.to_string()).ok_or_else(|| io::Error::other("a group without an id"))?;
            let on_call = simulator.members(group);
            members.insert(id, on_call.iter().map(user).collect::<io::Result<_>>()?);
            groups.push(EntraGroup { name: label(name)?, id });
        }
        let dimensions = dimensions(groups)?;
        Ok(Self { simulator, people, members, dimensions })
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.people.len()
    }

    /// A listing of everybody.
    pub(crate) fn roster(&self) -> Roster {
        let mut roster = Roster::new(&self.dimensions);
        for (user, person) in &self.people {
            let [department, office] =
                ["department", "officeLocation"].map(|property| self.simulator.attribute(person, property));
            roster.add(*user, |attribute| match attribute {
                Attribute::Department => department.as_deref(),
                Attribute::OfficeLocation => office.as_deref(),
                _ => None,
            });
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
        let place = |place: &u32| self.people.get(*place as usize);
        let presence = |(_, person): &(UserId, Person)| told(&self.simulator.presence_of(person, instant));
        batch.places().iter().map(|number| place(number).map(presence)).collect()
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

/// By what the people are counted apart: as in the demo, with more told of each group.
fn dimensions(on_call: Vec<EntraGroup>) -> io::Result<Vec<Dimension>> {
    let by = |attribute| Source::Attribute(ByAttribute { attribute, map: BTreeMap::new(), max_groups: 100 });
    let duty = Source::EntraGroups(ByEntraGroups { groups: on_call, duty: Some(Duty { min_reachable: 1 }) });
    let all = [GroupMetric::Availability, GroupMetric::Activity, GroupMetric::WorkLocation, GroupMetric::OutOfOffice]
        .to_vec();
    Ok(vec![
        Dimension { name: label("department")?, source: by(Attribute::Department), metrics: all.clone() },
        Dimension { name: label("office")?, source: by(Attribute::OfficeLocation), metrics: all },
        Dimension { name: label("on_call")?, source: duty, metrics: vec![GroupMetric::Availability] },
    ])
}

fn user(person: &Person) -> io::Result<UserId> {
    UserId::parse(&person.id.to_string()).ok_or_else(|| io::Error::other("a person without an id"))
}

fn label(name: &str) -> io::Result<Label> {
    Label::parse(name).map_err(io::Error::other)
}
