//! A connection: from its beginning to its end.
//!
//! Nothing that a client does or leaves undone lasts: a connection without a request is closed, one with requests lives
//! for minutes. Its faults are the client's business and are not logged. Where connections come from is in `server`, what is
//! answered in `routes`.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::greeting;
use super::routes::Routes;
use crate::shutdown::Shutdown;

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

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 16 * 1024;

/// One connection.
pub(super) struct Connection {
    /// Where it comes from, if that is known.
    pub(super) from: Option<IpAddr>,
    /// What is answered.
    pub(super) routes: Arc<Routes>,
    pub(super) shutdown: Shutdown,
}

impl Connection {
    /// Serves it, over TLS if the gate wants that.
    pub(super) async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let Some(terms) = self.routes.gate().tls() else { return self.converse(stream).await };
        let agree = async { TlsAcceptor::from(terms).accept(greeting::heard(stream).await?).await };
        if let Ok(Ok(stream)) = timeout(HANDSHAKE, agree).await {
            self.converse(stream).await;
        }
    }

    /// Answers its requests.
    async fn converse<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let Self { from, routes, shutdown } = self;
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
}
