//! Joint counts: how many people each published group has, and how many it shares with each other group.
//!
//! They are counted once for everybody; for a snapshot, a copy is made less by those who are not counted. It does not
//! know what may be shown. Next: `screen`, which decides that.

use std::slice;

use super::Published;

/// People are taken so many at a time, so that what is noted of each stays small.
const AT_A_TIME: usize = 4096;

/// How many people there are, in each group, and in each two groups together.
#[derive(Debug, Clone)]
pub(super) struct Joint {
    people: u32,
    /// By dimension and group.
    sizes: Vec<Vec<u32>>,
    /// One for each two dimensions, row by row of a triangle.
    tables: Vec<Table>,
}

/// How many people groups of one dimension share with groups of a later one, or of the same.
#[derive(Debug, Clone)]
pub(super) struct Table {
    columns: usize,
    people: Vec<u32>,
}

impl Joint {
    /// Counts all `users`.
    pub(super) fn new(users: u32, published: &[Published<'_>]) -> Self {
        let tables = published.iter().enumerate().flat_map(|(place, later)| {
            published[..=place].iter().enumerate().map(move |(row, earlier)| {
                // Two cells of one dimension share nobody.
                let is_empty = row == place && matches!(later, Published::Cells { .. });
                let rows = if is_empty { 0 } else { earlier.groups() };
                Table { columns: later.groups(), people: vec![0; rows * later.groups()] }
            })
        });
        let sizes = published.iter().map(|dimension| vec![0; dimension.groups()]).collect();
        let mut joint = Self { people: 0, sizes, tables: tables.collect() };
        joint.change(published, 0..users, |people| *people += 1);
        joint
    }

    /// These counts without the people at these places, which ascend.
    pub(super) fn without(&self, published: &[Published<'_>], places: &[u32]) -> Self {
        let mut joint = self.clone();
        joint.change(published, places.iter().copied(), |people| *people = people.saturating_sub(1));
        joint
    }

    /// How many people there are.
    pub(super) fn people(&self) -> u32 {
        self.people
    }

    /// How many are in each group of a dimension.
    pub(super) fn sizes(&self, dimension: usize) -> &[u32] {
        &self.sizes[dimension]
    }

    /// How many the groups of a dimension share with those of a later one, or Entra groups with those of their own.
    pub(super) fn shared(&self, earlier: usize, later: usize) -> &Table {
        &self.tables[later * (later + 1) / 2 + earlier]
    }

    fn change(&mut self, published: &[Published<'_>], mut places: impl Iterator<Item = u32>, step: impl Fn(&mut u32)) {
        let mut notes: Vec<Vec<Vec<u16>>> = published.iter().map(Published::blank).collect();
        loop {
            let some: Vec<u32> = places.by_ref().take(AT_A_TIME).collect();
            if some.is_empty() {
                break;
            }
            let groups: Vec<Vec<&[u16]>> =
                published.iter().zip(&mut notes).map(|(dimension, notes)| dimension.of(&some, notes)).collect();
            for _ in &some {
                step(&mut self.people);
            }
            let mut tables = self.tables.iter_mut();
            for (place, (later, sizes)) in groups.iter().zip(&mut self.sizes).enumerate() {
                later.iter().copied().flatten().for_each(|group| step(&mut sizes[usize::from(*group)]));
                for (earlier, table) in groups[..=place].iter().zip(&mut tables) {
                    table.change(earlier, later, &step);
                }
            }
        }
    }
}

impl Table {
    /// How many are in both.
    pub(super) fn people(&self, earlier: usize, later: usize) -> u32 {
        self.people[earlier * self.columns + later]
    }

    fn change(&mut self, earlier: &[&[u16]], later: &[&[u16]], step: impl Fn(&mut u32)) {
        if self.people.is_empty() {
            return;
        }
        for (rows, columns) in earlier.iter().zip(later) {
            for row in *rows {
                let row = &mut self.people[usize::from(*row) * self.columns..];
                columns.iter().for_each(|column| step(&mut row[usize::from(*column)]));
            }
        }
    }
}

impl Published<'_> {
    /// How many groups there are.
    pub(super) fn groups(&self) -> usize {
        match self {
            Self::Cells { count, .. } => *count,
            Self::Sets(sets) => sets.len(),
        }
    }

    /// Room for notes about people.
    fn blank(&self) -> Vec<Vec<u16>> {
        if matches!(self, Self::Sets(_)) { vec![Vec::new(); AT_A_TIME] } else { Vec::new() }
    }

    /// The groups of the person at each of these places.
    fn of<'a>(&'a self, places: &[u32], notes: &'a mut [Vec<u16>]) -> Vec<&'a [u16]> {
        match self {
            Self::Cells { of, count } => {
                let cell = |place: &u32| of.get(*place as usize).filter(|cell| usize::from(**cell) < *count);
                places.iter().map(|place| cell(place).map(slice::from_ref).unwrap_or_default()).collect()
            }
            Self::Sets(sets) => {
                notes.iter_mut().for_each(Vec::clear);
                for (group, set) in (0..=u16::MAX).zip(sets) {
                    both(places, set, |index| notes[index].push(group));
                }
                notes[..places.len()].iter().map(Vec::as_slice).collect()
            }
        }
    }
}

/// Tells which of `places` are in `set`. It leaps over what is in neither, so it takes about as long as the shorter.
pub(super) fn both(places: &[u32], set: &[u32], mut found: impl FnMut(usize)) {
    let (mut index, mut set) = (0, set);
    while index < places.len() {
        set = &set[leap(set, places[index])..];
        let Some(next) = set.first() else { return };
        index += leap(&places[index..], *next);
        if places.get(index) == Some(next) {
            found(index);
            index += 1;
        }
    }
}

/// How many come before the first that is not less than `least`.
fn leap(ascending: &[u32], least: u32) -> usize {
    let mut reach = 1;
    while ascending.get(reach - 1).is_some_and(|place| *place < least) {
        reach *= 2;
    }
    let (from, to) = (reach / 2, ascending.len().min(reach));
    from + ascending[from..to].partition_point(|place| *place < least)
}
