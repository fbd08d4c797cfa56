//! Reload: how somebody asks for the configuration to be read again, and hears what came of it.
//!
//! Whoever is asked at the door (`web`, or a signal) holds an [`Asker`]; the root holds the [`Asked`]. Neither knows what
//! a configuration is, nor what it takes to apply one.

use tokio::sync::{mpsc, oneshot};

/// How many may wait for an answer at one time; more are told to come back.
const MOST_WAITING: usize = 8;

/// What came of it: nothing to say, or everything that kept the new configuration from coming in force.
pub type Outcome = Result<(), String>;

/// Asks for the configuration to be read again. A clone asks the same root.
#[derive(Debug, Clone)]
pub struct Asker(mpsc::Sender<oneshot::Sender<Outcome>>);

/// Hears who asks, one after the other.
#[derive(Debug)]
pub struct Asked(mpsc::Receiver<oneshot::Sender<Outcome>>);

/// Who asks, and who is asked.
#[must_use]
pub fn pair() -> (Asker, Asked) {
    let (questions, root) = mpsc::channel(MOST_WAITING);
    (Asker(questions), Asked(root))
}

impl Asker {
    /// Asks, and waits for what comes of it; `None` if too many wait already or nobody is there to answer.
    pub async fn ask(&self) -> Option<Outcome> {
        let (answer, outcome) = oneshot::channel();
        self.0.try_send(answer).ok()?;
        outcome.await.ok()
    }
}

impl Asked {
    /// Waits for the next one who asks; `None` once nobody is left who could.
    pub async fn next(&mut self) -> Option<oneshot::Sender<Outcome>> {
        self.0.recv().await
    }
}
