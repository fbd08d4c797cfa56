//! Slots: how many answers of a kind are under way at one time.
//!
//! A client that does not read what it asked for keeps the whole answer in memory, for as long as `connection` and `room`
//! let it. What is in the answer is not known here.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::body::Body;
use super::under_way::keeping;

/// One slot for each answer that may be under way.
pub(super) struct Slots {
    /// `None` for any number.
    free: Option<Arc<Semaphore>>,
}

/// The right to give one answer.
pub(super) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// At most this many answers at one time; 0 for any number.
    pub(super) fn new(most: usize) -> Self {
        Self { free: (most > 0).then(|| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)))) }
    }

    /// A slot, if one is free.
    pub(super) fn take(&self) -> Option<Slot> {
        let permit = match &self.free {
            None => None,
            Some(free) => Some(Arc::clone(free).try_acquire_owned().ok()?),
        };
        Some(Slot { _permit: permit })
    }

    /// Whether none is free.
    pub(super) fn are_taken(&self) -> bool {
        self.free.as_ref().is_some_and(|free| free.available_permits() == 0)
    }
}

impl Slot {
    /// A body that keeps the slot until it is written, or given up.
    pub(super) fn body(self, body: Vec<u8>) -> Body {
        self.pieces(vec![body.into()])
    }

    /// The same of a body in pieces: the last of them to be written, or given up, frees the slot.
    pub(super) fn pieces(self, pieces: Vec<Bytes>) -> Body {
        let slot = Arc::new(self);
        pieces.into_iter().map(|piece| keeping(piece, &slot)).collect::<Vec<_>>().into()
    }
}
