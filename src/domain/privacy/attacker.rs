//! The attacker of the property tests: knows every membership and who is counted, and subtracts what a page shows.
//!
//! People are the bits of a number, so an organisation has 64 of them at most, and all sums of groups are tried. It does
//! not know the rules that shall keep it out.

use super::Published;

/// What the attacker found: few people whom the difference of two numbers on a page is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Isolated {
    /// The dimensions that were subtracted.
    pub(super) dimensions: (usize, usize),
    /// The people, by bits.
    pub(super) people: u64,
}

/// Those of `counted`, fewer than `least`, whom differences of what is `visible` isolate.
pub(super) fn attack(least: u32, counted: u64, published: &[Published<'_>], visible: &[Vec<bool>]) -> Option<Isolated> {
    let sums: Vec<Vec<u64>> =
        published.iter().zip(visible).map(|(published, visible)| sums(published, visible, counted)).collect();
    for (later, more) in sums.iter().enumerate() {
        for (earlier, sums) in sums[..=later].iter().enumerate() {
            for (one, other) in sums.iter().flat_map(|one| more.iter().map(move |other| (one, other))) {
                let people = one ^ other;
                if people != 0 && people.count_ones() < least {
                    return Some(Isolated { dimensions: (earlier, later), people });
                }
            }
        }
    }
    None
}

/// Whomever a dimension tells something about: nobody, who is in the sum of groups that do not overlap, or is not and is
/// counted; or in a group that may overlap others.
fn sums(published: &Published<'_>, visible: &[bool], counted: u64) -> Vec<u64> {
    let groups: Vec<u64> = match published {
        Published::Cells { of, count } => (0..*count).map(|cell| people(places(of, cell)) & counted).collect(),
        Published::Sets(sets) => sets.iter().map(|set| people(set.iter().copied()) & counted).collect(),
    };
    assert_eq!(groups.len(), visible.len(), "each group is visible or not");
    let shown = groups.into_iter().zip(visible).filter_map(|(group, visible)| visible.then_some(group));
    if !visible.contains(&true) {
        return vec![0];
    }
    if matches!(published, Published::Sets(_)) {
        return shown.chain([0, counted]).collect();
    }
    let mut sums = vec![0];
    for group in shown {
        sums.extend(sums.clone().into_iter().map(|sum: u64| sum | group));
    }
    let complements: Vec<u64> = sums.iter().map(|sum| counted & !sum).collect();
    sums.extend(complements);
    sums
}

fn places(of: &[u16], cell: usize) -> impl Iterator<Item = u32> {
    (0_u32..).zip(of).filter(move |(_, of)| usize::from(**of) == cell).map(|(place, _)| place)
}

/// The people at these places, as bits.
pub(super) fn people(places: impl IntoIterator<Item = u32>) -> u64 {
    places.into_iter().fold(0, |people, place| people | 1 << place)
}
