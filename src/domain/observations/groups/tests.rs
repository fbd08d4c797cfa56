//! Counts of groups, told as small organisations after one cycle.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::dimension::{Attribute, ByAttribute, ByEntraGroups, EntraGroup, GroupId, Label, Source};
use super::super::super::directory::Directory;
use super::super::super::grouping::Members;
use super::super::super::presence::{Presence, Word};
use super::super::super::roster::Roster;
use super::super::super::tenant::TenantName;
use super::super::super::terms::Terms;
use super::super::super::user::UserId;
use super::*;

const TEAM: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const MAX_AGE: Duration = Duration::from_mins(5);

fn user(number: usize) -> UserId {
    UserId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a GUID")
}

fn at(seconds: u64) -> Moment {
    Moment::from_millis(1_000_000 + seconds * 1000)
}

/// How people are: `+` available, `-` away, `?` not answered, `x` never.
fn presence(letter: char) -> Option<Presence> {
    let word = |word: &str| Some(Field::Availability.parse(word));
    let availability = match letter {
        '+' => word("AvailableIdle"),
        '-' => word("Away"),
        _ => return None,
    };
    let activity = Some(Word::Known(0));
    Some(Presence { availability, activity, out_of_office: Some(letter == '-'), ..Presence::default() })
}

/// The observations after three cycles, where those of `?` are answered in the first one alone and that is long ago.
fn observed(directory: Directory, people: &str) -> Observations {
    let letters: Vec<char> = people.chars().collect();
    let mut observations = Observations::new(Arc::new(directory));
    for cycle in 0..3 {
        let start = cycle * 200;
        for batch in observations.begin(at(start), MAX_AGE) {
            let asked: Vec<usize> = batch.places().iter().map(|place| *place as usize).collect();
            let answers = asked.iter().map(|place| match letters[*place] {
                '?' if cycle == 0 => presence('+'),
                letter => presence(letter),
            });
            let answers: Vec<Option<Presence>> = answers.collect();
            observations.take(&batch, answers, at(start));
        }
        observations.conclude(true);
    }
    observations
}

fn dimension(source: Source, metrics: &[GroupMetric]) -> Dimension {
    Dimension { name: Label::parse("it").expect("a label"), source, metrics: metrics.to_vec() }
}

fn terms(dimension: Dimension) -> Terms {
    let terms = Terms::by_default(TenantName::parse("contoso").expect("a name"));
    Terms { dimensions: Arc::new([dimension]), min_group_size: 3, ..terms }
}

/// The one dimension of an organisation of departments, each with its people.
fn departments(departments: &[(&str, &str)], metrics: &[GroupMetric]) -> DimensionTally {
    let by = ByAttribute { attribute: Attribute::Department, map: BTreeMap::new(), max_groups: 100 };
    let terms = terms(dimension(Source::Attribute(by), metrics));
    let mut roster = Roster::new(&terms.dimensions);
    let mut letters = String::new();
    for (department, people) in departments {
        for letter in people.chars() {
            roster.add(user(letters.len()), |_| Some(department));
            letters.push(letter);
        }
    }
    let directory = Directory::grouped(roster, &BTreeMap::new(), &terms, None, at(0));
    observed(directory, &letters).tally(at(401), MAX_AGE).dimensions.remove(0)
}

/// What is shown of each group: its users, then each count that is not zero.
fn told(tally: &DimensionTally) -> String {
    let groups = tally.groups.iter().map(|group| {
        let Some(counts) = &group.counts else { return format!("{}: absent", group.name) };
        let words = counts.words.iter().flatten().flatten().filter(|(_, users)| *users > 0);
        let words = words.map(|(word, users)| format!(" {word}={users}")).collect::<Vec<_>>().concat();
        let away = counts.out_of_office.map(|users| format!(" out={users}")).unwrap_or_default();
        format!("{}: {}{words}{away}", group.name, counts.users)
    });
    groups.collect::<Vec<_>>().join(", ")
}

#[test]
fn each_group_is_counted_by_what_was_asked_for() {
    let organisation = [("Sales", "++-"), ("Legal", "----")];
    let check =
        |metrics: &[GroupMetric], expected: &str| assert_eq!(told(&departments(&organisation, metrics)), expected);
    check(&[GroupMetric::Availability], "Legal: 4 Away=4, Sales: 3 AvailableIdle=2 Away=1");
    check(&[GroupMetric::Activity], "Legal: 4 Available=4, Sales: 3 Available=3");
    check(&[GroupMetric::OutOfOffice], "Legal: 4 out=4, Sales: 3 out=1");
    // No answer carries it.
    check(&[GroupMetric::WorkLocation], "Legal: 4, Sales: 3");
}

#[test]
fn who_is_not_answered_counts_for_the_group_alone() {
    let tally = departments(&[("Sales", "++-?"), ("Legal", "---x")], &[GroupMetric::Availability]);
    assert_eq!(told(&tally), "Legal: 4 Away=3, Sales: 4 AvailableIdle=2 Away=1");
}

#[test]
fn a_group_with_too_few_answers_is_absent() {
    let tally = departments(&[("Sales", "+++++"), ("Press", "++++"), ("Legal", "xxx")], &[GroupMetric::Availability]);
    assert_eq!(told(&tally), "Legal: absent, Press: 4 AvailableIdle=4, Sales: 5 AvailableIdle=5");
}

/// Whether a team on duty of these people is reachable.
fn reachable(people: &str, min_reachable: u32) -> Option<bool> {
    let id = GroupId::parse(TEAM).expect("a GUID");
    let groups = vec![EntraGroup { name: Label::parse("on call").expect("a label"), id }];
    let by = ByEntraGroups { groups, duty: Some(Duty { min_reachable }) };
    let terms = terms(dimension(Source::EntraGroups(by), &[GroupMetric::Availability]));
    let mut roster = Roster::new(&terms.dimensions);
    let team: Vec<UserId> = (0..people.len()).map(user).collect();
    (0..people.len() + 10).for_each(|number| roster.add(user(number), |_| None));
    let members = BTreeMap::from([(id, Members::Read(team))]);
    let directory = Directory::grouped(roster, &members, &terms, None, at(0));
    let tally = observed(directory, &format!("{people}++++++++++")).tally(at(401), MAX_AGE);
    let [team] = tally.dimensions[0].groups.as_slice() else { panic!("one group") };
    assert_eq!(team.counts.is_some(), people.chars().filter(|letter| "+-".contains(*letter)).count() > 2, "{people}");
    team.reachable
}

#[test]
fn a_team_on_duty_is_reachable_or_not_and_else_nothing_is_said() {
    assert_eq!(reachable("+-", 1), Some(true));
    assert_eq!(reachable("--", 1), Some(false));
    assert_eq!(reachable("+--", 2), Some(false));
    assert_eq!(reachable("++-", 2), Some(true));
}

#[test]
fn while_an_answer_that_is_missing_could_change_it_nothing_is_said() {
    assert_eq!(reachable("--?", 1), None);
    assert_eq!(reachable("+-?", 1), Some(true));
    assert_eq!(reachable("--?", 2), Some(false));
}

#[test]
fn of_one_person_nothing_is_said() {
    assert_eq!(reachable("+", 1), None);
    assert_eq!(reachable("+?", 1), None);
    assert_eq!(reachable("-?", 2), None);
    assert_eq!(reachable("-x", 1), None);
}

#[test]
fn who_can_not_be_answered_does_not_keep_a_team_in_the_dark() {
    assert_eq!(reachable("--x", 1), Some(false));
    assert_eq!(reachable("+-x", 1), Some(true));
}
