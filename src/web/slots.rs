//! Slots: how many answers of a kind are under way at one time.
//!
//! A client that does not read what it asked for keeps the whole answer in memory, for as long as `connection` and `room`
//! let it. What is in the answer is not known here.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::{Answer, answer};
use super::body::Body;
use super::room::Seat;
use super::under_way::keeping;

/// One slot for each answer that may be under way.
pub(super) struct Slots {
    /// `None` for any number.
    free: Option<Arc<Semaphore>>,
}

/// Says of an answer that it keeps a slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept;

/// The right to give one answer.
pub(super) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// At most this many answers at one time; 0 for any number.
    pub(super) fn new(most: usize) -> Self {
        Self { free: (most > 0).then(|| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)))) }
    }

    /// A slot: one that is free, or one that somebody gives up for whoever has this seat; `None` if nobody has to.
    pub(super) async fn take(&self, seat: &Seat) -> Option<Slot> {
        let Some(free) = &self.free else { return Some(Slot { _permit: None }) };
        if let Ok(permit) = Arc::clone(free).try_acquire_owned() {
            return Some(Slot { _permit: Some(permit) });
        }
        tokio::select! {
            // Who waits comes first when a slot is freed: nobody takes it away who came later.
            biased;
            permit = Arc::clone(free).acquire_owned() => permit.ok().map(|permit| Slot { _permit: Some(permit) }),
            () = seat.make_way() => None,
        }
    }
}

impl Slot {
    /// An answer with this body in pieces. It keeps the slot until the last of them is written, or given up, and says so by
    /// [`Kept`] among its extensions.
    pub(super) fn answer(self, media_type: &'static str, pieces: Vec<Bytes>) -> Answer {
        let slot = Arc::new(self);
        let body: Body = pieces.into_iter().map(|piece| keeping(piece, &slot)).collect::<Vec<_>>().into();
        let mut answer = answer(StatusCode::OK, media_type, body);
        answer.extensions_mut().insert(Kept);
        answer
    }
}
