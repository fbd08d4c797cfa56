//! The probe: a look at the way to a server, step by step, for the doctor.
//!
//! It goes where requests go, through the same proxy and judged by the same trust, but with a client of its own, so that it
//! opens a connection and sees the certificate. It carries no token, follows nothing, repeats nothing, is not counted, and
//! takes bounded time. It reports facts; what to advise is known elsewhere.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::{self, TcpStream};
use tokio::task::JoinSet;
use url::Url;
use x509_parser::parse_x509_certificate;

use super::way::Proxy;
use super::{Failure, Transport, obstacle, tunnel};
use crate::clock;
use crate::domain::advice::{Hurdle, Obstacle};

/// The longest that each step may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most addresses of a host that are tried.
const MOST_ADDRESSES: usize = 16;

/// The most characters of a name in a certificate: a stranger wrote it.
const LONGEST_NAME: usize = 64;

/// What a look at the way to a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The proxy on the way, as host and port; none if the server is asked directly.
    pub proxy: Option<String>,
    /// Host and port of whoever is connected to: the proxy, or the server.
    pub first: String,
    /// The addresses of that host.
    pub addresses: Result<Vec<IpAddr>, Unresolved>,
    /// The address that took the connection; nothing if there was none to try.
    pub connected: Option<Result<SocketAddr, Unconnected>>,
    /// The certificate that the server showed; nothing if it came to none.
    pub certificate: Option<Certificate>,
    /// The answer to a request for the URL.
    pub answer: Result<Answer, Failure>,
}

/// Why a name has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// It is not known, or whoever knows cannot be asked.
    Unknown,
    /// No answer in time.
    Silent,
}

/// Why no address took a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconnected {
    /// Nobody listens there, or a firewall says so.
    Refused,
    /// There is no way to it.
    Unreachable,
    /// No answer in time.
    Silent,
}

/// A server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Who issued it: the common name or the organisation, printable and bounded; nothing if it names none.
    pub issuer: Option<String>,
    /// When it expires, in seconds since 1970.
    pub expires: Option<u64>,
    /// Why it is not trusted, if it is not.
    pub distrust: Option<Distrust>,
    /// The version of TLS, such as `1.3`; nothing if it did not come to an agreement.
    pub tls: Option<&'static str>,
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// Nobody who is trusted vouches for it.
    UnknownIssuer,
    /// It has expired.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is somebody else's.
    OtherName,
    /// Something else, such as a CA's own certificate.
    Other,
}

/// What the server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The server's clock, in milliseconds since 1970, cut to whole seconds; nothing if it does not tell.
    pub server_unix_millis: Option<u64>,
    /// Our own clock when the answer came, in milliseconds since 1970.
    pub own_unix_millis: u64,
}

impl Transport {
    /// Looks at the way to a server. It ends within a minute whatever it meets.
    pub async fn probe(&self, url: &Url) -> Probe {
        let proxy = self.ways.proxy(url);
        let (host, port) = match &proxy {
            Some(proxy) => (proxy.host().to_owned(), proxy.port()),
            None => (bare_host(url), url.port_or_known_default().unwrap_or(443)),
        };
        let addresses = addresses(&host, port).await;
        let connected = match &addresses {
            Ok(addresses) => Some(connect(addresses).await),
            Err(_) => None,
        };
        let witness = Arc::new(Witness::new(Arc::clone(&self.trust.load().believed.verifier)));
        let answer = match (&addresses, connected) {
            (_, Some(Ok(_))) => self.ask(url, Arc::clone(&witness)).await,
            (Err(Unresolved::Silent), _) | (_, Some(Err(Unconnected::Silent))) => {
                Err(unreached(proxy.as_ref(), Obstacle::Timeout, Hurdle::Silent))
            }
            _ => Err(unreached(proxy.as_ref(), Obstacle::Connect, Hurdle::Unreachable)),
        };
        Probe {
            proxy: proxy.map(|proxy| proxy.place()),
            first: place(&host, port),
            addresses: addresses.map(|addresses| addresses.iter().map(SocketAddr::ip).collect()),
            connected,
            certificate: witness.seen(),
            answer,
        }
    }

    /// Asks once, with a client that remembers the certificate.
    async fn ask(&self, url: &Url, witness: Arc<Witness>) -> Result<Answer, Failure> {
        let Ok(client) = super::client(&self.ways, witness, 0) else { return Err(Failure::Obstacle(Obstacle::Tls)) };
        let answered = clock::timeout(PATIENCE * 2, client.get(url.clone()).send()).await;
        let response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(tunnel::blame(obstacle(&error), &error, self.ways.proxy(url), url).await),
            Err(_) => return Err(Failure::Obstacle(Obstacle::Timeout)),
        };
        Ok(Answer {
            status: response.status().as_u16(),
            server_unix_millis: date(response.headers()),
            own_unix_millis: clock::now().unix_millis,
        })
    }
}

/// A verifier that remembers what it was shown.
#[derive(Debug)]
struct Witness {
    verifier: Arc<dyn ServerCertVerifier>,
    seen: Mutex<Option<Certificate>>,
}

impl Witness {
    fn new(verifier: Arc<dyn ServerCertVerifier>) -> Self {
        Self { verifier, seen: Mutex::new(None) }
    }

    fn seen(&self) -> Option<Certificate> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn agreed(&self, tls: &'static str) {
        if let Some(seen) = &mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner) {
            seen.tls = Some(tls);
        }
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let certificate = Certificate::read(end_entity, verdict.as_ref().err());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.agreed("1.2");
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.agreed("1.3");
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

impl Certificate {
    /// What a certificate says, and why it is not trusted.
    fn read(der: &[u8], error: Option<&Error>) -> Self {
        let distrust = error.map(Distrust::of);
        let Ok((_, parsed)) = parse_x509_certificate(der) else {
            return Self { issuer: None, expires: None, distrust, tls: None };
        };
        let issuer = parsed.issuer();
        let names = issuer.iter_common_name().chain(issuer.iter_organization());
        let issuer = names.filter_map(|name| name.as_str().ok()).map(printable).find(|name| !name.is_empty());
        let expires = u64::try_from(parsed.validity().not_after.timestamp()).ok();
        Self { issuer, expires, distrust, tls: None }
    }
}

impl Distrust {
    fn of(error: &Error) -> Self {
        let Error::InvalidCertificate(error) = error else { return Self::Other };
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
            _ => Self::Other,
        }
    }
}

/// Nobody was connected to: the server, or the proxy on the way to it.
fn unreached(proxy: Option<&Proxy>, obstacle: Obstacle, hurdle: Hurdle) -> Failure {
    Failure::Obstacle(match proxy {
        Some(proxy) => Obstacle::Proxy(Arc::from(proxy.place()), hurdle),
        None => obstacle,
    })
}

async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, Unresolved> {
    let found = clock::timeout(PATIENCE, net::lookup_host((host, port))).await.map_err(|_| Unresolved::Silent)?;
    let mut addresses: Vec<SocketAddr> = found.map_err(|_| Unresolved::Unknown)?.collect();
    addresses.dedup();
    if addresses.is_empty() { Err(Unresolved::Unknown) } else { Ok(addresses) }
}

/// Connects to whichever address lets itself be connected to first. The client tries them side by side too: a firewall that
/// swallows what goes to one of them, such as all of IPv6, keeps nobody.
async fn connect(addresses: &[SocketAddr]) -> Result<SocketAddr, Unconnected> {
    let mut attempts = JoinSet::new();
    for address in addresses.iter().take(MOST_ADDRESSES).copied() {
        attempts.spawn(async move { TcpStream::connect(address).await.map(|_| address) });
    }
    let first = async {
        let mut failed = Unconnected::Unreachable;
        while let Some(attempt) = attempts.join_next().await {
            match attempt {
                Ok(Ok(address)) => return Ok(address),
                Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => failed = Unconnected::Refused,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        Err(failed)
    };
    clock::timeout(PATIENCE, first).await.unwrap_or(Err(Unconnected::Silent))
}

/// The host without the brackets of an IPv6 address.
fn bare_host(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
}

fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn date(headers: &HeaderMap) -> Option<u64> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?.trim()).ok()?;
    u64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

fn printable(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(LONGEST_NAME).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    fn listening() -> (TcpListener, SocketAddr) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        (listener, address)
    }

    #[tokio::test]
    async fn an_address_that_swallows_everything_does_not_hide_one_that_works() {
        let ((_silent, silent), (_good, good)) = (listening(), listening());
        // Once its queue is full, whoever comes next hears nothing, as where a firewall drops what comes.
        let mut waiting = Vec::new();
        while let Ok(connected) = clock::timeout(Duration::from_millis(300), TcpStream::connect(silent)).await {
            waiting.push(connected.expect("a connection"));
        }
        assert_eq!(connect(&[silent, good]).await, Ok(good));
    }
}
