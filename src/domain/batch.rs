//! Batches: whom to ask about in one request, and which answers belong to them.
//!
//! Graph takes at most 650 ids in one call (facts/graph.md 2.4) and promises neither order, nor completeness, nor that
//! an id is answered once (2.16); here answers are matched by id. This file does not know how they travel.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroUsize;

use super::directory::Directory;
use super::presence::Presence;
use super::user::UserId;

/// Users to ask about in one request: 1 to 650 of one directory, nobody twice.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    /// Sorted, and so in the order of their places.
    ids: Vec<UserId>,
    /// Where each of them stands in the directory.
    places: Vec<u32>,
}

/// One answer: a user, how the user is, and the version that Graph gives of it.
#[derive(Clone)]
pub struct Answer<'a> {
    /// Whom the answer is about.
    pub user: UserId,
    /// How the user is.
    pub presence: Presence,
    /// `sequenceNumber`: of two answers about one user the one with the higher is newer, compared as text (facts 1.6).
    pub sequence: Option<Cow<'a, str>>,
}

impl Batch {
    /// The most ids that one request may carry.
    pub const LIMIT: NonZeroUsize = NonZeroUsize::new(650).expect("650 is not zero");

    /// The batch of the users at these places of a directory; the first 650 of them, should there be more.
    /// `None` if there is nobody.
    #[must_use]
    pub fn new(directory: &Directory, places: &[u32]) -> Option<Self> {
        let mut places: Vec<u32> = places.iter().copied().take(Self::LIMIT.get()).collect();
        places.sort_unstable();
        places.dedup();
        let ids: Vec<UserId> =
            places.iter().filter_map(|place| directory.users().get(*place as usize).copied()).collect();
        (!ids.is_empty() && ids.len() == places.len()).then_some(Self { ids, places })
    }

    /// The ids to ask about.
    #[must_use]
    pub fn ids(&self) -> &[UserId] {
        &self.ids
    }

    /// Where the users stand in the directory, in the order of [`Batch::ids`].
    #[must_use]
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// Both halves, or `None` for a batch of one.
    #[must_use]
    pub fn halves(self) -> Option<(Self, Self)> {
        let middle = self.ids.len() / 2;
        (middle > 0).then(|| {
            let (mut ids, mut places) = (self.ids, self.places);
            let upper = Self { ids: ids.split_off(middle), places: places.split_off(middle) };
            (Self { ids, places }, upper)
        })
    }

    /// The presence of each user of the batch, in the order of [`Batch::ids`], and `None` for those who were left out.
    ///
    /// Answers may come in any order. An answer about anybody who was not asked about is dropped; of several about one
    /// user the one with the highest sequence stays, the first of them where that does not decide.
    #[must_use]
    pub fn matched<'a>(&self, answers: impl IntoIterator<Item = Answer<'a>>) -> Vec<Option<Presence>> {
        let mut matched: Vec<Option<Answer<'a>>> = Vec::new();
        matched.resize_with(self.ids.len(), || None);
        let mut expected = 0;
        for answer in answers {
            // Most answers come in the order of the request: look there before searching.
            let position = match self.ids.get(expected) {
                Some(id) if *id == answer.user => Some(expected),
                _ => self.ids.binary_search(&answer.user).ok(),
            };
            let Some(position) = position else { continue };
            expected = position + 1;
            let place = &mut matched[position];
            if place.as_ref().is_none_or(|earlier| answer.sequence > earlier.sequence) {
                *place = Some(answer);
            }
        }
        matched.into_iter().map(|answer| answer.map(|answer| answer.presence)).collect()
    }
}

impl fmt::Debug for Batch {
    /// How many, not who.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Batch(of {} users)", self.ids.len())
    }
}

impl fmt::Debug for Answer<'_> {
    /// Neither whom it is about nor what it says.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Answer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::moment::Moment;
    use super::super::presence::Field;
    use super::*;

    fn user(number: u32) -> UserId {
        UserId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a GUID")
    }

    fn directory(users: u32) -> Directory {
        Directory::new((0..users).map(user).collect(), Moment::from_millis(0))
    }

    fn answer(number: u32, word: &str, sequence: Option<&'static str>) -> Answer<'static> {
        let presence = Presence { availability: Some(Field::Availability.parse(word)), ..Presence::default() };
        Answer { user: user(number), presence, sequence: sequence.map(Cow::Borrowed) }
    }

    fn check(batch: &Batch, answers: Vec<Answer<'static>>, expected: &[Option<&str>]) {
        let words = batch.matched(answers).into_iter().map(|presence| presence.and_then(|it| it.availability));
        let expected = expected.iter().map(|word| word.map(|word| Field::Availability.parse(word)));
        assert!(words.eq(expected));
    }

    #[test]
    fn answers_find_their_user_in_any_order() {
        let batch = Batch::new(&directory(3), &[2, 0, 1]).expect("three users");
        check(
            &batch,
            vec![answer(2, "Busy", None), answer(0, "Away", None), answer(1, "Offline", None)],
            &[Some("Away"), Some("Offline"), Some("Busy")],
        );
    }

    #[test]
    fn who_is_left_out_has_no_answer_and_strangers_have_no_place() {
        let batch = Batch::new(&directory(3), &[0, 2]).expect("two users");
        check(&batch, vec![answer(1, "Busy", None), answer(2, "Away", None)], &[None, Some("Away")]);
    }

    #[test]
    fn of_two_answers_about_one_user_the_higher_sequence_wins() {
        let batch = Batch::new(&directory(1), &[0]).expect("one user");
        let (old, new) = (answer(0, "Busy", Some("A0000000001")), answer(0, "Away", Some("A0000000002")));
        check(&batch, vec![old.clone(), new.clone()], &[Some("Away")]);
        check(&batch, vec![new, old], &[Some("Away")]);
        check(&batch, vec![answer(0, "Busy", None), answer(0, "Away", None)], &[Some("Busy")]);
    }

    #[test]
    fn a_batch_holds_at_most_650_and_nobody_twice() {
        let directory = directory(700);
        let everybody: Vec<u32> = (0..700).collect();
        assert_eq!(Batch::new(&directory, &everybody).expect("users").ids().len(), 650);
        assert_eq!(Batch::new(&directory, &[5, 5]).expect("users").ids().len(), 1);
        assert_eq!(Batch::new(&directory, &[]), None);
        assert_eq!(Batch::new(&directory, &[700]), None);
    }

    #[test]
    fn halves_hold_together_what_the_batch_held() {
        let directory = directory(5);
        let (lower, upper) = Batch::new(&directory, &[0, 1, 2, 3, 4]).and_then(Batch::halves).expect("two halves");
        assert_eq!((lower.places(), upper.places()), (&[0, 1][..], &[2, 3, 4][..]));
        assert_eq!(Batch::new(&directory, &[0]).and_then(Batch::halves), None);
    }
}
