//! The sieve: takes the dimensions in their order, and of each lets through what does not clash with those before.
//!
//! A partition that clashes folds its groups into `(other)`, the smallest first, until it does not: coarser is always safer.
//! A sum of fewer, larger cells is a sum of the old ones as well, so nothing that a coarser partition gives away was
//! hidden by the finer, and a check that it passed it passes for good. An Entra group that clashes is withheld.
//! How a group stood before is for the door of this module, `privacy`.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::mem;

use super::cells::Cells;
use super::cut::{Edge, Graph, edges};
use super::joint::both;
use super::sums::Sums;
use super::{Claim, Division, Fate};

/// What is let through.
#[derive(Debug)]
struct Sieve<'a> {
    users: u32,
    least: u32,
    partitions: Vec<Cells<'a>>,
    /// The members of Entra groups; of groups with the same members one.
    entra: Vec<Accepted<'a>>,
    sums: Sums,
}

/// An Entra group that is shown.
#[derive(Debug)]
struct Accepted<'a> {
    members: &'a [u32],
    /// How many of them are in each cell of each partition.
    inside: Vec<Vec<u32>>,
}

/// What becomes of each group of each division, where each claims what it claims.
pub(super) fn sift(users: u32, least: u32, divisions: &[Division<'_>], claims: &[Vec<Claim>]) -> Vec<Vec<Fate>> {
    let mut sieve = Sieve { users, least, partitions: Vec::new(), entra: Vec::new(), sums: Sums::new(least, users) };
    let judged = divisions.iter().zip(claims).map(|(division, claims)| match division {
        _ if users < least => vec![Fate::Withheld; claims.len()],
        Division::Partition { of, most, .. } => sieve.partition(of, claims, *most),
        Division::Cover(groups) => {
            let judged = groups.iter().zip(claims).map(|((_, members), claim)| sieve.entra_group(*members, *claim));
            judged.collect()
        }
    });
    judged.collect()
}

impl<'a> Sieve<'a> {
    fn partition(&mut self, of: &'a [u16], claims: &[Claim], most: usize) -> Vec<Fate> {
        let Some(mut cells) = Cells::choose(of, claims, most, self.least) else {
            return vec![Fate::Withheld; claims.len()];
        };
        for earlier in &self.entra {
            self.yield_to_entra_group(&mut cells, earlier.members);
        }
        let of_group: Vec<Vec<u32>> = self.entra.iter().map(|earlier| inside(&cells, earlier.members)).collect();
        let everybody = cells.people().to_vec();
        for table in self.sums.tables(0, &everybody, |group| of_group[group].clone()) {
            self.yield_to_parts(&mut cells, table.len(), edges(&table));
        }
        for earlier in &self.partitions {
            let shared = shared(earlier, &cells);
            self.yield_to_parts(&mut cells, earlier.len(), shared.into_iter());
        }
        let fates = cells.fates();
        self.entra.iter_mut().for_each(|group| group.inside.push(inside(&cells, group.members)));
        self.partitions.push(cells);
        fates
    }

    /// Folds cells until no sum of them is nearly the Entra group. Cells that are mostly inside and cells that are not are
    /// on its two sides, and both are there: the group itself, and everybody else, are nobody or enough.
    fn yield_to_entra_group(&self, cells: &mut Cells<'_>, members: &[u32]) {
        let mut split = cells.split(members);
        while self.is_risk(nearest(&split)) {
            let contributes = |(inside, outside): &(u32, u32)| *inside > 0 && *outside > 0;
            let contributors = (0..).zip(&split).filter(|(_, people)| contributes(people)).map(|(cell, _)| cell);
            let contributors: BTreeSet<u16> = contributors.collect();
            let mostly_inside = |cell: u16| split[usize::from(cell)].0 > split[usize::from(cell)].1;
            let is_beside = |cell| mostly_inside(cell) != mostly_inside(Cells::OTHER);
            let Some(folded) = cells.fold(&contributors, is_beside) else { return };
            let (inside, outside) = mem::take(&mut split[usize::from(folded)]);
            let other = &mut split[usize::from(Cells::OTHER)];
            *other = (other.0 + inside, other.1 + outside);
        }
    }

    /// Folds cells until no sum of them is nearly a sum of earlier parts: of a partition's cells, or of the rests of Entra
    /// groups. On both sides of a light cut are cells of the later partition: all people of an earlier part without one would
    /// cross, and those are enough.
    fn yield_to_parts(&self, cells: &mut Cells<'_>, parts: usize, edges: impl Iterator<Item = Edge>) {
        let later = |cell: u16| u32::try_from(parts).unwrap_or(u32::MAX) + u32::from(cell);
        let mut graph = Graph::new(self.least, parts + cells.len(), edges);
        // Some may be folded since the edges were counted.
        let folded = (1..=u16::MAX).take(cells.len() - 1).filter(|cell| cells.now(*cell) == Cells::OTHER);
        folded.for_each(|cell| graph.join([later(cell), later(Cells::OTHER)]));
        while let Some(side) = graph.light() {
            let is_later = |end: &u32| *end >= later(0);
            let contributors = graph.crossing(&side).flat_map(|edge| edge.ends).filter(is_later);
            let cell = |end: u32| cells.now(u16::try_from(end - later(0)).unwrap_or(Cells::OTHER));
            let contributors: BTreeSet<u16> = contributors.map(cell).collect();
            let is_inside = |cell: u16| side[later(cell) as usize];
            let hangs_together = LazyCell::new(|| graph.component(&side));
            let is_beside = |cell| hangs_together[later(cell) as usize] && is_inside(cell) != is_inside(Cells::OTHER);
            let Some(folded) = cells.fold(&contributors, is_beside) else { return };
            graph.join([later(folded), later(Cells::OTHER)]);
        }
    }

    fn entra_group(&mut self, members: Option<&'a [u32]>, claim: Claim) -> Fate {
        let Some(members) = members.filter(|_| claim.holds(self.least)) else {
            return Fate::Withheld;
        };
        if self.entra.iter().any(|other| other.members == members) {
            return Fate::Shown;
        }
        let everybody_else = self.users.saturating_sub(claim.people);
        let shared: Vec<u32> = self.entra.iter().map(|other| in_both(members, other.members)).collect();
        let mut pairs = self.entra.iter().zip(&shared);
        let differs = |(other, shared): (&Accepted<'_>, &u32)| people(members) + people(other.members) - 2 * shared;
        let clashes = self.is_risk(everybody_else)
            || self.partitions.iter().any(|cells| self.is_risk(nearest(&cells.split(members))))
            || pairs.any(|pair| self.is_risk(differs(pair)));
        if clashes {
            return Fate::Withheld;
        }
        let sums = self.sums.with(people(members), shared);
        self.entra
            .push(Accepted { members, inside: self.partitions.iter().map(|cells| inside(cells, members)).collect() });
        if self.give_away(&sums) {
            self.entra.pop();
            return Fate::Withheld;
        }
        self.sums = sums;
        Fate::Shown
    }

    /// Whether the last Entra group makes a sum of which few people are left, or which but for few is one of cells.
    fn give_away(&self, sums: &Sums) -> bool {
        let cuts = |(place, cells): (usize, &Cells<'_>)| {
            let of = |group: usize| self.entra[group].inside[place].clone();
            let mut tables = sums.tables(self.sums.len(), cells.people(), of);
            tables.any(|table| Graph::new(self.least, table.len() + cells.len(), edges(&table)).light().is_some())
        };
        sums.isolate_few() || self.partitions.iter().enumerate().any(cuts)
    }

    /// Whether so many people are too few to be told apart, but somebody.
    fn is_risk(&self, people: u32) -> bool {
        (1..self.least).contains(&people)
    }
}

/// How many people make the difference between a set and the sum of cells that is most like it.
fn nearest(split: &[(u32, u32)]) -> u32 {
    split.iter().map(|(inside, outside)| inside.min(outside)).sum()
}

/// How many of `members` are in each cell.
fn inside(cells: &Cells<'_>, members: &[u32]) -> Vec<u32> {
    cells.split(members).into_iter().map(|(inside, _)| inside).collect()
}

/// How many people are in both sets, which ascend.
fn in_both(one: &[u32], other: &[u32]) -> u32 {
    let mut shared = 0;
    both(one, other, |_| shared += 1);
    shared
}

fn people(members: &[u32]) -> u32 {
    u32::try_from(members.len()).unwrap_or(u32::MAX)
}

/// How many people are in each cell of the earlier partition and each of the later, whose numbers follow.
fn shared(earlier: &Cells<'_>, later: &Cells<'_>) -> Vec<Edge> {
    let pair = |(earlier, later): (u16, u16)| u32::from(earlier) << 16 | u32::from(later);
    let mut pairs: Vec<u32> = earlier.of_users().zip(later.of_users()).map(pair).collect();
    pairs.sort_unstable();
    let first = u32::try_from(earlier.len()).unwrap_or(u32::MAX);
    let edge = |pairs: &[u32]| {
        let ends = [pairs[0] >> 16, first + (pairs[0] & u32::from(u16::MAX))];
        Edge { ends, weight: u32::try_from(pairs.len()).unwrap_or(u32::MAX) }
    };
    pairs.chunk_by(|one, other| one == other).map(edge).collect()
}
