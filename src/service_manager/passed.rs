//! The sockets that a service manager opened and passed, `sd_listen_fds(3)`: descriptors from 3 on.
//!
//! They are found once, at the door, before there is a second thread; whether they are wanted is not known here.

use std::fmt;
use std::io;

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use tokio::net::{TcpListener, UnixListener};

use super::is_ours;

/// The first descriptor.
const FIRST: usize = 3;

/// What was passed.
pub struct Passed(ListenFd);

/// A socket that connections wait at.
#[derive(Debug)]
pub enum Socket {
    /// Of the network.
    Tcp(TcpListener),
    /// In the file system, where whoever passed it keeps its file.
    Unix(UnixListener),
}

/// Why nobody can be served at what was passed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is nothing.
    #[error(
        "--web.systemd-socket is set, but no socket was passed; start the socket unit and let it start the exporter, \
         or leave the flag out"
    )]
    Nothing,
    /// Something else than a socket that connections wait at.
    #[error(
        "--web.systemd-socket: descriptor {descriptor}, which was passed, is not a stream socket that listens; write \
         ListenStream= with a port or a path, and no Accept=yes, in the socket unit"
    )]
    NoListener {
        /// Its number.
        descriptor: usize,
    },
    /// The system refuses.
    #[error("--web.systemd-socket: descriptor {descriptor}, which was passed, cannot be used: {cause}")]
    System {
        /// Its number.
        descriptor: usize,
        /// Why.
        cause: io::Error,
    },
}

impl Passed {
    /// Nothing at all.
    #[must_use]
    pub fn nothing() -> Self {
        Self(ListenFd::empty())
    }

    /// What the environment says was passed to this very process, in `LISTEN_PID` and `LISTEN_FDS`. It unsets both, so
    /// nobody else may look at the environment meanwhile.
    #[must_use]
    pub fn found(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let ours = env("LISTEN_PID").is_some_and(|pid| is_ours(&pid));
        if ours { Self(ListenFd::from_env()) } else { Self::nothing() }
    }

    /// How many descriptors were passed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sockets, at least one.
    ///
    /// # Errors
    /// If there is none, or anything else among them.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O.
    pub fn sockets(mut self) -> Result<Vec<Socket>, Refusal> {
        if self.is_empty() {
            return Err(Refusal::Nothing);
        }
        (0..self.len()).map(|number| self.socket(number)).collect()
    }

    fn socket(&mut self, number: usize) -> Result<Socket, Refusal> {
        let descriptor = FIRST + number;
        let no_listener = || Refusal::NoListener { descriptor };
        let system = |cause| Refusal::System { descriptor, cause };
        // Whatever is no stream socket of the one kind is looked at as the other.
        if let Ok(Some(socket)) = self.0.take_tcp_listener(number) {
            listens(&socket).then_some(()).ok_or_else(no_listener)?;
            socket.set_nonblocking(true).map_err(system)?;
            return TcpListener::from_std(socket).map(Socket::Tcp).map_err(system);
        }
        let socket = self.0.take_unix_listener(number).ok().flatten().ok_or_else(no_listener)?;
        listens(&socket).then_some(()).ok_or_else(no_listener)?;
        socket.set_nonblocking(true).map_err(system)?;
        UnixListener::from_std(socket).map(Socket::Unix).map_err(system)
    }
}

/// Whether connections wait at it: one that was accepted already is a stream socket, too.
fn listens(socket: &impl std::os::fd::AsFd) -> bool {
    socket_acceptconn(socket).unwrap_or(false)
}

impl fmt::Debug for Passed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Passed").field("descriptors", &self.len()).finish()
    }
}
