//! Trust: which certificates are believed, and how many tenants hold that together.
//!
//! Whoever is vouched for by the system's roots or by a certificate in the tenant's `ca_file` is trusted. A system has some
//! 150 roots; they are read once however many tenants there are, and so is a `ca_file` that several of them name, by what it
//! holds. What nobody uses any more goes. It does not know which servers are asked.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ring::digest;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{self, CryptoProvider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::domain::advice::Advice;

/// The largest file that is taken for one of certificates, in bytes: that of a system has a fifth of it.
const LARGEST_BUNDLE: u64 = 1024 * 1024;

/// How many sessions a client remembers, to be quicker when it connects again: those of two servers, eight each. Without a
/// word the library sets room aside for thirty-two servers.
const SESSIONS: usize = 16;

/// What is trusted by somebody at this time. A clone is the same.
#[derive(Debug, Clone, Default)]
pub struct Roots(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    system: Weak<Verifier>,
    /// By what the file holds.
    files: HashMap<Content, Weak<WebPkiServerVerifier>>,
}

/// What a file holds, told from everything else by its SHA-256: whoever is trusted for one tenant must not be for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Content([u8; digest::SHA256_OUTPUT_LEN]);

/// Whom a tenant believes.
#[derive(Debug, Clone)]
pub(super) struct Believed {
    /// What the file of certificates held; none without a file.
    pub(super) file: Option<Content>,
    /// What is asked whether a server is to be believed.
    pub(super) verifier: Arc<dyn ServerCertVerifier>,
}

/// Believes whom one of two believes. The system's is asked second.
#[derive(Debug)]
struct Either {
    file: Arc<WebPkiServerVerifier>,
    system: Arc<Verifier>,
}

impl Roots {
    /// Whom somebody with this `ca_file` believes.
    pub(super) fn believed(&self, ca_file: Option<&Path>) -> Result<Believed, Advice> {
        let file = ca_file.map(|file| self.file(file)).transpose()?;
        let content = file.as_ref().map(|(content, _)| *content);
        let verifier: Arc<dyn ServerCertVerifier> = match (file, self.system()) {
            (Some((_, file)), Some(system)) => Arc::new(Either { file, system }),
            (Some((_, file)), None) => file,
            (None, Some(system)) => system,
            (None, None) => return Err(Advice::no_roots()),
        };
        Ok(Believed { file: content, verifier })
    }

    fn system(&self) -> Option<Arc<Verifier>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.system.upgrade() {
            return Some(held);
        }
        let verifier = Arc::new(Verifier::new(provider()).ok()?);
        held.system = Arc::downgrade(&verifier);
        Some(verifier)
    }

    fn file(&self, file: &Path) -> Result<(Content, Arc<WebPkiServerVerifier>), Advice> {
        let (pem, certificates) = certificates(file)?;
        let content = Content::of(&pem);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verifier) = held.files.get(&content).and_then(Weak::upgrade) {
            return Ok((content, verifier));
        }
        held.files.retain(|_, verifier| verifier.strong_count() > 0);
        let verifier = verifier(certificates).map_err(|_| {
            Advice::ca_file(format!("the ca_file {} holds a certificate that makes no sense", file.display()))
        })?;
        held.files.insert(content, Arc::downgrade(&verifier));
        Ok((content, verifier))
    }
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        let mut content = Self([0; digest::SHA256_OUTPUT_LEN]);
        content.0.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        content
    }
}

impl ServerCertVerifier for Either {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ask = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let Err(error) = ask(&*self.file) else { return Ok(ServerCertVerified::assertion()) };
        // Who knows the issuer knows better what is wrong.
        ask(&*self.system).map_err(|other| if is_of_issuer(&other) { error } else { other })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.file.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.file.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.file.supported_verify_schemes()
    }
}

/// What a client needs for TLS that believes whom the verifier does.
pub(super) fn tls(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Advice> {
    let versions = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = versions.map_err(|_| Advice::no_roots())?;
    let mut tls = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    tls.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(tls)
}

/// The cryptography of the process.
fn provider() -> Arc<CryptoProvider> {
    // Ours or an earlier one of ours: either way there is one.
    drop(crypto::ring::default_provider().install_default());
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(crypto::ring::default_provider()))
}

fn is_of_issuer(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::UnknownIssuer))
}

fn verifier(
    certificates: Vec<CertificateDer<'static>>,
) -> Result<Arc<WebPkiServerVerifier>, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate)?;
    }
    Ok(WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build()?)
}

/// What the file holds, and the certificates in it.
fn certificates(file: &Path) -> Result<(Vec<u8>, Vec<CertificateDer<'static>>), Advice> {
    let name = file.display();
    let pem = bundle(file).map_err(|error| {
        Advice::ca_file(match error.kind() {
            ErrorKind::NotFound => format!("the ca_file {name} does not exist"),
            _ => format!("the ca_file {name} cannot be read: {error}"),
        })
    })?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if certificates.is_empty() {
        return Err(Advice::ca_file(format!("the ca_file {name} holds no PEM certificate")));
    }
    Ok((pem, certificates))
}

/// What a file holds that may be one of certificates.
fn bundle(file: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(LARGEST_BUNDLE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_BUNDLE {
        return Err(io::Error::other(format!("it is larger than {LARGEST_BUNDLE} bytes; is it the right one?")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(folder: &Path, name: &str) -> std::path::PathBuf {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        let file = folder.join(name);
        std::fs::write(&file, params.self_signed(&key).expect("a certificate").pem()).expect("a file");
        file
    }

    #[test]
    fn what_several_trust_is_held_once_and_goes_with_the_last_of_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = issue(folder.path(), "one.pem");
        let copy = folder.path().join("copy.pem");
        std::fs::copy(&one, &copy).expect("a copy");
        let other = issue(folder.path(), "other.pem");
        let roots = Roots::default();
        let held = |roots: &Roots| {
            let held = roots.0.lock().expect("nobody panicked");
            held.files.values().filter(|verifier| verifier.strong_count() > 0).count()
        };
        let believed = [&one, &copy, &other].map(|file| roots.believed(Some(file)).expect("trust"));
        assert_eq!(believed[0].file, believed[1].file);
        assert_ne!(believed[0].file, believed[2].file);
        assert_eq!(held(&roots), 2);
        drop(believed);
        assert_eq!(held(&roots), 0);
    }

    #[test]
    fn what_only_looks_like_a_certificate_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n").expect("a file");
        let advice = Roots::default().believed(Some(&file)).expect_err("nobody to trust");
        assert_eq!(advice.what, format!("the ca_file {} holds a certificate that makes no sense", file.display()));
    }
}
