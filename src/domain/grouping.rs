//! Grouping: in which groups the users of a directory are counted, and who is in which.
//!
//! It names the groups that a listing has found, lets `privacy` decide which of them are shown, and remembers what was
//! shown, so that the next listing keeps spellings and does not let groups come and go with every person. Membership is a
//! small number a user; who a user is, is not known here but to find the members of Entra groups.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::dimension::{ByEntraGroups, Dimension, EntraGroup, GroupId, Label, Source};
use super::privacy::{self, Division, Fate, Published, Screen, Standing};
use super::roster::{Value, Values};
use super::series::Made;
use super::user::UserId;

/// The group of those without a value.
const NONE: &str = "(none)";

/// The most groups of a dimension of which it is remembered that they are hidden: more than a listing can hold.
const MOST_HIDDEN: usize = 100_000;

/// The group of all groups that are not shown by themselves.
const OTHER: &str = "(other)";

/// What is known of the members of an Entra group.
#[derive(Debug)]
pub enum Members {
    /// They were listed.
    Read(Vec<UserId>),
    /// They could not be listed: who was a member is still one.
    Held,
    /// There is no such group.
    Gone,
}

/// The groups of one directory, dimension by dimension in the order of the configuration.
pub struct Grouping {
    dimensions: Vec<Divided>,
    screen: Screen,
}

/// One dimension: its groups and their members.
pub struct Divided {
    /// What was configured.
    pub dimension: Dimension,
    /// The groups: of an attribute those that are shown, `(other)` last; all that are configured of Entra.
    pub groups: Vec<Group>,
    /// How many groups are shown and how many are not.
    pub visibility: Visibility,
    pub(super) membership: Membership,
    /// What the next listing goes by, for groups made of values.
    shown: HashMap<Box<str>, Arc<str>>,
    /// The fingerprints of groups that are not shown, sorted; of those too that were there once and are not now.
    hidden: Box<[u64]>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The label value.
    pub name: Arc<str>,
    /// How many of the tracked users are in it.
    pub users: u32,
    /// Whether counts of it may be shown.
    pub shown: bool,
}

/// How many groups are shown, and what became of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Visibility {
    /// Shown under their own names.
    pub shown: u32,
    /// Part of `(other)`.
    pub folded: u32,
    /// Not shown.
    pub withheld: u32,
}

/// Who is in which group; users are numbered as in the directory.
pub(super) enum Membership {
    /// The group of each user; nothing where the dimension is withheld.
    Cells(Box<[u16]>),
    /// The members of each group in ascending order, as far as they are known.
    Sets(Vec<Option<Box<[u32]>>>),
}

impl Grouping {
    /// The groups of these users, which are sorted by id. `values` has one entry for each dimension of an attribute;
    /// `members` knows the Entra groups. `before` is the directory in force, whose groups keep their names and, within
    /// bounds, their places. Counts may be about `least` people or more.
    #[must_use]
    pub fn new(
        dimensions: &[Dimension],
        least: u32,
        users: &[UserId],
        (values, members): (Vec<Values>, &BTreeMap<GroupId, Members>),
        before: Option<(&[UserId], &Self)>,
    ) -> Self {
        let mut values = values.into_iter();
        let found: Vec<Found> = dimensions
            .iter()
            .enumerate()
            .map(|(number, dimension)| {
                let earlier = before.and_then(|(users, grouping)| Some((users, grouping.dimensions.get(number)?)));
                match &dimension.source {
                    Source::Attribute(by) => {
                        Found::of_values(values.next().unwrap_or_default(), by.max_groups, earlier.map(|it| it.1))
                    }
                    Source::EntraGroups(by) => Found::of_members(by, users, members, earlier),
                }
            })
            .collect();
        let divisions: Vec<Division> = found.iter().map(Found::division).collect();
        let tracked = u32::try_from(users.len()).unwrap_or(u32::MAX);
        let judged = privacy::judge(tracked, least, &divisions);
        drop(divisions);
        let divided = dimensions.iter().zip(found).zip(judged);
        let divided = divided.map(|((dimension, found), fates)| found.divided(dimension.clone(), &fates));
        let dimensions: Vec<Divided> = divided.collect();
        let screen = Screen::new(tracked, least, &published(&dimensions));
        Self { dimensions, screen }
    }

    /// The dimensions, in the order of the configuration.
    #[must_use]
    pub fn dimensions(&self) -> &[Divided] {
        &self.dimensions
    }

    /// How many series the groups make.
    #[must_use]
    pub fn made(&self) -> Made {
        Made::of(&self.dimensions)
    }

    /// Groups on duty that have fewer members than shall be reachable, each with its dimension and how many these are.
    pub fn never_reachable(&self) -> impl Iterator<Item = (&Label, &Group, u32)> {
        self.dimensions.iter().flat_map(|divided| {
            let needed = divided.dimension.duty().map_or(0, |duty| duty.min_reachable);
            let few = divided.groups.iter().filter(move |group| (1..needed).contains(&group.users));
            few.map(move |group| (&divided.dimension.name, group, needed))
        })
    }

    /// Which groups of each dimension may be shown when the users at these places, in ascending order, are not counted.
    pub(super) fn visible(&self, uncounted: &[u32]) -> Vec<Vec<bool>> {
        let screened = self.screen.visible(&published(&self.dimensions), uncounted);
        let visible = self.dimensions.iter().zip(screened).map(|(dimension, screened)| {
            let mut screened = screened.into_iter();
            dimension.groups.iter().map(|group| group.shown && screened.next() == Some(true)).collect()
        });
        visible.collect()
    }
}

impl Default for Grouping {
    /// Nobody is counted apart.
    fn default() -> Self {
        Self { dimensions: Vec::new(), screen: Screen::new(0, 0, &[]) }
    }
}

impl fmt::Debug for Grouping {
    /// Who is in which group stays out of every log and panic message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.dimensions.iter().map(|dimension| &dimension.groups)).finish()
    }
}

/// What a listing found of one dimension, before anybody asks whether it may be shown.
enum Found {
    Values { values: Values, standings: Vec<Standing>, most: usize, names: HashMap<Box<str>, Arc<str>>, met: Vec<u64> },
    Members { names: Vec<Arc<str>>, standings: Vec<Standing>, sets: Vec<Option<Box<[u32]>>>, met: Vec<u64> },
}

impl Found {
    fn of_values(values: Values, most: usize, before: Option<&Divided>) -> Self {
        let standings = values.values.iter().enumerate().map(|(number, value)| match before {
            _ if number == usize::from(Values::REST) => Standing::Rest,
            Some(before) if before.shown.contains_key(&value.key) => Standing::Shown,
            Some(before) if before.hidden.binary_search(&fingerprint(&value.key)).is_ok() => Standing::Hidden,
            _ => Standing::New,
        });
        let standings = standings.collect();
        let names = before.map(|before| before.shown.clone()).unwrap_or_default();
        Self::Values { values, standings, most, names, met: before.map(Divided::met).unwrap_or_default() }
    }

    fn of_members(
        by: &ByEntraGroups,
        users: &[UserId],
        members: &BTreeMap<GroupId, Members>,
        before: Option<(&[UserId], &Divided)>,
    ) -> Self {
        let names = by.groups.iter().map(|group| group.name.as_str().into()).collect();
        let earlier = |number: usize| {
            let (users, before) = before?;
            let Membership::Sets(sets) = &before.membership else { return None };
            Some((users, sets.get(number)?.as_deref()?))
        };
        let sets = by.groups.iter().enumerate().map(|(number, group)| match members.get(&group.id) {
            Some(Members::Read(members)) => Some(places(users, members.clone())),
            Some(Members::Held) => earlier(number).map(|(before, set)| {
                places(users, set.iter().filter_map(|place| before.get(*place as usize).copied()).collect())
            }),
            Some(Members::Gone) | None => None,
        });
        let before = before.map(|(_, before)| before);
        let standing = |(number, group): (usize, &EntraGroup)| match before {
            Some(before) if before.groups.get(number).is_some_and(|group| group.shown) => Standing::Shown,
            Some(before) if before.hidden.binary_search(&fingerprint(group.name.as_str())).is_ok() => Standing::Hidden,
            _ => Standing::New,
        };
        let standings = by.groups.iter().enumerate().map(standing).collect();
        Self::Members { names, sets: sets.collect(), standings, met: before.map(Divided::met).unwrap_or_default() }
    }

    fn division(&self) -> Division<'_> {
        match self {
            Self::Values { values, standings, most, .. } => {
                Division::Partition { of: &values.of, groups: standings.clone(), most: *most }
            }
            Self::Members { standings, sets, .. } => {
                let sets = sets.iter().map(Option::as_deref);
                Division::Cover(standings.iter().copied().zip(sets).collect())
            }
        }
    }

    /// The dimension as these fates of its groups have it.
    fn divided(self, dimension: Dimension, fates: &[Fate]) -> Divided {
        match self {
            Self::Values { values, names, met, .. } => divide(dimension, values, &names, fates, met),
            Self::Members { names, sets, met, .. } => {
                let there = names.iter().zip(&sets).zip(fates).filter(|((_, set), _)| set.is_some());
                let hidden = hidden(there.map(|((name, _), fate)| (fingerprint(name), *fate)), met);
                let groups = names.into_iter().zip(&sets).zip(fates).map(|((name, set), fate)| {
                    let users = set.as_ref().map_or(0, |set| u32::try_from(set.len()).unwrap_or(u32::MAX));
                    Group { name, users, shown: *fate == Fate::Shown }
                });
                Divided {
                    dimension,
                    groups: groups.collect(),
                    visibility: Visibility::of(fates.iter().copied()),
                    membership: Membership::Sets(sets),
                    shown: HashMap::new(),
                    hidden,
                }
            }
        }
    }
}

/// The groups of values: a number for each that is shown, one for all that are folded.
fn divide(
    dimension: Dimension,
    values: Values,
    names: &HashMap<Box<str>, Arc<str>>,
    fates: &[Fate],
    met: Vec<u64>,
) -> Divided {
    let Values { mut of, values } = values;
    let peopled = || values.iter().zip(fates).filter(|(value, _)| value.users > 0);
    let visibility = Visibility::of(peopled().map(|(_, fate)| *fate));
    let mut groups: Vec<Group> = Vec::new();
    let mut shown = HashMap::new();
    let mut cells = vec![u16::MAX; values.len()];
    for (number, (value, _)) in values.iter().zip(fates).enumerate().filter(|(_, (_, fate))| **fate == Fate::Shown) {
        let name = if number == usize::from(Values::NONE) { NONE.into() } else { spelling(value, names) };
        shown.insert(value.key.clone(), Arc::clone(&name));
        cells[number] = u16::try_from(groups.len()).unwrap_or(u16::MAX);
        groups.push(Group { name, users: value.users, shown: true });
    }
    let folded = peopled().filter(|(_, fate)| **fate == Fate::Folded).map(|(value, _)| value.users);
    let folded: u32 = folded.sum();
    if folded > 0 {
        let other = u16::try_from(groups.len()).unwrap_or(u16::MAX);
        cells.iter_mut().filter(|cell| **cell == u16::MAX).for_each(|cell| *cell = other);
        groups.push(Group { name: OTHER.into(), users: folded, shown: true });
    }
    // The rest has no key, as little as those without a value have one.
    let there = values
        .iter()
        .zip(fates)
        .enumerate()
        .filter(|(number, (value, _))| value.users > 0 && *number != usize::from(Values::REST));
    let hidden = hidden(there.map(|(_, (value, fate))| (fingerprint(&value.key), *fate)), met);
    if groups.is_empty() {
        of = Vec::new();
    }
    for value in &mut of {
        *value = cells.get(usize::from(*value)).copied().unwrap_or_default();
    }
    let membership = Membership::Cells(of.into_boxed_slice());
    Divided { dimension, groups, visibility, membership, shown, hidden }
}

impl Divided {
    /// The fingerprints of all groups that are shown or hidden, or were once.
    fn met(&self) -> Vec<u64> {
        let values = self.shown.keys().map(|key| fingerprint(key));
        let teams = self.groups.iter().filter(|group| group.shown).map(|group| fingerprint(&group.name));
        let mut met = self.hidden.to_vec();
        match self.membership {
            Membership::Cells(_) => met.extend(values),
            Membership::Sets(_) => met.extend(teams),
        }
        met
    }
}

/// The fingerprints of groups that are not shown, sorted: those that are there, and of those `met` before the ones that are
/// not: a group that is gone for one listing comes back no sooner than one that stayed.
fn hidden(there: impl Iterator<Item = (u64, Fate)>, met: Vec<u64>) -> Box<[u64]> {
    let (shown, absent): (Vec<_>, Vec<_>) = there.partition(|(_, fate)| *fate == Fate::Shown);
    let shown: HashSet<u64> = shown.into_iter().map(|(group, _)| group).collect();
    let known = absent.into_iter().map(|(group, _)| group).chain(met);
    let mut hidden: Vec<u64> = known.filter(|group| !shown.contains(group)).collect();
    hidden.truncate(MOST_HIDDEN);
    hidden.sort_unstable();
    hidden.dedup();
    hidden.into_boxed_slice()
}

/// What of these dimensions may be shown, if everybody is counted.
fn published(dimensions: &[Divided]) -> Vec<Published<'_>> {
    let published = dimensions.iter().map(|dimension| match &dimension.membership {
        Membership::Cells(of) => Published::Cells { of, count: dimension.groups.len() },
        Membership::Sets(sets) => {
            let shown = dimension.groups.iter().zip(sets).filter(|(group, _)| group.shown);
            Published::Sets(shown.filter_map(|(_, set)| set.as_deref()).collect())
        }
    });
    published.collect()
}

impl Visibility {
    fn of(fates: impl Iterator<Item = Fate>) -> Self {
        let mut visibility = Self::default();
        for fate in fates {
            match fate {
                Fate::Shown => visibility.shown += 1,
                Fate::Folded => visibility.folded += 1,
                Fate::Withheld => visibility.withheld += 1,
            }
        }
        visibility
    }
}

/// How a value is spelled: as it was shown as long as anybody spells it so, else as most do; of equally many the smallest
/// bytes.
fn spelling(value: &Value, names: &HashMap<Box<str>, Arc<str>>) -> Arc<str> {
    let spelled = |name: &&Arc<str>| value.spellings.iter().any(|(it, users)| **it == ***name && *users > 0);
    if let Some(name) = names.get(&value.key).filter(spelled) {
        return Arc::clone(name);
    }
    let usual = value.spellings.iter().max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)));
    usual.map_or_else(|| (*value.key).into(), |(name, _)| (**name).into())
}

/// Where these people stand among the sorted users, ascending; who is not among them is left out.
fn places(users: &[UserId], mut people: Vec<UserId>) -> Box<[u32]> {
    people.sort_unstable();
    people.dedup();
    let mut from = 0;
    let found = people.iter().filter_map(|user| {
        let place = from + users[from..].partition_point(|other| other < user);
        from = place;
        (users.get(place) == Some(user)).then(|| u32::try_from(place).ok()).flatten()
    });
    found.collect()
}

/// What stands for a value that is not shown: its text is of no use to anybody.
fn fingerprint(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
