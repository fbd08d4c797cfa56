//! A client that scrapes over one connection, which it keeps. It reads the length of an answer and believes it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// No header lines but those that every request has.
pub(crate) const PLAIN: &str = "";

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    path: String,
    answer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a socket option");
        Self { stream, path: path.to_owned(), answer: vec![0; 4 << 20] }
    }

    /// The body of the answer to a request with these header lines.
    pub(crate) fn scrape(&mut self, headers: &str) -> Vec<u8> {
        let body = self.ask(headers);
        self.answer[body].to_vec()
    }

    /// Scrapes for so long, at instants so far apart; without a pause whenever an answer has come. Returns how long each
    /// took.
    pub(crate) fn keep_on(&mut self, headers: &str, pause: Duration, first: Duration, span: Duration) -> Vec<Duration> {
        let begin = Instant::now();
        let (mut due, mut took) = (begin + first, Vec::new());
        while begin.elapsed() < span {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += pause;
            let asked = Instant::now();
            self.ask(headers);
            took.push(asked.elapsed());
        }
        took
    }

    /// Where in the buffer the body is.
    fn ask(&mut self, headers: &str) -> std::ops::Range<usize> {
        let request = format!("GET {} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n", self.path);
        self.stream.write_all(request.as_bytes()).expect("a request");
        let (mut filled, mut body) = (0, None);
        loop {
            filled += self.stream.read(&mut self.answer[filled..]).expect("an answer");
            if body.is_none() {
                body = self.body(filled);
            }
            if let Some(body) = body.clone().filter(|body| filled >= body.end) {
                return body;
            }
        }
    }

    /// Where the body is, once the head is there.
    fn body(&self, filled: usize) -> Option<std::ops::Range<usize>> {
        let end = self.answer[..filled].windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.answer[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.and_then(|length| length.trim().parse().ok()).expect("a length");
        Some(end..end + length)
    }
}
