//! The examiner: holds passwords against bcrypt hashes, which is slow on purpose, without being taken up by guesses.
//!
//! What was right once is remembered, so a scraper is examined once. Guesses are looked at one at a time, and after a wrong
//! one comes a pause three times as long as it took, up to a second: whatever comes in, they have a quarter of one
//! processor. Few wait, not for long, few of those from one source, and sources take turns; the rest is turned away at
//! once. It knows no users and writes nothing down.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task;
use tokio::time::{Instant, sleep, timeout};

use super::source::Source;
use crate::config::Secret;

/// How many passwords wait to be looked at, from anywhere.
const MOST_WAITING: usize = 32;

/// How many of them from one source.
const MOST_OF_A_SOURCE: usize = 4;

/// How many right answers are remembered.
const MOST_REMEMBERED: usize = 1024;

/// How many times as long as a wrong guess took the pause after it is.
const PAUSE: u32 = 3;

/// How long that pause is at most: a hash that takes seconds shall not keep everybody else waiting for minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long anybody waits: a scraper gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);

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
    /// Those who wait, by where they come from.
    waiting: Mutex<HashMap<Source, Queue>>,
    remembered: Mutex<Remembered>,
    look: Look,
}

/// Whether a password belongs to a hash.
type Look = Box<dyn Fn(&[u8], &str) -> bool + Send + Sync>;

/// Those of one source who wait.
struct Queue {
    number: usize,
    /// One of them at a time stands before the chair, so that sources take turns.
    head: Arc<Semaphore>,
}

/// What was right, as numbers that tell nobody what it was: of name, password and hash, by keys of this process.
struct Remembered {
    keys: [RandomState; 2],
    proofs: VecDeque<[u64; 2]>,
}

/// A place among those who wait, given back when it is dropped.
struct Place<'e> {
    examiner: &'e Examiner,
    source: Source,
    head: Arc<Semaphore>,
}

impl Examiner {
    pub(super) fn new() -> Self {
        Self::with(Box::new(|password, hash| bcrypt::verify(password, hash).unwrap_or(false)))
    }

    /// One that looks otherwise: a test counts how often.
    pub(super) fn with(look: Look) -> Self {
        Self {
            look,
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
        let Some(place) = self.place(Source::of(from)) else { return Finding::TooMany };
        let Ok(Some(chair)) = timeout(PATIENCE, self.turn(&place)).await else { return Finding::TooMany };
        // Somebody before may have proved the same.
        if self.remembered().proofs.contains(&proof) {
            return Finding::Right;
        }
        drop(place);
        self.decide(proof, password, hash.clone(), chair).await
    }

    /// Waits for the chair, behind others of this source and then one of each other source.
    async fn turn(&self, place: &Place<'_>) -> Option<SemaphorePermit<'_>> {
        // No semaphore is ever closed; were one, nobody would be let in.
        let _head = place.head.acquire().await.ok()?;
        self.chair.acquire().await.ok()
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
            let looking = Arc::clone(&examiner);
            let looked = task::spawn_blocking(move || (looking.look)(&password, hash.expose()));
            let right = looked.await.unwrap_or(false);
            let took = begun.elapsed();
            if right {
                examiner.remembered().keep(proof);
            }
            // Whoever asked may be gone.
            tell.send(right).ok();
            if !right {
                sleep((took * PAUSE).min(LONGEST_PAUSE)).await;
            }
            examiner.chair.add_permits(1);
        });
        if told.await.unwrap_or(false) { Finding::Right } else { Finding::Wrong }
    }

    /// A place among those who wait, if there is one for this source.
    fn place(&self, source: Source) -> Option<Place<'_>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = waiting.values().map(|queue| queue.number).sum();
        let of_source = waiting.get(&source).map_or(0, |queue| queue.number);
        if all >= MOST_WAITING || of_source >= MOST_OF_A_SOURCE {
            return None;
        }
        let queue = waiting.entry(source).or_insert_with(|| Queue { number: 0, head: Arc::new(Semaphore::new(1)) });
        queue.number += 1;
        Some(Place { examiner: self, source, head: Arc::clone(&queue.head) })
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
            Some(queue) if queue.number > 1 => queue.number -= 1,
            _ => drop(waiting.remove(&self.source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn hash() -> Secret {
        Secret::new("the hash".to_owned())
    }

    fn address(number: u8) -> IpAddr {
        [192, 0, 2, number].into()
    }

    /// An examiner that is told when to find something wrong, and tells what it looks at.
    fn slow() -> (Arc<Examiner>, mpsc::Sender<()>, mpsc::Receiver<String>) {
        let ((go_on, told), (tell, looked)) = (mpsc::channel(), mpsc::channel());
        let told = Mutex::new(told);
        let look = move |password: &[u8], _: &str| {
            tell.send(String::from_utf8_lossy(password).into_owned()).expect("somebody listens");
            told.lock().expect("alone").recv().expect("somebody tells");
            false
        };
        (Arc::new(Examiner::with(Box::new(look))), go_on, looked)
    }

    /// Somebody who waits for what comes of a password.
    fn guess(examiner: &Arc<Examiner>, password: &str, number: u8) -> task::JoinHandle<Finding> {
        let (examiner, password) = (Arc::clone(examiner), password.as_bytes().to_vec());
        tokio::spawn(async move { examiner.examine("somebody", password, &hash(), Some(address(number))).await })
    }

    #[tokio::test]
    async fn few_of_a_source_wait_and_sources_take_turns() {
        let (examiner, go_on, looked) = slow();
        let mut guesses = Vec::new();
        for password in ["first", "second", "third", "fourth", "fifth"] {
            guesses.push(guess(&examiner, password, 1));
            task::yield_now().await;
        }
        assert_eq!(guess(&examiner, "sixth", 1).await.expect("an answer"), Finding::TooMany);
        guesses.push(guess(&examiner, "from elsewhere", 2));
        task::yield_now().await;
        for _ in 0..guesses.len() {
            go_on.send(()).expect("somebody waits");
        }
        for guess in guesses {
            assert_eq!(guess.await.expect("an answer"), Finding::Wrong);
        }
        let order: Vec<String> = looked.try_iter().collect();
        assert_eq!(order, ["first", "second", "from elsewhere", "third", "fourth", "fifth"]);
    }

    #[tokio::test]
    async fn those_who_wait_are_few() {
        let (examiner, go_on, _looked) = slow();
        let mut guesses = Vec::new();
        for number in 0..40 {
            guesses.push(guess(&examiner, "wrong", number));
            task::yield_now().await;
        }
        let turned_away = guesses.iter().filter(|guess| guess.is_finished()).count();
        assert_eq!(turned_away, 40 - MOST_WAITING - 1, "one is looked at, and the others wait");
        for guess in &guesses {
            guess.abort();
        }
        task::yield_now().await;
        assert!(examiner.waiting.lock().expect("alone").is_empty(), "whoever goes away waits no more");
        go_on.send(()).expect("somebody waits");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_longer_than_a_scraper_does() {
        let examiner = Arc::new(Examiner::new());
        let _occupied = examiner.chair.acquire().await.expect("a chair");
        let begun = Instant::now();
        assert_eq!(guess(&examiner, "right", 1).await.expect("an answer"), Finding::TooMany);
        assert_eq!(begun.elapsed(), PATIENCE);
    }

    #[tokio::test]
    async fn what_was_right_is_looked_at_once_and_of_that_hash_alone() {
        let (tell, looked) = mpsc::channel();
        let look = move |password: &[u8], _: &str| tell.send(()).is_ok() && password == b"right";
        let examiner = Arc::new(Examiner::with(Box::new(look)));
        for password in ["right", "right", "wrong", "wrong", "right"] {
            guess(&examiner, password, 1).await.expect("an answer");
        }
        assert_eq!(looked.try_iter().count(), 3);
        let finding = examiner.examine("somebody else", b"right".to_vec(), &hash(), None).await;
        assert_eq!((finding, looked.try_iter().count()), (Finding::Right, 1), "another name is not remembered");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let examiner = Examiner::new();
        for number in 0..2 * MOST_REMEMBERED as u64 {
            examiner.remembered().keep([number, number]);
        }
        let remembered = examiner.remembered();
        assert_eq!(remembered.proofs.len(), MOST_REMEMBERED);
        assert!(remembered.proofs.contains(&[2 * MOST_REMEMBERED as u64 - 1; 2]), "the latest");
    }
}
