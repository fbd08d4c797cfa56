//! Privacy: which groups may be shown at all, so that nobody can be found by subtraction.
//!
//! It is told who belongs where as numbers, and knows neither names nor presence.

#[cfg_attr(not(test), expect(dead_code, reason = "what asks it comes next"))]
mod cut;
mod joint;
mod screen;
#[cfg(test)]
mod attacker;

pub use screen::{Published, Screen};

/// How one dimension divides the users, who are numbered from nought.
#[derive(Debug)]
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

/// What becomes of each group of each division, where counts may be about `least` of the `users` or more.
#[must_use]
pub fn judge(users: u32, least: u32, divisions: &[Division<'_>]) -> Vec<Vec<Fate>> {
    let fate = |size: usize, hidden| if size < least as usize { hidden } else { Fate::Shown };
    let judged = divisions.iter().map(|division| match division {
        _ if users < least => Vec::new(),
        Division::Partition { of, groups, .. } => {
            let size = |group| of.iter().filter(|of| usize::from(**of) == group).count();
            (0..groups.len()).map(|group| fate(size(group), Fate::Folded)).collect()
        }
        Division::Cover(groups) => {
            groups.iter().map(|(_, members)| fate(members.map_or(0, <[u32]>::len), Fate::Withheld)).collect()
        }
    });
    judged.collect()
}
