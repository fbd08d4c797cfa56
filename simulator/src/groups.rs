//! Groups: who is a transitive member of what.
//!
//! A group is a rule over people, or a group of groups; membership is computed, not stored.

use crate::dice::Dice;
use crate::identity::Guid;
use crate::names::DEPARTMENTS;
use crate::organisation::Person;
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
    /// Nobody at all.
    Nobody,
}

impl Group {
    /// Whether a person is a member, directly or through a nested group.
    #[must_use]
    pub fn contains(&self, person: &Person) -> bool {
        let in_department = |at: usize| person.department() == Some(DEPARTMENTS[at].name);
        match self.rule {
            Rule::Everybody => true,
            Rule::Department(at) => in_department(at),
            Rule::Office(at) => person.office().is_some() && person.office_at == at,
            Rule::AnyDepartment(all) => all.iter().any(|at| in_department(*at)),
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
    pub(crate) fn new(seed: u64) -> Self {
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
        let nested = |at: &usize| (groups[*at].id, groups[*at].name.clone());
        let technology: Vec<_> = TECHNOLOGY.iter().map(nested).collect();
        for group in &mut groups {
            if matches!(group.rule, Rule::AnyDepartment(_)) {
                group.nested.clone_from(&technology);
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
