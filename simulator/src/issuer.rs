//! The issuer: a simulated OpenID Connect provider, such as a Kubernetes cluster, whose tokens stand in for a secret.
//!
//! It mints and the token endpoint verifies, both with the same key pair, which the client never sees: to it the token
//! is a text in a file. After the page "Workload identity federation" (learn.microsoft.com/entra/workload-id): issuer,
//! subject and audience must match a federated credential of the application exactly. A real issuer signs with RS256; this
//! one with ES256, for an RSA key takes seconds to make.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde_json::json;

use crate::jwt::{self, Jwt};
use crate::refusals::{Failure, failure, refused};

/// What a token for Entra has as its audience (national clouds have others, which are not documented in one place).
pub(crate) const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Whose tokens the application trusts: a federated credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trusted {
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

/// The key of all simulated issuers.
#[derive(Debug)]
pub(crate) struct Issuer(EcdsaKeyPair);

impl Issuer {
    pub(crate) fn new() -> io::Result<Self> {
        let random = SystemRandom::new();
        let failed = |what: &str| io::Error::other(what.to_owned());
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| failed("no key can be made"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random);
        pair.map(Self).map_err(|_| failed("the key that was made is none"))
    }

    /// A token in the shape of a projected service account token.
    pub(crate) fn mint(&self, issuer: &str, subject: &str, audience: &str, lifetime: Duration) -> io::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = json!({
            "aud": [audience],
            "exp": (now + lifetime).as_secs(),
            "iat": now.as_secs(),
            "iss": issuer,
            "nbf": now.as_secs(),
            "sub": subject,
        });
        let signed = jwt::unsigned(&json!({"alg": "ES256", "kid": "simulated", "typ": "JWT"}), &claims);
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| io::Error::other("the token can not be signed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Whether a token is one that the application trusts, or why not.
    pub(crate) fn check(&self, token: &Jwt<'_>, trusted: &[Trusted], now: SystemTime) -> Result<(), Failure> {
        let (issuer, subject) = (token.claim("iss"), token.claim("sub"));
        if !trusted.iter().any(|trusted| trusted.issuer == issuer) {
            return Err(unmatched(700_211, "issuer", issuer));
        }
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.0.public_key().as_ref());
        key.verify(token.signed, &token.signature).map_err(|_| refused(700_027))?;
        let audience = token.claims["aud"].as_array().and_then(|all| all.first()).and_then(|only| only.as_str());
        let audience = audience.unwrap_or_else(|| token.claim("aud"));
        if audience != AUDIENCE {
            return Err(unmatched(700_212, "audience", audience));
        }
        if !trusted.iter().any(|trusted| trusted.issuer == issuer && trusted.subject == subject) {
            return Err(unmatched(700_213, "subject", subject));
        }
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let is_now = token.seconds("nbf").unwrap_or(0) <= now && now < token.seconds("exp").unwrap_or(0);
        is_now.then_some(()).ok_or_else(|| refused(700_024))
    }
}

fn unmatched(code: u32, what: &str, value: &str) -> Failure {
    let text = format!(
        "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated \
         identity credential Subject, Audience and Issuer against the presented assertion. \
         https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    );
    failure(code, text)
}
