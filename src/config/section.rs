//! One mapping of the file, read key by key.
//!
//! Opening a section reports keys that are unknown, given twice, or not to be used. Reading a key gives its value,
//! nothing where it was not given, or the proof that its fault was reported. This file does not know what any key means.

use super::fault::{Report, Reported};
use super::keys::{Keys, Standing};
use super::tree::{Entry, Node, Place, Value};
use super::words;

/// A mapping whose keys are known.
#[derive(Debug)]
pub(super) struct Section<'n> {
    /// The path of the mapping's key, such as `tenants[0].users`; empty for the whole file.
    path: String,
    place: Place,
    /// The supported keys, each once.
    entries: Vec<(&'static str, &'n Entry)>,
    /// Whether a key of it was refused.
    refused: Option<Reported>,
}

impl<'n> Section<'n> {
    /// Opens what should be a mapping with these keys.
    pub(super) fn open(node: &'n Node, path: &str, keys: &Keys, report: &mut Report) -> Result<Self, Reported> {
        let Value::Mapping(entries) = &node.value else {
            let message = format!("expected a mapping of keys to values, found {}", node.value.kind());
            return Err(report.fault(node.place, path, &message));
        };
        let mut section = Self { path: path.to_owned(), place: node.place, entries: Vec::new(), refused: None };
        let mut seen: Vec<(&str, Place)> = Vec::new();
        for entry in entries {
            if let Some((_, first)) = seen.iter().find(|(key, _)| *key == entry.key) {
                let message = format!("given twice, first on line {}; keep one of them", first.line);
                report.fault(entry.place, &section.at(&words::shown(&entry.key)), &message);
                continue;
            }
            seen.push((&entry.key, entry.place));
            section.take(entry, keys, report);
        }
        Ok(section)
    }

    fn take(&mut self, entry: &'n Entry, keys: &Keys, report: &mut Report) {
        let message = match keys.find(&entry.key) {
            Some((key, Standing::Supported)) => return self.entries.push((key, entry)),
            Some((_, Standing::Refused(reason))) => reason.to_owned(),
            None => format!("unknown key{}", keys.hint(&entry.key)),
        };
        self.refused = Some(report.fault(entry.place, &self.at(&words::shown(&entry.key)), &message));
    }

    /// Whether all of its keys could be used: where one could not, something else is missing on its account.
    pub(super) fn all_keys_used(&self) -> Result<(), Reported> {
        self.refused.map_or(Ok(()), Err)
    }

    /// The path of a key of this section.
    pub(super) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Where a key stands, or else the section.
    pub(super) fn place(&self, key: &str) -> Place {
        self.entry(key).map_or(self.place, |entry| entry.node.place)
    }

    /// Notes a fault of a key's value.
    pub(super) fn fault(&self, key: &str, message: &str, report: &mut Report) -> Reported {
        report.fault(self.place(key), &self.at(key), message)
    }

    /// The node of a key that was given. One without a value is a fault: nobody can tell what was meant.
    pub(super) fn node(&self, key: &str, report: &mut Report) -> Result<Option<&'n Node>, Reported> {
        match self.entry(key) {
            Some(Entry { place, node: Node { value: Value::Nothing, .. }, .. }) => {
                Err(report.fault(*place, &self.at(key), "has no value; write one after the colon"))
            }
            entry => Ok(entry.map(|entry| &entry.node)),
        }
    }

    /// The node of a key that was given with a value.
    pub(super) fn given(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.node).filter(|node| !matches!(node.value, Value::Nothing))
    }

    /// The value of a key, where one without a value counts as left out.
    pub(super) fn value<T>(
        &self,
        key: &str,
        report: &mut Report,
        read: impl FnOnce(&'n Node) -> Result<T, String>,
    ) -> Result<Option<T>, Reported> {
        let Some(node) = self.given(key) else { return Ok(None) };
        read(node).map(Some).map_err(|message| self.fault(key, &message, report))
    }

    /// The items of a list, all of which are read before anything is given up; none where it counts as left out.
    pub(super) fn list<T>(
        &self,
        key: &str,
        report: &mut Report,
        read: impl Fn(&Node) -> Result<T, String>,
    ) -> Result<Vec<T>, Reported> {
        if self.given(key).is_none() {
            return Ok(Vec::new());
        }
        let items = self.items(key, "a list", report)?.unwrap_or_default();
        let read =
            |(path, node): (String, &Node)| read(node).map_err(|message| report.fault(node.place, &path, &message));
        items.into_iter().map(read).collect::<Vec<_>>().into_iter().collect()
    }

    /// Whether a key was given, with a good value or a bad one.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Whether a key was given whose value is a mapping with this inner key.
    pub(super) fn has_within(&self, key: &str, inner: &str) -> bool {
        let Some(Value::Mapping(entries)) = self.entry(key).map(|entry| &entry.node.value) else { return false };
        entries.iter().any(|entry| entry.key == inner)
    }

    /// The items of a list, each with its path, if the key was given; `what` tells what is expected.
    pub(super) fn items(
        &self,
        key: &str,
        what: &str,
        report: &mut Report,
    ) -> Result<Option<Vec<(String, &'n Node)>>, Reported> {
        let list = self.optional(key, report, |node| match &node.value {
            Value::List(list) => Ok(list),
            other => Err(format!("expected {what}, found {}", other.kind())),
        })?;
        let path = self.at(key);
        Ok(list.map(|list| list.iter().enumerate().map(|(index, node)| (format!("{path}[{index}]"), node)).collect()))
    }

    /// The entries of a mapping whose keys are the user's own, each with its path, if the key was given; `what` tells what
    /// is expected.
    pub(super) fn entries(
        &self,
        key: &str,
        what: &str,
        report: &mut Report,
    ) -> Result<Option<Vec<(String, &'n Entry)>>, Reported> {
        let entries = self.optional(key, report, |node| match &node.value {
            Value::Mapping(entries) => Ok(entries),
            other => Err(format!("expected {what}, found {}", other.kind())),
        })?;
        let path = |entry: &Entry| format!("{}[{}]", self.at(key), words::quoted(&entry.key));
        Ok(entries.map(|entries| entries.iter().map(|entry| (path(entry), entry)).collect()))
    }

    /// The value of a key that may be left out. `read` makes it of the node, or says what is wrong.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        report: &mut Report,
        read: impl FnOnce(&'n Node) -> Result<T, String>,
    ) -> Result<Option<T>, Reported> {
        let Some(node) = self.node(key, report)? else {
            return Ok(None);
        };
        read(node).map(Some).map_err(|message| self.fault(key, &message, report))
    }

    /// The value of a key that must be given.
    pub(super) fn required<T>(
        &self,
        key: &str,
        report: &mut Report,
        read: impl FnOnce(&'n Node) -> Result<T, String>,
    ) -> Result<T, Reported> {
        self.optional(key, report, read)?.ok_or_else(|| self.missing(key, report))
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&self, key: &str, report: &mut Report) -> Reported {
        report.fault(self.place, &self.at(key), "is missing, and has no default")
    }

    fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|(known, _)| *known == key).map(|(_, entry)| *entry)
    }
}
