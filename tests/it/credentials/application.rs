//! Applications' certificates: those that stand in files, and those that are made for a test.

use std::path::Path;

use rcgen::{CertificateParams, DnType, KeyPair};
use x509_parser::parse_x509_certificate;

/// The certificate of the files, in DER.
pub(super) const APP: &[u8] = include_bytes!("files/app.der");

/// The password of the files that have one.
pub(super) const PASSWORD: &str = "s3cret wörd";

/// A certificate with its key.
pub(super) struct Certificate {
    /// Both, in PEM.
    pub(super) pem: String,
    pub(super) der: Vec<u8>,
}

/// The path of one of the files.
pub(super) fn place(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/credentials/files");
    folder.join(name).display().to_string()
}

/// A certificate of the key of the files that begins in one year and ends in another.
pub(super) fn certificate(name: &str, [from, to]: [i32; 2]) -> Certificate {
    let key = include_str!("files/pkcs8.key");
    let pair = KeyPair::from_pem(key).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(to, 1, 1));
    let certificate = params.self_signed(&pair).unwrap();
    Certificate { pem: format!("{}{key}", certificate.pem()), der: certificate.der().to_vec() }
}

/// When a certificate expires, in seconds since 1970.
pub(super) fn expiry(der: &[u8]) -> f64 {
    let (_, certificate) = parse_x509_certificate(der).unwrap();
    let seconds = certificate.validity().not_after.timestamp();
    std::time::Duration::from_secs(seconds.try_into().unwrap()).as_secs_f64()
}
