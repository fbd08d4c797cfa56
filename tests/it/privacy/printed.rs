//! What a type prints of itself when somebody logs it or it ends up in a panic message: nothing that depends on who is how.
//!
//! So it is asked of two organisations that differ in their people and in how each of them is, but not in numbers: both
//! must print the same. The presence of nobody in particular (`Presence`) may print itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use teams_presence_exporter::domain::batch::{Answer, Batch};
use teams_presence_exporter::domain::dimension::{Attribute, ByAttribute, Dimension, Label, Source};
use teams_presence_exporter::domain::directory::Directory;
use teams_presence_exporter::domain::grouping::Members;
use teams_presence_exporter::domain::moment::Moment;
use teams_presence_exporter::domain::observations::Observations;
use teams_presence_exporter::domain::presence::{Field, Presence};
use teams_presence_exporter::domain::privacy::Division;
use teams_presence_exporter::domain::roster::Roster;
use teams_presence_exporter::domain::terms::Terms;
use teams_presence_exporter::domain::user::UserId;

use crate::metrics_doc::default_terms;

const NOW: Moment = Moment::from_millis(60_000);

/// Two users, of whom the one who is `away` is told by number.
struct Pair {
    ids: [&'static str; 2],
    away: usize,
}

const ONE: Pair =
    Pair { ids: ["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"], away: 0 };
const OTHER: Pair =
    Pair { ids: ["11111111-d9cb-469f-a165-70867728950e", "22222222-7425-40de-944b-e07fc1f90ae7"], away: 1 };

/// One dimension, of the department.
fn dimensions() -> Vec<Dimension> {
    let by = ByAttribute { attribute: Attribute::Department, map: BTreeMap::new(), max_groups: 9 };
    vec![Dimension { name: Label::parse("department").unwrap(), source: Source::Attribute(by), metrics: Vec::new() }]
}

impl Pair {
    fn users(&self) -> Vec<UserId> {
        self.ids.iter().map(|id| UserId::parse(id).unwrap()).collect()
    }

    fn presence(&self, number: usize) -> Presence {
        let word = if number == self.away { "Away" } else { "InAMeeting" };
        Presence { availability: Some(Field::Availability.parse(word)), ..Presence::default() }
    }

    fn answers(&self) -> Vec<Answer<'static>> {
        let answer = |(number, user)| {
            let sequence = Some(Cow::Borrowed(self.ids[number]));
            Answer { user, presence: self.presence(number), sequence }
        };
        self.users().into_iter().enumerate().map(answer).collect()
    }

    /// They are of different departments, the one who is away of the first.
    fn roster(&self) -> Roster {
        let mut roster = Roster::new(&dimensions());
        for (number, user) in self.users().into_iter().enumerate() {
            roster.add(user, |_| Some(if number == self.away { "Sales" } else { "Legal" }));
        }
        roster
    }

    /// Everything that holds somebody's state, as it prints itself.
    fn printed(&self) -> Vec<String> {
        let (_, values) = self.roster().sorted();
        let terms = Terms { min_group_size: 1, dimensions: dimensions().into(), ..default_terms() };
        let directory = Arc::new(Directory::grouped(self.roster(), &BTreeMap::new(), &terms, None, NOW));
        let mut observations = Observations::new(Arc::clone(&directory));
        let mut batches = observations.begin(NOW, terms.max_age);
        let batches_printed = format!("{batches:?}");
        let batch: Batch = batches.next().unwrap();
        let answers = self.answers();
        let answers_printed = format!("{answers:?}");
        observations.take(&batch, batch.matched(answers), NOW);
        let mut again = observations.begin(NOW, terms.max_age);
        vec![
            format!("{:?}", self.users()),
            format!("{:?} {values:?}", self.roster()),
            format!("{:?}", Division::Partition { of: &values[0].of, groups: Vec::new(), most: 1 }),
            format!("{:?}", Members::Read(self.users())),
            format!("{directory:?}"),
            format!("{observations:?}"),
            batches_printed,
            format!("{again:?}"),
            format!("{batch:?} {:?}", again.next()),
            answers_printed,
        ]
    }
}

#[test]
fn what_prints_itself_does_not_tell_who_is_how() {
    assert_eq!(ONE.printed(), OTHER.printed());
    let printed = ONE.printed();
    assert!(printed.contains(&"Observations(of 2 users)".to_owned()), "{printed:?}");
}
