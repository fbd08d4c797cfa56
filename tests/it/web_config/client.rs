//! A client that speaks TLS as told, and says what was agreed on.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, HandshakeKind, NamedGroup, ProtocolVersion, RootCertStore, Stream,
    SupportedProtocolVersion, version,
};

use super::certificates::{Authority, Pair, der};
use crate::web::served::Reply;

/// How long one read may take: a server that hangs is a failed test.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a client brings.
#[derive(Clone)]
pub(super) struct Client {
    roots: RootCertStore,
    identity: Option<Pair>,
    versions: Vec<&'static SupportedProtocolVersion>,
    provider: CryptoProvider,
    protocols: Vec<&'static str>,
}

/// What came of a connection.
pub(super) struct Talk {
    pub(super) reply: Reply,
    pub(super) version: ProtocolVersion,
    pub(super) suite: CipherSuite,
    /// The curve; none where a session was resumed.
    pub(super) group: Option<NamedGroup>,
    pub(super) kind: HandshakeKind,
    /// The protocol after TLS; empty if none was agreed on.
    pub(super) protocol: String,
    /// What the server showed.
    pub(super) certificate: Vec<u8>,
}

impl Client {
    /// One that trusts an authority, offers all that there is, and has no certificate.
    pub(super) fn trusting(authority: &Authority) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(der(&authority.pem())).unwrap();
        Self {
            roots,
            identity: None,
            versions: vec![&version::TLS13, &version::TLS12],
            provider: ring::default_provider(),
            protocols: Vec::new(),
        }
    }

    pub(super) fn showing(self, identity: &Pair) -> Self {
        Self { identity: Some(identity.clone()), ..self }
    }

    pub(super) fn of_version(self, version: &'static SupportedProtocolVersion) -> Self {
        Self { versions: vec![version], ..self }
    }

    /// With these suites alone, in this order of preference.
    pub(super) fn with_suites(mut self, suites: &[CipherSuite]) -> Self {
        let all = self.provider.cipher_suites;
        let found = |wanted: &CipherSuite| *all.iter().find(|suite| suite.suite() == *wanted).unwrap();
        self.provider.cipher_suites = suites.iter().map(found).collect();
        self
    }

    /// With this curve alone.
    pub(super) fn with_curve(mut self, curve: &'static dyn SupportedKxGroup) -> Self {
        self.provider.kx_groups = vec![curve];
        self
    }

    pub(super) fn offering(self, protocols: &[&'static str]) -> Self {
        Self { protocols: protocols.to_vec(), ..self }
    }

    /// What rustls makes of it; whoever uses it twice may resume.
    pub(super) fn config(self) -> Arc<ClientConfig> {
        let provider = Arc::new(self.provider);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_root_certificates(self.roots);
        let mut config = match self.identity {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let (chain, key) = pair.shown();
                // Whether the two are a pair is the server's to find out.
                let shown = CertifiedKey::new(chain, provider.key_provider.load_private_key(key).unwrap());
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
            }
        };
        config.alpn_protocols = self.protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// Asks for the health page; the words of the refusal if the connection fails.
    pub(super) fn get(self, address: SocketAddr) -> Result<Talk, String> {
        ask(address, &self.config(), &get("/-/healthy", ""))
    }
}

/// A GET with these further header lines.
pub(super) fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n{headers}\r\n")
}

/// Sends a request without TLS and reads the whole answer.
pub(super) fn plain(address: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // Go may reset a connection behind its answer, which is there all the same.
    drop(stream.read_to_end(&mut bytes));
    Reply::parse(bytes)
}

/// Sends a request over TLS and reads the whole answer.
pub(super) fn ask(address: SocketAddr, config: &Arc<ClientConfig>, request: &str) -> Result<Talk, String> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut bytes = Vec::new();
    let mut stream = Stream::new(&mut connection, &mut socket);
    let spoken = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut bytes));
    spoken.map_err(|error| error.to_string())?;
    Ok(Talk {
        reply: Reply::parse(bytes),
        version: connection.protocol_version().unwrap(),
        suite: connection.negotiated_cipher_suite().unwrap().suite(),
        group: connection.negotiated_key_exchange_group().map(SupportedKxGroup::name),
        kind: connection.handshake_kind().unwrap(),
        protocol: String::from_utf8(connection.alpn_protocol().unwrap_or_default().to_vec()).unwrap(),
        certificate: connection.peer_certificates().unwrap()[0].to_vec(),
    })
}
