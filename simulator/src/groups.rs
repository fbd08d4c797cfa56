//! Groups: who is a transitive member of what.
//!
//! A group is a rule over people, or a group of groups; membership is computed, but for the few people on call.

use crate::dice::Dice;
use crate::identity::Guid;
use crate::names::DEPARTMENTS;
use crate::organisation::{Organisation, Person};
use crate::places::OFFICES;

/// An Entra group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The object id.
    pub id: Guid,
    /// `displayName`
    pub name: String,
    rule: Rule,
    /// Groups directly or indirectly in this one.
    nested: Vec<(Guid, String)>,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Every account, guests included.
    Everybody,
    /// Staff of the department at this place of the table.
    Department(usize),
    /// Staff and rooms of the office at this place of the table.
    Office(usize),
    /// Whoever is in one of the departments.
    AnyDepartment(&'static [usize]),
    /// These people, by number.
    These(Vec<u32>),
    /// Nobody at all.
    Nobody,
}

impl Group {
    /// Whether a person is a member, directly or through a nested group, as the tenant was made; as it is now:
    /// [`crate::Simulator::members`].
    #[must_use]
    pub fn contains(&self, person: &Person) -> bool {
        let in_department = |at: usize| person.department() == Some(DEPARTMENTS[at].name);
        match &self.rule {
            Rule::Everybody => true,
            Rule::Department(at) => in_department(*at),
            Rule::Office(at) => person.office().is_some() && person.office_at == *at,
            Rule::AnyDepartment(all) => all.iter().any(|at| in_department(*at)),
            Rule::These(people) => people.contains(&person.number),
            Rule::Nobody => false,
        }
    }

    /// Ids and names of the groups in this one.
    pub(crate) fn nested(&self) -> &[(Guid, String)] {
        &self.nested
    }
}

/// All groups of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Groups(Vec<Group>);

/// Engineering, Research & Development and IT.
const TECHNOLOGY: &[usize] = &[0, 7, 8];

impl Groups {
    pub(crate) fn new(seed: u64, organisation: &Organisation) -> Self {
        let dice = Dice::new(seed).on(21);
        let mut groups: Vec<Group> = Vec::new();
        let mut add = |name: String, rule: Rule| {
            let id = Guid::thrown(dice.on(groups.len() as u64));
            groups.push(Group { id, name, rule, nested: Vec::new() });
        };
        for (at, department) in DEPARTMENTS.iter().enumerate() {
            add(format!("Department {}", department.name), Rule::Department(at));
        }
        for (at, office) in OFFICES.iter().enumerate() {
            add(format!("Office {}", office.name), Rule::Office(at));
        }
        add("Technology".to_owned(), Rule::AnyDepartment(TECHNOLOGY));
        add("All accounts".to_owned(), Rule::Everybody);
        add("Empty".to_owned(), Rule::Nobody);
        let mut staff = staff(dice.on(100), organisation);
        let mut some = |people: u32| staff.by_ref().take(people as usize).collect::<Vec<u32>>();
        let backup = some(3);
        let engineers = [backup.clone(), some(3 + dice.on(101).below(3))].concat();
        add("On call SRE".to_owned(), Rule::These(engineers));
        add("On call Support".to_owned(), Rule::These(some(2)));
        add("On call Solo".to_owned(), Rule::These(some(1)));
        add("On call SRE backup".to_owned(), Rule::These(backup));
        let nested = |at: &usize| (groups[*at].id, groups[*at].name.clone());
        let technology: Vec<_> = TECHNOLOGY.iter().map(nested).collect();
        let backup = groups.last().map(|group| (group.id, group.name.clone()));
        for group in &mut groups {
            if matches!(group.rule, Rule::AnyDepartment(_)) {
                group.nested.clone_from(&technology);
            }
            if group.name == "On call SRE" {
                group.nested.extend(backup.clone());
            }
        }
        Self(groups)
    }

    pub(crate) fn all(&self) -> &[Group] {
        &self.0
    }

    pub(crate) fn find(&self, id: Guid) -> Option<&Group> {
        self.0.iter().find(|group| group.id == id)
    }
}

/// The numbers of all who have a presence, from a place that the dice tell.
fn staff(dice: Dice, organisation: &Organisation) -> impl Iterator<Item = u32> + '_ {
    let first = dice.below(organisation.len());
    let is_there = |number: &u32| {
        let person = organisation.person(*number);
        person.has_teams() && person.account_enabled
    };
    (first..organisation.len()).chain(0..first).filter(is_there)
}
