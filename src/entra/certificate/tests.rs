//! Certificates and keys as operators have them: made by the programs that make them, see tests/it/credentials/files/make.sh.

use std::path::PathBuf;

use base64::Engine as _;

use super::*;

const PASSWORD: &str = "s3cret wörd";

/// Where a file of that name is.
fn place(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "it", "credentials", "files", name].iter().collect()
}

/// A certificate whose key is at hand.
pub(in crate::entra) fn good() -> Certificate {
    read("chain.pem", None, None).expect("a certificate")
}

/// Reads these files; what is said of them is without their folder.
fn read(file: &str, key_file: Option<&str>, password: Option<&str>) -> Result<Certificate, String> {
    let password = password.map(|password| Secret::new(password.into()));
    let key_file = key_file.map(place);
    let read = Certificate::read(&place(file), key_file.as_deref(), password.as_ref());
    read.map_err(|advice| {
        advice.what.replace(&format!("{}/", place("").display().to_string().trim_end_matches('/')), "")
    })
}

#[track_caller]
fn check(file: &str, key_file: Option<&str>, password: Option<&str>) {
    let certificate = read(file, key_file, password).unwrap_or_else(|what| panic!("{file} {key_file:?}: {what}"));
    let expected = std::fs::read(place("app.der")).expect("the certificate");
    assert_eq!(certificate.der(), expected, "{file} {key_file:?}: it is another certificate");
    assert_eq!(certificate.valid(1_800_000_000), Ok(()), "{file} {key_file:?}");
    assert!(!format!("{certificate:?}").contains("30"), "its bytes are printed");
}

#[track_caller]
fn check_bad(file: &str, key_file: Option<&str>, password: Option<&str>, expected: &str) {
    assert_eq!(read(file, key_file, password).expect_err("a fault"), expected);
}

#[test]
fn a_key_is_read_however_it_was_written() {
    for key in ["pkcs8.key", "pkcs1.key"] {
        check("app.pem", Some(key), None);
        check("app.pem", Some(key), Some("not needed"));
    }
    for key in ["aes256.key", "aes128-sha1.key", "des3.key", "scrypt.key"] {
        check("app.pem", Some(key), Some(PASSWORD));
    }
}

#[test]
fn of_a_chain_the_certificate_that_belongs_to_the_key_is_used() {
    check("chain.pem", None, None);
    check("chain.pem", Some("aes256.key"), Some(PASSWORD));
}

#[test]
fn a_file_that_an_editor_of_windows_has_saved_is_read() {
    let text = std::fs::read_to_string(place("chain.pem")).expect("PEM");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chain.pem");
    // The first line is that of a certificate, so that one is missing if it is overlooked.
    let begin = text.rfind("-----BEGIN CERTIFICATE").expect("a certificate");
    std::fs::write(&file, format!("\u{feff}{}", &text[begin..]).replace('\n', "\r\n")).expect("written");
    let certificate = Certificate::read(&file, None, None).expect("a certificate");
    assert_eq!(certificate.der(), std::fs::read(place("app.der")).expect("the certificate"));
}

#[test]
fn a_pfx_is_read_whoever_exported_it() {
    for pfx in ["openssl3.pfx", "openssl1.pfx", "windows.pfx", "windows-aes.pfx"] {
        check(pfx, None, Some(PASSWORD));
    }
    check("java.p12", None, Some("s3cret"));
    check("openssl3.pfx", Some("pkcs8.key"), Some(PASSWORD));
}

#[test]
fn a_pfx_without_a_password_is_read_without_one() {
    for pfx in ["empty.pfx", "none.pfx", "null.pfx", "bare.pfx"] {
        check(pfx, None, None);
    }
}

#[test]
fn a_password_that_is_missing_or_wrong_is_told() {
    for file in ["openssl3.pfx", "openssl1.pfx", "windows-aes.pfx"] {
        check_bad(file, None, None, &format!("the key in {file} is encrypted, and no password is configured"));
        check_bad(file, None, Some("hunter2"), &format!("the password does not open the key in {file}"));
    }
    for key in ["aes256.key", "des3.key", "scrypt.key"] {
        let missing = format!("the key in {key} is encrypted, and no password is configured");
        check_bad("app.pem", Some(key), None, &missing);
        check_bad("app.pem", Some(key), Some("hunter2"), &format!("the password does not open the key in {key}"));
    }
}

#[test]
fn an_encryption_of_old_is_refused_with_a_word_on_how_to_convert_it() {
    for key in ["proc-type.key", "pbes1.key"] {
        let expected = format!("the key in {key} is encrypted in an old way that is not read here");
        check_bad("app.pem", Some(key), Some(PASSWORD), &expected);
    }
}

/// Writes the key of `scrypt.key` or `aes256.key` anew, encrypted with other costs and so in vain.
fn costly(folder: &std::path::Path, key: &str, change: impl Fn(&mut pkcs8::pkcs5::pbes2::Kdf)) -> PathBuf {
    use pkcs8::der::Encode as _;
    let pem = std::fs::read(place(key)).expect("a key");
    let block = x509_parser::pem::Pem::iter_from_buffer(&pem).next().expect("a block").expect("PEM");
    let mut info = pkcs8::EncryptedPrivateKeyInfoRef::try_from(&*block.contents).expect("an encrypted key");
    let pkcs8::pkcs5::EncryptionScheme::Pbes2(by) = &mut info.encryption_algorithm else { panic!("{key}") };
    change(&mut by.kdf);
    let (file, der) = (folder.join(key), info.to_der().expect("DER"));
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let text = format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{text}\n-----END ENCRYPTED PRIVATE KEY-----\n");
    std::fs::write(&file, text).expect("written");
    file
}

/// A customer hands in a key that takes an hour, or all memory of the process and so every other tenant's.
#[test]
fn a_key_that_would_take_more_than_it_is_worth_is_not_opened() {
    use pkcs8::pkcs5::pbes2::Kdf;
    let folder = tempfile::tempdir().expect("a folder");
    let password = Secret::new(PASSWORD.into());
    let check = |key: &str, change: &dyn Fn(&mut Kdf)| {
        let file = costly(folder.path(), key, change);
        let said = Certificate::read(&place("app.pem"), Some(&file), Some(&password)).expect_err("a fault").what;
        let expected = "would take more time or memory than the exporter spends on a key";
        assert_eq!(said, format!("opening {} {expected}", file.display()));
    };
    check("aes256.key", &|kdf| {
        if let Kdf::Pbkdf2(by) = kdf {
            by.iteration_count = 99_999_999;
        }
    });
    check("scrypt.key", &|kdf| {
        if let Kdf::Scrypt(by) = kdf {
            by.cost_parameter = 1 << 40;
        }
    });
    check("scrypt.key", &|kdf| {
        if let Kdf::Scrypt(by) = kdf {
            by.cost_parameter = u64::MAX;
        }
    });
    check("scrypt.key", &|kdf| {
        if let Kdf::Scrypt(by) = kdf {
            by.cost_parameter = 0;
        }
    });
    check("scrypt.key", &|kdf| {
        if let Kdf::Scrypt(by) = kdf {
            by.parallelization = u16::MAX;
        }
    });
    let pfx = "opening costly.pfx would take more time or memory than the exporter spends on a key";
    check_bad("costly.pfx", None, Some(PASSWORD), pfx);
}

#[test]
fn what_is_missing_or_belongs_to_another_pair_is_told() {
    check_bad("app.pem", None, None, "the file app.pem holds no private key");
    check_bad("app.pem", Some("ca.pem"), None, "the file ca.pem holds no private key");
    check_bad("keyless.pfx", None, Some(PASSWORD), "the file keyless.pfx holds no private key");
    check_bad("pkcs8.key", None, None, "the file pkcs8.key holds no certificate");
    check_bad("app.pem", Some("other.key"), None, "no certificate in app.pem belongs to the private key");
    check_bad(
        "openssl3.pfx",
        Some("other.key"),
        Some(PASSWORD),
        "no certificate in openssl3.pfx belongs to the private key",
    );
    check_bad("nowhere.pem", None, None, "the certificate file nowhere.pem does not exist");
    check_bad("app.pem", Some("nowhere.key"), None, "the certificate file nowhere.key does not exist");
}

#[test]
fn a_key_that_entra_does_not_take_is_told() {
    for key in ["ec.key", "ec-sec1.key"] {
        check_bad("app.pem", Some(key), None, &format!("the key in {key} is no RSA key, and Entra takes no other"));
    }
    check_bad("app.pem", Some("short.key"), None, "the RSA key in short.key is broken, or not of 2048 to 4096 bits");
}

#[test]
fn what_is_no_certificate_file_is_told() {
    for file in ["app.der", "make.sh"] {
        check_bad(file, None, None, &format!("the file {file} is neither PEM nor PFX that can be read here"));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, file) = (std::fs::read(place("chain.pem")).expect("PEM"), folder.path().join("half.pem"));
    std::fs::write(&file, &whole[..whole.len() - 100]).expect("written");
    let said = Certificate::read(&file, None, None).expect_err("half a file").what;
    assert!(said.ends_with("half.pem is neither PEM nor PFX that can be read here"), "{said}");
}

#[test]
fn a_certificate_is_told_to_have_expired_and_not_to_be_valid_yet() {
    let certificate = read("chain.pem", None, None).expect("a certificate");
    let said = |now| certificate.valid(now).expect_err("not valid").what;
    let name = place("chain.pem").display().to_string();
    let last = Day::of_unix_seconds(certificate.expires());
    assert_eq!(said(certificate.expires() + 1), format!("the certificate in {name} has expired, on {last}"));
    assert!(said(86_400).starts_with(&format!("the certificate in {name} is not valid yet, but from 20")));
}
