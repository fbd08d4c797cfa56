//! Faults of a configuration: collected while it is read, shown together.
//!
//! A fault says where (file, line and column, key), what is wrong, and what to do about it. Whoever reads a setting
//! that has one gets a [`Reported`] in its stead: a proof that somebody will be told.

use std::fmt;
use std::path::Path;

use super::tree::Place;

/// How wide faults are shown, in characters.
const WIDTH: usize = 80;

/// All that is wrong with a configuration, at least one fault; `Display` is the whole list, a paragraph each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub(super) Vec<Fault>);

impl Faults {
    /// One after the other, each a line of its own making.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// A single fault that stands for itself.
    pub(super) fn one(message: impl Into<String>) -> Self {
        Self::several([message.into()])
    }

    /// Faults that stand nowhere in a file.
    pub(crate) fn several(messages: impl IntoIterator<Item = String>) -> Self {
        Self(messages.into_iter().map(|text| Fault { place: None, text }).collect())
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}", wrapped(&fault.text))?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// One thing that is wrong, and what to do about it: `config.yml:12:15: tenants[0].interval: "90x" is not a duration; ...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    place: Option<Place>,
    text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The proof that a fault was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reported;

/// Where faults are collected while one file is read.
#[derive(Debug)]
pub(super) struct Report<'f> {
    file: &'f Path,
    faults: Vec<Fault>,
}

impl<'f> Report<'f> {
    pub(super) fn new(file: &'f Path) -> Self {
        Self { file, faults: Vec::new() }
    }

    /// Notes a fault: where it stands, the path of its key (empty for the whole file), what is wrong and what to do.
    pub(super) fn fault(&mut self, place: impl Into<Option<Place>>, path: &str, message: &str) -> Reported {
        let place = place.into();
        let file = self.file.display();
        let origin = match place {
            Some(Place { line, column }) => format!("{file}:{line}:{column}"),
            None => file.to_string(),
        };
        let text = match path {
            "" => format!("{origin}: {message}"),
            path => format!("{origin}: {path}: {message}"),
        };
        self.faults.push(Fault { place, text });
        Reported
    }

    /// The value, if nothing was wrong anywhere.
    pub(super) fn conclude<T>(mut self, value: Result<T, Reported>) -> Result<T, Faults> {
        self.faults.sort_by_key(|fault| fault.place);
        match value {
            Ok(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Faults(self.faults)),
        }
    }
}

/// The text with each line that is too long for a terminal broken at spaces, those after its first indented. What
/// fits is kept as it is.
#[must_use]
pub fn wrapped(text: &str) -> String {
    text.split('\n').map(wrapped_line).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let full = lines.last().is_some_and(|line| line.chars().count() + 1 + word.chars().count() > WIDTH);
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if !full => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("    {word}")),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_fault_is_broken_at_spaces_before_the_eightieth_column() {
        let text =
            "config.yml:12:15: tenants[0].interval: \"90x\" is not a duration; write it as Prometheus does, e.g. 90s";
        assert_eq!(
            Faults::one(text).to_string(),
            "config.yml:12:15: tenants[0].interval: \"90x\" is not a duration; write it as\n    Prometheus does, e.g. 90s"
        );
        assert_eq!(Faults::one("x".repeat(200)).to_string(), "x".repeat(200));
        assert_eq!(wrapped("  two\n\n    lines"), "  two\n\n    lines");
    }
}
