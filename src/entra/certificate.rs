//! Certificates: a certificate and the RSA key that belongs to it, as they stand in their files now.
//!
//! What is in a file is found by `pem` or `pfx`; here it is looked which certificate and which key are of one pair, for a
//! chain may hold its authorities as well. A certificate that has expired is read as any other, so that it can be told when;
//! whoever wants to prove something with it asks [`Certificate::valid`] first. What is signed is not known here: see
//! `assertion`.

mod pem;
mod pfx;
#[cfg(test)]
pub(super) mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use jsonwebtoken::EncodingKey;
use pkcs8::PrivateKeyInfoRef;
use ring::signature::{KeyPair as _, RsaKeyPair};
use x509_parser::parse_x509_certificate;

use crate::config::{Secret, read_bytes};
use crate::domain::advice::{Advice, Flaw};
use crate::domain::moment::Day;

/// The largest file that is taken for one of certificates, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The object identifier of RSA keys in PKCS #8.
const RSA: &str = "1.2.840.113549.1.1.1";

/// A certificate, and the key to prove that it is ours.
pub(super) struct Certificate {
    der: Vec<u8>,
    key: EncodingKey,
    /// From when to when it is valid, in seconds since 1970.
    valid: [u64; 2],
    file: PathBuf,
}

/// What was found in a file.
#[derive(Default)]
struct Found {
    /// In DER.
    certificates: Vec<Vec<u8>>,
    /// In DER, as PKCS #8 or PKCS #1.
    keys: Vec<Vec<u8>>,
}

impl Certificate {
    /// Reads a certificate and its key, which may have a file of its own and be encrypted with a password.
    ///
    /// # Errors
    /// What is the matter with them, and what to do.
    pub(super) fn read(file: &Path, key_file: Option<&Path>, password: Option<&Secret>) -> Result<Self, Advice> {
        let mut found = look_into(file, password, key_file.is_none())?;
        if let Some(key_file) = key_file {
            found.keys = look_into(key_file, password, true)?.keys;
        }
        let flaw = |flaw, file: &Path| Advice::certificate(flaw, &file.display().to_string());
        if found.certificates.is_empty() {
            return Err(flaw(Flaw::NoCertificate, file));
        }
        let place = key_file.unwrap_or(file);
        let keys: Vec<(Vec<u8>, RsaKeyPair)> = found
            .keys
            .into_iter()
            .map(|der| rsa(&der).map(|key| (der, key)))
            .collect::<Result<_, _>>()
            .map_err(|what| flaw(what, place))?;
        if keys.is_empty() {
            return Err(flaw(Flaw::NoKey, place));
        }
        let pairs = found.certificates.into_iter().flat_map(|der| keys.iter().map(move |key| (der.clone(), key)));
        pairs
            .filter_map(|(der, (key, pair))| Some((validity_of(&der, pair)?, der, key)))
            .map(|(valid, der, key)| Self { der, key: EncodingKey::from_rsa_der(key), valid, file: file.to_owned() })
            .next()
            .ok_or_else(|| flaw(Flaw::NotOfOnePair, file))
    }

    /// Whether it is valid at this time, in seconds since 1970.
    ///
    /// # Errors
    /// It is not, not yet or no more.
    pub(super) fn valid(&self, now: u64) -> Result<(), Advice> {
        let [from, to] = self.valid;
        let flaw = match now {
            _ if now > to => Flaw::Expired(Day::of_unix_seconds(to)),
            _ if now < from => Flaw::NotYetValid(Day::of_unix_seconds(from)),
            _ => return Ok(()),
        };
        Err(Advice::certificate(flaw, &self.file.display().to_string()))
    }

    /// When it expires, in seconds since 1970.
    pub(super) fn expires(&self) -> u64 {
        self.valid[1]
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn key(&self) -> &EncodingKey {
        &self.key
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(..)")
    }
}

/// The key pair of a key in DER, as PKCS #8 or PKCS #1.
pub(super) fn rsa(der: &[u8]) -> Result<RsaKeyPair, Flaw> {
    let pair = match PrivateKeyInfoRef::try_from(der) {
        Ok(info) if info.algorithm.oid.to_string() != RSA => return Err(Flaw::NotRsa),
        Ok(_) => RsaKeyPair::from_pkcs8(der),
        Err(_) => RsaKeyPair::from_der(der),
    };
    pair.map_err(|_| Flaw::UnsuitableKey)
}

/// What a file holds; a key that cannot be used matters only where one is `wanted`.
fn look_into(file: &Path, password: Option<&Secret>, wanted: bool) -> Result<Found, Advice> {
    let name = file.display().to_string();
    let bytes = read_bytes(file, LARGEST)
        .map_err(|reason| Advice::certificate_file(format!("the certificate file {name} {reason}")))?;
    let found = if pem::is_it(&bytes) { pem::read(&bytes, password, wanted) } else { pfx::read(&bytes, password) };
    found.map_err(|flaw| Advice::certificate(flaw, &name))
}

/// From when to when a certificate is valid, if it is that of the key.
fn validity_of(der: &[u8], key: &RsaKeyPair) -> Option<[u64; 2]> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    let public: &[u8] = &certificate.public_key().subject_public_key.data;
    let seconds = |time: x509_parser::time::ASN1Time| u64::try_from(time.timestamp()).unwrap_or_default();
    let validity = certificate.validity();
    (public == key.public_key().as_ref()).then(|| [seconds(validity.not_before), seconds(validity.not_after)])
}
