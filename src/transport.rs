//! Transport: a tenant's HTTPS client, shared by `entra` and `graph`.
//!
//! Whom to trust, how long to wait, how much to read; every request is counted, whatever becomes of it, and a failure is
//! named by what kept the answer. It follows no redirect and repeats nothing by itself: a request that nobody counted
//! would not be in the budget. It does not know what the answers mean.

use std::error::Error;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Request, redirect, retry};
use tokio::sync::Semaphore;
use url::{Host, Url};

use crate::clock;
use crate::config::Tenant;
use crate::domain::advice::{Advice, Obstacle};
use crate::domain::moment::Moment;
use crate::telemetry::{Operation, TenantTelemetry};

pub mod retry_after;
mod body;
mod identity;

/// The longest wait for a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest silence within an answer, and before it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time that a whole request may take.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(2);

/// The largest file that is taken for one of certificates, in bytes: that of a system has a fifth of it.
const LARGEST_BUNDLE: u64 = 1024 * 1024;

/// The HTTPS client of one tenant. A clone shares its connections.
#[derive(Debug, Clone)]
pub struct Transport {
    trust: Arc<ArcSwap<Trust>>,
    /// Whose turn it is to receive a long body.
    turn: Arc<Semaphore>,
    telemetry: TenantTelemetry,
}

/// A client, and whom it trusts.
#[derive(Debug)]
struct Trust {
    client: Client,
    /// What the file of certificates held, as a number that tells one content from another; none without a file.
    file: Option<u64>,
}

/// An answer, received whole.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked; of a refusal its beginning.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Something on the way.
    Obstacle(Obstacle),
    /// The answer was larger than any that could be right.
    TooLarge,
}

impl Transport {
    /// The client of a tenant: it trusts the system's roots and those in its `ca_file`, and keeps as many connections open
    /// as requests may be in flight. A tenant on this machine is not asked through a proxy, which could not reach it.
    ///
    /// # Errors
    /// The file cannot be read, or there is nobody to trust.
    pub fn new(tenant: &Tenant, telemetry: TenantTelemetry) -> Result<Self, Advice> {
        let trust = Arc::new(ArcSwap::from_pointee(Trust::of(tenant)?));
        Ok(Self { trust, turn: Arc::new(Semaphore::new(1)), telemetry })
    }

    /// Reads the `ca_file` again; requests from now on trust what it holds. Returns whether that is something else.
    ///
    /// # Errors
    /// The file cannot be read, or there is nobody to trust: then whoever was trusted stays so.
    pub fn trust_again(&self, tenant: &Tenant) -> Result<bool, Advice> {
        let newer = Trust::of(tenant)?;
        let changed = newer.file != self.trust.load().file;
        if changed {
            self.trust.store(Arc::new(newer));
        }
        Ok(changed)
    }

    /// The client that builds requests.
    #[must_use]
    pub fn client(&self) -> Client {
        self.trust.load().client.clone()
    }

    /// Sends a request and receives its answer whole.
    ///
    /// # Errors
    /// What kept the answer.
    pub async fn send(&self, operation: Operation, request: Request) -> Result<Reply, Failure> {
        let mut counted = Counted { telemetry: &self.telemetry, operation, sent: clock::moment(), code: None };
        let result = self.exchange(request).await;
        counted.code = Some(label(&result));
        result
    }

    async fn exchange(&self, request: Request) -> Result<Reply, Failure> {
        let response = self.client().execute(request).await.map_err(|error| obstacle(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = body::receive(response, &self.turn).await?;
        Ok(Reply { status, headers, body })
    }
}

impl Trust {
    fn of(tenant: &Tenant) -> Result<Self, Advice> {
        // Ours or an earlier one of ours: either way there is a provider.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (file, roots) = match tenant.ca_file.as_deref().map(certificates).transpose()? {
            Some((pem, roots)) => (Some(number(&pem)), roots),
            None => (None, Vec::new()),
        };
        let local = is_local(&tenant.cloud.authority) && is_local(&tenant.cloud.graph);
        let builder = if local { Client::builder().no_proxy() } else { Client::builder() };
        let client = builder
            .tls_certs_merge(roots)
            .https_only(true)
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(IDLE_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .pool_max_idle_per_host(tenant.concurrency)
            .tcp_keepalive(IDLE_TIMEOUT)
            .user_agent(concat!("teams-presence-exporter/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| Advice::no_roots())?;
        Ok(Self { client, file })
    }
}

/// What is counted of a request as its code.
fn label(result: &Result<Reply, Failure>) -> Arc<str> {
    match result {
        Ok(reply) => Arc::from(reply.status.to_string()),
        Err(Failure::Obstacle(obstacle)) => Arc::from(obstacle.label()),
        Err(Failure::TooLarge) => Arc::from(Obstacle::Body.label()),
    }
}

/// A request under way. One that is given up is counted as one that took too long.
struct Counted<'a> {
    telemetry: &'a TenantTelemetry,
    operation: Operation,
    sent: Moment,
    code: Option<Arc<str>>,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let code = self.code.as_deref().unwrap_or(Obstacle::Timeout.label());
        self.telemetry.request(self.operation, code, clock::moment().since(self.sent));
    }
}

/// Where a server is, for people: its host, and its port where that is not the usual one.
#[must_use]
pub fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a server is this machine itself.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What the file holds, and the certificates in it.
fn certificates(file: &Path) -> Result<(Vec<u8>, Vec<Certificate>), Advice> {
    let name = file.display();
    let pem = bundle(file).map_err(|error| {
        Advice::ca_file(match error.kind() {
            ErrorKind::NotFound => format!("the ca_file {name} does not exist"),
            _ => format!("the ca_file {name} cannot be read: {error}"),
        })
    })?;
    let certificates = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if certificates.is_empty() {
        return Err(Advice::ca_file(format!("the ca_file {name} holds no PEM certificate")));
    }
    Ok((pem, certificates))
}

/// What a file holds that may be one of certificates.
fn bundle(file: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(LARGEST_BUNDLE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_BUNDLE {
        return Err(io::Error::other(format!("it is larger than {LARGEST_BUNDLE} bytes; is it the right one?")));
    }
    Ok(bytes)
}

/// The same number for the same bytes.
fn number(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// What kept the answer, told by the kinds of error down the chain and never by their texts.
fn obstacle(error: &reqwest::Error) -> Failure {
    Failure::Obstacle(if error.source().is_some_and(of_tls) {
        Obstacle::Tls
    } else if error.is_timeout() {
        Obstacle::Timeout
    } else if error.is_connect() {
        Obstacle::Connect
    } else {
        Obstacle::Body
    })
}

/// Whether TLS is at the root of it. An I/O error names as its source not what it wraps but the source of that, so it
/// is looked into; the libraries wrap twice.
fn of_tls(error: &(dyn Error + 'static)) -> bool {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || wrapped.is_some_and(|inner| of_tls(inner)) || error.source().is_some_and(of_tls)
}
