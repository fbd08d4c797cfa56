//! Cells: what the users of a partition are counted in: each group that is shown, and `(other)` for all that are not.
//!
//! The sum of what is not shown is no secret, as it is the total minus what is shown. So it counts as a cell like any other
//! and has nobody or enough people, from the beginning and after each fold. Why a group must be folded is for `sieve.rs`.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::mem;

use super::{Claim, Fate};

/// The cells of one partition, numbered from `(other)` to the smallest group.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    /// The group of each user.
    of: &'a [u16],
    /// The cell of each group.
    cell: Vec<u16>,
    /// The group of each cell; of `(other)` whatever.
    group: Vec<u16>,
    /// How many people are in each cell: nobody where it was folded.
    people: Vec<u32>,
}

impl<'a> Cells<'a> {
    /// The cell of all that are not shown.
    pub(super) const OTHER: u16 = 0;

    /// At most `most` of the groups that claim to be shown and have `least` people, the largest first. Where `(other)` has
    /// somebody but not enough, the smallest join it. `None` where even then it has not.
    pub(super) fn choose(of: &'a [u16], claims: &[Claim], most: usize, least: u32) -> Option<Self> {
        let mut chosen: Vec<u16> =
            (0..=u16::MAX).zip(claims).filter(|(_, claim)| claim.holds(least)).map(|(group, _)| group).collect();
        chosen.sort_by_key(|group| (Reverse(claims[usize::from(*group)].rank()), *group));
        chosen.truncate(most.min(usize::from(u16::MAX)));
        let people = |groups: &[u16]| groups.iter().map(|group| claims[usize::from(*group)].people).sum::<u32>();
        let all: u32 = claims.iter().map(|claim| claim.people).sum();
        let mut other = all - people(&chosen);
        while (1..least).contains(&other) {
            other += people(&[chosen.pop()?]);
        }
        Some(Self::of_groups(of, claims, &chosen, other))
    }

    fn of_groups(of: &'a [u16], claims: &[Claim], chosen: &[u16], other: u32) -> Self {
        let mut cells = Self { of, cell: vec![Self::OTHER; claims.len()], group: vec![0], people: vec![other] };
        for (cell, group) in (1..=u16::MAX).zip(chosen) {
            cells.cell[usize::from(*group)] = cell;
            cells.group.push(*group);
            cells.people.push(claims[usize::from(*group)].people);
        }
        cells
    }

    /// How many cells there were at first.
    pub(super) fn len(&self) -> usize {
        self.people.len()
    }

    /// How many people are in each cell.
    pub(super) fn people(&self) -> &[u32] {
        &self.people
    }

    /// The cell of each user.
    pub(super) fn of_users(&self) -> impl Iterator<Item = u16> {
        self.of.iter().map(|group| self.cell[usize::from(*group)])
    }

    /// What a cell became a part of, or the cell itself.
    pub(super) fn now(&self, cell: u16) -> u16 {
        if self.people[usize::from(cell)] == 0 { Self::OTHER } else { cell }
    }

    /// Of each cell the people who are among `members`, and those who are not.
    pub(super) fn split(&self, members: &[u32]) -> Vec<(u32, u32)> {
        let mut split: Vec<(u32, u32)> = self.people.iter().map(|people| (0, *people)).collect();
        for group in members.iter().filter_map(|user| self.of.get(*user as usize)) {
            let (inside, outside) = &mut split[usize::from(self.cell[usize::from(*group)])];
            (*inside, *outside) = (*inside + 1, outside.saturating_sub(1));
        }
        split
    }

    /// Folds the smallest of `contributors` into `(other)`; where that is the only one, the smallest group `beside` it. Says
    /// which, if there was one. Where there was no `(other)` yet, the group has got no more than a new name: then what was
    /// amiss still is, and the next one follows.
    pub(super) fn fold(&mut self, contributors: &BTreeSet<u16>, beside: impl Fn(u16) -> bool) -> Option<u16> {
        let shown = |cell: &u16| self.people[usize::from(*cell)] > 0;
        let mut all = (1..=u16::MAX).take(self.people.len() - 1).rev().filter(shown);
        let contributor = contributors.last().copied().filter(|cell| *cell != Self::OTHER);
        let folded = contributor.or_else(|| all.find(|cell| beside(*cell)))?;
        self.cell[usize::from(self.group[usize::from(folded)])] = Self::OTHER;
        self.people[usize::from(Self::OTHER)] += mem::take(&mut self.people[usize::from(folded)]);
        Some(folded)
    }

    /// What became of each group.
    pub(super) fn fates(&self) -> Vec<Fate> {
        self.cell.iter().map(|cell| if *cell == Self::OTHER { Fate::Folded } else { Fate::Shown }).collect()
    }
}
