//! The web configuration: TLS, users, headers and limits of the server, as every Prometheus exporter reads them.
//!
//! Plain values, as `--web.config.file` gives them in the format of Prometheus's exporter-toolkit; which of them can be
//! had, and what a file may hold, is decided where it is read. They change while the process runs: `web` reads the file again
//! when it changes. Certificates are named here and read there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Faults, Secret, text_file, web_file};

/// The largest file that is taken for certificates or a key, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What a web configuration says; the default is what an empty one says: plain HTTP for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// Key `tls_server_config`.
    pub tls: Option<Tls>,
    /// Whether clients may speak HTTP/2 over TLS; key `http_server_config.http2`, default yes.
    pub http2: bool,
    /// Headers that every answer carries, by their canonical names; key `http_server_config.headers`.
    pub headers: Vec<(&'static str, String)>,
    /// Who may ask, if anybody is named; key `basic_auth_users`.
    pub users: Vec<User>,
    /// How many requests are let in; key `rate_limit`, default all of them.
    pub rate_limit: Option<RateLimit>,
}

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name that is typed.
    pub name: String,
    /// The bcrypt hash of the password.
    pub hash: Secret,
}

/// How many requests are let in: a bucket of `burst` that gains one each `interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// More than zero.
    pub interval: Duration,
    /// How many may come at once.
    pub burst: u32,
}

/// How connections are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The server's certificate and those that vouch for it.
    pub certificate: Pem,
    /// Its key.
    pub key: Pem,
    /// Which certificates of clients are asked for and believed.
    pub client_auth: ClientAuth,
    /// Who vouches for clients.
    pub client_ca: Option<Pem>,
    /// One of these names must be in a client's certificate, if there are any.
    pub client_allowed_sans: Vec<String>,
    /// The oldest version.
    pub min_version: TlsVersion,
    /// The newest version.
    pub max_version: TlsVersion,
    /// The cipher suites of TLS 1.2 in order, by the names of Go; empty for the usual ones.
    pub cipher_suites: Vec<CipherSuite>,
    /// The curves in order; empty for the usual ones.
    pub curves: Vec<Curve>,
    /// Whether the server's order of suites counts rather than the client's; default yes.
    pub prefer_server_cipher_suites: bool,
}

/// Where a certificate or key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pem {
    /// In the file itself.
    Inline(Secret),
    /// In a file of its own.
    File(PathBuf),
}

/// What is asked of a client's certificate, by the names of Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// None is asked for.
    NoClientCert,
    /// One is asked for and not looked at.
    RequestClientCert,
    /// One must be there and is not looked at.
    RequireAnyClientCert,
    /// Where there is one, the client CA must vouch for it.
    VerifyClientCertIfGiven,
    /// One must be there, and the client CA must vouch for it.
    RequireAndVerifyClientCert,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// 1.2.
    Tls12,
    /// 1.3.
    Tls13,
}

/// A cipher suite that can be had, by its name in Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CipherSuite(pub &'static str);

/// An elliptic curve that can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// Curve25519.
    X25519,
}

impl WebConfig {
    /// Reads the web configuration in `file`.
    ///
    /// # Errors
    /// Everything that is wrong with what was typed, in the order of the file: the exit code for it is 64.
    pub fn load(file: &Path) -> Result<Self, Faults> {
        web_file::load(file)
    }
}

impl Pem {
    /// The text itself, as it is now.
    ///
    /// # Errors
    /// What is the matter with the file, as words that follow its name.
    pub fn read(&self) -> Result<Secret, String> {
        match self {
            Self::Inline(text) => Ok(text.clone()),
            Self::File(path) => text_file::read(path, LARGEST).map(Secret::new),
        }
    }
}

impl Default for WebConfig {
    fn default() -> Self {
        Self { tls: None, http2: true, headers: Vec::new(), users: Vec::new(), rate_limit: None }
    }
}
