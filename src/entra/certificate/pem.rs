//! PEM: certificates and keys between lines of dashes, in any order and with whatever else stands between them.
//!
//! Keys may be encrypted as OpenSSL has done since 1.1 (PKCS #8, PBES2). What it did before has no check of the password
//! worth the name, and is refused with a word on how to convert it.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use x509_parser::pem::Pem;

use super::{Found, rsa};
use crate::config::Secret;
use crate::domain::advice::Flaw;

const BEGIN: &[u8] = b"-----BEGIN ";
/// What begins a key that is encrypted in the old way, below its first line.
const OLD: &[u8] = b"Proc-Type: 4,ENCRYPTED";

/// The most work that opening the keys of a file may be, in rounds of PBKDF2: seconds. OpenSSL spends 2048 on a key.
const MOST_WORK: u64 = 5_000_000;

/// The most memory that opening a key may take, in bytes: four times what OpenSSL spends by scrypt. Whoever runs out of
/// memory takes all tenants along.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

/// Whether it looks like PEM.
pub(super) fn is_it(bytes: &[u8]) -> bool {
    holds(bytes, BEGIN)
}

/// What stands in it. A key matters only where one is `wanted`.
pub(super) fn read(bytes: &[u8], password: Option<&Secret>, wanted: bool) -> Result<Found, Flaw> {
    if holds(bytes, OLD) {
        return Err(Flaw::OldEncryption);
    }
    let (mut found, mut left) = (Found::default(), MOST_WORK);
    // Editors of Windows begin a file with a byte order mark, which would hide its first line.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    for block in Pem::iter_from_buffer(bytes) {
        let Pem { label, contents } = block.map_err(|_| Flaw::Unintelligible)?;
        match label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => found.certificates.push(contents),
            "PRIVATE KEY" | "RSA PRIVATE KEY" => found.keys.push(contents),
            "ENCRYPTED PRIVATE KEY" if wanted => found.keys.push(decrypted(&contents, password, &mut left)?),
            "EC PRIVATE KEY" | "DSA PRIVATE KEY" if wanted => return Err(Flaw::NotRsa),
            _ => {}
        }
    }
    Ok(found)
}

/// The key, out of its encryption, if there is as much work left as that is.
fn decrypted(der: &[u8], password: Option<&Secret>, left: &mut u64) -> Result<Vec<u8>, Flaw> {
    let key = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| Flaw::OldEncryption)?;
    let EncryptionScheme::Pbes2(by) = &key.encryption_algorithm else { return Err(Flaw::OldEncryption) };
    let password = password.ok_or(Flaw::NoPassword)?;
    *left = work(&by.kdf).and_then(|work| left.checked_sub(work)).ok_or(Flaw::Costly)?;
    let key = key.decrypt(password.expose()).map_err(|_| Flaw::WrongPassword)?.as_bytes().to_vec();
    // One wrong password in a few hundred gives something that was padded well by chance.
    if matches!(rsa(&key), Err(Flaw::UnsuitableKey)) && pkcs8::PrivateKeyInfoRef::try_from(&*key).is_err() {
        return Err(Flaw::WrongPassword);
    }
    Ok(key)
}

/// How much work it is to make a key of the password; none if it takes too much memory, or cannot be done.
fn work(kdf: &Kdf) -> Option<u64> {
    match kdf {
        Kdf::Pbkdf2(by) => Some(by.iteration_count.into()),
        Kdf::Scrypt(by) => {
            let blocks = by.cost_parameter.checked_mul(by.block_size.into())?;
            (1..=MOST_MEMORY / 128).contains(&blocks).then_some(())?;
            blocks.checked_mul(by.parallelization.into())
        }
        _ => None,
    }
}

pub(super) fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
