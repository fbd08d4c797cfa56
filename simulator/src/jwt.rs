//! JSON Web Tokens as they come in a request: taken apart, not yet believed.
//!
//! RFC 7519 in the compact form of RFC 7515, section 3.1. Who signed it, and whether that is anybody, is for `assertion`
//! and `issuer` to find out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A token in its parts.
#[derive(Debug)]
pub(crate) struct Jwt<'a> {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    /// What the signature is of.
    pub(crate) signed: &'a [u8],
    pub(crate) signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    /// Takes a token apart; `None` if it is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok().filter(Value::is_object)
        };
        let (header, claims) = (object(header)?, object(claims)?);
        Some(Self { header, claims, signed: signed.as_bytes(), signature: URL_SAFE_NO_PAD.decode(signature).ok()? })
    }

    /// A claim that is text; empty if there is none.
    pub(crate) fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// A claim that is a number of seconds since 1970.
    pub(crate) fn seconds(&self, name: &str) -> Option<u64> {
        self.claims[name].as_u64()
    }
}

/// A token without its signature: `header.claims`.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

#[cfg(test)]
mod tests {
    use super::{Jwt, unsigned};
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_and_what_is_no_token_is_not() {
        let text = unsigned(&json!({"alg": "x"}), &json!({"sub": "me", "exp": 7})) + ".AQI";
        let token = Jwt::parse(&text).expect("a token");
        assert_eq!((token.claim("sub"), token.seconds("exp"), token.claim("exp")), ("me", Some(7), ""));
        assert_eq!((token.header["alg"].as_str(), token.signature), (Some("x"), vec![1, 2]));
        for bad in ["", "a.b", "a.b.c", &text.replace(".AQI", ".A"), &text.replace('.', ""), "W10.W10.AQI"] {
            assert!(Jwt::parse(bad).is_none(), "{bad}");
        }
    }
}
