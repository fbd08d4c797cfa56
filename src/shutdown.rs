//! Shutdown: the wish to end, told once and heard by every task.
//!
//! The root holds the [`Trigger`]; a task holds a [`Shutdown`] and waits for it beside its work. Neither knows what the
//! tasks still want to finish, nor how long they are given for that.

use std::fmt;
use std::io;

use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::sync::watch;

/// Asks every holder of the [`Shutdown`] that belongs to it to end.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// Hears that the end is wished for. A clone hears the same.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// A signal that ends the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// What service managers and container runtimes send.
    Terminate,
    /// What a terminal sends for Ctrl-C.
    Interrupt,
}

impl Trigger {
    /// Asks for the end. There is no way back, and once is enough.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// A wish that was not uttered yet: who utters it, and who hears it.
    #[must_use]
    pub fn pair() -> (Trigger, Self) {
        let (trigger, shutdown) = watch::channel(false);
        (Trigger(trigger), Self(shutdown))
    }

    /// Waits until the end is asked for, or nobody is left who could ask.
    pub async fn requested(&self) {
        // The error says that the trigger is gone: what it started has no owner any more and ends as well.
        drop(self.0.clone().wait_for(|requested| *requested).await);
    }

    /// Whether the end was asked for, or nobody is left who could ask.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        })
    }
}

/// Listens for SIGTERM and SIGINT from now on; the future says which one came first. Neither ends the process by itself
/// any more, even after the future is gone.
///
/// # Errors
/// If the system lets nobody listen.
///
/// # Panics
/// Outside of a tokio runtime with I/O.
pub fn signalled() -> io::Result<impl Future<Output = Signal> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => Signal::Terminate,
            _ = interrupt.recv() => Signal::Interrupt,
        }
    })
}

/// Listens for SIGHUP from now on, which then does not end the process.
///
/// # Errors
/// If the system lets nobody listen.
///
/// # Panics
/// Outside of a tokio runtime with I/O.
pub fn reload_asked() -> io::Result<Signals> {
    signal(SignalKind::hangup())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn every_holder_hears_the_wish_even_late() {
        let (trigger, shutdown) = Shutdown::pair();
        let early = shutdown.clone();
        let waiting = tokio::spawn(async move { early.requested().await });
        assert!(!shutdown.is_requested());
        trigger.request();
        waiting.await.expect("heard");
        shutdown.clone().requested().await;
        assert!(shutdown.is_requested());
    }

    #[tokio::test]
    async fn a_trigger_that_is_gone_asks_for_the_end() {
        let (trigger, shutdown) = Shutdown::pair();
        drop(trigger);
        shutdown.requested().await;
        assert!(shutdown.is_requested());
    }

    #[tokio::test]
    async fn a_signal_is_heard_and_named() {
        for (name, expected) in [("TERM", Signal::Terminate), ("INT", Signal::Interrupt)] {
            let signalled = signalled().expect("a listener");
            let own = std::process::id().to_string();
            assert!(Command::new("kill").args(["-s", name, &own]).status().expect("kill").success());
            assert_eq!(signalled.await, expected);
            assert_eq!(expected.to_string(), format!("SIG{name}"));
        }
    }
}
