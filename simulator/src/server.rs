//! The server: sockets, TLS where there is any, HTTP/1.1, and the carrying out of faults.
//!
//! One acceptor hands connections to the serving threads in turn; each thread has a runtime of its own, so
//! callers need none. Everything that has to do with bytes on the wire ends here; `routes` answers.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::answer::Entrance;
use crate::exchange::exchange;
use crate::payload::Broken;
use crate::tenant::Tenant;

/// The serving threads; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

/// Connections that wait for a thread; more are left to the kernel's queue.
const WAITING: usize = 64;
/// Connections that the kernel keeps waiting.
const QUEUE: u32 = 1024;
/// How long a client may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);

impl Server {
    /// Listens on a bound socket and serves with this many threads: Entra and Graph over TLS, or else what there is on the
    /// machine.
    pub(crate) fn start(
        socket: TcpSocket,
        tls: Option<Arc<ServerConfig>>,
        tenant: &Arc<Tenant>,
        threads: usize,
    ) -> io::Result<Self> {
        let acceptor = tls.map(TlsAcceptor::from);
        let (stop, stopped) = watch::channel(false);
        let mut server = Self { stop, threads: Vec::new() };
        let mut queues = Vec::new();
        for number in 0..threads.max(1) {
            let (queue, waiting) = mpsc::channel(WAITING);
            queues.push(queue);
            let worker = Worker { acceptor: acceptor.clone(), tenant: Arc::clone(tenant), stopped: stopped.clone() };
            server.spawn(format!("simulator-{number}"), runtime()?, worker.serve(waiting))?;
        }
        let runtime = runtime()?;
        let listener = listen(socket, &runtime)?;
        server.spawn("simulator-door".to_owned(), runtime, accept(listener, queues, stopped))?;
        Ok(server)
    }

    fn spawn(
        &mut self,
        name: String,
        runtime: Runtime,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let thread = std::thread::Builder::new().name(name).spawn(move || runtime.block_on(work))?;
        self.threads.push(thread);
        Ok(())
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// A socket that holds an address. Until somebody listens on it, connections to there are refused.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // The connections of who listened there before may linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(socket: TcpSocket, runtime: &Runtime) -> io::Result<TcpListener> {
    let _inside = runtime.enter();
    socket.listen(QUEUE)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so; there is nobody else to tell.
            drop(thread.join());
        }
    }
}

async fn accept(
    listener: TcpListener,
    queues: Vec<mpsc::Sender<std::net::TcpStream>>,
    mut stopped: watch::Receiver<bool>,
) {
    for queue in queues.iter().cycle() {
        let accepted = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => drop(queue.send(stream).await),
            // Out of descriptors, most likely: others must be given back first.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// What a serving thread needs.
struct Worker {
    /// `None` for plain http.
    acceptor: Option<TlsAcceptor>,
    tenant: Arc<Tenant>,
    stopped: watch::Receiver<bool>,
}

impl Worker {
    async fn serve(mut self, mut waiting: mpsc::Receiver<std::net::TcpStream>) {
        loop {
            let stream = tokio::select! {
                _ = self.stopped.changed() => return,
                stream = waiting.recv() => stream,
            };
            let Some(stream) = stream else { return };
            if let Ok(stream) = TcpStream::from_std(stream) {
                tokio::spawn(connection(self.acceptor.clone(), Arc::clone(&self.tenant), stream));
            }
        }
    }
}

/// One connection from handshake to end. Where there is TLS, a client that speaks none fails the handshake.
async fn connection(acceptor: Option<TlsAcceptor>, tenant: Arc<Tenant>, stream: TcpStream) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Some(acceptor) = acceptor else {
        return converse(stream, tenant, Entrance::Machine, |stream| stream).await;
    };
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    converse(stream, tenant, Entrance::Cloud, |stream| stream.get_ref().0).await;
}

/// HTTP/1.1 to its end; `tcp` tells what is beneath the stream.
async fn converse<S>(stream: S, tenant: Arc<Tenant>, entrance: Entrance, tcp: fn(&S) -> &TcpStream)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| {
        let tenant = Arc::clone(&tenant);
        Box::pin(async move { exchange(&tenant, entrance, request).await })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    match ended {
        Ok(()) => drop(poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await),
        Err(error) if is_reset(&error) => reset(tcp(&stream)),
        // Cut off on purpose, or the client is gone: the end of the stream without a farewell of TLS.
        Err(_) => {}
    }
}

fn is_reset(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Broken>());
    matches!(cause, Some(Broken::Reset))
}

/// Closing will send RST, as a broken middlebox does.
fn reset(stream: &TcpStream) {
    drop(stream.set_zero_linger());
}
