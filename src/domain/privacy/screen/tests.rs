//! The screen against the attacker, over random organisations of whom some are not counted; and that it shows what it may.

use proptest::prelude::*;

use super::super::Fate;
use super::super::tests::attacker::{Kept, Organisation, Set, histories, organisations};
use super::*;

/// What is published of an organisation, and of whom no answer is there.
#[derive(Debug)]
struct Case {
    organisation: Organisation,
    dimensions: Vec<Dimension>,
    uncounted: Vec<u32>,
}

/// The cell of each user, or the members of each Entra group.
#[derive(Debug)]
enum Dimension {
    Cells(Vec<u16>),
    Sets(Vec<Vec<u32>>),
}

impl Case {
    /// Everything is published.
    fn bold(organisation: Organisation, uncounted: Vec<u32>) -> Self {
        let dimensions = organisation.dimensions.iter().map(|kept| match kept {
            Kept::Values(of) => Dimension::Cells(of.clone()),
            Kept::Entra(groups) => Dimension::Sets(groups.clone()),
        });
        Self { dimensions: dimensions.collect(), organisation, uncounted }
    }

    /// What was judged fit for it is published.
    fn judged(organisation: Organisation, uncounted: Vec<u32>, fates: &[Vec<Fate>]) -> Self {
        let dimensions = organisation.dimensions.iter().zip(fates).map(|(kept, fates)| match kept {
            Kept::Values(of) => Dimension::Cells(of.iter().map(|group| cell(fates, usize::from(*group))).collect()),
            Kept::Entra(groups) => {
                let shown = groups.iter().zip(fates).filter(|(_, fate)| **fate == Fate::Shown);
                Dimension::Sets(shown.map(|(group, _)| group.clone()).collect())
            }
        });
        Self { dimensions: dimensions.collect(), organisation, uncounted }
    }

    fn published(&self) -> Vec<Published<'_>> {
        self.dimensions.iter().map(Dimension::published).collect()
    }

    fn screen(&self) -> Screen {
        Screen::new(self.organisation.users, self.organisation.least, &self.published())
    }

    /// What is shown of those who are counted once so many of the uncounted are missing.
    fn screened(&self, missing: usize) -> Vec<Vec<bool>> {
        let (published, screen) = (self.published(), self.screen());
        let counted = screen.everybody.without(&published, &self.uncounted[..missing]);
        screen.settle(&published, &counted)
    }

    /// All groups that have somebody.
    fn everything(&self) -> Vec<Vec<bool>> {
        let screen = self.screen();
        let with_people = |dimension| screen.everybody.sizes(dimension).iter().map(|people| *people > 0).collect();
        (0..self.dimensions.len()).map(with_people).collect()
    }

    /// What the attacker finds, who looks for less than `least` people where these are not counted.
    fn exposed(&self, least: u32, uncounted: &[u32], visible: &[Vec<bool>]) -> Option<String> {
        let counted = self.organisation.everybody() & !set(uncounted.iter().copied());
        let pages = self.dimensions.iter().zip(visible).map(|(dimension, visible)| page(dimension, visible, counted));
        self.organisation.found(least, counted, &pages.collect::<Vec<_>>())
    }
}

impl Dimension {
    fn published(&self) -> Published<'_> {
        match self {
            Self::Cells(of) => Published::Cells { of, count: of.iter().max().map_or(0, |last| usize::from(*last) + 1) },
            Self::Sets(sets) => Published::Sets(sets.iter().map(Vec::as_slice).collect()),
        }
    }
}

/// The cell of a group: those that are folded are the first.
fn cell(fates: &[Fate], group: usize) -> u16 {
    let shown = fates[..=group].iter().filter(|fate| **fate == Fate::Shown).count();
    if fates[group] == Fate::Shown { u16::try_from(shown).expect("few") } else { 0 }
}

/// Those of whom a page tells something: in each group that is visible, and of cells in those that are not.
fn page(dimension: &Dimension, visible: &[bool], counted: Set) -> Vec<Set> {
    let is_visible = |(group, _): &(usize, Set)| visible[*group];
    match dimension {
        Dimension::Sets(sets) => {
            let sets = sets.iter().map(|members| set(members.iter().copied()) & counted);
            sets.enumerate().filter(is_visible).map(|(_, set)| set).collect()
        }
        Dimension::Cells(of) => {
            let members = |cell| (0..).zip(of).filter(move |(_, of)| usize::from(**of) == cell).map(|(user, _)| user);
            let cells = (0..visible.len()).map(|cell| set(members(cell)) & counted);
            let shown: Vec<Set> = cells.enumerate().filter(is_visible).map(|(_, set)| set).collect();
            let hidden = shown.iter().fold(counted, |hidden, cell| hidden & !cell);
            if shown.is_empty() { shown } else { [shown, vec![hidden]].concat() }
        }
    }
}

fn set(users: impl Iterator<Item = u32>) -> Set {
    users.map(|user| 1 << user).sum()
}

/// Organisations, and those of whom there is no answer: one in two to one in 20.
fn cases() -> impl Strategy<Value = (Organisation, Vec<u32>)> {
    (organisations(), 2..20_u8, prop::collection::vec(any::<u8>(), 80)).prop_map(|(organisation, one_in, dice)| {
        let missing = (0..organisation.users).zip(dice).filter(|(_, dice)| dice % one_in == 0);
        let uncounted = missing.map(|(user, _)| user).collect();
        (organisation, uncounted)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_difference_of_what_is_shown_isolates_few(case in cases(), history in histories()) {
        let (organisation, uncounted) = case;
        let fates = organisation.judged(&history);
        let judged = Case::judged(organisation.clone(), uncounted.clone(), &fates);
        for case in [judged, Case::bold(organisation, uncounted)] {
            let visible = case.screened(case.uncounted.len());
            let found = case.exposed(case.organisation.least, &case.uncounted, &visible);
            prop_assert_eq!(found, None, "{:?} shows {:?}", case.dimensions, visible);
        }
    }

    #[test]
    fn what_was_judged_fit_is_shown_while_everybody_is_counted(case in cases(), history in histories()) {
        let fates = case.0.judged(&history);
        let case = Case::judged(case.0, case.1, &fates);
        if case.organisation.users >= case.organisation.least {
            prop_assert_eq!(case.screened(0), case.everything());
            prop_assert!(case.screen().visible(&case.published(), &[]).iter().flatten().all(|visible| *visible));
        }
    }

    #[test]
    fn what_no_missing_answer_can_give_away_is_shown(case in cases()) {
        let case = Case::bold(case.0, case.1);
        for missing in 0..=case.uncounted.len().min(2) {
            let least = case.organisation.least + u32::try_from(missing).expect("two");
            // Without those who are missing, Entra groups may share nobody that else did, so that they add up.
            let added_up = case.exposed(case.organisation.least, &case.uncounted[..missing], &case.everything());
            let is_safe = added_up.is_none() && case.exposed(least, &[], &case.everything()).is_none();
            if case.organisation.users >= least && is_safe {
                prop_assert_eq!(&case.screened(missing), &case.everything());
            }
        }
    }
}

/// 1,000 people by fifties and by hundreds, and two of those hundreds as Entra groups.
#[test]
fn one_missing_answer_hides_nothing_of_an_ample_organisation() {
    let (fifties, hundreds) = (0..1000).map(|place| (place / 50, place / 100)).unzip();
    let sets = vec![(0..100).collect(), (100..200).collect()];
    let dimensions = vec![Dimension::Cells(fifties), Dimension::Cells(hundreds), Dimension::Sets(sets)];
    let visible = visible(1000, &dimensions, &[77]);
    assert!(visible.iter().flatten().all(|visible| *visible), "{visible:?}");
    assert_eq!(visible.iter().map(Vec::len).collect::<Vec<_>>(), [20, 10, 2]);
}

#[test]
fn an_absent_group_takes_another_with_it_lest_the_total_tell_of_it() {
    let of = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2];
    check(&[Dimension::Cells(of.to_vec())], &[13], &[&[true, false, false]]);
    check(&[Dimension::Cells(of.to_vec())], &[13, 14, 15, 16, 17], &[&[true, true, false]]);
    check(&[Dimension::Cells(of.to_vec())], &[0], &[&[true, true, true]]);
}

#[test]
fn of_two_dimensions_that_few_part_the_later_one_gives_way() {
    // The same six, but for five of the others; when one of those is not counted, four are too few.
    let (teams, offices) = (of(&[6, 11]), of(&[11, 6]));
    let dimensions = [Dimension::Cells(teams), Dimension::Cells(offices)];
    check(&dimensions, &[0], &[&[true, true], &[true, true]]);
    check(&dimensions, &[7], &[&[true, true], &[false, false]]);
}

#[test]
fn an_entra_group_that_is_nearly_all_is_hidden() {
    let dimensions = [Dimension::Sets(vec![(0..12).collect(), (0..6).collect()])];
    check(&dimensions, &[0], &[&[true, true]]);
    check(&dimensions, &[16], &[&[false, true]]);
}

#[test]
fn entra_groups_that_leave_few_of_those_who_are_counted_are_not_all_shown() {
    let dimensions = [Dimension::Sets(vec![(0..6).collect(), (6..12).collect()])];
    check(&dimensions, &[0], &[&[true, true]]);
    check(&dimensions, &[16], &[&[true, false]]);
    let within = [Dimension::Cells(of(&[20, 10])), Dimension::Sets(vec![(0..8).collect(), (8..15).collect()])];
    check(&within, &[0], &[&[true, true], &[true, true]]);
    check(&within, &[19], &[&[true, true], &[true, false]]);
    let [cells, sets] = within;
    check_of(30, &[sets, cells], &[19], &[&[true, true], &[false, false]]);
    let sum = [Dimension::Sets(vec![(0..6).collect(), (6..12).collect(), (0..17).collect()])];
    check_of(30, &sum, &[29], &[&[true, true, true]]);
    check_of(30, &sum, &[16], &[&[true, true, false]]);
}

#[test]
fn fewer_counted_than_the_least_show_nothing() {
    let dimensions = [Dimension::Cells(of(&[6])), Dimension::Sets(vec![(0..6).collect()])];
    check(&dimensions, &[0], &[&[true], &[true]]);
    check(&dimensions, &[0, 1], &[&[false], &[false]]);
}

#[test]
fn a_dimension_that_is_withheld_is_no_obstacle_to_others() {
    let dimensions = [Dimension::Cells(of(&[6, 11])), Dimension::Cells(Vec::new()), Dimension::Sets(Vec::new())];
    check(&dimensions, &[0], &[&[true, true], &[], &[]]);
}

#[test]
fn counts_without_some_are_those_of_the_others() {
    let sets = vec![(0..90).step_by(7).collect(), (30..9000).collect(), Vec::new()];
    let cells = |users: &[u32]| users.iter().map(|user| u16::try_from(user % 5).expect("a digit")).collect();
    let everybody: Vec<u32> = (0..9000).collect();
    let uncounted: Vec<u32> = (0..9000).filter(|user| user % 11 == 3 || user % 1024 > 1000).collect();
    let dimensions = [Dimension::Cells(cells(&everybody)), Dimension::Sets(sets)];
    let published: Vec<Published<'_>> = dimensions.iter().map(Dimension::published).collect();
    let counted = Joint::new(9000, &published).without(&published, &uncounted);
    let rest = |in_both: &dyn Fn(u32) -> bool| {
        let counted = everybody.iter().filter(|user| uncounted.binary_search(user).is_err());
        u32::try_from(counted.filter(|user| in_both(**user)).count()).expect("9000 at most")
    };
    assert_eq!(counted.people(), rest(&|_| true));
    assert_eq!(counted.sizes(0)[4], rest(&|user| user % 5 == 4));
    assert_eq!(counted.sizes(1), [rest(&|user| user < 90 && user % 7 == 0), rest(&|user| user >= 30), 0]);
    assert_eq!(counted.shared(0, 1).people(4, 1), rest(&|user| user % 5 == 4 && user >= 30));
    assert_eq!(counted.shared(1, 1).people(0, 1), rest(&|user| (30..90).contains(&user) && user % 7 == 0));
}

/// People in cells of these sizes, one after the other.
fn of(sizes: &[usize]) -> Vec<u16> {
    (0..).zip(sizes).flat_map(|(cell, size)| vec![cell; *size]).collect()
}

#[track_caller]
fn check(dimensions: &[Dimension], uncounted: &[u32], expected: &[&[bool]]) {
    let users = match &dimensions[0] {
        Dimension::Cells(of) => u32::try_from(of.len()).expect("few"),
        Dimension::Sets(_) => 17,
    };
    check_of(users, dimensions, uncounted, expected);
}

#[track_caller]
fn check_of(users: u32, dimensions: &[Dimension], uncounted: &[u32], expected: &[&[bool]]) {
    assert_eq!(visible(users, dimensions, uncounted), expected);
}

fn visible(users: u32, dimensions: &[Dimension], uncounted: &[u32]) -> Vec<Vec<bool>> {
    let published: Vec<Published<'_>> = dimensions.iter().map(Dimension::published).collect();
    Screen::new(users, 5, &published).visible(&published, uncounted)
}
