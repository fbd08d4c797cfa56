//! Values: what the directory says of a user, made comparable and fit for a label.
//!
//! It does not know whose value it is.

/// A value as it is compared: case and white space do not matter.
#[must_use]
pub fn key(value: &str) -> Box<str> {
    value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().into()
}
