//! A connection: from its beginning to its end.
//!
//! Nothing that a client does or leaves undone lasts: a connection without a request is closed, one with requests lives
//! for minutes, an answer that is not read is given up. It speaks HTTP/1.1, or HTTP/2 where TLS has agreed on that. Its
//! faults are the client's business and are not logged. Where connections come from is in `server`, who has to go when
//! there are many in `room`, how much a client may say in `protocol`, what is answered in `routes`.
#![expect(clippy::disallowed_methods, reason = "clients live in real time, whatever pace the clock keeps")]

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{HttpService, service_fn};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::answer::Answer;
use super::body::Body;
use super::greeting;
use super::protocol;
use super::refusal::{self, Refusal};
use super::room::Seat;
use super::routes::Routes;
use super::slots::Kept;
use super::under_way::UnderWay;
use super::wire::{Heard, Wire};
use crate::shutdown::Shutdown;

/// How long a connection may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection may take to send the head of its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// How long a connection lives after that: several scrapes at any usual interval.
const LIFETIME: Duration = Duration::from_mins(5);

/// How long an answer may be under way, until its last byte is handed to the system.
const ANSWER: Duration = Duration::from_secs(30);

/// How often it is looked whether one is under way for longer.
const GLANCE: Duration = Duration::from_secs(5);

/// How long an answer under way may still take when its connection is to end.
const LAST_ANSWER: Duration = Duration::from_secs(30);

/// How long a connection without an answer under way may take to end.
const PARTING: Duration = Duration::from_secs(1);

/// The same for a connection that never sent a request: time for one that has just arrived.
const LAST_CHANCE: Duration = Duration::from_millis(50);

/// One connection.
pub(super) struct Connection {
    /// Where it comes from, if that is known.
    pub(super) from: Option<IpAddr>,
    /// Its right to be there.
    pub(super) seat: Arc<Seat>,
    /// What is answered.
    pub(super) routes: Arc<Routes>,
    pub(super) shutdown: Shutdown,
}

impl Connection {
    /// Serves it, over TLS if the gate wants that, until it ends or has to go.
    pub(super) async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        tokio::select! {
            biased;
            () = self.seat.given_away() => {}
            () = self.attend(stream) => {}
        }
    }

    async fn attend<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(terms) = self.routes.gate().tls() else { return self.http1(stream).await };
        let agree = async { TlsAcceptor::from(terms).accept(greeting::heard(stream).await?).await };
        let Ok(Ok(stream)) = timeout(HANDSHAKE, agree).await else { return };
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => self.http2(stream).await,
            _ => self.http1(stream).await,
        }
    }

    async fn http1<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let heard = Arc::new(Heard::default());
        let wire = TokioIo::new(Wire::silent(stream, &heard));
        let mut http = protocol::http1().serve_connection(wire, self.service(&heard));
        let ended = self.until_its_end(&heard, Pin::new(&mut http), http1::Connection::graceful_shutdown).await;
        let mut stream = http.into_parts().io.into_inner().into_stream();
        let refusal = match ended {
            _ if heard.asked() || self.shutdown.is_requested() => None,
            Some(Err(error)) => Refusal::of(&error),
            Some(Ok(())) => None,
            None => heard.anything().then_some(Refusal::SlowHead),
        };
        match refusal {
            Some(refusal) => refusal.write(self.routes.gate(), &mut stream).await,
            None if self.shutdown.is_requested() => {}
            None => refusal::part(&mut stream).await,
        }
    }

    async fn http2<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let heard = Arc::new(Heard::default());
        let wire = TokioIo::new(Wire::open(stream, &heard));
        let mut http = protocol::http2().serve_connection(wire, self.service(&heard));
        // How it ended, the client has been told.
        drop(self.until_its_end(&heard, Pin::new(&mut http), http2::Connection::graceful_shutdown).await);
    }

    /// Answers requests.
    fn service(
        &self,
        heard: &Arc<Heard>,
    ) -> impl HttpService<Incoming, ResBody = UnderWay<Body>, Error = Infallible, Future: Send + 'static> + Unpin + use<>
    {
        let (routes, seat, heard, from) =
            (Arc::clone(&self.routes), Arc::clone(&self.seat), Arc::clone(heard), self.from);
        service_fn(move |request: Request<Incoming>| {
            let turn = seat.ask();
            heard.request();
            let (routes, seat) = (Arc::clone(&routes), Arc::clone(&seat));
            // No path wants a body, so what comes of one is not kept while the answer takes its time.
            let request = request.map(drop);
            async move {
                let answer = answer(&request, from, &routes, &seat).await;
                if answer.extensions().get::<Kept>().is_some() {
                    turn.keeps_slot();
                }
                // The library leaves the body of an answer to HEAD away in HTTP/1 alone.
                let no_body = request.method() == Method::HEAD;
                Ok(answer.map(|body| UnderWay::new(if no_body { Body::from("") } else { body }, turn)))
            }
        })
    }

    /// Lets a conversation go on until it ends, and winds it up when it is time to. `None` if it was given up: nothing was
    /// asked, or an answer was not read.
    async fn until_its_end<C>(
        &self,
        heard: &Heard,
        mut conversation: Pin<&mut C>,
        wind_up: impl FnOnce(Pin<&mut C>),
    ) -> Option<hyper::Result<()>>
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let patience = async {
            sleep(FIRST_REQUEST).await;
            if heard.asked() {
                sleep(LIFETIME).await;
            }
        };
        tokio::select! {
            ended = conversation.as_mut() => return Some(ended),
            () = self.answer_overdue() => return None,
            () = patience => if !heard.asked() { return None },
            () = self.shutdown.requested() => {}
        }
        // Closes an idle connection; another one once its answer is written.
        wind_up(conversation.as_mut());
        let rest = match self.seat.answering() {
            Some(_) => LAST_ANSWER,
            None if heard.asked() => PARTING,
            None => LAST_CHANCE,
        };
        timeout(rest, conversation).await.ok()
    }

    /// Ends once an answer has been under way for too long.
    async fn answer_overdue(&self) {
        while self.seat.answering().is_none_or(|under_way| under_way < ANSWER) {
            sleep(GLANCE).await;
        }
    }
}

/// The answer to a request.
async fn answer(request: &Request<()>, from: Option<IpAddr>, routes: &Routes, seat: &Seat) -> Answer {
    // Everybody else has a turn first: whoever asks without waiting for answers is answered no sooner than they are.
    yield_now().await;
    if let Some(refusal) = Refusal::of_head(request.headers()) {
        return refusal.answer(routes.gate());
    }
    routes.respond(request, from, seat).await
}

#[cfg(test)]
mod tests;
