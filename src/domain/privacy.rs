//! Privacy: which groups may be shown at all, so that nobody can be found by subtraction.
//!
//! It is told who belongs where as numbers, and knows neither names nor presence. Of what is shown, whoever knows all
//! memberships can add and subtract as he likes within these bounds, and finds nobody or `least` people:
//!
//! - one shown set minus another, whatever they are;
//! - a sum of groups of one partition, `(other)` included, minus a sum of groups of another, or minus an Entra group;
//! - all of them, a sum of groups of one partition or an Entra group, minus Entra groups that share nobody (`sums.rs` says
//!   how far).
//!
//! Where dimensions clash, the later one gives way (`sieve.rs`).

use std::fmt;

mod sieve;
mod cells;
mod cut;
mod queue;
mod joint;
mod sums;
mod screen;

pub use screen::{Published, Screen};

/// How many people more a group needs that is hidden, before it is shown again: or who comes and goes would make it blink.
const MARGIN: u32 = 2;

/// How often groups are let in again, each time as more was shown than without them. Twice is rare.
const ROUNDS: usize = 8;

/// How one dimension divides the users, who are numbered from nought.
pub enum Division<'a> {
    /// Every user is in exactly one group.
    Partition {
        /// The group of each user.
        of: &'a [u16],
        /// How each group stood before.
        groups: Vec<Standing>,
        /// How many may be shown.
        most: usize,
    },
    /// Groups that may overlap: how each stood before, and its members in ascending order, unless they could not be read.
    Cover(Vec<(Standing, Option<&'a [u32]>)>),
}

/// How a group stood after the listing before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was not there.
    New,
    /// It was shown.
    Shown,
    /// It was folded or withheld.
    Hidden,
    /// It can not be shown by itself, and never was: values that were too many to keep apart.
    Rest,
}

/// What becomes of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is shown.
    Shown,
    /// It is part of `(other)`.
    Folded,
    /// It is not shown.
    Withheld,
}

/// A group that may be shown if nothing speaks against it, unless it is hidden.
#[derive(Debug, Clone, Copy)]
struct Claim {
    people: u32,
    standing: Standing,
}

/// What becomes of each group of each division, where counts may be about `least` of the `users` or more.
///
/// A group without anybody is folded or withheld and matters to no other.
///
/// Groups that were hidden come back once they stand the sieve with two people more, if nothing more important is
/// lost by it. Judged again with the outcome as standings, everything stays as it is.
#[must_use]
pub fn judge(users: u32, least: u32, divisions: &[Division<'_>]) -> Vec<Vec<Fate>> {
    let tenant = Tenant { users, divisions, sizes: divisions.iter().map(Division::sizes).collect() };
    let mut standings: Vec<_> = divisions.iter().map(Division::standings).collect();
    let mut fates = tenant.sift(least, &standings);
    for _ in 0..ROUNDS {
        settle(&mut standings, &fates);
        if !tenant.could_return(least + MARGIN, &standings) {
            break;
        }
        let everybody = let_in(&standings, |_, _| true);
        let stable = tenant.sift(least + MARGIN, &everybody);
        let returning = let_in(&standings, |division, group| stable[division][group] == Fate::Shown);
        let wider = tenant.sift(least, &returning);
        if tenant.worth(&wider) <= tenant.worth(&fates) {
            break;
        }
        fates = wider;
    }
    fates
}

/// All that is judged.
#[derive(Debug)]
struct Tenant<'a> {
    users: u32,
    divisions: &'a [Division<'a>],
    /// How many people are in each group of each division.
    sizes: Vec<Vec<u32>>,
}

impl Tenant<'_> {
    /// What becomes of the groups that stand like this.
    fn sift(&self, least: u32, standings: &[Vec<Standing>]) -> Vec<Vec<Fate>> {
        let claim = |(people, standing): (&u32, &Standing)| Claim { people: *people, standing: *standing };
        let claims = self.sizes.iter().zip(standings).map(|(sizes, of)| sizes.iter().zip(of).map(claim).collect());
        sieve::sift(self.users, least, self.divisions, &claims.collect::<Vec<_>>())
    }

    /// Whether anybody hidden is large enough to return.
    fn could_return(&self, least: u32, standings: &[Vec<Standing>]) -> bool {
        let mut groups = self.sizes.iter().flatten().zip(standings.iter().flatten());
        groups.any(|(people, standing)| *standing == Standing::Hidden && *people >= least)
    }

    /// How much is shown, what is more important first: of a partition how many people are in shown groups, of Entra
    /// groups whether each is shown.
    fn worth(&self, fates: &[Vec<Fate>]) -> Vec<u64> {
        let mut worth = Vec::new();
        for ((division, sizes), fates) in self.divisions.iter().zip(&self.sizes).zip(fates) {
            let shown = fates.iter().map(|fate| u64::from(*fate == Fate::Shown));
            match division {
                Division::Partition { .. } => {
                    worth.push(shown.zip(sizes).map(|(shown, people)| shown * u64::from(*people)).sum());
                }
                Division::Cover(_) => worth.extend(shown),
            }
        }
        worth
    }
}

impl Division<'_> {
    /// How many people are in each group; nobody where they could not be read.
    fn sizes(&self) -> Vec<u32> {
        match self {
            Self::Partition { of, groups, .. } => {
                let mut sizes = vec![0; groups.len()];
                of.iter().for_each(|group| sizes[usize::from(*group)] += 1);
                sizes
            }
            Self::Cover(groups) => groups
                .iter()
                .map(|(_, members)| members.map_or(0, |members| u32::try_from(members.len()).unwrap_or(u32::MAX)))
                .collect(),
        }
    }

    fn standings(&self) -> Vec<Standing> {
        match self {
            Self::Partition { groups, .. } => groups.clone(),
            Self::Cover(groups) => groups.iter().map(|(standing, _)| *standing).collect(),
        }
    }
}

impl Claim {
    /// Whether it may be shown as far as it matters alone.
    fn holds(self, least: u32) -> bool {
        matches!(self.standing, Standing::New | Standing::Shown) && self.people >= least
    }

    /// By what groups are compared where not all can be shown: what was shown stays, unless another group is larger by more
    /// than a tenth and two people.
    fn rank(self) -> (u32, bool) {
        let stays = self.standing == Standing::Shown;
        let lead = if stays { (self.people / 10).max(MARGIN) } else { 0 };
        (self.people.saturating_add(lead), stays)
    }
}

/// The standings, with hidden groups as new where they `may` come back.
fn let_in(standings: &[Vec<Standing>], may: impl Fn(usize, usize) -> bool) -> Vec<Vec<Standing>> {
    let of_group = |division, group, standing: &Standing| match standing {
        Standing::Hidden if may(division, group) => Standing::New,
        other => *other,
    };
    let of_division = |(division, groups): (usize, &Vec<Standing>)| {
        groups.iter().enumerate().map(|(group, standing)| of_group(division, group, standing)).collect()
    };
    standings.iter().enumerate().map(of_division).collect()
}

/// Makes of what became of the groups how they stand.
fn settle(standings: &mut [Vec<Standing>], fates: &[Vec<Fate>]) {
    for (standing, fate) in standings.iter_mut().flatten().zip(fates.iter().flatten()) {
        *standing = match fate {
            _ if *standing == Standing::Rest => Standing::Rest,
            Fate::Shown => Standing::Shown,
            Fate::Folded | Fate::Withheld => Standing::Hidden,
        };
    }
}

impl fmt::Debug for Division<'_> {
    /// Who belongs where stays out of every log and panic message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition { groups, .. } => write!(formatter, "Partition({groups:?})"),
            Self::Cover(groups) => formatter.debug_list().entries(groups.iter().map(|(standing, _)| standing)).finish(),
        }
    }
}

#[cfg(test)]
mod tests;
