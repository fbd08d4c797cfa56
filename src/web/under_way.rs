//! Under way: a body that is known to be so until its last byte is written, or given up.
//!
//! hyper takes a body at once and writes it when the client reads, so its end is told by its bytes: each part keeps the turn
//! of its answer, or the slot of its kind, until it is dropped. What is in it is not known here; what a turn is for is in
//! `room`, what a slot is for in `slots`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::room::Turn;

/// A body and the turn that it keeps.
pub(super) struct UnderWay<B> {
    body: B,
    turn: Arc<Turn>,
}

/// Bytes and what they keep.
struct Keeping<K> {
    bytes: Bytes,
    _kept: Arc<K>,
}

/// The same bytes, which keep this until they are written, or given up.
pub(super) fn keeping<K: Send + Sync + 'static>(bytes: Bytes, kept: &Arc<K>) -> Bytes {
    Bytes::from_owner(Keeping { bytes, _kept: Arc::clone(kept) })
}

impl<B> UnderWay<B> {
    pub(super) fn new(body: B, turn: Turn) -> Self {
        Self { body, turn: Arc::new(turn) }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for UnderWay<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Self { body, turn } = self.get_mut();
        let keeping = |bytes| keeping(bytes, turn);
        Pin::new(body).poll_frame(context).map(|frame| Some(frame?.map(|frame| frame.map_data(keeping))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<K> AsRef<[u8]> for Keeping<K> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
