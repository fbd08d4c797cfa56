//! The wire: the bytes of a connection, and what they say of its client.
//!
//! A client that goes on sending and asks nothing (pings, settings, windows, empty frames of HTTP/2) is cut off. Before the
//! first request nothing is said: what HTTP would answer by itself to what is no request, `refusal` says better. What the
//! bytes mean is not known here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes may come without a request: several heads, or thousands of pings.
const MOST_CHATTER: usize = 64 * 1024;

/// The bytes of a connection.
pub(super) struct Wire<S> {
    stream: S,
    heard: Arc<Heard>,
    /// Whether nothing is said before the first request.
    silent: bool,
}

/// What was heard of a client.
#[derive(Debug, Default)]
pub(super) struct Heard {
    asked: AtomicBool,
    /// Bytes since the last request began to be answered.
    since: AtomicUsize,
}

impl<S> Wire<S> {
    /// As HTTP/1 speaks: the client begins.
    pub(super) fn silent(stream: S, heard: &Arc<Heard>) -> Self {
        Self { stream, heard: Arc::clone(heard), silent: true }
    }

    /// As HTTP/2 speaks: each side begins.
    pub(super) fn open(stream: S, heard: &Arc<Heard>) -> Self {
        Self { stream, heard: Arc::clone(heard), silent: false }
    }

    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    fn is_mute(&self) -> bool {
        self.silent && !self.heard.asked()
    }
}

impl Heard {
    /// A request has come.
    pub(super) fn request(&self) {
        self.asked.store(true, Ordering::Relaxed);
        self.since.store(0, Ordering::Relaxed);
    }

    /// Whether there ever was a request.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether anything has come since the last request, or ever.
    pub(super) fn anything(&self) -> bool {
        self.since.load(Ordering::Relaxed) > 0
    }

    fn hear(&self, bytes: usize) -> io::Result<()> {
        let before = self.since.fetch_add(bytes, Ordering::Relaxed);
        let most = before.saturating_add(bytes) > MOST_CHATTER;
        if most { Err(io::Error::other("much was sent and nothing asked")) } else { Ok(()) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, heard, .. } = self.get_mut();
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(stream).poll_read(context, buffer))?;
        Poll::Ready(heard.hear(buffer.filled().len() - before))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_mute() {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_mute() {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_mute() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
