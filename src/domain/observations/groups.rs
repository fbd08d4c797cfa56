//! Counts of groups: everybody whose observation is fresh enough, once more for each dimension.
//!
//! It counts what the directory's grouping may show, and leaves out of a snapshot what too few answers would give away.

use std::time::Duration;

use super::super::dimension::{Dimension, Duty, GroupMetric};
use super::super::grouping::{Divided, Group, Membership};
use super::super::moment::Moment;
use super::super::presence::Field;
use super::super::tally::{Class, DimensionTally, GroupCounts, GroupTally};
use super::{Observation, Observations, Properties};

/// What is counted of each group of a dimension, as columns of one table: the words of the fields that are counted, then
/// out of office.
struct Columns {
    /// Where the words of each field begin, and how many there are.
    fields: [Option<(usize, usize)>; 3],
    out_of_office: Option<usize>,
    width: usize,
}

/// The counts of a dimension, a row for each group.
struct Table {
    columns: Columns,
    cells: Vec<u32>,
}

/// Who is counted.
struct Look {
    now: Moment,
    max_age: Duration,
}

impl Observations {
    /// The counts of each dimension as of `now`.
    pub(super) fn dimensions(&self, now: Moment, max_age: Duration) -> Vec<DimensionTally> {
        let grouping = self.directory.grouping();
        if grouping.dimensions().is_empty() {
            return Vec::new();
        }
        let look = Look { now, max_age };
        let uncounted: Vec<u32> = (0_u32..)
            .zip(&self.users)
            .filter(|(_, user)| !self.counted(**user, &look))
            .map(|(place, _)| place)
            .collect();
        let visible = grouping.visible(&uncounted);
        let tallies = grouping.dimensions().iter().zip(visible);
        tallies.map(|(divided, visible)| self.dimension(divided, &visible, &look)).collect()
    }

    fn dimension(&self, divided: &Divided, visible: &[bool], look: &Look) -> DimensionTally {
        let mut table = Table::new(self.columns(&divided.dimension), divided.groups.len());
        match &divided.membership {
            Membership::Cells(cells) => {
                for (user, cell) in self.users.iter().zip(cells) {
                    if self.counted(*user, look) {
                        table.add(usize::from(*cell), *user);
                    }
                }
            }
            Membership::Sets(sets) => {
                for (group, set) in sets.iter().enumerate() {
                    for user in self.members(set.as_deref()).filter(|user| self.counted(*user, look)) {
                        table.add(group, user);
                    }
                }
            }
        }
        let groups = divided.groups.iter().enumerate().map(|(number, group)| {
            let shown = group.shown && visible.get(number) == Some(&true);
            let counts = shown.then(|| self.counts(group, &table, number));
            let reachable = divided.dimension.duty().and_then(|duty| self.reachable(divided, number, duty, look));
            GroupTally { name: group.name.clone(), counts, reachable }
        });
        DimensionTally { visibility: divided.visibility, groups: groups.collect() }
    }

    fn columns(&self, dimension: &Dimension) -> Columns {
        let mut width = 0;
        let fields = [
            (GroupMetric::Availability, Properties::AVAILABILITY),
            (GroupMetric::Activity, Properties::ACTIVITY),
            (GroupMetric::WorkLocation, Properties::WORK_LOCATION),
        ];
        let mut vocabularies = self.vocabularies.iter();
        let fields = fields.map(|(metric, carried)| {
            let words = vocabularies.next()?.len();
            (dimension.counts(metric) && self.carried.hold(carried)).then(|| {
                width += words;
                (width - words, words)
            })
        });
        let carried = dimension.counts(GroupMetric::OutOfOffice) && self.carried.hold(Properties::OUT_OF_OFFICE);
        let out_of_office = carried.then(|| {
            width += 1;
            width - 1
        });
        Columns { fields, out_of_office, width }
    }

    fn counts(&self, group: &Group, table: &Table, number: usize) -> GroupCounts {
        let row = table.row(number);
        let mut fields = table.columns.fields.iter().zip(&self.vocabularies);
        let words = std::array::from_fn(|_| {
            let (field, vocabulary) = fields.next()?;
            field.map(|(from, words)| vocabulary.labelled(&row[from..from + words]))
        });
        GroupCounts { users: group.users, words, out_of_office: table.columns.out_of_office.map(|at| row[at]) }
    }

    /// Whether enough of a group on duty are reachable: known when those who are not answered can not change it.
    fn reachable(&self, divided: &Divided, number: usize, duty: Duty, look: &Look) -> Option<bool> {
        let Membership::Sets(sets) = &divided.membership else { return None };
        let set = sets.get(number)?.as_deref()?;
        if !self.carried.hold(Properties::AVAILABILITY) {
            return None;
        }
        let (mut counted, mut reachable, mut unanswered) = (0, 0, 0);
        for user in self.members(Some(set)) {
            match self.class(user, look.now, look.max_age) {
                Class::Current | Class::Held => {
                    counted += 1;
                    reachable += u32::from(Field::reachable(user.availability));
                }
                Class::Unanswered => unanswered += 1,
                Class::Unanswerable => {}
            }
        }
        if counted < Duty::FEWEST {
            return None;
        }
        match duty.min_reachable {
            needed if reachable >= needed => Some(true),
            needed if reachable + unanswered < needed => Some(false),
            _ => None,
        }
    }

    fn members<'a>(&'a self, set: Option<&'a [u32]>) -> impl Iterator<Item = Observation> + 'a {
        set.unwrap_or_default().iter().filter_map(|place| self.users.get(*place as usize).copied())
    }

    fn counted(&self, user: Observation, look: &Look) -> bool {
        matches!(self.class(user, look.now, look.max_age), Class::Current | Class::Held)
    }
}

impl Table {
    fn new(columns: Columns, groups: usize) -> Self {
        let cells = vec![0; groups * columns.width];
        Self { columns, cells }
    }

    fn row(&self, group: usize) -> &[u32] {
        &self.cells[group * self.columns.width..][..self.columns.width]
    }

    /// Counts a user of a group.
    fn add(&mut self, group: usize, user: Observation) {
        let from = group * self.columns.width;
        let Some(row) = self.cells.get_mut(from..from + self.columns.width) else { return };
        let slots = [user.availability, user.activity, user.work_location];
        for (field, slot) in self.columns.fields.iter().zip(slots) {
            if let Some((from, _)) = field {
                row[from + usize::from(slot)] += 1;
            }
        }
        if let Some(at) = self.columns.out_of_office {
            row[at] += u32::from(user.marks.out_of_office());
        }
    }
}

#[cfg(test)]
mod tests;
