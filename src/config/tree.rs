//! A YAML document as a tree in which every value knows where it stands.
//!
//! The tree keeps what serde would refuse at the first sight (duplicate keys, wrong types, unknown keys), so that all
//! faults can be reported together. It does not know which keys there are: see `section` and `keys`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy, Options};
use serde_saphyr::{DefaultMessageFormatter, Error, Location, MessageFormatter as _, Spanned};

use super::words;

/// A line and a column, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

/// A value and where it was written; for an alias, where its anchor stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What can be written in YAML, as far as we tell it apart.
#[derive(Debug)]
pub(super) enum Value {
    Nothing,
    Truth(bool),
    /// A number without a fraction, and with one.
    Whole(i128),
    Fraction(f64),
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value, in the order of the file; one key may stand there twice.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) key: String,
    /// What the key is: see [`Value::kind`].
    pub(super) kind: &'static str,
    pub(super) node: Node,
}

impl Value {
    /// What it is, for "found ...": the kind and never the content, which may be a secret in the wrong place.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Truth(_) => "a truth value",
            Self::Whole(_) | Self::Fraction(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Mapping(_) => "a mapping",
        }
    }
}

/// Why a document is no tree: where (unless it is nowhere in particular), and what is wrong.
#[derive(Debug)]
pub(super) struct SyntaxFault {
    pub(super) place: Option<Place>,
    pub(super) message: String,
}

/// Reads one YAML document. Nothing a file holds can make this take much more memory than the file itself has bytes.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxFault> {
    match serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options()) {
        Ok(spanned) => Ok(spanned.into()),
        Err(error) => Err(SyntaxFault { place: error.location().map(Place::from), message: explain(&error) }),
    }
}

/// The parser's words, or ours where its own are about Rust.
fn explain(error: &Error) -> String {
    let text = match error {
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            "the file holds a second YAML document; keep one, without a `---` between".into()
        }
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "too deep, or too many anchors and aliases, for a configuration; write it out".into()
        }
        Error::AliasError { error, .. } => return explain(error),
        Error::UnknownAnchor { .. } => "the alias names no anchor; put a text that begins with * into quotes".into(),
        other => {
            let text = DefaultMessageFormatter.format_message(other);
            // The one thing that happens to everybody: a colon in a text, or a line indented by one too many.
            let colon = text.starts_with("mapping values are not allowed");
            let hint = if colon { "; check the indentation, or put a text that holds \": \" into quotes" } else { "" };
            text + hint
        }
    };
    format!("no valid YAML: {}", words::printable(&text))
}

fn options() -> Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000, max_replay_stack_depth: 8 },
        budget: serde_saphyr::budget! { max_depth: 32, max_documents: 1 },
    }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self { place: spanned.defined.into(), value: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Truth(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Whole(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Whole(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Whole(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Whole(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Fraction(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(spanned) = list.next_element::<Spanned<Value>>()? {
            nodes.push(spanned.into());
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = mapping.next_key::<Spanned<Value>>()? {
            let node = mapping.next_value::<Spanned<Value>>()?.into();
            let (place, kind) = (key.defined.into(), key.value.kind());
            entries.push(Entry { place, key: as_key(key.value), kind, node });
        }
        Ok(Value::Mapping(entries))
    }
}

/// A key as text. Only text is ever a known key: what else stands there is shown as YAML would write it.
fn as_key(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Nothing => "null".into(),
        Value::Truth(truth) => truth.to_string(),
        Value::Whole(number) => number.to_string(),
        Value::Fraction(number) => number.to_string(),
        Value::List(_) => "[...]".into(),
        Value::Mapping(_) => "{...}".into(),
    }
}
