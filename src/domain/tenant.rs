//! The name of a tenant, as it stands in the `tenant` label.
//!
//! Parsed once, where the configuration is read. It does not know the tenant's id: ids belong to the adapters.

use std::fmt;

/// The longest name, in characters: a label value that still fits on a board.
const LONGEST: usize = 128;

/// A name that is safe as a label value: 1 to 128 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantName(String);

impl TenantName {
    /// The name in `text`, without the white space around it.
    ///
    /// # Errors
    /// A phrase that says what is wrong with the name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty".to_owned());
        }
        if text.chars().any(char::is_control) {
            return Err("holds a control character".to_owned());
        }
        let length = text.chars().count();
        if length > LONGEST {
            return Err(format!(
                "is {length} characters long, at most {LONGEST} fit a label"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as a label value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        assert_eq!(
            TenantName::parse(text)
                .as_ref()
                .map(TenantName::as_str)
                .map_err(String::as_str),
            expected
        );
    }

    #[test]
    fn a_name_is_trimmed_and_otherwise_kept() {
        check("  Contoso \"EMEA\" \\ 🌍 ", Ok("Contoso \"EMEA\" \\ 🌍"));
    }

    #[test]
    fn a_name_that_no_label_should_hold_is_refused_with_the_reason() {
        check(" ", Err("is empty"));
        check("a\nb", Err("holds a control character"));
        check(
            &"x".repeat(129),
            Err("is 129 characters long, at most 128 fit a label"),
        );
    }
}
