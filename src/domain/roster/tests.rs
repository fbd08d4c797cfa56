//! Rosters: who counts where after any rows, within which bounds.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::dimension::{ByAttribute, ByEntraGroups, Label};
use crate::domain::value;

fn user(number: u128) -> UserId {
    UserId::parse(&uuid::Uuid::from_u128(number).hyphenated().to_string()).expect("a GUID")
}

fn dimension(attribute: Attribute, map: &[(&str, &str)]) -> Dimension {
    let map = map.iter().map(|(from, to)| (value::key(from), Box::from(*to))).collect();
    let source = Source::Attribute(ByAttribute { attribute, map, max_groups: 100 });
    Dimension { name: Label::parse("dimension").expect("a label"), source, metrics: Vec::new() }
}

fn entra_groups() -> Dimension {
    let source = Source::EntraGroups(ByEntraGroups { groups: Vec::new(), duty: None });
    Dimension { source, ..dimension(Attribute::City, &[]) }
}

/// A roster by department of users with these numbers and values.
fn roster(rows: &[(u128, &str)]) -> Roster {
    let mut roster = Roster::new(&[dimension(Attribute::Department, &[])]);
    for (number, value) in rows {
        roster.add(user(*number), |_| Some(*value));
    }
    roster
}

/// Users and values as they are seen from outside: `2=Sales` of each, then `key: spelling 3` of each value.
fn told(roster: Roster) -> (Vec<String>, Vec<String>) {
    let (users, columns) = roster.sorted();
    let values = &columns[0];
    let name = |of: &u16| match *of {
        Values::NONE => "(none)",
        Values::REST => "(rest)",
        of => &*values.values[usize::from(of)].key,
    };
    let number = |user: &UserId| {
        let mut text = Vec::new();
        user.write_to(&mut text);
        uuid::Uuid::try_parse_ascii(&text).expect("a GUID").as_u128()
    };
    let users = users.iter().zip(&values.of).map(|(user, of)| format!("{}={}", number(user), name(of)));
    let spelled = |value: &Value| {
        let spellings = value.spellings.iter().map(|(spelling, users)| format!("{spelling} {users}"));
        format!("{}: {} {}", value.key, value.users, spellings.collect::<Vec<_>>().join(", "))
    };
    (users.collect(), values.values.iter().map(spelled).collect())
}

#[test]
fn users_come_sorted_with_their_values_and_values_with_their_spellings() {
    let (users, values) =
        told(roster(&[(3, "Sales"), (1, "sales "), (4, ""), (2, "SALES"), (9, "Legal"), (5, "Sales")]));
    assert_eq!(users, ["1=sales", "2=sales", "3=sales", "4=(none)", "5=sales", "9=legal"]);
    assert_eq!(values, [": 1 ", ": 0 ", "legal: 1 Legal 1", "sales: 4 SALES 1, Sales 2, sales 1"]);
}

#[test]
fn of_a_user_listed_twice_the_later_row_counts() {
    let (users, values) = told(roster(&[(2, "Law"), (1, "Law"), (2, "Sales"), (1, "Art"), (2, "Legal"), (1, "Law")]));
    assert_eq!(users, ["1=law", "2=legal"]);
    assert_eq!(values, [": 0 ", ": 0 ", "law: 1 Law 1", "legal: 1 Legal 1"]);
}

#[test]
fn who_is_left_out_is_not_counted_and_a_value_that_nobody_has_is_gone() {
    let mut roster = roster(&[(1, "Law"), (2, "LAW"), (3, "Art"), (4, "Law"), (5, "")]);
    roster.retain(|id| id != user(2) && id != user(3));
    assert_eq!(roster.len(), 3);
    let (users, values) = told(roster);
    assert_eq!(users, ["1=law", "4=law", "5=(none)"]);
    assert_eq!(values, [": 1 ", ": 0 ", "law: 2 Law 2"]);
}

#[test]
fn each_attribute_dimension_has_values_of_its_own() {
    let pairs = [("r & d", "Research")];
    let dimensions = [
        dimension(Attribute::City, &[]),
        entra_groups(),
        dimension(Attribute::Department, &pairs),
        dimension(Attribute::Department, &[]),
    ];
    let mut roster = Roster::new(&dimensions);
    roster.reserve(1);
    roster.add(user(1), |attribute| (attribute == Attribute::Department).then_some("R & D"));
    let (users, columns) = roster.sorted();
    assert_eq!(users, [user(1)]);
    let keys: Vec<&str> = columns.iter().map(|values| &*values.values[usize::from(values.of[0])].key).collect();
    assert_eq!(keys, ["", "research", "r & d"]);
}

#[test]
fn values_without_end_are_the_rest_and_those_known_before_go_on() {
    let mut roster = Roster::new(&[dimension(Attribute::JobTitle, &[])]);
    for number in 0..65_100 {
        let text = format!("Title {number}");
        roster.add(user(number), |_| Some(&text));
    }
    for (number, text) in [(70_000, "Title 7"), (70_001, "TITLE 7"), (70_002, "Title 65099")] {
        roster.add(user(number), |_| Some(text));
    }
    let (_, columns) = roster.sorted();
    let values = &columns[0];
    assert_eq!(values.values.len(), 65_002);
    assert_eq!(values.values[usize::from(Values::REST)].users, 101);
    let seventh = values.values.iter().find(|value| &*value.key == "title 7").expect("a value");
    assert_eq!((seventh.users, &*seventh.spellings), (3, [(Box::from("Title 7"), 3)].as_slice()));
}

#[test]
fn names_that_are_too_long_together_are_the_rest() {
    let mut roster = Roster::new(&[dimension(Attribute::JobTitle, &[])]);
    for number in 0..10_000 {
        let text = format!("{number:05}{}", "🏝".repeat(130));
        roster.add(user(number), |_| Some(&text));
    }
    let values = roster.sorted().1.remove(0);
    let bytes =
        |value: &Value| value.key.len() + value.spellings.iter().map(|(spelling, _)| spelling.len()).sum::<usize>();
    let kept: usize = values.values.iter().map(bytes).sum();
    assert!((7 << 20..=8 << 20).contains(&kept), "{kept} bytes");
    assert_eq!(values.values.iter().map(|value| value.users).sum::<u32>(), 10_000);
}

#[test]
fn spellings_without_end_of_one_value_leave_room_for_other_values() {
    let raised = |number: u32, bit: u32| if number >> bit & 1 == 1 { 'A' } else { 'a' };
    let mut roster = Roster::new(&[dimension(Attribute::JobTitle, &[])]);
    for number in 0..40 {
        let text: String = (0..6).map(|bit| raised(number, bit)).collect();
        roster.add(user(number.into()), |_| Some(&text));
    }
    let values = roster.sorted().1.remove(0);
    let value = values.values.last().expect("a value");
    assert_eq!((&*value.key, value.users, value.spellings.len()), ("aaaaaa", 40, 32));
}

/// Few values in many spellings, so that they meet; and few users, so that some are listed twice.
fn rows(users: u128) -> impl Strategy<Value = Vec<(u128, String)>> {
    let value = prop_oneof![
        "[aA]{0,2}[ \t\0]{0,2}[bB]{0,1}",
        "[İıiIß]{0,2}",
        Just("(None)".to_owned()),
        Just("(none)_".to_owned()),
        "[\u{200f}🏝\"\n]{0,2}",
        "x{127,129}",
    ];
    prop::collection::vec((0..users, value), 0..30)
}

proptest! {
    #[test]
    fn values_do_not_depend_on_the_order_of_rows(rows in rows(u128::MAX).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))) {
        let sorted = |rows: &[(u128, String)]| {
            let mut roster = Roster::new(&[dimension(Attribute::City, &[("A", "b"), ("b", "  c ")])]);
            for (number, value) in rows {
                roster.add(user(*number), |_| Some(value));
            }
            roster.sorted()
        };
        prop_assert_eq!(sorted(&rows.0), sorted(&rows.1));
    }

    #[test]
    fn every_user_counts_once_for_the_value_of_the_last_row(rows in rows(20), without in 0_u128..20) {
        let mut expected = BTreeMap::new();
        let mut roster = Roster::new(&[dimension(Attribute::City, &[]), dimension(Attribute::City, &[])]);
        for (number, value) in &rows {
            roster.add(user(*number), |_| Some(value));
            let named = value::Named::read(value, &BTreeMap::new());
            expected.insert(user(*number), named.map(|named| named.key).unwrap_or_default());
        }
        roster.retain(|id| id != user(without));
        expected.remove(&user(without));
        let (users, columns) = roster.sorted();
        for values in &columns {
            let keys = values.of.iter().map(|of| values.values[usize::from(*of)].key.clone());
            prop_assert_eq!(&users.iter().copied().zip(keys).collect::<BTreeMap<_, _>>(), &expected);
            let counted: u32 = values.values.iter().map(|value| value.users).sum();
            prop_assert_eq!(counted as usize, users.len());
            for (number, value) in values.values.iter().enumerate() {
                prop_assert_eq!(value.users as usize, values.of.iter().filter(|of| usize::from(**of) == number).count());
                prop_assert!(number < 2 || value.users == value.spellings.iter().map(|(_, users)| users).sum::<u32>());
            }
        }
        prop_assert_eq!(users.len(), expected.len());
        prop_assert!(users.is_sorted());
    }
}
