//! The service manager: systemd, or whatever else started this process and speaks its protocol, `sd_notify(3)`.
//!
//! It is told that the exporter runs, reloads and ends, and, as long as the thread of the tenants gets on, that it is
//! alive: after too long a silence it starts the process again. Where nobody wants to be told, nothing here does anything.
//! Which sockets it passed is in `passed`. What a reload is, and when the end comes, is not known here.

mod passed;
#[cfg(test)]
mod tests;

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram as Socket};
use std::time::Duration;

use tokio::net::UnixDatagram;
use tracing::{error, info, warn};

use crate::clock;
use crate::heartbeat::Heartbeat;

pub use passed::{Passed, Refusal, Socket as PassedSocket};

/// How long a message waits for a service manager that reads nothing: it has much to do while a machine starts.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same for the message that stands between the wish to end and the end.
const LAST_PATIENCE: Duration = Duration::from_millis(100);

/// How many signs of life there are in the time that the service manager waits for one.
const SIGNS: u32 = 3;

/// Whoever started this process, if that wants to hear of it. A clone tells the same one.
#[derive(Debug, Clone, Default)]
pub struct ServiceManager {
    address: Option<SocketAddr>,
    /// After how long without a sign of life it ends the process; `None` if it waits for none.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that the environment names: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    #[must_use]
    pub fn named(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let address = env("NOTIFY_SOCKET").and_then(|name| address(&name));
        let ours = env("WATCHDOG_PID").is_none_or(|pid| is_ours(&pid));
        let micros = env("WATCHDOG_USEC").filter(|_| ours).and_then(|text| text.parse().ok());
        Self { address, watchdog: micros.filter(|micros| *micros > 0).map(Duration::from_micros) }
    }

    /// Tells that the exporter runs, with the configuration that is in force: after the start and after each reload,
    /// whatever came of it. The status is one sentence, which `systemctl status` shows.
    pub async fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"), PATIENCE).await;
    }

    /// Tells that the configuration is being read again, until the next [`ServiceManager::ready`].
    pub async fn reloading(&self) {
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", clock::monotonic_micros()), PATIENCE).await;
    }

    /// Tells that the exporter is about to end.
    pub async fn stopping(&self) {
        self.tell("STOPPING=1", LAST_PATIENCE).await;
    }

    /// Tells that the exporter runs, and from then on that it is alive, for as long as the heart beats.
    pub async fn attend(self, heartbeat: Heartbeat, status: impl Fn() -> String) {
        self.ready(&status()).await;
        let (Some(watchdog), Some(_)) = (self.watchdog, &self.address) else { return };
        let (mut beats, mut heard) = (true, true);
        loop {
            let silence = heartbeat.silent(clock::moment());
            if silence.is_none() != beats {
                self.tell_of_heart(silence, &status()).await;
            }
            beats = silence.is_none();
            if beats {
                let told = self.send("WATCHDOG=1", PATIENCE).await;
                // Once is enough: it would be told some times a minute.
                if let (Err(error), true) = (&told, heard) {
                    complain(error, "WATCHDOG=1");
                }
                heard = told.is_ok();
            }
            clock::sleep(watchdog / SIGNS).await;
        }
    }

    /// Tells that the heart has fallen silent, or beats again.
    async fn tell_of_heart(&self, silence: Option<Duration>, status: &str) {
        if let Some(silence) = silence {
            let silent_seconds = silence.as_secs();
            error!(silent_seconds, "the tenants' thread is stuck; the service manager gets no sign of life any more");
            self.tell("STATUS=The tenants' thread is stuck", PATIENCE).await;
        } else {
            info!("the tenants' thread gets on again");
            self.tell(&format!("STATUS={status}"), PATIENCE).await;
        }
    }

    async fn tell(&self, message: &str, patience: Duration) {
        if let Err(error) = self.send(message, patience).await {
            complain(&error, message);
        }
    }

    async fn send(&self, message: &str, patience: Duration) -> io::Result<()> {
        let Some(address) = &self.address else { return Ok(()) };
        clock::timeout(patience, send(address, message)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn complain(error: &io::Error, message: &str) {
    let untold = message.split('\n').next().unwrap_or_default();
    warn!(%error, untold, "the service manager cannot be told; see NOTIFY_SOCKET, and NotifyAccess of the unit");
}

/// Sends one message; waits while the queue of the service manager is full.
async fn send(address: &SocketAddr, message: &str) -> io::Result<()> {
    // Anew each time: it may have started again meanwhile.
    let socket = Socket::unbound()?;
    socket.connect_addr(address)?;
    socket.set_nonblocking(true)?;
    UnixDatagram::from_std(socket)?.send(message.as_bytes()).await.map(drop)
}

/// A path, or after an `@` a name without one; none for what this system cannot reach.
fn address(name: &str) -> Option<SocketAddr> {
    match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name).ok(),
        None if name.starts_with('/') => SocketAddr::from_pathname(name).ok(),
        None => None,
    }
}

/// Whether a variable that names a process means this one, and not one that started it.
fn is_ours(pid: &str) -> bool {
    pid.parse() == Ok(std::process::id())
}
