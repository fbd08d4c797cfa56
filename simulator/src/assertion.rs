//! Client assertions: what an application signs with its certificate's key instead of sending a secret.
//!
//! All of it is verified: which certificate, its signature, its time, issuer, subject and audience. After the page
//! "Microsoft identity platform application authentication certificate credentials"
//! (learn.microsoft.com/entra/identity-platform/certificate-credentials): PS256 with `x5t#S256`; RS256 with `x5t` is what
//! it said before, and MSAL for Python falls back to. MSAL pads thumbprints, the page does not. Where the documentation has
//! no cap for the lifetime ("5-10 minutes after nbf at most"), ten minutes are held against the client here.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::{digest, signature};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::answer::Request;
use crate::jwt::Jwt;
use crate::refusals::{Failure, failure, refused};
use crate::switches::Assertions;

/// The longest that an assertion may be good for.
const LONGEST_LIFE: u64 = 600;

/// Reads thumbprints, padded or not.
const THUMBPRINT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A certificate that the application has uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    sha1: Vec<u8>,
    sha256: Vec<u8>,
    /// An `RSAPublicKey` of RFC 8017.
    public_key: Vec<u8>,
    /// Seconds since 1970.
    not_before: i64,
    not_after: i64,
}

impl Certificate {
    /// Reads a certificate in DER; `None` if it is none.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        let validity = certificate.validity();
        let read = Self {
            sha1: digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().to_vec(),
            sha256: digest::digest(&digest::SHA256, der).as_ref().to_vec(),
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
        };
        rest.is_empty().then_some(read)
    }

    /// Whether the header of an assertion names this certificate, by all the thumbprints that it gives.
    fn is_named_by(&self, assertion: &Jwt<'_>) -> bool {
        let thumbprint = |name: &str| Some(THUMBPRINT.decode(assertion.header.get(name)?.as_str()?).ok());
        let (old, new) = (thumbprint("x5t"), thumbprint("x5t#S256"));
        let agrees = |given: &Option<Option<Vec<u8>>>, own: &Vec<u8>| {
            given.as_ref().is_none_or(|given| given.as_ref() == Some(own))
        };
        (old.is_some() || new.is_some()) && agrees(&old, &self.sha1) && agrees(&new, &self.sha256)
    }
}

/// Whether the assertion is good, or why not.
pub(crate) fn check(
    assertion: &Jwt<'_>,
    certificates: &[Certificate],
    allowed: Assertions,
    request: &Request,
    client_id: &str,
) -> Result<(), Failure> {
    let is_of_client = |name: &str| assertion.claim(name).eq_ignore_ascii_case(client_id);
    if !is_of_client("iss") || !is_of_client("sub") {
        return Err(refused(700_021));
    }
    let endpoint = format!("{}{}", request.origin(), request.path);
    if assertion.claim("aud") != endpoint {
        return Err(failure(700_023, format!("Client assertion audience claim does not match '{endpoint}'.")));
    }
    if assertion.claim("jti").is_empty() {
        return Err(failure(50_027, "Invalid JWT token. The claim 'jti' is missing."));
    }
    check_signature(assertion, certificates, allowed, request)?;
    check_time(assertion, request)
}

fn check_signature(
    assertion: &Jwt<'_>,
    certificates: &[Certificate],
    allowed: Assertions,
    request: &Request,
) -> Result<(), Failure> {
    let bad =
        |reason: &str| failure(700_027, format!("Client assertion failed signature validation. [Reason - {reason}]"));
    let algorithm: &dyn signature::VerificationAlgorithm = match (assertion.header["alg"].as_str(), allowed) {
        (Some("PS256"), Assertions::BothAlgorithms | Assertions::OnlyPs256) => &signature::RSA_PSS_2048_8192_SHA256,
        (Some("RS256"), Assertions::BothAlgorithms | Assertions::OnlyRs256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(bad("The algorithm is not supported.")),
    };
    if assertion.header["alg"] == "PS256" && assertion.header.get("x5t#S256").is_none() {
        return Err(bad("The thumbprint 'x5t#S256' is missing."));
    }
    let found = certificates.iter().find(|certificate| certificate.is_named_by(assertion));
    let certificate = found.ok_or_else(|| bad("The key was not found."))?;
    let now = crate::calendar::unix_seconds(request.at);
    if !(certificate.not_before..=certificate.not_after).contains(&now) {
        return Err(bad("The key used is expired."));
    }
    let key = signature::UnparsedPublicKey::new(algorithm, &certificate.public_key);
    key.verify(assertion.signed, &assertion.signature)
        .map_err(|_| bad("The key was found, but the signature is invalid."))
}

/// The time window of an assertion and its length; whoever says nothing of the beginning has begun now.
fn check_time(assertion: &Jwt<'_>, request: &Request) -> Result<(), Failure> {
    let now = request.at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let begins = assertion.seconds("nbf").or_else(|| assertion.seconds("iat")).unwrap_or(now);
    let ends = assertion.seconds("exp").unwrap_or(0);
    let is_good = begins <= now && now < ends && ends - begins <= LONGEST_LIFE;
    is_good.then_some(()).ok_or_else(|| {
        let text = format!(
            "Client assertion is not within its valid time range. Current time: {now}, valid from {begins}, expiry {ends}."
        );
        failure(700_024, text)
    })
}
