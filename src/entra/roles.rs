//! Roles: the application permissions that a token says it holds.
//!
//! A token for Graph is to be treated as opaque and nothing is decided by this; but Entra gives a token even when no
//! permission was granted (facts/graph.md 4.7), and the `roles` claim lets an operator see that before Graph says 403.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The claims that are looked at.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    roles: Vec<String>,
}

/// The roles in a JSON web token; `None` if the text is no such token.
pub(super) fn read(token: &str) -> Option<Vec<String>> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Claims>(&payload).ok().map(|claims| claims.roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &str, expected: Option<&[&str]>) {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        let roles = read(&token);
        assert_eq!(
            roles.as_ref().map(|roles| roles.iter().map(String::as_str).collect::<Vec<_>>()).as_deref(),
            expected
        );
    }

    #[test]
    fn the_roles_of_a_token_are_read() {
        check(r#"{"aud":"graph","roles":["User.Read.All"]}"#, Some(&["User.Read.All"]));
    }

    #[test]
    fn a_token_without_roles_holds_none() {
        check(r#"{"aud":"graph"}"#, Some(&[]));
    }

    #[test]
    fn what_is_no_token_has_no_roles_to_read() {
        check("no json", None);
        assert_eq!(read("opaque"), None);
    }
}
