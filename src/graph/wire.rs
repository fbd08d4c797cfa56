//! The wire: Graph's JSON, as far as it is looked at.
//!
//! Private to this adapter. Texts are borrowed from the answer where they can be; of a status message only its emptiness
//! is asked, of everything else that Graph sends nothing is kept. What does not read as the documents say is read once
//! more, field by field, in `mended`. The rows about users are in `rows`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::mended;
use crate::domain::batch::{Answer, Batch};
use crate::domain::presence::{Field, Presence, Word};
use crate::domain::user::UserId;

/// The most rows of one answer about a batch: several for each of its users. More would be memory for nothing.
pub(super) const MOST_ANSWERS: usize = 4 * Batch::LIMIT.get();

/// The answer to a batch.
#[derive(Debug, Default)]
pub(super) struct PresencePage<'a> {
    /// The answers about anybody who can have been asked about.
    pub(super) answers: Vec<Answer<'a>>,
    /// Whether it says that there are more on another page, which no document knows.
    pub(super) continued: bool,
}

impl<'a> PresencePage<'a> {
    /// The answers in a body, if it holds a list of them.
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        match strict::<List<'_, PresenceRow<'_>, MOST_ANSWERS>>(body) {
            Some(list) => {
                let answers = list.value.into_iter().filter_map(PresenceRow::answer).collect();
                Some(Self { answers, continued: list.next.is_some() })
            }
            None => mended::presences(body),
        }
    }
}

/// The usual reading. That a whole body is text is checked once, which costs less than to check each string in it.
pub(super) fn strict<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    serde_json::from_str::<Object<T>>(std::str::from_utf8(body).ok()?).ok().map(|object| object.0)
}

/// What is written as an object. Of a list serde would take the fields one after the other, which nobody means.
#[derive(Debug)]
struct Object<T>(T);

/// A list of at most so many rows.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "Row: Deserialize<'de>"))]
pub(super) struct List<'a, Row, const MOST: usize> {
    #[serde(deserialize_with = "rows::<_, Row, MOST>")]
    pub(super) value: Vec<Row>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next: Option<String>,
    #[serde(rename = "@odata.count")]
    pub(super) count: Option<u64>,
    #[serde(skip)]
    borrowed: PhantomData<&'a ()>,
}

/// The presence of one user (facts/graph.md 1.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PresenceRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default, deserialize_with = "availability")]
    availability: Option<Word>,
    #[serde(default, deserialize_with = "activity")]
    activity: Option<Word>,
    #[serde(borrow)]
    sequence_number: Option<Text<'a>>,
    out_of_office_settings: Option<Object<OutOfOffice>>,
    #[serde(default, deserialize_with = "status_message")]
    status_message: Option<bool>,
    work_location: Option<Object<WorkLocation>>,
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

impl<'a> PresenceRow<'a> {
    /// The answer in the row, if it is about anybody who can have been asked about.
    fn answer(self) -> Option<Answer<'a>> {
        let user = UserId::parse(&self.id.0)?;
        let work_location = self.work_location.map(|location| location.0.work_location_type);
        let presence = Presence {
            availability: self.availability,
            activity: self.activity,
            work_location: work_location.map(|word| word.unwrap_or_else(|| Field::WorkLocation.unstated())),
            out_of_office: self.out_of_office_settings.and_then(|settings| settings.0.is_out_of_office),
            status_message: self.status_message,
        };
        Some(Answer { user, presence, sequence: self.sequence_number.map(|text| text.0) })
    }
}

/// The answer about one user: bare, or in a list, as an old page of the documentation has it (facts/graph.md 1.17).
pub(super) fn single(body: &[u8]) -> Option<Answer<'_>> {
    let bare = strict::<PresenceRow<'_>>(body).and_then(PresenceRow::answer);
    bare.or_else(|| PresencePage::read(body)?.answers.pop()).or_else(|| mended::presence(body))
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
        message: Option<Object<Body>>,
    }
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        content: HasText,
    }
    let message = Option::<Object<StatusMessage>>::deserialize(json)?.and_then(|status| status.0.message);
    Ok(Some(message.is_some_and(|body| body.0.content.0)))
}

/// The rows of a list; more than `MOST` are refused.
fn rows<'de, D: Deserializer<'de>, Row: Deserialize<'de>, const MOST: usize>(json: D) -> Result<Vec<Row>, D::Error> {
    struct Rows<Row, const MOST: usize>(PhantomData<Row>);
    impl<'de, Row: Deserialize<'de>, const MOST: usize> Visitor<'de> for Rows<Row, MOST> {
        type Value = Vec<Row>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "a list of at most {MOST} rows")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut json: A) -> Result<Vec<Row>, A::Error> {
            let mut rows = Vec::new();
            while let Some(Object(row)) = json.next_element()? {
                if rows.len() == MOST {
                    return Err(A::Error::invalid_length(MOST + 1, &self));
                }
                rows.push(row);
            }
            Ok(rows)
        }
    }
    json.deserialize_seq(Rows::<Row, MOST>(PhantomData))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Look<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Look<T> {
            type Value = Object<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, json: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(json)).map(Object)
            }
        }
        json.deserialize_map(Look(PhantomData))
    }
}

/// Whether a text has any content but white space. The text itself is never kept, nor need it be right: a client that
/// cuts an emoji in two leaves half of it.
#[derive(Default)]
struct HasText(bool);

impl<'de> Deserialize<'de> for HasText {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = HasText;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or null")
            }

            fn visit_none<E: Error>(self) -> Result<HasText, E> {
                Ok(HasText(false))
            }

            fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<HasText, D::Error> {
                json.deserialize_bytes(self)
            }

            fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<HasText, E> {
                Ok(HasText(!String::from_utf8_lossy(text).trim().is_empty()))
            }
        }
        json.deserialize_option(Look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    fn check(properties: &str, expected: &Presence) {
        let json = format!(r#"{{"value":[{{"@odata.type":"x","id":"{ID}"{properties}}}]}}"#);
        let page = PresencePage::read(json.as_bytes()).expect("a page");
        assert_eq!(&page.answers[0].presence, expected, "{properties}");
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
        let page = PresencePage::read(br#"{"value":[{"id":"anna@contoso.com"}]}"#).expect("a page");
        assert!(page.answers.is_empty());
    }

    #[test]
    fn a_request_names_its_users() {
        let user = UserId::parse(ID).expect("a GUID");
        let body = String::from_utf8(ids(&[user, user])).expect("ascii");
        assert_eq!(body, format!(r#"{{"ids":["{ID}","{ID}"]}}"#));
    }
}
