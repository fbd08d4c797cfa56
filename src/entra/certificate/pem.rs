//! PEM: certificates and keys between lines of dashes, in any order and with whatever else stands between them.
//!
//! Keys may be encrypted as OpenSSL has done since 1.1 (PKCS #8, PBES2). What it did before has no check of the password
//! worth the name, and is refused with a word on how to convert it.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use x509_parser::pem::Pem;

use super::{Found, rsa};
use crate::config::Secret;
use crate::domain::advice::Flaw;

const BEGIN: &[u8] = b"-----BEGIN ";
/// What begins a key that is encrypted in the old way, below its first line.
const OLD: &[u8] = b"Proc-Type: 4,ENCRYPTED";

/// Whether it looks like PEM.
pub(super) fn is_it(bytes: &[u8]) -> bool {
    holds(bytes, BEGIN)
}

/// What stands in it. A key matters only where one is `wanted`.
pub(super) fn read(bytes: &[u8], password: Option<&Secret>, wanted: bool) -> Result<Found, Flaw> {
    if holds(bytes, OLD) {
        return Err(Flaw::OldEncryption);
    }
    let mut found = Found::default();
    // Editors of Windows begin a file with a byte order mark, which would hide its first line.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    for block in Pem::iter_from_buffer(bytes) {
        let Pem { label, contents } = block.map_err(|_| Flaw::Unintelligible)?;
        match label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => found.certificates.push(contents),
            "PRIVATE KEY" | "RSA PRIVATE KEY" => found.keys.push(contents),
            "ENCRYPTED PRIVATE KEY" if wanted => found.keys.push(decrypted(&contents, password)?),
            "EC PRIVATE KEY" | "DSA PRIVATE KEY" if wanted => return Err(Flaw::NotRsa),
            _ => {}
        }
    }
    Ok(found)
}

/// The key, out of its encryption.
fn decrypted(der: &[u8], password: Option<&Secret>) -> Result<Vec<u8>, Flaw> {
    let key = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| Flaw::OldEncryption)?;
    if matches!(key.encryption_algorithm, EncryptionScheme::Pbes1(_)) {
        return Err(Flaw::OldEncryption);
    }
    let password = password.ok_or(Flaw::NoPassword)?;
    let key = key.decrypt(password.expose()).map_err(|_| Flaw::WrongPassword)?.as_bytes().to_vec();
    // One wrong password in a few hundred gives something that was padded well by chance.
    if matches!(rsa(&key), Err(Flaw::UnsuitableKey)) && pkcs8::PrivateKeyInfoRef::try_from(&*key).is_err() {
        return Err(Flaw::WrongPassword);
    }
    Ok(key)
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
