//! Mending: answers that are not quite what the documents say, read as far as they go.
//!
//! One odd value, such as half an emoji in one person's status message, must not cost 650 people their presence. The
//! usual reading in `wire` is quick and strict; what it refuses comes here, where a field of the wrong type is as one that
//! is missing, a row without an object id is nobody's, and a text that is no text is mended. What is no list at all stays
//! unintelligible.

use std::borrow::Cow;

use serde_json::Value;

use super::rows::{MOST_USERS, UserPage, UserRow};
use super::wire::{self, MOST_ANSWERS, PresencePage};
use crate::domain::batch::Answer;
use crate::domain::presence::{Field, Presence, Word};
use crate::domain::user::UserId;

/// The largest answer of which a tree is made.
const LARGEST: usize = 4 << 20;

/// The most objects and lists in it, each of which costs a hundred times its text. An honest answer has 20,000.
const MOST_NESTED: usize = 1 << 16;

/// A page of users: as usual once its text is mended, which takes no tree, or field by field.
pub(super) fn users(body: &[u8]) -> Option<UserPage<'static>> {
    let text = text(body);
    wire::strict(text.as_bytes()).map(|list| UserPage::of(list).into_owned()).or_else(|| users_of_tree(&text))
}

fn users_of_tree(text: &str) -> Option<UserPage<'static>> {
    let page = tree(text)?;
    let rows = rows(&page, MOST_USERS)?.iter().map(UserRow::mended).collect();
    let count = page.get("@odata.count");
    let written = || count?.as_str()?.parse().ok();
    Some(UserPage { rows, next: next(&page), count: count.and_then(Value::as_u64).or_else(written) })
}

/// The answer to a batch.
pub(super) fn presences(body: &[u8]) -> Option<PresencePage<'static>> {
    let page = read(body)?;
    let answers = rows(&page, MOST_ANSWERS)?.iter().filter_map(answer).collect();
    Some(PresencePage { answers, continued: next(&page).is_some() })
}

/// The answer about one user.
pub(super) fn presence(body: &[u8]) -> Option<Answer<'static>> {
    answer(&read(body)?)
}

/// The rows of a list of at most `most`, as in the usual reading.
fn rows(page: &Value, most: usize) -> Option<&Vec<Value>> {
    page.get("value")?.as_array().filter(|rows| rows.len() <= most)
}

fn next(page: &Value) -> Option<String> {
    page.get("@odata.nextLink")?.as_str().map(str::to_owned)
}

fn answer(row: &Value) -> Option<Answer<'static>> {
    let word = |field: Field, json: &Value| -> Word {
        json.as_str().map_or_else(|| field.unstated(), |text| field.parse(text))
    };
    let work_location = row.get("workLocation").filter(|location| location.is_object());
    let message = row.get("statusMessage").map(|status| status.pointer("/message/content").and_then(Value::as_str));
    let presence = Presence {
        availability: row.get("availability").map(|json| word(Field::Availability, json)),
        activity: row.get("activity").map(|json| word(Field::Activity, json)),
        work_location: work_location
            .map(|location| word(Field::WorkLocation, location.get("workLocationType").unwrap_or(&Value::Null))),
        out_of_office: row.pointer("/outOfOfficeSettings/isOutOfOffice").and_then(Value::as_bool),
        status_message: message.map(|content| content.is_some_and(|text| !text.trim().is_empty())),
    };
    let sequence = row.get("sequenceNumber").and_then(Value::as_str).map(|text| Cow::Owned(text.to_owned()));
    let user = UserId::parse(row.get("id")?.as_str()?)?;
    Some(Answer { user, presence, sequence })
}

/// The JSON in a body, its text mended.
fn read(body: &[u8]) -> Option<Value> {
    if body.len() > LARGEST { None } else { tree(&text(body)) }
}

/// The text of a body, mended.
fn text(body: &[u8]) -> String {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    without_halves(&String::from_utf8_lossy(body))
}

/// All that a text says, unless that is too much.
fn tree(text: &str) -> Option<Value> {
    let nested = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if text.len() > LARGEST || nested > MOST_NESTED { None } else { serde_json::from_str(text).ok() }
}

/// JSON without escaped halves of characters beyond the first plane, which stand for no character.
fn without_halves(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(position) = rest.find('\\') {
        let (before, escape) = rest.split_at(position);
        mended.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        mended.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    mended.push_str(rest);
    mended
}

/// The number of an escape such as `\u00e9` at the beginning of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    /// What is read of these rows: for each user answered about the availability and whether there is a status message.
    fn check(rows: &str, expected: &[(&str, Option<bool>)]) {
        let json = format!("\u{FEFF}{{\"value\":[{}]}}", rows.replace("ID", ID));
        let page = PresencePage::read(json.as_bytes()).expect("a page");
        let read: Vec<_> = page
            .answers
            .into_iter()
            .map(|answer| (answer.presence.availability, answer.presence.status_message))
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|(word, status)| (Some(Field::Availability.parse(word)), *status)).collect();
        assert_eq!(read, expected, "{rows}");
    }

    #[test]
    fn half_an_emoji_costs_nobody_a_count() {
        check(
            r#"{"id":"ID","availability":"Busy","statusMessage":{"message":{"content":"\ud83d"}}},
               {"id":"ID","availability":"\ud83dAway","activity":"\ud83d\ude00 \\ud83d"}"#,
            &[("Busy", Some(true)), ("\u{fffd}Away", None)],
        );
    }

    #[test]
    fn a_field_of_another_type_is_as_one_without_a_word() {
        check(
            r#"{"id":"ID","availability":["Busy"],"sequenceNumber":7,"statusMessage":"lunch","outOfOfficeSettings":"no"}"#,
            &[("", Some(false))],
        );
    }

    #[test]
    fn a_row_that_is_nobodys_costs_the_others_nothing() {
        check(r#"{"availability":"Busy"},{"id":null},{"id":7},5,{"id":"ID","availability":"Away"}"#, &[("Away", None)]);
    }

    #[test]
    fn a_page_of_users_is_read_as_far_as_it_goes() {
        let json = format!(r#"{{"@odata.count":"2","value":[{{"id":"{ID}"}},{{"id":null}}],"@odata.nextLink":"x"}}"#);
        let page = UserPage::read(json.as_bytes()).expect("a page");
        assert_eq!((page.rows.len(), page.users().count(), page.count), (2, 1, Some(2)));
        assert_eq!(page.next.as_deref(), Some("x"));
    }

    #[test]
    fn a_list_in_the_place_of_an_object_says_nothing() {
        check(
            r#"{"id":"ID","availability":"Busy","outOfOfficeSettings":[true],"workLocation":["remote"],"statusMessage":[["x"]]},
               ["ID","Away",null,null,[true],null,["remote"]]"#,
            &[("Busy", Some(false))],
        );
        let page = PresencePage::read(br#"[[{"id":"ID"}],null,null]"#);
        assert!(page.is_none());
    }

    #[test]
    fn more_rows_than_anybody_asked_for_are_no_answer() {
        let page = |rows: usize| format!(r#"{{"value":[{}7]}}"#, format!(r#"{{"id":"{ID}"}},"#).repeat(rows));
        assert_eq!(PresencePage::read(page(2599).as_bytes()).expect("a page").answers.len(), 2599);
        assert!(PresencePage::read(page(2600).as_bytes()).is_none());
    }

    #[test]
    fn half_an_emoji_in_a_page_of_long_names_costs_nobody_a_place() {
        let row = format!(r#"{{"id":"{ID}","department":"{}"}},"#, "x".repeat(10_000));
        let json = format!(r#"{{"value":[{}{{"id":"{ID}","department":"\ud83d"}}]}}"#, row.repeat(900));
        assert_eq!(UserPage::read(json.as_bytes()).expect("a page").users().count(), 901);
    }

    #[test]
    fn a_body_of_nothing_but_nesting_is_no_answer() {
        for nested in [r#"{"":0},"#, "[0],"] {
            let json = |number: usize| format!(r#"{{"value":[7],"x":[{}0]}}"#, nested.repeat(number));
            assert!(PresencePage::read(json(60_000).as_bytes()).is_some(), "{nested}");
            assert!(PresencePage::read(json(70_000).as_bytes()).is_none(), "{nested}");
            assert!(UserPage::read(json(70_000).as_bytes()).is_none(), "{nested}");
        }
    }

    #[test]
    fn what_is_no_list_is_not_made_one() {
        for body in ["", "[]", "{}", r#"{"error":{"code":"x"}}"#, r#"{"value":{}}"#, "<html>", "{\"value\":[{]}"] {
            assert!(PresencePage::read(body.as_bytes()).is_none(), "{body}");
            assert!(UserPage::read(body.as_bytes()).is_none(), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), text in "\\PC{0,80}") {
            let row = format!(r#"{{"value":[{{"id":"{text}"}}]}}"#);
            for body in [&bytes[..], row.as_bytes(), text.as_bytes()] {
                PresencePage::read(body);
                UserPage::read(body);
            }
        }
    }
}
