//! The screen against the attacker, over random organisations of whom some are not counted; and that it shows what it may.

use proptest::prelude::*;

use super::super::attacker::{attack, people};
use super::*;

/// How an organisation is divided.
#[derive(Debug, Clone)]
enum Dimension {
    Attribute(Vec<u16>),
    EntraGroups(Vec<Vec<u32>>),
}

/// People, their groups, and who is not counted.
#[derive(Debug, Clone)]
struct Organisation {
    users: u32,
    least: u32,
    dimensions: Vec<Dimension>,
    uncounted: Vec<u32>,
}

impl Organisation {
    fn published(&self) -> Vec<Published<'_>> {
        let dimensions = self.dimensions.iter().map(|dimension| match dimension {
            Dimension::Attribute(of) => {
                Published::Cells { of, count: usize::from(*of.iter().max().expect("somebody")) + 1 }
            }
            Dimension::EntraGroups(sets) => Published::Sets(sets.iter().map(Vec::as_slice).collect()),
        });
        dimensions.collect()
    }

    fn screen(&self) -> Screen {
        Screen::new(self.users, self.least, &self.published())
    }

    fn counted(&self) -> u64 {
        people(0..self.users) & !people(self.uncounted.iter().copied())
    }
}

fn organisation() -> impl Strategy<Value = Organisation> {
    (6..40_u32).prop_flat_map(|users| {
        let dimensions = prop::collection::vec(dimension(users), 1..4);
        (3..6_u32, dimensions, some(users, 6)).prop_map(move |(least, dimensions, uncounted)| Organisation {
            users,
            least,
            dimensions,
            uncounted,
        })
    })
}

/// Values of all at random, and along the order of the people: such dimensions differ by few.
fn dimension(users: u32) -> impl Strategy<Value = Dimension> {
    let people = users as usize;
    let scattered = (1..7_u16).prop_flat_map(move |values| prop::collection::vec(0..values, people));
    let ranges = (4..20_u16, prop::collection::vec(0..12_u16, people)).prop_map(|(size, strays)| {
        let of = (0_u16..).zip(strays).map(|(place, stray)| if stray > 5 { place / size } else { stray / 5 });
        of.collect()
    });
    let halves = prop::collection::vec(prop_oneof![some(users, 2), some(users, 4), ranges_of(users)], 1..5);
    prop_oneof![
        scattered.prop_map(Dimension::Attribute),
        ranges.prop_map(Dimension::Attribute),
        halves.prop_map(Dimension::EntraGroups)
    ]
}

/// One in so many.
fn some(users: u32, one_in: u8) -> impl Strategy<Value = Vec<u32>> {
    let dice = prop::collection::vec(0..one_in, users as usize);
    dice.prop_map(|dice| (0..).zip(dice).filter_map(|(place, dice)| (dice == 0).then_some(place)).collect())
}

fn ranges_of(users: u32) -> impl Strategy<Value = Vec<u32>> {
    (0..users, 0..users).prop_map(|(one, other)| (one.min(other)..one.max(other)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_difference_of_what_is_shown_isolates_few(organisation in organisation()) {
        prop_assume!(!organisation.uncounted.is_empty());
        let (published, screen) = (organisation.published(), organisation.screen());
        let visible = screen.visible(&published, &organisation.uncounted);
        let found = attack(organisation.least, organisation.counted(), &published, &visible);
        prop_assert_eq!(found, None, "visible: {:?}", visible);
    }

    #[test]
    fn what_no_missing_answer_can_give_away_is_shown(organisation in organisation()) {
        let (published, screen) = (organisation.published(), organisation.screen());
        let groups = |place| screen.everybody.sizes(place).iter().map(|people| *people > 0).collect();
        let everything: Vec<Vec<bool>> = (0..published.len()).map(groups).collect();
        for missing in 0..=organisation.uncounted.len().min(2) {
            let counted = screen.everybody.without(&published, &organisation.uncounted[..missing]);
            let least = organisation.least + u32::try_from(missing).expect("two");
            if attack(least, people(0..organisation.users), &published, &everything).is_none() {
                prop_assert_eq!(&screen.settle(&published, &counted), &everything);
            }
        }
    }
}

/// 1,000 people by fifties and by hundreds, and two of those hundreds as Entra groups.
#[test]
fn one_missing_answer_hides_nothing_of_an_ample_organisation() {
    let (fifties, hundreds) = (0..1000).map(|place| (place / 50, place / 100)).unzip();
    let sets = vec![(0..100).collect(), (100..200).collect()];
    let dimensions = vec![Dimension::Attribute(fifties), Dimension::Attribute(hundreds), Dimension::EntraGroups(sets)];
    let organisation = Organisation { users: 1000, least: 5, dimensions, uncounted: vec![77] };
    let visible = organisation.screen().visible(&organisation.published(), &organisation.uncounted);
    assert!(visible.iter().flatten().all(|visible| *visible), "{visible:?}");
    assert_eq!(visible.iter().map(Vec::len).collect::<Vec<_>>(), [20, 10, 2]);
}

#[test]
fn an_absent_group_takes_another_with_it_lest_the_total_tell_of_it() {
    let of = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2];
    check(vec![Dimension::Attribute(of.to_vec())], &[13], &[&[true, false, false]]);
    check(vec![Dimension::Attribute(of.to_vec())], &[13, 14, 15, 16, 17], &[&[true, true, false]]);
    check(vec![Dimension::Attribute(of.to_vec())], &[0], &[&[true, true, true]]);
}

#[test]
fn of_two_dimensions_that_few_part_the_later_one_gives_way() {
    // The same six, but for five of the others; when one of those is not counted, four are too few.
    let (teams, offices) = (of(&[6, 11]), of(&[11, 6]));
    let dimensions = || vec![Dimension::Attribute(teams.clone()), Dimension::Attribute(offices.clone())];
    check(dimensions(), &[0], &[&[true, true], &[true, true]]);
    check(dimensions(), &[7], &[&[true, true], &[false, false]]);
}

#[test]
fn an_entra_group_that_is_nearly_all_is_hidden() {
    let dimensions = || vec![Dimension::EntraGroups(vec![(0..12).collect(), (0..6).collect()])];
    check(dimensions(), &[0], &[&[true, true]]);
    check(dimensions(), &[16], &[&[false, true]]);
}

#[test]
fn fewer_counted_than_the_least_show_nothing() {
    let dimensions = || vec![Dimension::Attribute(of(&[6])), Dimension::EntraGroups(vec![(0..6).collect()])];
    check(dimensions(), &[0], &[&[true], &[true]]);
    check(dimensions(), &[0, 1], &[&[false], &[false]]);
}

#[test]
fn counts_without_some_are_those_of_the_others() {
    let sets = vec![(0..90).step_by(7).collect(), (30..9000).collect(), Vec::new()];
    let cells = |users: &[u32]| users.iter().map(|user| u16::try_from(user % 5).expect("a digit")).collect();
    let everybody: Vec<u32> = (0..9000).collect();
    let uncounted: Vec<u32> = (0..9000).filter(|user| user % 11 == 3 || user % 1024 > 1000).collect();
    let dimensions = vec![Dimension::Attribute(cells(&everybody)), Dimension::EntraGroups(sets)];
    let organisation = Organisation { users: 9000, least: 5, dimensions, uncounted };
    let published = organisation.published();
    let counted = Joint::new(9000, &published).without(&published, &organisation.uncounted);
    let rest = |in_both: &dyn Fn(u32) -> bool| {
        let counted = everybody.iter().filter(|user| organisation.uncounted.binary_search(user).is_err());
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
fn check(dimensions: Vec<Dimension>, uncounted: &[u32], visible: &[&[bool]]) {
    let users = dimensions.iter().find_map(|dimension| match dimension {
        Dimension::Attribute(of) => Some(u32::try_from(of.len()).expect("few")),
        Dimension::EntraGroups(_) => None,
    });
    let users = users.unwrap_or(17);
    let organisation = Organisation { users, least: 5, dimensions, uncounted: uncounted.to_vec() };
    assert_eq!(organisation.screen().visible(&organisation.published(), uncounted), visible);
}
