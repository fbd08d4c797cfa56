//! Laws of the wire: what holds of Graph's answers whatever bytes they are made of.
//!
//! The fuzz targets call these with bytes that nobody thought of, the unit tests with the seeds of fuzz/seeds. Next:
//! `fuzzing`, which lists them.

use super::mended;
use super::rows::{self, MOST_USERS, UserPage, UserRow};
use super::wire::{self, MOST_ANSWERS, PresencePage};
use crate::domain::batch::{Answer, Batch};
use crate::domain::directory::Directory;
use crate::domain::moment::Moment;
use crate::domain::presence::{Field, Presence, Word};
use crate::domain::user::UserId;

/// The answer to a batch, or about one user: no more answers than rows may be, each word one that a label can hold, the
/// mended reading no other than the usual one, and nobody counted who was not asked about, or counted twice.
///
/// # Panics
/// If one of these does not hold.
pub fn presences(body: &[u8]) {
    if let Some(answer) = wire::single(body) {
        check_words(&answer.presence);
    }
    let Some(page) = PresencePage::read(body) else { return };
    assert!(page.answers.len() <= MOST_ANSWERS, "{} answers", page.answers.len());
    page.answers.iter().for_each(|answer| check_words(&answer.presence));
    if let Some(mended) = mended::presences(body) {
        assert_eq!(
            (contents(&page), page.continued),
            (contents(&mended), mended.continued),
            "the usual and the mended"
        );
    }
    check_matching(page.answers);
}

/// A page of users: no more of them than rows may be, each id one that can be asked about, the mended reading no other
/// than the usual one, attributes included, and nobody in the directory twice.
///
/// # Panics
/// If one of these does not hold.
pub fn users(body: &[u8]) {
    let Some(page) = UserPage::read(body) else { return };
    assert!(page.rows.len() <= MOST_USERS, "{} rows", page.rows.len());
    if let Some(mended) = mended::users(body) {
        assert_eq!((&page.next, page.count), (&mended.next, mended.count), "the usual and the mended");
        assert_eq!(people(&page), people(&mended), "the usual and the mended");
    }
    for user in page.users() {
        assert_eq!(UserId::parse(&text(user)), Some(user));
    }
    let directory = Directory::new(page.users().collect(), Moment::from_millis(0));
    assert!(directory.users().is_sorted_by(|one, other| one < other), "sorted, nobody twice");
    assert!(page.users().all(|user| directory.users().contains(&user)));
    let request = wire::ids(directory.users());
    let ids = directory.users().iter().map(|user| format!("\"{}\"", text(*user))).collect::<Vec<_>>();
    assert_eq!(String::from_utf8(request).as_deref(), Ok(format!("{{\"ids\":[{}]}}", ids.join(",")).as_str()));
}

/// Whom a page names, and all that it says of them.
fn people<'a>(page: &'a UserPage<'_>) -> Vec<(Option<UserId>, Vec<Option<&'a str>>)> {
    let values = |row: &'a UserRow<'_>| rows::attributes().map(|attribute| row.value(attribute)).collect();
    page.rows.iter().map(|row| (row.user, values(row))).collect()
}

/// What the answers of a page say.
fn contents<'a>(page: &'a PresencePage<'_>) -> Vec<(UserId, &'a Presence, Option<&'a str>)> {
    page.answers.iter().map(|answer| (answer.user, &answer.presence, answer.sequence.as_deref())).collect()
}

fn text(user: UserId) -> String {
    let mut text = Vec::new();
    user.write_to(&mut text);
    String::from_utf8(text).expect("ascii")
}

fn check_words(presence: &Presence) {
    let Presence { availability, activity, work_location, .. } = presence;
    for (field, word) in Field::ALL.into_iter().zip([availability, activity, work_location]) {
        match word {
            Some(Word::Other(word)) => {
                assert!((1..=64).contains(&word.chars().count()), "{word:?}");
                assert!(!field.known().iter().any(|known| known.eq_ignore_ascii_case(word)), "{word:?} is known");
            }
            Some(Word::Known(slot)) => assert!(usize::from(*slot) < field.known().len(), "slot {slot}"),
            None => {}
        }
    }
}

/// Asks about every other user who is answered about, and holds what is found against a plain search.
fn check_matching(answers: Vec<Answer<'_>>) {
    let asked = answers.iter().map(|answer| answer.user).step_by(2).collect();
    let directory = Directory::new(asked, Moment::from_millis(0));
    let places: Vec<u32> = (0..).take(directory.users().len()).collect();
    let Some(batch) = Batch::new(&directory, &places) else { return };
    let newest = |user: &UserId| {
        let about = answers.iter().filter(|answer| answer.user == *user);
        about.reduce(|first, next| if next.sequence > first.sequence { next } else { first })
    };
    let expected: Vec<_> = batch.ids().iter().map(|user| newest(user).map(|answer| answer.presence.clone())).collect();
    assert_eq!(batch.matched(answers), expected);
}
