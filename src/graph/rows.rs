//! Rows: a page of users on the wire, each with an id and such attributes as were asked for.
//!
//! A member of a group is a row as well, with an id alone. Texts are borrowed from the answer; whoever adds a row to a
//! roster keeps none of them. What is no text, such as a department that is a number, is as if it were not there. Next:
//! `wire`, which reads any list.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::mended;
use super::wire::{self, List};
use crate::domain::dimension::Attribute;
use crate::domain::user::UserId;

/// The most rows of one page of users.
pub(super) const MOST_USERS: usize = 200_000;

/// The property that holds all extension attributes.
const EXTENSIONS: &str = "onPremisesExtensionAttributes";

/// The properties of a row that are looked at: the id, the extension attributes, then those of [`PLAIN`].
const NAMES: [&str; 11] = [
    "id", EXTENSIONS, "department", "officeLocation", "city", "state", "country", "usageLocation", "companyName",
    "employeeType", "jobTitle",
];

/// The attributes that are properties of a user themselves, in the order of their names.
const PLAIN: [Attribute; 9] = [
    Attribute::Department,
    Attribute::OfficeLocation,
    Attribute::City,
    Attribute::State,
    Attribute::Country,
    Attribute::UsageLocation,
    Attribute::CompanyName,
    Attribute::EmployeeType,
    Attribute::JobTitle,
];

/// The names of extension attributes, from the first to the fifteenth.
const EXTENSION: [&str; 15] = [
    "extensionAttribute1", "extensionAttribute2", "extensionAttribute3", "extensionAttribute4", "extensionAttribute5",
    "extensionAttribute6", "extensionAttribute7", "extensionAttribute8", "extensionAttribute9", "extensionAttribute10",
    "extensionAttribute11", "extensionAttribute12", "extensionAttribute13", "extensionAttribute14",
    "extensionAttribute15",
];

/// A page of users.
#[derive(Debug, Default)]
pub(super) struct UserPage<'a> {
    /// Its rows, those of nobody too.
    pub(super) rows: Vec<UserRow<'a>>,
    /// The link to the next page.
    pub(super) next: Option<String>,
    /// How many users there are; on the first page only, and only where it was asked for.
    pub(super) count: Option<u64>,
}

/// A row.
#[derive(Debug, Default)]
pub(super) struct UserRow<'a> {
    /// Whom it names; nobody where it has no object id.
    pub(super) user: Option<UserId>,
    /// The attributes that are texts.
    values: Vec<(Attribute, Cow<'a, str>)>,
}

/// The property to select for an attribute.
pub(super) fn property(attribute: Attribute) -> &'static str {
    plain().find(|(known, _)| *known == attribute).map_or(EXTENSIONS, |(_, name)| name)
}

fn plain() -> impl Iterator<Item = (Attribute, &'static str)> {
    PLAIN.into_iter().zip(NAMES.into_iter().skip(2))
}

fn extensions() -> impl Iterator<Item = (Attribute, &'static str)> {
    (1..).map(Attribute::Extension).zip(EXTENSION)
}

/// Every attribute that there is.
#[cfg(any(test, fuzzing))]
pub(super) fn attributes() -> impl Iterator<Item = Attribute> {
    plain().chain(extensions()).map(|(attribute, _)| attribute)
}

impl<'a> UserPage<'a> {
    /// The page in a body, if it holds one.
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        wire::strict(body).map(Self::of).or_else(|| mended::users(body))
    }

    /// The page in a list.
    pub(super) fn of(list: List<'a, UserRow<'a>, MOST_USERS>) -> Self {
        Self { rows: list.value, next: list.next, count: list.count }
    }

    /// The same page, of which nothing is borrowed.
    pub(super) fn into_owned(self) -> UserPage<'static> {
        let own = |row: UserRow<'_>| {
            let values = row.values.into_iter().map(|(attribute, text)| (attribute, Cow::Owned(text.into_owned())));
            UserRow { user: row.user, values: values.collect() }
        };
        UserPage { rows: self.rows.into_iter().map(own).collect(), next: self.next, count: self.count }
    }

    /// Whom its rows name.
    pub(super) fn users(&self) -> impl Iterator<Item = UserId> {
        self.rows.iter().filter_map(|row| row.user)
    }
}

impl UserRow<'_> {
    /// The same row of JSON that was mended.
    pub(super) fn mended(row: &Value) -> UserRow<'static> {
        let text = |value: Option<&Value>| Some(Cow::Owned(value?.as_str()?.to_owned()));
        let own = plain().filter_map(|(attribute, name)| Some((attribute, text(row.get(name))?)));
        let inner = row.get(EXTENSIONS);
        let others = extensions().filter_map(|(attribute, name)| Some((attribute, text(inner?.get(name))?)));
        let user = row.get("id").and_then(Value::as_str).and_then(UserId::parse);
        UserRow { user, values: own.chain(others).collect() }
    }

    /// An attribute, if it is there and a text.
    pub(super) fn value(&self, attribute: Attribute) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == attribute).map(|(_, text)| &**text)
    }
}

impl<'de> Deserialize<'de> for UserRow<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = UserRow<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a user")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut json: A) -> Result<UserRow<'de>, A::Error> {
                let (mut row, mut met) = (UserRow::default(), 0);
                while let Some(place) = next_known(&mut json, &NAMES, &mut met)? {
                    match place.checked_sub(2) {
                        Some(place) => {
                            let text = json.next_value::<Perhaps<'de>>()?.0;
                            row.values.extend(text.map(|text| (PLAIN[place], text)));
                        }
                        None if place == 0 => {
                            row.user = json.next_value::<Perhaps<'de>>()?.0.and_then(|id| UserId::parse(&id));
                        }
                        None => row.values.extend(json.next_value::<Extensions<'de>>()?.0),
                    }
                }
                Ok(row)
            }
        }
        json.deserialize_map(Look)
    }
}

/// The extension attributes that are texts.
struct Extensions<'a>(Vec<(Attribute, Cow<'a, str>)>);

/// A text, borrowed from the answer unless it holds escapes; nothing where there is anything else.
struct Perhaps<'a>(Option<Cow<'a, str>>);

/// The place among these `names` of the next property that is one of them; all others are passed over. Where one comes
/// twice, it is for the slower reading to say what is meant.
fn next_known<'de, A: MapAccess<'de>>(json: &mut A, names: &[&str], met: &mut u32) -> Result<Option<usize>, A::Error> {
    while let Some(known) = json.next_key_seed(Known(names))? {
        let Some(place) = known else {
            json.next_value::<IgnoredAny>()?;
            continue;
        };
        if *met & 1 << place != 0 {
            return Err(A::Error::custom("a property that comes twice"));
        }
        *met |= 1 << place;
        return Ok(Some(place));
    }
    Ok(None)
}

/// Reads a name as its place among these.
struct Known<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Known<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Known<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

impl<'de> Deserialize<'de> for Extensions<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Anything).map(|read| Self(read.extensions))
    }
}

impl<'de> Deserialize<'de> for Perhaps<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Anything).map(|read| Self(read.text))
    }
}

/// Takes whatever comes, for a stranger may write anything anywhere.
struct Anything;

/// What of it means something.
#[derive(Default)]
struct Read<'a> {
    text: Option<Cow<'a, str>>,
    extensions: Vec<(Attribute, Cow<'a, str>)>,
}

impl<'de> Visitor<'de> for Anything {
    type Value = Read<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Read<'de>, E> {
        Ok(Read { text: Some(Cow::Borrowed(text)), ..Read::default() })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Read<'de>, E> {
        Ok(Read { text: Some(Cow::Owned(text.to_owned())), ..Read::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut json: A) -> Result<Read<'de>, A::Error> {
        let (mut read, mut met) = (Read::default(), 0);
        while let Some(place) = next_known(&mut json, &EXTENSION, &mut met)? {
            let text = json.next_value::<Perhaps<'de>>()?.0;
            read.extensions.extend(text.and_then(|text| Some((extensions().nth(place)?.0, text))));
        }
        Ok(read)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut json: A) -> Result<Read<'de>, A::Error> {
        while json.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Read::default())
    }

    fn visit_unit<E: Error>(self) -> Result<Read<'de>, E> {
        Ok(Read::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Read<'de>, E> {
        Ok(Read::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Read<'de>, E> {
        Ok(Read::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Read<'de>, E> {
        Ok(Read::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Read<'de>, E> {
        Ok(Read::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    /// What is read of a row with these properties, by the usual reading and by the slower one.
    #[track_caller]
    fn check(properties: &str, expected: &[(Attribute, &str)]) {
        let json = format!(r#"{{"value":[{{"@odata.type":"x","id":"{ID}"{properties}}}]}}"#);
        let usual = UserPage::read(json.as_bytes()).expect("a page");
        let mended = mended::users(json.as_bytes()).expect("a page");
        for page in [&usual, &mended] {
            let row = &page.rows[0];
            let read: Vec<_> = attributes().filter_map(|it| Some((it, row.value(it)?))).collect();
            assert_eq!((row.user, read), (UserId::parse(ID), expected.to_vec()), "{properties}");
        }
    }

    /// Whether the slower reading is not needed.
    fn is_usual(properties: &str) -> bool {
        let json = format!(r#"{{"value":[{{"id":"{ID}"{properties}}}]}}"#);
        wire::strict::<List<'_, UserRow<'_>, MOST_USERS>>(json.as_bytes()).is_some()
    }

    #[test]
    fn every_attribute_is_read_where_graph_has_it() {
        check(
            r#","department":"Legal","officeLocation":"Oslo \"A\"","city":"Oslo","state":null,"country":"Norway",
               "usageLocation":"NO","companyName":"","employeeType":"Employee","jobTitle":"\u00d8konom",
               "onPremisesExtensionAttributes":{"extensionAttribute1":"CC-1","extensionAttribute2":null,
               "extensionAttribute15":"last","extensionAttribute16":"none"},"extensionAttribute3":"elsewhere""#,
            &[
                (Attribute::Department, "Legal"),
                (Attribute::OfficeLocation, "Oslo \"A\""),
                (Attribute::City, "Oslo"),
                (Attribute::Country, "Norway"),
                (Attribute::UsageLocation, "NO"),
                (Attribute::CompanyName, ""),
                (Attribute::EmployeeType, "Employee"),
                (Attribute::JobTitle, "\u{d8}konom"),
                (Attribute::Extension(1), "CC-1"),
                (Attribute::Extension(15), "last"),
            ],
        );
    }

    #[test]
    fn what_is_no_text_is_as_if_it_were_not_there() {
        for value in ["7", "-7", "0.5", "true", "null", "[\"Legal\"]", r#"{"extensionAttribute1":"Legal"}"#] {
            let properties = format!(r#","department":{value},"city":"Oslo""#);
            check(&properties, &[(Attribute::City, "Oslo")]);
            assert!(is_usual(&properties), "{value}");
            let properties = format!(r#","onPremisesExtensionAttributes":{{"extensionAttribute2":{value}}}"#);
            check(&properties, &[]);
            assert!(is_usual(&properties), "{value}");
        }
        for value in ["7", "\"CC-1\"", "null", "[{\"extensionAttribute1\":\"CC-1\"}]"] {
            check(&format!(r#","onPremisesExtensionAttributes":{value}"#), &[]);
        }
    }

    #[test]
    fn a_row_whose_id_is_no_text_is_nobodys_and_costs_nobody_else_anything() {
        let json = format!(r#"{{"value":[{{"id":7,"city":"Oslo"}},{{"city":"Oslo"}},{{"id":"{ID}"}},7]}}"#);
        let page = UserPage::read(json.as_bytes()).expect("a page");
        assert_eq!((page.rows.len(), page.users().collect::<Vec<_>>()), (4, vec![UserId::parse(ID).expect("a GUID")]));
    }

    #[test]
    fn of_a_property_that_comes_twice_the_last_one_counts_as_everywhere() {
        check(r#","city":"Oslo","city":"Bergen""#, &[(Attribute::City, "Bergen")]);
    }

    #[test]
    fn a_long_name_is_borrowed_whole() {
        let name = "x".repeat(10_000);
        check(&format!(r#","department":"{name}""#), &[(Attribute::Department, &name)]);
    }
}
