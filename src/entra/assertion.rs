//! Assertions: JSON web tokens by which an application proves that it has the key of a certificate.
//!
//! `jsonwebtoken` writes them; it is told to sign with ring, as its own choices are a second C library and a crate whose
//! time of signing tells about the key (RUSTSEC-2023-0071). The form is that of facts/graph.md 4.3. Entra's documents ask
//! for PS256 with a SHA-256 thumbprint; where it is refused there is the older RS256 with SHA-1.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as Signed, new_error};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde::Serialize;

use super::certificate::{self, Certificate};
use crate::config::Secret;

/// How long before now it begins to be valid, in seconds: Entra's clock may be behind ours.
const BEFORE: u64 = 60;

/// How long it is valid in all, in seconds.
const LIFE: u64 = 600;

/// How an assertion is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    /// RSASSA-PSS with SHA-256, and the certificate's SHA-256 thumbprint.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, and the certificate's SHA-1 thumbprint.
    Rs256,
}

/// What an assertion says.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    iat: u64,
    nbf: u64,
    exp: u64,
}

impl Signing {
    /// The other way.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Ps256 => Self::Rs256,
            Self::Rs256 => Self::Ps256,
        }
    }
}

/// An assertion to `endpoint` that the application `client_id` has the certificate's key, made `now`, in seconds since
/// 1970. None if the key cannot sign, which a key that was read can.
pub(super) fn signed(
    certificate: &Certificate,
    signing: Signing,
    client_id: &str,
    endpoint: &str,
    now: u64,
) -> Option<Secret> {
    // Ours or an earlier one of ours: either way there is a provider.
    PROVIDER.install_default().ok();
    let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(digest::digest(algorithm, certificate.der()));
    let header = match signing {
        Signing::Ps256 => Header { x5t_s256: Some(thumbprint(&digest::SHA256)), ..Header::new(Algorithm::PS256) },
        Signing::Rs256 => {
            Header { x5t: Some(thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY)), ..Header::new(Algorithm::RS256) }
        }
    };
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).ok()?;
    let jti = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
    let nbf = now.saturating_sub(BEFORE);
    let claims = Claims { aud: endpoint, iss: client_id, sub: client_id, jti, iat: now, nbf, exp: nbf + LIFE };
    jsonwebtoken::encode(&header, &claims, certificate.key()).ok().map(Secret::new)
}

/// What signs, and nothing else.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Signer::new(*algorithm, key).map(|signer| Box::new(signer) as Box<dyn JwtSigner>),
    verifier_factory: |_, _| Err(new_error(ErrorKind::InvalidAlgorithm)),
    key_utils: KeyUtils::new_unimplemented(),
};

struct Signer {
    key: RsaKeyPair,
    algorithm: Algorithm,
    encoding: &'static dyn RsaEncoding,
}

impl Signer {
    fn new(algorithm: Algorithm, key: &EncodingKey) -> Signed<Self> {
        let encoding: &dyn RsaEncoding = match algorithm {
            Algorithm::PS256 => &RSA_PSS_SHA256,
            Algorithm::RS256 => &RSA_PKCS1_SHA256,
            _ => return Err(new_error(ErrorKind::InvalidAlgorithm)),
        };
        let key = certificate::rsa(key.as_bytes()).map_err(|_| new_error(ErrorKind::InvalidKeyFormat))?;
        Ok(Self { key, algorithm, encoding })
    }
}

impl signature::Signer<Vec<u8>> for Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(self.encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| signature::Error::new())?;
        Ok(signature)
    }
}

impl JwtSigner for Signer {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
    };
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const ENDPOINT: &str = "https://login.example/contoso.com/oauth2/v2.0/token";

    /// Header and claims of an assertion whose signature is right.
    fn made(signing: Signing, algorithm: &'static dyn VerificationAlgorithm) -> [Value; 2] {
        let certificate = certificate::tests::good();
        let assertion = signed(&certificate, signing, "an id", ENDPOINT, NOW).expect("an assertion");
        let (message, signature) = assertion.expose().rsplit_once('.').expect("three parts");
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url without padding");
        let key = certificate::rsa(certificate.key().as_bytes()).expect("a key");
        let key = UnparsedPublicKey::new(algorithm, key.public_key().as_ref().to_vec());
        key.verify(message.as_bytes(), &decoded(signature)).expect("its own signature");
        let (header, claims) = message.split_once('.').expect("two parts");
        [header, claims].map(|part| serde_json::from_slice(&decoded(part)).expect("JSON"))
    }

    #[test]
    fn an_assertion_is_signed_in_the_new_way_and_in_the_old() {
        // openssl x509 -in app.pem -fingerprint -sha256 and -sha1, in base64url.
        let thumbprints = [
            include_str!("../../tests/it/credentials/files/sha256.txt"),
            include_str!("../../tests/it/credentials/files/sha1.txt"),
        ];
        let [sha256, sha1] = thumbprints.map(str::trim_end);
        let [header, _] = made(Signing::Ps256, &RSA_PSS_2048_8192_SHA256);
        assert_eq!(header, json!({"typ": "JWT", "alg": "PS256", "x5t#S256": sha256}));
        let [header, _] = made(Signing::Rs256, &RSA_PKCS1_2048_8192_SHA256);
        assert_eq!(header, json!({"typ": "JWT", "alg": "RS256", "x5t": sha1}));
    }

    #[test]
    fn an_assertion_is_for_one_endpoint_once_and_for_ten_minutes_of_which_one_is_over() {
        let [_, mut claims] = made(Signing::Ps256, &RSA_PSS_2048_8192_SHA256);
        let [_, other] = made(Signing::Ps256, &RSA_PSS_2048_8192_SHA256);
        let jti = claims["jti"].take();
        assert!(jti.as_str().is_some_and(|jti| uuid::Uuid::parse_str(jti).is_ok()) && jti != other["jti"], "{jti}");
        let expected = json!({
            "aud": ENDPOINT, "iss": "an id", "sub": "an id", "jti": null,
            "iat": NOW, "nbf": NOW - 60, "exp": NOW + 540,
        });
        assert_eq!(claims, expected);
    }

    #[test]
    fn an_assertion_never_prints() {
        let assertion = signed(&certificate::tests::good(), Signing::Ps256, "an id", ENDPOINT, NOW);
        assert_eq!(format!("{assertion:?}"), "Some(Secret(****))");
    }
}
