//! The greeting: whether a client that should speak TLS begins in plain HTTP, which is told it.
//!
//! A record of TLS never begins with a capital letter, a request of HTTP always does; one byte tells. It is handed on with
//! the rest, so whoever speaks TLS notices nothing.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::refusal;

/// What Go's servers answer, which is what other exporters do.
const ANSWER: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    Client sent an HTTP request to an HTTPS server.\n";

/// A connection whose first byte was looked at.
#[derive(Debug)]
pub(super) struct Greeted<S> {
    /// The byte, until it is read.
    first: Option<u8>,
    stream: S,
}

/// Waits for the first byte.
///
/// # Errors
/// If none comes, or if it is one of plain HTTP, which has been answered then.
pub(super) async fn heard<S>(mut stream: S) -> io::Result<Greeted<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let first = stream.read_u8().await?;
    if !first.is_ascii_uppercase() {
        return Ok(Greeted { first: Some(first), stream });
    }
    stream.write_all(ANSWER).await?;
    refusal::part(&mut stream).await;
    Err(io::Error::new(ErrorKind::InvalidData, "plain HTTP where TLS is spoken"))
}

impl<S: AsyncRead + Unpin> AsyncRead for Greeted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buffer.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Greeted<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
