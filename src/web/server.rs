//! The server: connections from their beginning to their end.
//!
//! Nothing that a client does or leaves undone lasts: a connection without a request is closed, one with requests lives
//! for minutes, and there are never more than a fixed number of them, so that enough descriptors are left for Graph. At
//! the end, answers under way are finished and everything else is closed at once. What is answered is in `routes`.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::Site;
use super::listen::{self, BindError};
use super::routes::Routes;
use crate::config;
use crate::shutdown::Shutdown;

/// How many connections there are at one time; more wait to be accepted.
const MOST_CONNECTIONS: usize = 512;

/// How long a connection may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection may take to send the head of its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// How long a connection lives after that: several scrapes at any usual interval.
const LIFETIME: Duration = Duration::from_mins(5);

/// How long an answer under way may still take when its connection is to end.
const LAST_ANSWER: Duration = Duration::from_secs(30);

/// The same for a connection that never sent a request: time for one that has just arrived.
const LAST_CHANCE: Duration = Duration::from_millis(50);

/// How long after the wish to end the last connection is dropped.
const DRAIN: Duration = Duration::from_millis(900);

/// How long nothing is accepted after the system refused to.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 16 * 1024;

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
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
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
async fn serve(listener: TcpListener, routes: Arc<Routes>, room: Arc<Semaphore>, shutdown: Shutdown) {
    let mut connections = JoinSet::new();
    let mut refused = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                refused = false;
                connections.spawn(connection(stream, permit, Arc::clone(&routes), shutdown.clone()));
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

/// Accepts one connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, Option<OwnedSemaphorePermit>)> {
    // The semaphore is never closed; without it there would be room.
    let permit = Arc::clone(room).acquire_owned().await.ok();
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

/// Serves one connection. Its faults are the client's business and are not logged.
async fn connection(stream: TcpStream, _permit: Option<OwnedSemaphorePermit>, routes: Arc<Routes>, shutdown: Shutdown) {
    // Without it an answer may wait for the client's acknowledgement of the one before; with an error it does.
    drop(stream.set_nodelay(true));
    let from = stream.peer_addr().ok().map(|address| address.ip());
    let Some(terms) = routes.gate().tls() else { return converse(stream, from, routes, shutdown).await };
    if let Ok(Ok(stream)) = timeout(HANDSHAKE, TlsAcceptor::from(terms).accept(stream)).await {
        converse(stream, from, routes, shutdown).await;
    }
}

/// Answers the requests of a connection.
async fn converse<S>(stream: S, from: Option<IpAddr>, routes: Arc<Routes>, shutdown: Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let asked = AtomicBool::new(false);
    let service = service_fn(|request| {
        asked.store(true, Ordering::Relaxed);
        let routes = Arc::clone(&routes);
        async move { Ok::<_, Infallible>(routes.respond(&request, from).await) }
    });
    let mut http = http1::Builder::new();
    http.max_header_size(LARGEST_HEAD).max_buf_size(2 * LARGEST_HEAD);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let patience = async {
        sleep(FIRST_REQUEST).await;
        if asked.load(Ordering::Relaxed) {
            sleep(LIFETIME).await;
        }
    };
    tokio::select! {
        _ = connection.as_mut() => return,
        () = shutdown.requested() => {}
        () = patience => {}
    }
    // Closes an idle connection; another one once its answer is written.
    connection.as_mut().graceful_shutdown();
    let rest = if asked.load(Ordering::Relaxed) { LAST_ANSWER } else { LAST_CHANCE };
    drop(timeout(rest, connection).await);
}
