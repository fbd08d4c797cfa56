//! Users: whom presence is read of.
//!
//! A user is an object id and nothing else: no name, no address ever enters the domain. Who of them is tracked is not
//! known here (`directory.rs`).

/// The object id of a user in Entra ID: a GUID as its 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId([u8; 16]);

impl UserId {
    /// The length of an id as text.
    pub const TEXT_LENGTH: usize = 36;

    /// The id in a text such as `0f8fad5b-d9cb-469f-a165-70867728950e`, in either case; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != Self::TEXT_LENGTH {
            return None;
        }
        let uuid = uuid::Uuid::try_parse_ascii(bytes).ok()?;
        Some(Self(uuid.into_bytes()))
    }

    /// Appends the id as text, lower case with hyphens.
    pub fn write_to(self, text: &mut Vec<u8>) {
        let mut buffer = [0; Self::TEXT_LENGTH];
        let id = uuid::Uuid::from_bytes(self.0);
        text.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
    }
}

impl std::fmt::Debug for UserId {
    /// Ids of people stay out of every log and panic message.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("UserId(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    #[test]
    fn an_id_is_written_as_it_was_read() {
        let id = UserId::parse(&ID.to_uppercase()).expect("a GUID");
        let mut text = Vec::new();
        id.write_to(&mut text);
        assert_eq!(String::from_utf8(text).expect("ascii"), ID);
    }

    #[test]
    fn what_is_not_a_hyphenated_guid_is_no_id() {
        for text in
            ["", "anna@contoso.com", "0f8fad5bd9cb469fa16570867728950e", "{0f8fad5b-d9cb-469f-a165-70867728950}"]
        {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_does_not_print_itself() {
        assert_eq!(format!("{:?}", UserId::parse(ID)), "Some(UserId(..))");
    }
}
