//! What an attacker speaks: TCP with a small window, TLS, and HTTP/2 as bytes.
//!
//! No library for HTTP would say what is said here. Which of it does harm is in `attacks`.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};

/// How long a handshake may take: longer than it ever does.
const PATIENCE: Duration = Duration::from_secs(30);

/// A kind of frame, and flags (RFC 9113, 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// How HTTP/2 begins, with the settings of a client that leaves all as it is.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Where an exporter listens, and whether with TLS.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// Which address of loopback it is reached from.
    pub(crate) from: Ipv4Addr,
}

/// A connection of either kind.
pub(crate) enum Stream {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Target {
    /// A connection as any client makes it.
    pub(crate) fn connect(&self) -> io::Result<Stream> {
        self.secured(self.connection(None)?)
    }

    /// One that takes little before it is read.
    pub(crate) fn connect_narrowly(&self) -> io::Result<Stream> {
        self.secured(self.connection(Some(4096))?)
    }

    /// The status of a scrape over a connection of its own, with these further header lines.
    pub(crate) fn scrape(&self, headers: &str) -> io::Result<u16> {
        let mut stream = self.connect()?;
        let usual = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close";
        stream.write_all(format!("{usual}\r\n{headers}\r\n").as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let head = String::from_utf8_lossy(&answer);
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        let body = answer.windows(4).position(|window| window == b"\r\n\r\n").map(|end| answer.len() - end - 4);
        if length != body {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| ErrorKind::InvalidData.into())
    }

    /// How a client begins TLS.
    pub(crate) fn hello(&self) -> io::Result<Vec<u8>> {
        let mut hello = Vec::new();
        self.session()?.write_tls(&mut hello)?;
        Ok(hello)
    }

    /// A connection, with so large a buffer for what comes.
    fn connection(&self, buffer: Option<u32>) -> io::Result<TcpStream> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            buffer.map(|buffer| socket.set_recv_buffer_size(buffer)).transpose()?;
            if self.from != Ipv4Addr::LOCALHOST {
                socket.bind((self.from, 0).into())?;
            }
            socket.connect(self.address).await?.into_std()
        })?;
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    fn secured(&self, stream: TcpStream) -> io::Result<Stream> {
        if self.tls.is_none() {
            return Ok(Stream::Plain(stream));
        }
        let mut secure = StreamOwned::new(self.session()?, stream);
        while secure.conn.is_handshaking() {
            secure.conn.complete_io(&mut secure.sock)?;
        }
        Ok(Stream::Secure(Box::new(secure)))
    }

    fn session(&self) -> io::Result<ClientConnection> {
        let config = self.tls.clone().ok_or_else(|| io::Error::other("TLS is not spoken there"))?;
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        ClientConnection::new(config, name).map_err(io::Error::other)
    }
}

impl Stream {
    /// From now on nobody waits for what comes, or goes.
    pub(crate) fn hurry(&self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.set_nonblocking(true),
            Self::Secure(stream) => stream.sock.set_nonblocking(true),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}

/// Begins HTTP/2.
pub(crate) fn preface() -> Vec<u8> {
    PREFACE.to_vec()
}

/// A frame of HTTP/2.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head of a request for a path, without a table (RFC 7541): GET, https, the path, the authority.
pub(crate) fn head(path: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    [&[0x82, 0x87, 0x04][..], &text(path), &[0x01], &text("localhost")].concat()
}

/// Writes a certificate for `localhost`, its key and a web configuration into a folder, with these lines. Returns how a
/// client that trusts it speaks TLS, and of HTTP these protocols.
pub(crate) fn secure(folder: &Path, lines: &str, protocols: &[&str]) -> Arc<ClientConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(folder.join("cert.pem"), made.cert.pem()).expect("written");
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    let tls = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n";
    fs::write(folder.join("web.yml"), format!("{tls}{lines}")).expect("written");
    trusting(made.cert.der().clone(), protocols)
}

fn trusting(certificate: CertificateDer<'static>, protocols: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}
