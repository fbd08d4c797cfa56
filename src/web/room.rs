//! The room: a seat for each connection, and no more of them than leave enough descriptors for Graph.
//!
//! Whoever comes gets a seat at once; when all are taken somebody else has to give one up, hears that and closes.
//! Who that is, `guests` decides. What is done on a seat is in `connection`.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::guests::{Guests, Id};
use super::source::Source;

/// How many connections there are at one time, whatever the system permits.
const MOST_CONNECTIONS: usize = 512;

/// How long an answer is under way at least before it gives way to somebody who waits for one.
const SLOW: Duration = Duration::from_secs(1);

/// How often the tasks get their turn until somebody who was told to leave counts as gone.
const TURNS: usize = 2;

/// The seats.
#[derive(Debug)]
pub(super) struct Room(Mutex<Guests<Arc<Notify>>>);

/// The seat of one connection, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    room: Arc<Room>,
    id: Id,
    leave: Arc<Notify>,
}

/// An answer under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    seat: Arc<Seat>,
    number: u64,
}

/// How many seats the process can have by the number of files that it may open: half of that, as far as that is known.
pub(super) fn most_seats() -> usize {
    let files = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok());
    let seats = files.map_or(MOST_CONNECTIONS, |files| (files / 2).clamp(1, MOST_CONNECTIONS));
    if let Some(files) = files.filter(|_| seats < MOST_CONNECTIONS) {
        tracing::warn!(
            files,
            connections = seats,
            "few files may be open at one time, so there are fewer connections than {MOST_CONNECTIONS}; raise the limit \
             (LimitNOFILE) to {}",
            2 * MOST_CONNECTIONS
        );
    }
    seats
}

impl Room {
    pub(super) fn new(seats: usize) -> Self {
        Self(Mutex::new(Guests::new(seats)))
    }

    /// A seat for a connection that has come from there, whoever has to go for it.
    pub(super) async fn enter(self: &Arc<Self>, from: Option<IpAddr>) -> Arc<Seat> {
        let leave = Arc::new(Notify::new());
        let (id, gone) = self.guests().enter(Source::of(from), Arc::clone(&leave), Instant::now().into_std());
        let seat = Arc::new(Seat { room: Arc::clone(self), id, leave });
        if let Some(gone) = gone {
            gone.notify_one();
            // That connection closes before the next one is accepted.
            yield_now().await;
        }
        seat
    }

    /// Sends away whose answers have kept a slot for longest, one after the other, until nobody is left who has to go.
    async fn make_way(&self, asker: Id) {
        loop {
            let Some(gone) = self.guests().send_away_slowest(asker, SLOW, Instant::now().into_std()) else { return };
            gone.notify_one();
            for _ in 0..TURNS {
                yield_now().await;
            }
        }
    }

    fn guests(&self) -> MutexGuard<'_, Guests<Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Ends when the seat is somebody else's.
    pub(super) async fn given_away(&self) {
        self.leave.notified().await;
    }

    /// Somebody on this seat has asked something.
    pub(super) fn ask(self: &Arc<Self>) -> Turn {
        let number = self.room.guests().ask(self.id, Instant::now().into_std());
        Turn { seat: Arc::clone(self), number }
    }

    /// For how long the oldest answer to this seat has been under way.
    pub(super) fn answering(&self) -> Option<Duration> {
        self.room.guests().answering(self.id, Instant::now().into_std())
    }

    /// Has the slowest of all connections give up their slots, one after the other; ends when nobody has to any more.
    pub(super) async fn make_way(&self) {
        self.room.make_way(self.id).await;
    }
}

impl Turn {
    /// The answer keeps a slot until it is sent.
    pub(super) fn keeps_slot(&self) {
        self.seat.room.guests().keeps_slot(self.seat.id, self.number);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.guests().leave(self.id);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.seat.room.guests().answered(self.seat.id, self.number, Instant::now().into_std());
    }
}
