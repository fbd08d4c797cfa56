//! TLS: what the web configuration says of it, as rustls wants it.
//!
//! Certificates and keys are read here, so a fault names the key of the file and the file that it leads to, never what is in it.
//! Which clients are believed is in `client_certificates`; when all of this is read again, in `gate`.

use std::sync::Arc;

use rustls::crypto::{self, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache};
use rustls::{RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, version};
use x509_parser::parse_x509_certificate;

use super::client_certificates;
use crate::config::{ClientAuth, Curve, Pem, Tls, TlsVersion};

/// How many sessions are remembered, so that a client that comes again needs no whole handshake.
const SESSIONS: usize = 256;

/// The terms of TLS.
pub(super) struct Terms {
    pub(super) server: Arc<ServerConfig>,
    /// When the server's own certificate expires, in seconds since 1970.
    pub(super) expires: f64,
}

/// The terms that the configuration says, or all that is wrong with the files that it names.
pub(super) fn terms(tls: &Tls, http2: Http2) -> Result<Terms, Vec<String>> {
    let chain = chain("tls_server_config.cert", &tls.certificate);
    let key = key(&tls.key);
    let roots = tls.client_ca.as_ref().map(roots).transpose();
    let (chain, key, roots) = match (chain, key, roots) {
        (Ok(chain), Ok(key), Ok(roots)) => (chain, key, roots),
        (chain, key, roots) => return Err([chain.err(), key.err(), roots.err()].into_iter().flatten().collect()),
    };
    let expires = expires(&chain[0]).map_err(|what| vec![fault("tls_server_config.cert", &tls.certificate, &what)])?;
    let server = server(tls, http2, chain, key, roots).map_err(|what| vec![what])?;
    Ok(Terms { server: Arc::new(server), expires })
}

/// Whether HTTP/2 is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Http2 {
    /// It is, and HTTP/1.1 as well.
    Offered,
    /// HTTP/1.1 alone.
    Withheld,
}

fn server(
    tls: &Tls,
    http2: Http2,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    roots: Option<RootCertStore>,
) -> Result<ServerConfig, String> {
    let provider = Arc::new(provider(tls));
    let verifier = client_certificates::verifier(tls.client_auth, roots, &tls.client_allowed_sans, &provider)
        .map_err(|what| format!("tls_server_config.client_ca: {what}"))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(tls))
        .map_err(|error| format!("tls_server_config: {error}; correct cipher_suites, min_version or max_version"))?
        .with_client_cert_verifier(verifier);
    let mut config = config.with_single_cert(chain, key).map_err(|error| {
        let what = match error {
            rustls::Error::InconsistentKeys(_) => "is not the key of the certificate; give the pair".to_owned(),
            // A curve that there is not, a key that is too short.
            rustls::Error::General(_) => {
                "is of a kind that cannot be had here; make a key on the curve P-256 or P-384, an \
                                          Ed25519 key, or an RSA key of 2048 bits or more"
                    .to_owned()
            }
            other => format!("cannot be used: {other}"),
        };
        fault("tls_server_config.key", &tls.key, &what)
    })?;
    config.ignore_client_order = tls.prefer_server_cipher_suites;
    config.alpn_protocols = match http2 {
        Http2::Offered => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Http2::Withheld => vec![b"http/1.1".to_vec()],
    };
    // Sessions are remembered by these terms and forgotten with them: nobody resumes what a new client CA would refuse. A
    // client that has to show a certificate shows it every time.
    config.session_storage = match tls.client_auth {
        ClientAuth::NoClientCert => ServerSessionMemoryCache::new(SESSIONS),
        _ => Arc::new(NoServerSessionStorage {}),
    };
    Ok(config)
}

/// ring, with the suites and curves that the configuration names, in its order.
fn provider(tls: &Tls) -> CryptoProvider {
    let usual = crypto::ring::default_provider();
    let named = |suite: &SupportedCipherSuite, name: &str| suite.suite().as_str() == Some(name);
    let mut cipher_suites = usual.cipher_suites.clone();
    if !tls.cipher_suites.is_empty() {
        // Like Go: those of TLS 1.3 are never chosen by hand.
        cipher_suites.retain(|suite| suite.tls13().is_some());
        let wanted = tls.cipher_suites.iter();
        let old = wanted.filter_map(|wanted| {
            usual.cipher_suites.iter().find(|suite| suite.tls13().is_none() && named(suite, wanted.0))
        });
        cipher_suites.extend(old.copied());
    }
    let mut kx_groups = usual.kx_groups.clone();
    if !tls.curves.is_empty() {
        kx_groups = tls.curves.iter().map(|curve| group(*curve)).collect();
    }
    CryptoProvider { cipher_suites, kx_groups, ..usual }
}

fn group(curve: Curve) -> &'static dyn rustls::crypto::SupportedKxGroup {
    match curve {
        Curve::P256 => crypto::ring::kx_group::SECP256R1,
        Curve::P384 => crypto::ring::kx_group::SECP384R1,
        Curve::X25519 => crypto::ring::kx_group::X25519,
    }
}

fn versions(tls: &Tls) -> Vec<&'static SupportedProtocolVersion> {
    let all = [(TlsVersion::Tls13, &version::TLS13), (TlsVersion::Tls12, &version::TLS12)];
    let wanted = all.into_iter().filter(|(version, _)| (tls.min_version..=tls.max_version).contains(version));
    wanted.map(|(_, version)| version).collect()
}

/// The certificates in a PEM text; at least one.
fn chain(key: &str, pem: &Pem) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = pem.read().map_err(|what| fault(key, pem, &what))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.expose().as_bytes()).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(fault(key, pem, "holds no certificate; it must begin with -----BEGIN CERTIFICATE-----")),
        Err(_) => Err(fault(key, pem, "is no well-formed PEM; make it anew")),
    }
}

fn key(pem: &Pem) -> Result<PrivateKeyDer<'static>, String> {
    let key = "tls_server_config.key";
    let text = pem.read().map_err(|what| fault(key, pem, &what))?;
    PrivateKeyDer::from_pem_slice(text.expose().as_bytes()).map_err(|_| {
        let encrypted = text.expose().contains("ENCRYPTED");
        let what = if encrypted {
            "is encrypted; take the password off, and let nobody but this user read the file"
        } else {
            "holds no private key; it must begin with -----BEGIN PRIVATE KEY----- or the like"
        };
        fault(key, pem, what)
    })
}

fn roots(pem: &Pem) -> Result<RootCertStore, String> {
    let key = "tls_server_config.client_ca";
    let mut roots = RootCertStore::empty();
    for certificate in chain(key, pem)? {
        roots.add(certificate).map_err(|_| fault(key, pem, "holds a certificate that cannot be read; make it anew"))?;
    }
    Ok(roots)
}

fn expires(certificate: &CertificateDer) -> Result<f64, String> {
    let (_, parsed) = parse_x509_certificate(certificate).map_err(|_| "is no certificate; make it anew".to_owned())?;
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 need few of the digits that there are")]
    Ok(parsed.validity().not_after.timestamp() as f64)
}

/// What is wrong with what a key leads to.
fn fault(key: &str, pem: &Pem, what: &str) -> String {
    match pem {
        Pem::Inline(_) => format!("{key}: {what}"),
        Pem::File(path) => format!("{key}_file: {} {what}", path.display()),
    }
}
