//! A request to loopback and its whole answer. It knows HTTP/1.0 and nothing else.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header lines, as sent.
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// How long one read may take: far longer than anything here takes, so that a hanging server is a failed test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks for a path.
///
/// # Errors
/// If nobody answers, or not in HTTP.
pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    ask(address, "GET", path)
}

/// Asks for a path with this method.
///
/// # Errors
/// If nobody answers, or not in HTTP.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str) -> io::Result<Answer> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    let (headers, body) = text.split_once("\r\n\r\n").ok_or_else(|| io::Error::other(format!("no HTTP: {text}")))?;
    let status = headers.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok(Answer { status, headers: headers.to_owned(), body: body.to_owned() })
}
