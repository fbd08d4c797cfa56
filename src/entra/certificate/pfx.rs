//! PFX, which is PKCS #12: certificates and keys in one file, encrypted as a whole.
//!
//! What OpenSSL 3, Java and Windows make (AES), and what they made before (Triple DES, RC2). A file that was exported without
//! a password is encrypted with the empty one, or has a checksum by none at all, which is then left aside: it protects
//! nothing.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use pkcs8::der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, asn1::AnyRef};

use super::{Found, pem};
use crate::config::Secret;
use crate::domain::advice::Flaw;

/// The most bytes that are opened: a chain has a tenth of it, and each part of a file may be a second's work.
const MOST: usize = 128 * 1024;

/// What names scrypt (1.3.6.1.4.1.11591.4.11). No program writes it into such a file, and it takes what memory it likes.
const SCRYPT: &[u8] = &[6, 9, 0x2B, 6, 1, 4, 1, 0xDA, 0x47, 4, 11];

/// What is in it.
pub(super) fn read(bytes: &[u8], password: Option<&Secret>) -> Result<Found, Flaw> {
    if bytes.len() > MOST || pem::holds(bytes, SCRYPT) {
        return Err(Flaw::Costly);
    }
    let opened = match password {
        Some(password) => Pkcs12Archive::from_pkcs12(bytes, password.expose()),
        None => Pkcs12Archive::from_pkcs12(bytes, "").or_else(|error| match without_checksum(bytes) {
            Some(bytes) if matches!(error, Error::MacError(_)) => Pkcs12Archive::from_pkcs12(&bytes, "").or(Err(error)),
            _ => Err(error),
        }),
    };
    let archive = opened.map_err(|error| match (error, password) {
        (Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError, Some(_)) => Flaw::WrongPassword,
        (Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError, None) => Flaw::NoPassword,
        // More than a million rounds.
        (Error::InvalidParameters, _) => Flaw::Costly,
        _ => Flaw::Unintelligible,
    })?;
    Ok(Found {
        certificates: archive.certs.into_iter().map(|bag| bag.cert.as_der().to_vec()).collect(),
        keys: archive.keys.into_iter().map(|bag| bag.key.as_der().to_vec()).collect(),
    })
}

/// The file without the third of its parts: version, content, checksum (RFC 7292, section 4).
fn without_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let whole = AnyRef::from_der(bytes).ok()?;
    let mut reader = SliceReader::new(whole.value()).ok()?;
    let parts: [AnyRef<'_>; 2] = [reader.decode().ok()?, reader.decode().ok()?];
    let mut content = Vec::new();
    for part in parts {
        part.encode_to_vec(&mut content).ok()?;
    }
    AnyRef::new(Tag::Sequence, &content).ok()?.to_der().ok()
}
