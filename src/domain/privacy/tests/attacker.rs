//! Random organisations, and an attacker who knows every membership and tries all sums and differences.

use std::cmp::Reverse;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// A set of at most 128 people.
pub(in super::super) type Set = u128;

/// A dimension as an organisation keeps it.
#[derive(Debug, Clone)]
pub(in super::super) enum Kept {
    /// The value of each user.
    Values(Vec<u16>),
    /// The members of each Entra group.
    Entra(Vec<Vec<u32>>),
}

/// An organisation, and the limits under which it is judged.
#[derive(Debug, Clone)]
pub(in super::super) struct Organisation {
    pub(in super::super) users: u32,
    pub(in super::super) least: u32,
    most: usize,
    pub(in super::super) dimensions: Vec<Kept>,
}

/// So many groups has each dimension.
const GROUPS: u16 = 6;

impl Organisation {
    fn divisions(&self, standings: &[Vec<Standing>]) -> Vec<Division<'_>> {
        let mut divisions = Vec::new();
        for (kept, standings) in self.dimensions.iter().zip(standings) {
            divisions.push(match kept {
                Kept::Values(of) => Division::Partition { of, groups: standings.clone(), most: self.most },
                Kept::Entra(groups) => Division::Cover(
                    standings.iter().copied().zip(groups.iter().map(|group| Some(&group[..]))).collect(),
                ),
            });
        }
        divisions
    }

    pub(in super::super) fn judged(&self, standings: &[Vec<Standing>]) -> Vec<Vec<Fate>> {
        judge(self.users, self.least, &self.divisions(standings))
    }

    pub(in super::super) fn everybody(&self) -> Set {
        (0..self.users).map(|user| 1 << user).sum()
    }

    fn size(&self, dimension: usize, group: usize) -> u32 {
        self.members(dimension, group).count_ones()
    }

    fn members(&self, dimension: usize, group: usize) -> Set {
        match &self.dimensions[dimension] {
            Kept::Values(of) => {
                (0..self.users).zip(of).filter(|(_, of)| usize::from(**of) == group).map(|(user, _)| 1 << user).sum()
            }
            Kept::Entra(groups) => groups[group].iter().map(|user| 1 << user).sum(),
        }
    }

    /// What the page shows of a dimension: the groups, and of a partition all that are folded.
    fn page(&self, dimension: usize, fates: &[Fate]) -> Vec<Set> {
        let of_fate = |fate| {
            let with = fates.iter().enumerate().filter(move |(_, of)| **of == fate);
            with.map(|(group, _)| self.members(dimension, group))
        };
        let other = of_fate(Fate::Folded).fold(0, |one, other| one | other);
        of_fate(Fate::Shown).chain((other != 0).then_some(other)).collect()
    }

    /// The first set of few people that the attacker finds.
    fn exposed(&self, fates: &[Vec<Fate>]) -> Option<String> {
        let pages: Vec<Vec<Set>> = (0..).zip(fates).map(|(dimension, fates)| self.page(dimension, fates)).collect();
        self.found(self.least, self.everybody(), &pages)
    }

    /// The first set of less than `least` people that the attacker finds, where these are counted and shown.
    pub(in super::super) fn found(&self, least: u32, counted: Set, pages: &[Vec<Set>]) -> Option<String> {
        let few = |one: Set, other: Set| (1..least).contains(&(one ^ other).count_ones());
        let mut wholes = vec![0];
        wholes.extend((counted.count_ones() >= least).then_some(counted));
        let (mut cells, mut groups) = (Vec::new(), Vec::new());
        for (dimension, (page, kept)) in pages.iter().zip(&self.dimensions).enumerate() {
            let known = match kept {
                Kept::Values(_) => sums(page),
                Kept::Entra(_) => page.clone(),
            };
            for one in known.iter().copied() {
                if let Some(other) = wholes.iter().chain(&cells).chain(&groups).find(|other| few(**other, one)) {
                    return Some(format!("{one:x} minus {other:x} in dimension {dimension}"));
                }
                if matches!(kept, Kept::Entra(_)) {
                    groups.push(one);
                }
            }
            if matches!(kept, Kept::Values(_)) {
                cells.extend(known);
            }
        }
        // Everybody is a group that holds all others.
        groups.extend(wholes.iter().copied());
        groups.retain(|group| *group != 0);
        groups.sort_by_key(|group| (Reverse(group.count_ones()), *group));
        groups.dedup();
        wholes.extend(cells.iter().chain(&groups));
        families(&groups, Vec::new()).iter().flat_map(|family| rests(family)).find_map(|sum| {
            let other = wholes.iter().find(|other| few(**other, sum))?;
            Some(format!("Entra groups {sum:x} minus {other:x}"))
        })
    }
}

/// The sums of cells that share nobody.
fn sums(cells: &[Set]) -> Vec<Set> {
    cells.iter().fold(vec![0], |sums, cell| {
        let with: Vec<Set> = sums.iter().map(|sum| sum | cell).collect();
        [sums, with].concat()
    })
}

fn are_kin(one: Set, other: Set) -> bool {
    [0, one, other].contains(&(one & other))
}

/// Every choice of groups of which each two share nobody or one holds the other, but for those that are part of another.
fn families(groups: &[Set], chosen: Vec<Set>) -> Vec<Vec<Set>> {
    let Some((first, others)) = groups.split_first() else { return vec![chosen] };
    let mut found = Vec::new();
    if chosen.iter().all(|group| are_kin(*group, *first)) {
        found.extend(families(others, [&chosen[..], &[*first]].concat()));
        if others.iter().all(|group| are_kin(*group, *first)) {
            return found;
        }
    }
    found.extend(families(others, chosen));
    found
}

/// The sets that a family adds and subtracts up to, whose larger groups come first.
fn rests(family: &[Set]) -> Vec<Set> {
    family.iter().fold(vec![0], |sums, group| {
        let with: Vec<Set> =
            sums.iter().filter(|sum| [0, *group].contains(&(*sum & group))).map(|sum| sum ^ group).collect();
        [sums, with].concat()
    })
}

fn all_new(organisation: &Organisation) -> Vec<Vec<Standing>> {
    vec![vec![Standing::New; usize::from(GROUPS)]; organisation.dimensions.len()]
}

fn as_standings(fates: &[Vec<Fate>]) -> Vec<Vec<Standing>> {
    let standing = |fate: &Fate| if *fate == Fate::Shown { Standing::Shown } else { Standing::Hidden };
    fates.iter().map(|fates| fates.iter().map(standing).collect()).collect()
}

/// A dimension without regard to those before.
#[derive(Debug, Clone)]
enum Sketch {
    /// Values by chance; the first are the more common.
    Random(Vec<u16>),
    /// The values of an earlier dimension, with a few users moved, and perhaps two of its groups made one.
    NearCopy(Index, Vec<(Index, u16)>, Option<(u16, u16)>),
    /// Entra groups: those who have these values of an earlier dimension, and a few users put in or taken out.
    NearSums(Vec<(Index, u8, Vec<Index>)>),
}

fn sketches() -> impl Strategy<Value = Sketch> {
    let value = prop_oneof![0..2_u16, 0..GROUPS];
    let moved = prop::collection::vec((any::<Index>(), 0..GROUPS), 0..6);
    let merged = prop::option::of((0..GROUPS, 0..GROUPS));
    let group = (any::<Index>(), any::<u8>(), prop::collection::vec(any::<Index>(), 0..7));
    prop_oneof![
        prop::collection::vec(value, 80).prop_map(Sketch::Random),
        (any::<Index>(), moved, merged).prop_map(|(of, moved, merged)| Sketch::NearCopy(of, moved, merged)),
        prop::collection::vec(group, usize::from(GROUPS)).prop_map(Sketch::NearSums),
    ]
}

pub(in super::super) fn organisations() -> impl Strategy<Value = Organisation> {
    let first = prop::collection::vec(0..GROUPS, 80);
    let limits = (0..=80_u32, 3..7_u32, prop_oneof![Just(100), 0..5_usize]);
    (limits, first, prop::collection::vec(sketches(), 1..=2)).prop_map(|((users, least, most), first, sketches)| {
        let mut values = vec![first[..users as usize].to_vec()];
        let mut dimensions = vec![Kept::Values(values[0].clone())];
        for sketch in sketches {
            let kept = drawn(sketch, users, &values);
            if let Kept::Values(of) = &kept {
                values.push(of.clone());
                dimensions.push(kept);
            } else {
                // Before the partitions as often as after them.
                dimensions.insert(usize::from(users % 2 == 0), kept);
            }
        }
        Organisation { users, least, most, dimensions }
    })
}

fn drawn(sketch: Sketch, users: u32, values: &[Vec<u16>]) -> Kept {
    match sketch {
        Sketch::Random(of) => Kept::Values(of[..users as usize].to_vec()),
        Sketch::NearCopy(from, moved, merged) => {
            let mut of = from.get(values).clone();
            for (user, group) in moved.into_iter().filter(|_| users > 0) {
                of[user.index(users as usize)] = group;
            }
            if let Some((one, other)) = merged {
                of.iter_mut().filter(|group| **group == one).for_each(|group| *group = other);
            }
            Kept::Values(of)
        }
        Sketch::NearSums(groups) => {
            let members = |(of, sum, moved): (Index, u8, Vec<Index>)| {
                let of = of.get(values);
                let moved: Vec<usize> =
                    moved.into_iter().filter(|_| users > 0).map(|user| user.index(users as usize)).collect();
                let inside = |user: &u32| (sum >> of[*user as usize] & 1 == 1) != moved.contains(&(*user as usize));
                (0..users).filter(inside).collect()
            };
            Kept::Entra(groups.into_iter().map(members).collect())
        }
    }
}

/// How the groups of up to three dimensions stood before.
pub(in super::super) fn histories() -> impl Strategy<Value = Vec<Vec<Standing>>> {
    let standing = prop::sample::select(vec![Standing::New, Standing::Shown, Standing::Shown, Standing::Hidden]);
    prop::collection::vec(prop::collection::vec(standing, usize::from(GROUPS)), 3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sum_and_no_difference_isolates_few_people(organisation in organisations(), history in histories()) {
        let fates = organisation.judged(&history);
        prop_assert_eq!(organisation.exposed(&fates), None, "{:?}", fates);
    }

    #[test]
    fn every_group_has_a_fate_and_none_is_too_small(organisation in organisations(), history in histories()) {
        let fates = organisation.judged(&history);
        for (dimension, fates) in fates.iter().enumerate() {
            prop_assert_eq!(fates.len(), usize::from(GROUPS));
            for (group, _) in fates.iter().enumerate().filter(|(_, fate)| **fate == Fate::Shown) {
                prop_assert!(organisation.size(dimension, group) >= organisation.least);
            }
        }
    }

    #[test]
    fn what_endangers_nobody_is_shown(organisation in organisations()) {
        let fate = |dimension: usize, group: usize| match &organisation.dimensions[dimension] {
            _ if organisation.size(dimension, group) >= organisation.least => Fate::Shown,
            Kept::Values(_) => Fate::Folded,
            Kept::Entra(_) => Fate::Withheld,
        };
        let organisation = Organisation { most: 100, ..organisation.clone() };
        let bold: Vec<Vec<Fate>> = (0..organisation.dimensions.len())
            .map(|dimension| (0..usize::from(GROUPS)).map(|group| fate(dimension, group)).collect())
            .collect();
        if organisation.users >= organisation.least && organisation.exposed(&bold).is_none() {
            prop_assert_eq!(organisation.judged(&all_new(&organisation)), bold);
        }
    }

    #[test]
    fn a_hidden_group_needs_two_more_to_return(organisation in organisations(), history in histories()) {
        let fates = organisation.judged(&history);
        for (dimension, (fates, before)) in fates.iter().zip(&history).enumerate() {
            for (group, _) in fates.iter().zip(before).enumerate().filter(|(_, pair)| *pair == (&Fate::Shown, &Standing::Hidden)) {
                prop_assert!(organisation.size(dimension, group) >= organisation.least + 2);
            }
        }
    }

    #[test]
    fn judged_again_nothing_changes(organisation in organisations(), history in histories()) {
        let fates = organisation.judged(&history);
        prop_assert_eq!(organisation.judged(&as_standings(&fates)), fates);
    }
}
