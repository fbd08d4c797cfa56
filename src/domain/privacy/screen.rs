//! The screen: which groups a snapshot may show, when not everybody who is in them is counted.
//!
//! `judge` lets no page tell groups apart that few members part, once for each directory. But a page counts only those with
//! a fresh answer: a group of which too few are counted is absent, and what is absent is the total minus what is shown. So
//! the same is asked again of those who are counted. It does not know who belongs where: that is `joint`, counts of groups.
//!
//! The dimensions come one after the other, and an earlier one never changes for a later one. Hiding a cell makes one
//! cell of it and of what is hidden already. Each sum of cells that is possible afterwards was possible before, so a check
//! that passed is not asked again.

use super::cut::{self, Edge, Graph};
use super::joint::Joint;
use super::sums::Sums;

/// What is published of one dimension: places are positions in the directory.
#[derive(Debug)]
pub enum Published<'a> {
    /// Every user is in exactly one cell: the shown groups, and `(other)`. Of a dimension that is withheld there is none.
    Cells {
        /// The cell of each user; nothing where there are no cells.
        of: &'a [u16],
        /// How many cells there are.
        count: usize,
    },
    /// Groups that may overlap: the places of the members of each, ascending.
    Sets(Vec<&'a [u32]>),
}

/// How many people the published groups of a directory share.
#[derive(Debug, Clone)]
pub struct Screen {
    least: u32,
    everybody: Joint,
}

/// The groups that may be shown, as far as decided.
struct Shown<'a> {
    least: u32,
    published: &'a [Published<'a>],
    /// Those who are counted.
    counted: &'a Joint,
    visible: Vec<Vec<bool>>,
    /// The Entra groups that are shown, each with its dimension, and their sums.
    sets: Vec<(usize, usize)>,
    sums: Sums,
}

/// People of a cell, or of all that are hidden: in an Entra group, and not.
#[derive(Clone, Copy, Default)]
struct Split {
    inside: u32,
    outside: u32,
}

impl Screen {
    /// Of this directory, where counts may be about `least` people or more.
    #[must_use]
    pub fn new(users: u32, least: u32, published: &[Published<'_>]) -> Self {
        Self { least, everybody: Joint::new(users, published) }
    }

    /// Which groups of each dimension may be shown when the users at these places, which ascend, are not counted.
    #[must_use]
    pub fn visible(&self, published: &[Published<'_>], uncounted: &[u32]) -> Vec<Vec<bool>> {
        if uncounted.is_empty() {
            return published.iter().map(|dimension| vec![true; dimension.groups()]).collect();
        }
        self.settle(published, &self.everybody.without(published, uncounted))
    }

    fn settle(&self, published: &[Published<'_>], counted: &Joint) -> Vec<Vec<bool>> {
        let sums = Sums::new(self.least, counted.people());
        let mut shown = Shown { least: self.least, published, counted, visible: Vec::new(), sets: Vec::new(), sums };
        for (place, dimension) in published.iter().enumerate() {
            // Where fewer than the least are counted at all, no group is large enough.
            shown.visible.push(counted.sizes(place).iter().map(|people| *people >= self.least).collect());
            match dimension {
                Published::Cells { .. } => shown.settle_cells(place),
                Published::Sets(_) => shown.settle_sets(place),
            }
        }
        shown.visible
    }
}

impl Shown<'_> {
    fn settle_cells(&mut self, place: usize) {
        while self.few(self.hidden(place))
            && let Some(smallest) = self.smallest(place, |_| true)
        {
            self.visible[place][smallest] = false;
        }
        for earlier in 0..place {
            match &self.published[earlier] {
                Published::Cells { .. } => self.part(earlier, place),
                Published::Sets(_) => {
                    for set in self.visible_groups(earlier) {
                        self.cover((earlier, set), place);
                    }
                }
            }
        }
        for table in self.tables(&self.sums, place, 0) {
            self.hide(place, table.len(), Graph::new(self.least, table.len() + table[0].len(), cut::edges(&table)));
        }
    }

    fn settle_sets(&mut self, place: usize) {
        let large = self.visible_groups(place);
        for set in &large {
            self.visible[place][*set] = !self.gives_away((place, *set));
        }
        // What is safe all together is so one by one, and nearly always it is.
        if self.add_up(place, &self.visible_groups(place)) {
            return;
        }
        self.visible[place].fill(false);
        for set in large {
            self.visible[place][set] = !self.gives_away((place, set)) && self.add_up(place, &[set]);
        }
    }

    /// Takes Entra groups into the sums, unless those then give few away. Says whether it did.
    fn add_up(&mut self, place: usize, sets: &[usize]) -> bool {
        let (mut sums, before) = (self.sums.clone(), self.sets.len());
        for set in sets {
            let people = self.counted.sizes(place)[*set];
            let shared = |earlier: &(usize, usize)| self.counted.shared(earlier.0, place).people(earlier.1, *set);
            let is_same = |earlier: &(usize, usize)| {
                shared(earlier) == people && self.counted.sizes(earlier.0)[earlier.1] == people
            };
            if !self.sets.iter().any(is_same) {
                sums = sums.with(people, self.sets.iter().map(shared).collect());
                self.sets.push((place, *set));
            }
        }
        let is_light = |table: Vec<Vec<u32>>| {
            Graph::new(self.least, table.len() + table[0].len(), cut::edges(&table)).light().is_some()
        };
        let are_cells = |earlier: &usize| matches!(self.published[*earlier], Published::Cells { .. });
        let gives_away = sums.isolate_few()
            || (0..place)
                .filter(are_cells)
                .any(|earlier| self.tables(&sums, earlier, before).into_iter().any(is_light));
        if gives_away {
            self.sets.truncate(before);
        } else {
            self.sums = sums;
        }
        !gives_away
    }

    /// How many people of each rest of a family are in each visible cell of a dimension, and then in what is hidden of it.
    fn tables(&self, sums: &Sums, place: usize, since: usize) -> Vec<Vec<Vec<u32>>> {
        let inside = |set: usize| self.splits(self.sets[set], place).iter().map(|split| split.inside).collect();
        let visible = self.counted.sizes(place).iter().zip(&self.visible[place]);
        let cells = visible.map(|(people, visible)| if *visible { *people } else { 0 });
        let cells: Vec<u32> = cells.chain([self.hidden(place)]).collect();
        sums.tables(since, &cells, inside).collect()
    }

    /// Hides cells until no sum of cells of the one dimension minus a sum of the other's is about few.
    fn part(&mut self, earlier: usize, place: usize) {
        self.hide(place, self.visible[earlier].len() + 1, self.graph(earlier, place));
    }

    /// Hides cells until the graph has no light cut: they are its nodes from `first` on, and then what is hidden of them.
    fn hide(&mut self, place: usize, first: usize, mut graph: Graph) {
        let hidden = first + self.visible[place].len();
        // Some may be hidden since the graph was made.
        let before = self.visible[place].iter().enumerate().filter(|(_, visible)| !**visible);
        before.for_each(|(cell, _)| graph.join([node(first + cell), node(hidden)]));
        while let Some(side) = graph.light() {
            let component = graph.component(&side);
            let mut crossing = vec![false; side.len()];
            graph.crossing(&side).for_each(|edge| edge.ends.iter().for_each(|end| crossing[*end as usize] = true));
            // What is hidden is on one side of the cut, or tied to neither: only a cell that is not there with it mends it.
            // There is one, as what is on the other end of the edges is cut off by all of its people, and those are many.
            let is_apart = |cell: usize| {
                let node = first + cell;
                component[node] && !(component[hidden] && side[node] == side[hidden])
            };
            let contributor = self.smallest(place, |cell| is_apart(cell) && crossing[first + cell]);
            let Some(cell) = contributor.or_else(|| self.smallest(place, is_apart)) else { return };
            self.visible[place][cell] = false;
            graph.join([node(first + cell), node(hidden)]);
        }
    }

    fn graph(&self, earlier: usize, place: usize) -> Graph {
        let table = self.counted.shared(earlier, place);
        let (rows, columns) = (&self.visible[earlier], &self.visible[place]);
        let ends = |row, column| {
            let row = if rows[row] { row } else { rows.len() };
            let column = if columns[column] { column } else { columns.len() };
            [node(row), node(rows.len() + 1 + column)]
        };
        let edges = (0..rows.len()).flat_map(|row| {
            (0..columns.len()).map(move |column| Edge { ends: ends(row, column), weight: table.people(row, column) })
        });
        // Where groups are large nearly all share many, and no light cut parts those.
        let is_light = |edge: &Edge| edge.weight < self.least;
        let mut graph = Graph::new(self.least, rows.len() + columns.len() + 2, edges.clone().filter(is_light));
        edges.filter(|edge| !is_light(edge)).for_each(|edge| graph.join(edge.ends));
        graph
    }

    /// Hides cells until an Entra group is no sum of cells but for few.
    fn cover(&mut self, set: (usize, usize), place: usize) {
        loop {
            let splits = self.splits(set, place);
            let sum: u32 = splits.iter().map(|split| split.lesser()).sum();
            if !self.few(sum) {
                return;
            }
            let hidden = splits[splits.len() - 1];
            let mends = |cell: usize| {
                let merged = splits[cell].and(hidden);
                !self.few(sum - splits[cell].lesser() - hidden.lesser() + merged.lesser())
            };
            let contributor = || self.smallest(place, |cell| splits[cell].lesser() > 0);
            let next = self.smallest(place, mends).or_else(contributor).or_else(|| self.smallest(place, |_| true));
            let Some(cell) = next else { return };
            self.visible[place][cell] = false;
        }
    }

    /// Whether an Entra group differs by few from all who are counted, from a sum of cells or from an earlier one.
    fn gives_away(&self, set: (usize, usize)) -> bool {
        let (place, group) = set;
        let people = self.counted.sizes(place)[group];
        let differs = |earlier: usize, other: usize| {
            let shared = self.counted.shared(earlier, place).people(other, group);
            people + self.counted.sizes(earlier)[other] - 2 * shared
        };
        let against = |earlier: usize| match &self.published[earlier] {
            Published::Cells { .. } => self.few(self.splits(set, earlier).iter().map(|split| split.lesser()).sum()),
            Published::Sets(_) => self.visible_groups(earlier).iter().any(|other| self.few(differs(earlier, *other))),
        };
        let before = (0..group).filter(|other| self.visible[place][*other]);
        self.few(self.counted.people() - people)
            || (0..place).any(against)
            || before.into_iter().any(|other| self.few(differs(place, other)))
    }

    /// How an Entra group splits each visible cell of a dimension, and then what is hidden of it.
    fn splits(&self, set: (usize, usize), place: usize) -> Vec<Split> {
        let visible = &self.visible[place];
        let mut splits = vec![Split::default(); visible.len() + 1];
        for (cell, people) in self.counted.sizes(place).iter().enumerate() {
            let inside = if set.0 < place {
                self.counted.shared(set.0, place).people(set.1, cell)
            } else {
                self.counted.shared(place, set.0).people(cell, set.1)
            };
            let split = &mut splits[if visible[cell] { cell } else { visible.len() }];
            *split = split.and(Split { inside, outside: people - inside });
        }
        splits
    }

    /// How many are counted in the hidden cells of a dimension.
    fn hidden(&self, place: usize) -> u32 {
        let cells = self.counted.sizes(place).iter().zip(&self.visible[place]);
        cells.filter_map(|(people, visible)| (!visible).then_some(people)).sum()
    }

    /// The visible cell with the fewest counted people of those that `may` be hidden.
    fn smallest(&self, place: usize, may: impl Fn(usize) -> bool) -> Option<usize> {
        let visible = self.visible_groups(place).into_iter().filter(|cell| may(*cell));
        visible.min_by_key(|cell| self.counted.sizes(place)[*cell])
    }

    fn visible_groups(&self, place: usize) -> Vec<usize> {
        let groups = self.visible[place].iter().enumerate();
        groups.filter_map(|(group, visible)| visible.then_some(group)).collect()
    }

    /// Whether there are people, but fewer than a count may be about.
    fn few(&self, people: u32) -> bool {
        (1..self.least).contains(&people)
    }
}

impl Split {
    /// By how many a sum of cells differs from the group at the least, as far as this cell goes.
    fn lesser(self) -> u32 {
        self.inside.min(self.outside)
    }

    fn and(self, other: Self) -> Self {
        Self { inside: self.inside + other.inside, outside: self.outside + other.outside }
    }
}

/// The number of a node: there are two for each 65,536 groups of a dimension at most.
fn node(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
