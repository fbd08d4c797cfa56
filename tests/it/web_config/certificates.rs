//! Certificates for tests: two authorities made anew each time, and what they issue, as files in a folder.
//!
//! Keys live as long as the folder. Two texts of OpenSSL lie in this folder because nothing here can make such keys: one
//! of RSA, and one on a curve that rustls has not.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;

/// An authority, and a folder for what it issues.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    /// Its own certificate, as PEM.
    pub(super) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a server on loopback.
    pub(super) fn server(&self) -> Pair {
        self.issue(names(&["localhost", "127.0.0.1"]), ExtendedKeyUsagePurpose::ServerAuth, 2096)
    }

    /// One that ends with a year.
    pub(super) fn server_until(&self, year: i32) -> Pair {
        self.issue(names(&["localhost", "127.0.0.1"]), ExtendedKeyUsagePurpose::ServerAuth, year)
    }

    /// A certificate for a client of these names.
    pub(super) fn client(&self, names: Vec<SanType>) -> Pair {
        self.issue(names, ExtendedKeyUsagePurpose::ClientAuth, 2096)
    }

    fn issue(&self, names: Vec<SanType>, usage: ExtendedKeyUsagePurpose, until: i32) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "somebody");
        params.subject_alt_names = names;
        params.not_after = date_time_ymd(until, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        Pair { certificate: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }
}

impl Pair {
    /// Writes both beside each other: `name.crt` and `name.key`.
    pub(super) fn write(&self, folder: &Path, name: &str) {
        fs::write(folder.join(format!("{name}.crt")), &self.certificate).unwrap();
        fs::write(folder.join(format!("{name}.key")), &self.key).unwrap();
    }

    /// What a client shows.
    pub(super) fn shown(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (vec![der(&self.certificate)], PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap())
    }
}

/// A certificate of a PEM text.
pub(super) fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// DNS names, and addresses where they look like that.
pub(super) fn names(names: &[&str]) -> Vec<SanType> {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap().subject_alt_names
}

/// A mail address.
pub(super) fn mail(address: &str) -> SanType {
    SanType::Rfc822Name(Ia5String::try_from(address).unwrap())
}

/// A URI.
pub(super) fn uri(uri: &str) -> SanType {
    SanType::URI(Ia5String::try_from(uri).unwrap())
}

/// A folder with the certificates of a server and the CA of its clients, and a web configuration besides.
pub(super) struct Folder {
    directory: TempDir,
    /// Who vouches for the server.
    pub(super) authority: Authority,
    /// Who vouches for clients.
    pub(super) of_clients: Authority,
}

impl Folder {
    /// The folder with `server.crt` and `server.key`, and `ca.crt` for clients.
    pub(super) fn new() -> Self {
        let folder = Self {
            directory: tempfile::tempdir().unwrap(),
            authority: Authority::new("Authority of servers"),
            of_clients: Authority::new("Authority of clients"),
        };
        folder.authority.server().write(folder.path(), "server");
        folder.write("ca.crt", folder.of_clients.pem());
        folder
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file and returns its path.
    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }
}

/// The bcrypt hash of a password, of the least cost there is.
pub(super) fn hash(password: &str) -> String {
    bcrypt::hash(password, 4).unwrap()
}
