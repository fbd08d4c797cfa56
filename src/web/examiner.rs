//! The examiner: holds passwords against bcrypt hashes, which is slow on purpose, without being taken up by guesses.
//!
//! What was right once is remembered, so a scraper is examined once. Guesses are looked at one at a time, and after a wrong
//! one comes a pause three times as long as it took: whatever comes in, they have a quarter of one processor. Few wait, and few
//! of those from one source; the rest is turned away at once. It knows no users and writes nothing down.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task;
use tokio::time::{Instant, sleep};

use crate::config::Secret;

/// How many passwords wait to be looked at, from anywhere.
const MOST_WAITING: usize = 32;

/// How many of them from one source.
const MOST_OF_A_SOURCE: usize = 4;

/// How many right answers are remembered.
const MOST_REMEMBERED: usize = 1024;

/// How many times as long as a wrong guess took the pause after it is.
const PAUSE: u32 = 3;

/// What an examination came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// The password belongs to the hash.
    Right,
    /// It does not.
    Wrong,
    /// Too many wait already; nothing was looked at.
    TooMany,
}

/// Holds passwords against hashes.
pub(super) struct Examiner {
    /// One examination at a time, those who wait in their order.
    chair: Semaphore,
    /// How many wait, by where they come from.
    waiting: Mutex<HashMap<Option<IpAddr>, usize>>,
    remembered: Mutex<Remembered>,
}

/// What was right, as numbers that tell nobody what it was: of name, password and hash, by keys of this process.
struct Remembered {
    keys: [RandomState; 2],
    proofs: VecDeque<[u64; 2]>,
}

/// A place among those who wait, given back when it is dropped.
struct Place<'e> {
    examiner: &'e Examiner,
    source: Option<IpAddr>,
}

impl Examiner {
    pub(super) fn new() -> Self {
        Self {
            chair: Semaphore::new(1),
            waiting: Mutex::default(),
            remembered: Mutex::new(Remembered {
                keys: [RandomState::new(), RandomState::new()],
                proofs: VecDeque::new(),
            }),
        }
    }

    /// Whether the password belongs to the hash. The name is part of what is remembered, and nothing else.
    pub(super) async fn examine(
        self: &Arc<Self>,
        name: &str,
        password: Vec<u8>,
        hash: &Secret,
        from: Option<IpAddr>,
    ) -> Finding {
        let proof = self.remembered().proof(name, &password, hash);
        if self.remembered().proofs.contains(&proof) {
            return Finding::Right;
        }
        let Some(place) = self.place(from.map(source)) else { return Finding::TooMany };
        // The semaphore is never closed; were it, nobody would be let in.
        let Ok(chair) = self.chair.acquire().await else { return Finding::TooMany };
        // Somebody before may have proved the same.
        if self.remembered().proofs.contains(&proof) {
            return Finding::Right;
        }
        drop(place);
        self.decide(proof, password, hash.clone(), chair).await
    }

    /// Looks at a password. It is looked at to the end and paused for, even if the client goes away meanwhile.
    async fn decide(
        self: &Arc<Self>,
        proof: [u64; 2],
        password: Vec<u8>,
        hash: Secret,
        chair: SemaphorePermit<'_>,
    ) -> Finding {
        chair.forget();
        let examiner = Arc::clone(self);
        let (tell, told) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let begun = Instant::now();
            let verified = task::spawn_blocking(move || bcrypt::verify(password, hash.expose()).unwrap_or(false));
            let right = verified.await.unwrap_or(false);
            let took = begun.elapsed();
            if right {
                examiner.remembered().keep(proof);
            }
            // Whoever asked may be gone.
            tell.send(right).ok();
            if !right {
                sleep(took * PAUSE).await;
            }
            examiner.chair.add_permits(1);
        });
        if told.await.unwrap_or(false) { Finding::Right } else { Finding::Wrong }
    }

    /// A place among those who wait, if there is one for this source.
    fn place(&self, source: Option<IpAddr>) -> Option<Place<'_>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = waiting.values().sum();
        let of_source = waiting.get(&source).copied().unwrap_or(0);
        if all >= MOST_WAITING || of_source >= MOST_OF_A_SOURCE {
            return None;
        }
        waiting.insert(source, of_source + 1);
        Some(Place { examiner: self, source })
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    fn proof(&self, name: &str, password: &[u8], hash: &Secret) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one((name, password, hash.expose())))
    }

    fn keep(&mut self, proof: [u64; 2]) {
        if self.proofs.len() >= MOST_REMEMBERED {
            self.proofs.pop_front();
        }
        self.proofs.push_back(proof);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.examiner.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.get_mut(&self.source) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(waiting.remove(&self.source)),
        }
    }
}

/// Where somebody comes from: of IPv6 the network, as a host may take any address of it.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [one, two, three, four, ..] = address.segments();
            Ipv6Addr::new(one, two, three, four, 0, 0, 0, 0).into()
        }
        four @ IpAddr::V4(_) => four,
    }
}
