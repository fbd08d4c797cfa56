//! An application with a certificate, for tests: it signs assertions as the documentation says, and in any other way.
//!
//! The keys are in files, for an RSA key takes seconds to make; they belong to nobody. Each certificate is made anew.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::{Value, json};

/// A key and its certificate.
pub(crate) struct Signer {
    key: RsaKeyPair,
    /// The certificate in DER.
    pub(crate) certificate: Vec<u8>,
}

/// A header and claims, and how they are signed.
pub(crate) struct Assertion {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) padding: &'static dyn RsaEncoding,
}

impl Signer {
    /// The usual key, with a certificate that is good now.
    pub(crate) fn new() -> Self {
        Self::of(include_str!("../keys/application.pem"), &CertificateParams::default())
    }

    /// Somebody else's key.
    pub(crate) fn other() -> Self {
        Self::of(include_str!("../keys/other.pem"), &CertificateParams::default())
    }

    /// The usual key, with a certificate that has expired.
    pub(crate) fn expired() -> Self {
        let mut params = CertificateParams::default();
        params.not_after = rcgen::date_time_ymd(2024, 1, 1);
        Self::of(include_str!("../keys/application.pem"), &params)
    }

    fn of(pem: &str, params: &CertificateParams) -> Self {
        let pair = KeyPair::from_pem(pem).expect("a key");
        let key = RsaKeyPair::from_pkcs8(pair.serialized_der()).expect("an RSA key");
        let certificate = params.clone().self_signed(&pair).expect("a certificate").der().to_vec();
        Self { key, certificate }
    }

    /// The certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        let lines = STANDARD.encode(&self.certificate);
        format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
    }

    /// As the page says now: PS256, `x5t#S256` without padding, ten minutes.
    pub(crate) fn modern(&self, client_id: &str, audience: &str) -> Assertion {
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.certificate));
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
        Assertion { header, claims: claims(client_id, audience), padding: &RSA_PSS_SHA256 }
    }

    /// As MSAL falls back to: RS256, `x5t` with padding, and no beginning.
    pub(crate) fn legacy(&self, client_id: &str, audience: &str) -> Assertion {
        let thumbprint = URL_SAFE.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.certificate));
        let mut claims = claims(client_id, audience);
        claims.as_object_mut().expect("an object").remove("nbf");
        Assertion {
            header: json!({"alg": "RS256", "typ": "JWT", "x5t": thumbprint}),
            claims,
            padding: &RSA_PKCS1_SHA256,
        }
    }

    /// The token.
    pub(crate) fn sign(&self, assertion: &Assertion) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&assertion.header), part(&assertion.claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(assertion.padding, &random, signed.as_bytes(), &mut signature).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Assertion {
    /// The same with another value in its header.
    pub(crate) fn headed(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    /// The same with another claim.
    pub(crate) fn claiming(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }
}

fn claims(client_id: &str, audience: &str) -> Value {
    let (now, jti) = (now(), "11111111-2222-4333-8444-555555555555");
    json!({"aud": audience, "exp": now + 600, "iat": now, "iss": client_id, "jti": jti, "nbf": now, "sub": client_id})
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs()
}
