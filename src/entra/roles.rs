//! Roles: the application permissions that a token says it holds.
//!
//! A token for Graph is to be treated as opaque and nothing is decided by this; but Entra gives a token even when no
//! permission was granted (facts/graph.md 4.7), and the `roles` claim lets an operator see that before Graph says 403.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The most roles that are read; Graph has some seven hundred. They are held against each other, on the thread of all tenants.
const MOST: usize = 2000;

/// The claims that are looked at.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    roles: Vec<String>,
    tid: Option<serde_json::Value>,
}

/// The roles in a JSON web token; `None` if the text is no such token, or one with more roles than there are.
pub(super) fn read(token: &str) -> Option<Vec<String>> {
    claims(token).map(|claims| claims.roles).filter(|roles| roles.len() <= MOST)
}

/// The id of the tenant that the token is for, in lower case; `None` if it tells none.
pub(super) fn tenant(token: &str) -> Option<String> {
    let is_id = |id: &&str| id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    claims(token)?.tid?.as_str().filter(is_id).map(str::to_ascii_lowercase)
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
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
        check(r#"{"tid":7,"roles":["User.Read.All"]}"#, Some(&["User.Read.All"]));
    }

    #[test]
    fn a_token_without_roles_holds_none() {
        check(r#"{"aud":"graph"}"#, Some(&[]));
    }

    #[test]
    fn more_roles_than_there_are_keep_nobody_waiting() {
        let roles: Vec<String> = (0..=MOST).map(|number| format!("Role.{number}")).collect();
        let all: Vec<&str> = roles.iter().map(String::as_str).collect();
        check(&serde_json::json!({"roles": roles}).to_string(), None);
        check(&serde_json::json!({"roles": roles[1..]}).to_string(), Some(&all[1..]));
    }

    #[test]
    fn the_tenant_of_a_token_is_told_if_it_is_an_id() {
        let tenant = |payload: &str| tenant(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)));
        let id = "0F8FAD5B-d9cb-469f-a165-70867728950e";
        assert_eq!(tenant(&format!(r#"{{"tid":"{id}"}}"#)), Some(id.to_lowercase()));
        assert_eq!(tenant(r#"{"tid":"Anna"}"#), None);
        assert_eq!(tenant(r#"{"tid":7}"#), None);
        assert_eq!(tenant("{}"), None);
    }

    #[test]
    fn what_is_no_token_has_no_roles_to_read() {
        check("no json", None);
        assert_eq!(read("opaque"), None);
    }
}
