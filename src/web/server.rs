//! The server: the listeners, from binding to the last connection.
//!
//! Whoever comes is accepted; how many there are at one time is in `room`. At the end, answers under way are finished and
//! everything else is closed at once. How one connection lives is in `connection`.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::Site;
use super::connection::Connection;
use super::listen::{self, BindError};
use super::listener::Listener;
use super::room::{self, Room};
use super::routes::Routes;
use crate::config;
use crate::service_manager::Passed;
use crate::shutdown::Shutdown;

/// How many connections there are besides where health alone is told: probes have a room that no crowd of others can fill.
const MOST_PROBES: usize = 32;

/// How long after the wish to end the last connection is dropped.
const DRAIN: Duration = Duration::from_millis(900);

/// How long nothing is accepted after the system refused to.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A server that is bound and not yet running: connections wait to be accepted.
#[derive(Debug)]
pub struct Server {
    /// Where everything is served.
    all: Vec<Listener>,
    /// Where health alone is told.
    probes: Vec<Listener>,
}

impl Server {
    /// Binds every address to listen on, or takes what was passed in their place.
    ///
    /// # Errors
    /// The first address or socket that cannot be listened on, and what to do about it.
    pub async fn bind(web: &config::Web, passed: Passed) -> Result<Self, BindError> {
        Ok(Self { all: listen::for_all(web, passed).await?, probes: listen::for_probes(web).await? })
    }

    /// Where it listens on the network, ports chosen by the system included.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.all.iter().filter_map(Listener::network).collect()
    }

    /// Logs where it listens.
    pub fn announce(&self) {
        for address in &self.all {
            info!(%address, "listening");
        }
        for address in &self.probes {
            info!(%address, "listening for probes, which are told of health alone");
        }
    }

    /// Serves the site until the end is asked for, and then finishes within a second.
    pub async fn run(self, site: Site, shutdown: Shutdown) {
        let mut doors = JoinSet::new();
        let mut open = |listeners: Vec<Listener>, routes: &Arc<Routes>, most| {
            let room = Arc::new(Room::new(most));
            for listener in listeners {
                doors.spawn(serve(listener, Arc::clone(routes), Arc::clone(&room), shutdown.clone()));
            }
        };
        open(self.probes, &Arc::new(Routes::health(site.clone())), MOST_PROBES);
        let routes = Arc::new(Routes::new(site));
        open(self.all, &routes, room::most_seats());
        let watch = tokio::spawn(Arc::clone(routes.gate()).keep_watch());
        shutdown.requested().await;
        watch.abort();
        let ended = async { while doors.join_next().await.is_some() {} };
        // What has not ended by then is dropped with its tasks.
        drop(timeout(DRAIN, ended).await);
    }
}

/// Accepts the connections of one listener, and at the end waits for those that are left.
async fn serve(listener: Listener, routes: Arc<Routes>, room: Arc<Room>, shutdown: Shutdown) {
    let mut connections = JoinSet::new();
    let mut refused = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                refused = false;
                let seat = room.enter(from).await;
                let connection = Connection { from, seat, routes: Arc::clone(&routes), shutdown: shutdown.clone() };
                connections.spawn(connection.serve(stream));
            }
            Err(error) => {
                // Too few descriptors, or a client that has gone already: the next one may fare better, but not at once.
                if !refused {
                    warn!(%error, "Cannot accept a connection; check the limit of open files");
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
