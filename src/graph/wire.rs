//! The wire: Graph's JSON, as far as it is looked at.
//!
//! Private to this adapter. Texts are borrowed from the answer where they can be; of a status message only its emptiness
//! is asked, of everything else that Graph sends nothing is kept.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::domain::batch::Answer;
use crate::domain::presence::{Field, Presence, Word};
use crate::domain::user::UserId;

/// A page of users.
#[derive(Debug, Deserialize)]
pub(super) struct UserPage<'a> {
    #[serde(borrow)]
    pub(super) value: Vec<UserRow<'a>>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next: Option<String>,
    /// On the first page only, and only where it was asked for.
    #[serde(rename = "@odata.count")]
    pub(super) count: Option<u64>,
}

/// A user of a page.
#[derive(Debug, Deserialize)]
pub(super) struct UserRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// The answer to a batch.
#[derive(Debug, Deserialize)]
pub(super) struct PresencePage<'a> {
    #[serde(borrow)]
    pub(super) value: Vec<PresenceRow<'a>>,
}

/// The presence of one user (facts/graph.md 1.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PresenceRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default, deserialize_with = "availability")]
    availability: Option<Word>,
    #[serde(default, deserialize_with = "activity")]
    activity: Option<Word>,
    #[serde(borrow)]
    sequence_number: Option<Text<'a>>,
    out_of_office_settings: Option<OutOfOffice>,
    #[serde(default, deserialize_with = "status_message")]
    status_message: Option<bool>,
    work_location: Option<WorkLocation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutOfOffice {
    is_out_of_office: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkLocation {
    #[serde(default, deserialize_with = "work_location")]
    work_location_type: Option<Word>,
}

/// A text, borrowed from the answer unless it holds escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl UserRow<'_> {
    /// The user, if the row names one by object id.
    pub(super) fn user(&self) -> Option<UserId> {
        UserId::parse(&self.id.0)
    }
}

impl<'a> PresenceRow<'a> {
    /// The answer in the row, if it is about anybody who can have been asked about.
    pub(super) fn answer(self) -> Option<Answer<'a>> {
        let user = UserId::parse(&self.id.0)?;
        let work_location = self.work_location.map(|location| location.work_location_type);
        let presence = Presence {
            availability: self.availability,
            activity: self.activity,
            work_location: work_location.map(|word| word.unwrap_or_else(|| Field::WorkLocation.unstated())),
            out_of_office: self.out_of_office_settings.and_then(|settings| settings.is_out_of_office),
            status_message: self.status_message,
        };
        Some(Answer { user, presence, sequence: self.sequence_number.map(|text| text.0) })
    }
}

/// The answer about one user: bare, or in a list, as an old page of the documentation has it (facts/graph.md 1.17).
pub(super) fn single(body: &[u8]) -> Option<Answer<'_>> {
    let bare = serde_json::from_slice::<PresenceRow<'_>>(body).ok();
    let row = bare.or_else(|| serde_json::from_slice::<PresencePage<'_>>(body).ok()?.value.pop());
    row?.answer()
}

/// The body of a request for the presence of these users.
pub(super) fn ids(users: &[UserId]) -> Vec<u8> {
    let mut body = Vec::with_capacity(16 + users.len() * (UserId::TEXT_LENGTH + 3));
    body.extend_from_slice(br#"{"ids":["#);
    for (number, user) in users.iter().enumerate() {
        body.extend_from_slice(if number == 0 { b"\"" } else { b",\"" });
        user.write_to(&mut body);
        body.push(b'"');
    }
    body.extend_from_slice(b"]}");
    body
}

fn availability<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Word>, D::Error> {
    word(Field::Availability, json)
}

fn activity<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Word>, D::Error> {
    word(Field::Activity, json)
}

fn work_location<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Word>, D::Error> {
    word(Field::WorkLocation, json)
}

/// A word that is there, even where it is null.
fn word<'de, D: Deserializer<'de>>(field: Field, json: D) -> Result<Option<Word>, D::Error> {
    let text = Option::<Text<'de>>::deserialize(json)?;
    Ok(Some(text.map_or_else(|| field.unstated(), |text| field.parse(&text.0))))
}

/// Whether a status message that is there, even where it is null, has content.
fn status_message<'de, D: Deserializer<'de>>(json: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    struct StatusMessage {
        message: Option<Body>,
    }
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        content: HasText,
    }
    let message = Option::<StatusMessage>::deserialize(json)?.and_then(|status| status.message);
    Ok(Some(message.is_some_and(|body| body.content.0)))
}

/// Whether a text has any content but white space. The text itself is never kept.
#[derive(Default)]
struct HasText(bool);

impl<'de> Deserialize<'de> for HasText {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Look;
        impl Visitor<'_> for Look {
            type Value = HasText;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or null")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<HasText, E> {
                Ok(HasText(!text.trim().is_empty()))
            }

            fn visit_unit<E: Error>(self) -> Result<HasText, E> {
                Ok(HasText(false))
            }
        }
        json.deserialize_any(Look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    fn check(properties: &str, expected: &Presence) {
        let json = format!(r#"{{"value":[{{"@odata.type":"x","id":"{ID}"{properties}}}]}}"#);
        let page: PresencePage<'_> = serde_json::from_str(&json).expect("a page");
        let answer = page.value.into_iter().next().and_then(PresenceRow::answer).expect("an answer");
        assert_eq!(&answer.presence, expected, "{properties}");
    }

    fn busy() -> Presence {
        let (availability, activity) = (Field::Availability.parse("Busy"), Field::Activity.parse("InACall"));
        Presence { availability: Some(availability), activity: Some(activity), ..Presence::default() }
    }

    #[test]
    fn a_full_answer_of_the_global_cloud_is_read() {
        check(
            r#","availability":"Busy","activity":"InACall","sequenceNumber":"A0000000001",
               "outOfOfficeSettings":{"message":null,"isOutOfOffice":false},
               "statusMessage":{"message":{"content":"at \"home\"","contentType":"text"}},
               "workLocation":{"placeId":null,"source":"none","workLocationType":"remote"}"#,
            &Presence {
                work_location: Some(Field::WorkLocation.parse("remote")),
                out_of_office: Some(false),
                status_message: Some(true),
                ..busy()
            },
        );
    }

    #[test]
    fn a_sparse_answer_of_a_government_cloud_is_read() {
        check(
            r#","activity":"inACall","availability":"busy","statusMessage":null"#,
            &Presence { status_message: Some(false), ..busy() },
        );
    }

    #[test]
    fn null_words_are_unknown_and_null_settings_were_not_carried() {
        check(
            r#","availability":null,"activity":null,"outOfOfficeSettings":null,"workLocation":null"#,
            &Presence {
                availability: Some(Field::Availability.unstated()),
                activity: Some(Field::Activity.unstated()),
                ..Presence::default()
            },
        );
    }

    #[test]
    fn a_status_message_without_content_is_none() {
        for message in ["{}", r#"{"message":null}"#, r#"{"message":{}}"#, r#"{"message":{"content":" "}}"#] {
            let properties = format!(r#","statusMessage":{message}"#);
            check(&properties, &Presence { status_message: Some(false), ..Presence::default() });
        }
    }

    #[test]
    fn a_row_about_nobody_who_could_be_asked_about_is_no_answer() {
        let row: PresenceRow<'_> = serde_json::from_str(r#"{"id":"anna@contoso.com"}"#).expect("a row");
        assert!(row.answer().is_none());
    }

    #[test]
    fn a_request_names_its_users() {
        let user = UserId::parse(ID).expect("a GUID");
        let body = String::from_utf8(ids(&[user, user])).expect("ascii");
        assert_eq!(body, format!(r#"{{"ids":["{ID}","{ID}"]}}"#));
    }
}
