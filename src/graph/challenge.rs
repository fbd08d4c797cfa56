//! Challenges: whether the `WWW-Authenticate` of a refusal asks for a token with further claims.
//!
//! So Graph says that the token was good and is no more: continuous access evaluation (facts/graph.md 4.14). Schemes and
//! parameters come in any order and case, quoted or not, in one header or in several (RFC 9110, 11.6.1); the words may
//! stand within another parameter's text, where they mean nothing. Which claims are wanted is not read: the exporter does
//! not say that it could handle them, so all that it can do is to ask for a fresh token.

use std::iter::Peekable;
use std::str::Chars;

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// Whether further claims are asked for.
pub(super) fn wants_claims(headers: &HeaderMap) -> bool {
    headers.get_all(WWW_AUTHENTICATE).iter().any(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let mut challenges = Challenges { rest: text.chars().peekable() };
        challenges.any(|(name, value)| {
            name.eq_ignore_ascii_case("error") && value.trim().eq_ignore_ascii_case("insufficient_claims")
        })
    })
}

/// The parameters of all challenges in one header; schemes are skipped.
struct Challenges<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Iterator for Challenges<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.take_while(|char| char.is_ascii_whitespace() || matches!(char, ',' | '=' | '"'));
            let name = self.take_while(is_plain);
            if name.is_empty() {
                // A character that has no business here, or the end.
                self.rest.next()?;
                continue;
            }
            self.take_while(|char| char.is_ascii_whitespace());
            // What no equals sign follows is a scheme.
            if self.rest.next_if_eq(&'=').is_some() {
                self.take_while(|char| char.is_ascii_whitespace());
                return Some((name, self.value()));
            }
        }
    }
}

impl Challenges<'_> {
    fn value(&mut self) -> String {
        if self.rest.next_if_eq(&'"').is_none() {
            return self.take_while(is_plain);
        }
        let mut value = String::new();
        while let Some(char) = self.rest.next() {
            match char {
                '"' => break,
                '\\' => value.extend(self.rest.next()),
                char => value.push(char),
            }
        }
        value
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(char) = self.rest.next_if(|char| wanted(*char)) {
            taken.push(char);
        }
        taken
    }
}

/// Whether a character may stand in a name, a scheme or a value without quotes.
fn is_plain(char: char) -> bool {
    !char.is_ascii_whitespace() && !matches!(char, ',' | '=' | '"')
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn check(challenges: &[&str], expected: bool) {
        let mut headers = HeaderMap::new();
        for challenge in challenges {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(challenge).expect("a header value"));
        }
        assert_eq!(wants_claims(&headers), expected, "{challenges:?}");
    }

    #[test]
    fn a_challenge_is_understood_in_any_order_case_and_quoting() {
        for challenge in [
            r#"Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="eyJ9""#,
            r#"Bearer claims="eyJ9==", error="insufficient_claims""#,
            "bearer error=insufficient_claims",
            r#"BEARER  Error = "Insufficient_Claims" ,claims=eyJ9=="#,
            r#"Bearer error="insufficient\_claims""#,
            r#"Negotiate, Basic realm="a \"b\", c", Bearer error="insufficient_claims""#,
            r#"Negotiate dG9rZW4=, Bearer error="insufficient_claims""#,
            r#"Bearer realm=,error="insufficient_claims""#,
        ] {
            check(&[challenge], true);
        }
        check(&[r#"Basic realm="x""#, r#"Bearer error="insufficient_claims""#], true);
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        check(&[], false);
        for challenge in [
            "",
            r#"Bearer realm="", authorization_uri="https://login.example/authorize""#,
            r#"Bearer error="invalid_token", error_description="insufficient_claims""#,
            r#"Bearer realm="error=\"insufficient_claims\"""#,
            r#"Bearer realm="x, error=insufficient_claims"#,
            "insufficient_claims",
            "Bearer insufficient_claims",
            r#"Bearer error_uri="insufficient_claims""#,
        ] {
            check(&[challenge], false);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_fail(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80), text in "[a-z=\", \\\\]{0,40}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    wants_claims(&[(WWW_AUTHENTICATE, value)].into_iter().collect());
                }
            }
        }
    }
}
