//! Sums of Entra groups: what a whole tells minus the groups inside of it. Everybody minus two teams can be one person.
//!
//! Groups of which each two share nobody, or one holds the other, are a family. Whoever knows it knows how many of each of
//! its groups are in no smaller one, and how many people are in none: the rests. Those divide everybody as the cells of a
//! partition do, and their sums are all that adding and subtracting within the family can tell. So each rest has nobody or
//! `least` people, no other group is a sum of rests but for few, and against partitions they are cut like one (`cut.rs`).
//!
//! Teams that overlap are of several families. All of those are kept while there is [`ROOM`]; after that a group joins the
//! families that it fits whole, and begins none. Not covered: families beyond that room, the sums of one minus sums of
//! another, and two groups that overlap added up. It does not know what a cell is.

/// How many groups the families have together, counting each group once for each, before no family is begun any more.
const ROOM: usize = 1024;

/// Entra groups that are shown, in the order in which they were accepted, and their families.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    least: u32,
    everybody: u32,
    /// How many people each group shares with each before it, and then how many it has.
    shared: Vec<Vec<u32>>,
    /// Larger groups come before smaller ones.
    families: Vec<Vec<usize>>,
}

impl Sums {
    /// Of no group yet.
    pub(super) fn new(least: u32, everybody: u32) -> Self {
        Self { least, everybody, shared: Vec::new(), families: vec![Vec::new()] }
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.shared.len()
    }

    /// With a group of so many people more, which shares so many with each of the others.
    pub(super) fn with(&self, people: u32, shared: Vec<u32>) -> Self {
        let mut wider = self.clone();
        let newest = self.len();
        wider.shared.push([shared, vec![people]].concat());
        let mut forks = Vec::new();
        for family in &mut wider.families {
            let is_kin = |group: &usize| {
                let shared = wider.shared[newest][*group];
                shared == 0 || shared == people.min(wider.shared[*group][*group])
            };
            let mut kin: Vec<usize> = family.iter().copied().filter(is_kin).collect();
            let fits = kin.len() == family.len();
            kin.insert(kin.partition_point(|group| wider.shared[*group][*group] >= people), newest);
            if fits {
                *family = kin;
            } else {
                forks.push(kin);
            }
        }
        forks.sort_by_key(Vec::len);
        forks.into_iter().rev().for_each(|fork| wider.begin(fork));
        wider
    }

    /// Whether the groups alone give few people away: as a rest, or as what parts a group from a sum of rests.
    pub(super) fn isolate_few(&self) -> bool {
        let groups = 0..self.len();
        let everybody = groups.clone().map(|group| self.shared[group][group]).chain([self.everybody]).collect();
        let of = |group: usize| {
            let with_each = groups.clone().map(|other| self.shared(group, other));
            with_each.chain([self.shared[group][group]]).collect()
        };
        self.families.iter().any(|family| {
            let rests = self.rests(family, Vec::clone(&everybody), of);
            let apart = |whole: usize| {
                let nearest = rests.iter().map(|rest| rest[whole].min(rest[self.len()] - rest[whole]));
                nearest.sum::<u32>()
            };
            rests.iter().any(|rest| self.is_few(rest[self.len()]))
                || groups.clone().any(|whole| self.is_few(apart(whole)))
        })
    }

    /// How many people of each rest are in each cell of a partition, for each family with one of the groups `since` then.
    /// It is told how many are in each cell, and how many of each group. What is no sum is left to others.
    pub(super) fn tables(
        &self,
        since: usize,
        cells: &[u32],
        of: impl Fn(usize) -> Vec<u32>,
    ) -> impl Iterator<Item = Vec<Vec<u32>>> {
        let is_changed = move |family: &&Vec<usize>| family.len() > 1 && family.iter().any(|group| *group >= since);
        self.families.iter().filter(is_changed).map(move |family| self.rests(family, cells.to_vec(), &of))
    }

    /// Begins a family, unless another has all of its groups.
    fn begin(&mut self, family: Vec<usize>) {
        let room = ROOM.saturating_sub(self.families.iter().map(Vec::len).sum());
        let is_part = |of: &Vec<usize>| family.iter().all(|group| of.contains(group));
        if family.len() <= room && !self.families.iter().any(is_part) {
            self.families.push(family);
        }
    }

    /// The counts of each group of a family without those of the groups inside, and of everybody without those of all.
    fn rests(&self, family: &[usize], everybody: Vec<u32>, of: impl Fn(usize) -> Vec<u32>) -> Vec<Vec<u32>> {
        let mut rests: Vec<Vec<u32>> = family.iter().map(|group| of(*group)).collect();
        rests.push(everybody);
        for (place, group) in family.iter().enumerate() {
            let people = self.shared[*group][*group];
            let holds = |outer: &usize| people > 0 && self.shared(family[*outer], *group) == people;
            let outer = (0..place).rev().find(holds).unwrap_or(family.len());
            // Nothing was taken from this one yet: what is inside of it comes later.
            let inner = rests[place].clone();
            rests[outer].iter_mut().zip(inner).for_each(|(rest, inner)| *rest = rest.saturating_sub(inner));
        }
        rests
    }

    fn shared(&self, one: usize, other: usize) -> u32 {
        self.shared[one.max(other)][one.min(other)]
    }

    fn is_few(&self, people: u32) -> bool {
        (1..self.least).contains(&people)
    }
}
