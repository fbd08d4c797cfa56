//! The body of an answer: bytes that are there as a whole, in one piece or in several that others share.
//!
//! It knows its length, and nothing of what it says.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{self, Frame, SizeHint};

/// What is left to be sent.
#[derive(Debug, Default)]
pub(super) struct Body(std::vec::IntoIter<Bytes>);

impl Body {
    /// How many bytes these are.
    pub(super) fn len(&self) -> u64 {
        self.0.as_slice().iter().map(|piece| piece.len() as u64).sum()
    }
}

impl body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len())
    }
}

impl From<Vec<Bytes>> for Body {
    /// Pieces without bytes are none.
    fn from(mut pieces: Vec<Bytes>) -> Self {
        pieces.retain(|piece| !piece.is_empty());
        Self(pieces.into_iter())
    }
}

impl From<Bytes> for Body {
    fn from(whole: Bytes) -> Self {
        vec![whole].into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}
