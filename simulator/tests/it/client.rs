//! A client that sees everything: blocking TLS, or none, one request at a time, headers and bytes as they came.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use simulator::Simulator;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A connection to a simulated tenant that is kept between requests.
pub(crate) struct Client {
    stream: BufReader<Box<dyn Stream>>,
    /// The connection beneath.
    socket: TcpStream,
    host: String,
}

/// Bytes both ways.
pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// More than any right answer holds.
const MOST: usize = 4 << 20;

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(simulator: &Simulator) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(simulator.ca_pem().as_bytes()).map_err(io::Error::other)?;
        roots.add(authority).map_err(io::Error::other)?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        let socket = TcpStream::connect(simulator.address())?;
        socket.set_nodelay(true)?;
        let beneath = socket.try_clone()?;
        let host = simulator.origin().trim_start_matches("https://").to_owned();
        Self::over(Box::new(StreamOwned::new(connection, socket)), beneath, host)
    }

    /// Over any bytes both ways, with TLS or without.
    pub(crate) fn over(stream: Box<dyn Stream>, socket: TcpStream, host: String) -> io::Result<Self> {
        let client = Self { stream: BufReader::with_capacity(1 << 18, stream), socket, host };
        client.lose_patience_after(Duration::from_secs(20))?;
        Ok(client)
    }

    /// Sends a request and reads the whole reply; an error is a broken connection.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        let mut head =
            format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", self.host, body.len());
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let mut message = head.into_bytes();
        message.extend_from_slice(body);
        self.stream.get_mut().write_all(&message)?;
        self.stream.get_mut().flush()?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Reply> {
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "not an HTTP response");
        let status = self.line()?.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(bad)?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").ok_or_else(bad)?;
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        if reply.header("transfer-encoding") == Some("chunked") {
            self.chunks(&mut reply.body)?;
        } else if status != 204 {
            let length: usize =
                reply.header("content-length").and_then(|length| length.parse().ok()).ok_or_else(bad)?;
            reply.body.resize(length, 0);
            self.stream.read_exact(&mut reply.body)?;
        }
        Ok(reply)
    }

    /// Reads a body whose length nobody told, or so much of it as anybody should read.
    fn chunks(&mut self, body: &mut Vec<u8>) -> io::Result<()> {
        while body.len() < MOST {
            let length = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
            let begin = body.len();
            body.resize(begin + length, 0);
            self.stream.read_exact(&mut body[begin..])?;
            self.line()?;
            if length == 0 {
                break;
            }
        }
        Ok(())
    }

    /// From now on a silence this long is an error.
    pub(crate) fn lose_patience_after(&self, silence: Duration) -> io::Result<()> {
        self.socket.set_read_timeout(Some(silence))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
