//! Refusals: what is answered to what is no request, or none that is read.
//!
//! A sentence and the headers that all answers carry, for whoever reads them: hyper would close the connection with a bare
//! status. Only what comes before the first request of a connection of HTTP/1 is answered here, and bodies.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use hyper::StatusCode;
use hyper::header::{self, HeaderMap};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::answer::{Answer, TEXT, answer};
use super::gate::Gate;
use crate::clock;

/// The largest head of a request, in bytes.
pub(super) const LARGEST_HEAD: usize = 16 * 1024;

/// The largest body that a request may announce, in bytes. None is ever read.
const LARGEST_BODY: u64 = 16 * 1024;

/// How long a refusal may take to be written, and then what still comes to be thrown away.
const FAREWELL: Duration = Duration::from_secs(1);

/// How much is thrown away, in bytes: a client that is cut off while it sends loses the answer.
const MOST_DISCARDED: u64 = 4 * 1024 * 1024;

/// What is wrong with what has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is no HTTP.
    Garbage,
    /// The head is too large, or has too many lines.
    LargeHead,
    /// The head did not come to its end in time.
    SlowHead,
    /// The body is too large.
    LargeBody,
}

impl Refusal {
    /// What is wrong if hyper could not read a request.
    pub(super) fn of(error: &hyper::Error) -> Option<Self> {
        match error {
            _ if error.is_parse_too_large() => Some(Self::LargeHead),
            _ if error.is_parse() => Some(Self::Garbage),
            _ => None,
        }
    }

    /// What is wrong with a request by its head, if anything is.
    pub(super) fn of_head(headers: &HeaderMap) -> Option<Self> {
        let length = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok()?;
        (length > LARGEST_BODY).then_some(Self::LargeBody)
    }

    /// The answer, as any other.
    pub(super) fn answer(self, gate: &Gate) -> Answer {
        gate.dress(answer(self.status(), TEXT, self.text()))
    }

    /// Writes it where no request was read, and ends the connection so that the client gets to read it.
    pub(super) async fn write<S: AsyncRead + AsyncWrite + Unpin>(self, gate: &Gate, stream: &mut S) {
        let (head, _) = self.answer(gate).into_parts();
        let mut bytes = format!("HTTP/1.1 {}\r\n", head.status);
        for (name, value) in &head.headers {
            // What is no text is no header of ours.
            let value = value.to_str().unwrap_or_default();
            write!(bytes, "{name}: {value}\r\n").expect("a text takes everything");
        }
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_millis(clock::now().unix_millis));
        write!(bytes, "connection: close\r\ndate: {date}\r\n\r\n{}", self.text()).expect("a text takes everything");
        // A client that does not read it has no use for it.
        if let Ok(Ok(())) = timeout(FAREWELL, stream.write_all(bytes.as_bytes())).await {
            part(stream).await;
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Garbage => StatusCode::BAD_REQUEST,
            Self::LargeHead => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::SlowHead => StatusCode::REQUEST_TIMEOUT,
            Self::LargeBody => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Garbage => "This is no request of HTTP\n",
            Self::LargeHead => "The head of the request is larger than 16 KiB or has more than 100 lines; send less\n",
            Self::SlowHead => "The head of the request did not come to its end in time; send it faster\n",
            Self::LargeBody => "No request needs a body, and none larger than 16 KiB is taken; send none\n",
        }
    }
}

/// Ends a connection whose client may still be sending: what comes is thrown away for a while, for else the system would
/// take back what the client has not read yet.
pub(super) async fn part<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let ended = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(MOST_DISCARDED), &mut tokio::io::sink()).await
    };
    // However it ends, it has ended.
    drop(timeout(FAREWELL, ended).await);
}
