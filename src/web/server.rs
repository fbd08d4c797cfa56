//! The server: the listeners, from binding to the last connection.
//!
//! Whoever comes is accepted; how many there are at one time is in `room`. At the end, answers under way are finished and
//! everything else is closed at once. How one connection lives is in `connection`.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Site;
use super::connection::Connection;
use super::listen::{self, BindError};
use super::room::{self, Room};
use super::routes::Routes;
use crate::config;
use crate::shutdown::Shutdown;

/// How long after the wish to end the last connection is dropped.
const DRAIN: Duration = Duration::from_millis(900);

/// How long nothing is accepted after the system refused to.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A server that is bound and not yet running: connections wait to be accepted.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Server {
    /// Binds every address to listen on.
    ///
    /// # Errors
    /// The first address that cannot be listened on, and what to do about it.
    pub async fn bind(web: &config::Web) -> Result<Self, BindError> {
        let mut listeners = Vec::new();
        for address in &web.listen_addresses {
            listeners.extend(listen::bind(address).await?);
        }
        let addresses = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        Ok(Self { listeners, addresses })
    }

    /// Where it listens, ports chosen by the system included.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.clone()
    }

    /// Serves the site until the end is asked for, and then finishes within a second.
    pub async fn run(self, site: Site, shutdown: Shutdown) {
        let routes = Arc::new(Routes::new(site));
        let room = Arc::new(Room::new(room::most_seats()));
        let watch = tokio::spawn(Arc::clone(routes.gate()).keep_watch());
        let mut doors = JoinSet::new();
        for listener in self.listeners {
            doors.spawn(serve(listener, Arc::clone(&routes), Arc::clone(&room), shutdown.clone()));
        }
        shutdown.requested().await;
        watch.abort();
        let ended = async { while doors.join_next().await.is_some() {} };
        // What has not ended by then is dropped with its tasks.
        drop(timeout(DRAIN, ended).await);
    }
}

/// Accepts the connections of one listener, and at the end waits for those that are left.
async fn serve(listener: TcpListener, routes: Arc<Routes>, room: Arc<Room>, shutdown: Shutdown) {
    let mut connections = JoinSet::new();
    let mut refused = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                refused = false;
                // Without it an answer may wait for the client's acknowledgement of the one before; with an error it does.
                drop(stream.set_nodelay(true));
                let from = stream.peer_addr().ok().map(|address| address.ip());
                let seat = room.enter(from).await;
                let connection = Connection { from, seat, routes: Arc::clone(&routes), shutdown: shutdown.clone() };
                connections.spawn(connection.serve(stream));
            }
            Err(error) => {
                // Too few descriptors, or a client that has gone already: the next one may fare better, but not at once.
                if !refused {
                    tracing::warn!(%error, "Cannot accept a connection; check the limit of open files");
                }
                refused = true;
                sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}
