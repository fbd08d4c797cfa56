//! Transport: a tenant's HTTPS client, shared by `entra` and `graph`.
//!
//! Whom to trust, how long to wait, how much to read; every request is counted, whatever becomes of it, and a failure is
//! named by what kept the answer. It follows no redirect and repeats nothing by itself: a request that nobody counted
//! would not be in the budget. It does not know what the answers mean.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use reqwest::header::HeaderMap;
use reqwest::{Client, Request, redirect, retry};
use rustls::client::danger::ServerCertVerifier;
use tokio::sync::Semaphore;
use url::Url;

use crate::clock;
use crate::config::Tenant;
use crate::domain::advice::{Advice, Obstacle};
use crate::domain::moment::Moment;
use crate::telemetry::{Operation, TenantTelemetry};

pub mod retry_after;
pub mod probe;
mod body;
mod identity;
mod tunnel;
mod trust;
mod way;

use trust::Believed;
pub use trust::Roots;
use way::Ways;

/// The longest wait for a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest silence within an answer, and before it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time that a whole request may take.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(2);

/// How long a connection is kept that nobody uses: not from one minute to the next. It takes some 45 KiB, and with many
/// tenants that counts for more than a handshake a cycle.
const KEPT: Duration = Duration::from_secs(15);

/// The HTTPS client of one tenant. A clone shares its connections.
#[derive(Debug, Clone)]
pub struct Transport {
    trust: Arc<ArcSwap<Trust>>,
    roots: Roots,
    ways: Arc<Ways>,
    /// Whose turn it is to receive a long body.
    turn: Arc<Semaphore>,
    telemetry: TenantTelemetry,
}

/// A client, and whom it trusts.
#[derive(Debug)]
struct Trust {
    client: Client,
    believed: Believed,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
        Self::sharing(tenant, &Roots::default(), telemetry)
    }

    /// Looks whether the proxy of a tenant can be used as far as it is named; nobody is asked.
    ///
    /// # Errors
    /// A variable of the environment that the tenant goes by holds none.
    pub fn look_at_proxy(tenant: &Tenant) -> Result<(), Advice> {
        Ways::of(tenant).look_at_variables()
    }

    /// The client of a tenant, holding what it trusts together with whoever trusts the same and has these `roots` too.
    ///
    /// # Errors
    /// The file cannot be read, there is nobody to trust, or a proxy is named in a way that nobody can use.
    pub fn sharing(tenant: &Tenant, roots: &Roots, telemetry: TenantTelemetry) -> Result<Self, Advice> {
        let ways = Arc::new(Ways::of(tenant));
        ways.look_at_variables()?;
        let trust = Arc::new(ArcSwap::from_pointee(Trust::of(tenant, roots, &ways)?));
        Ok(Self { trust, roots: roots.clone(), ways, turn: Arc::new(Semaphore::new(1)), telemetry })
    }

    /// Reads the `ca_file` again; requests from now on trust what it holds. Returns whether that is something else.
    ///
    /// # Errors
    /// The file cannot be read, or there is nobody to trust: then whoever was trusted stays so.
    pub fn trust_again(&self, tenant: &Tenant) -> Result<bool, Advice> {
        let newer = Trust::of(tenant, &self.roots, &self.ways)?;
        let changed = newer.believed.file != self.trust.load().believed.file;
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
        let url = request.url().clone();
        let response = match self.client().execute(request).await {
            Ok(response) => response,
            Err(error) => return Err(tunnel::blame(obstacle(&error), &error, self.ways.proxy(&url), &url).await),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = body::receive(response, &self.turn).await?;
        Ok(Reply { status, headers, body })
    }
}

impl Trust {
    fn of(tenant: &Tenant, roots: &Roots, ways: &Ways) -> Result<Self, Advice> {
        let believed = roots.believed(tenant.ca_file.as_deref())?;
        Ok(Self { client: client(ways, Arc::clone(&believed.verifier), tenant.concurrency)?, believed })
    }
}

/// A client that goes these ways, trusts whom the verifier does and keeps so many connections.
fn client(ways: &Ways, verifier: Arc<dyn ServerCertVerifier>, kept: usize) -> Result<Client, Advice> {
    let client = ways
        .client()
        .map_err(|_| Advice::no_roots())?
        .tls_backend_preconfigured(trust::tls(verifier)?)
        .https_only(true)
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(IDLE_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .pool_max_idle_per_host(kept)
        .pool_idle_timeout(KEPT)
        .tcp_keepalive(IDLE_TIMEOUT)
        .user_agent(concat!("teams-presence-exporter/", env!("CARGO_PKG_VERSION")));
    client.build().map_err(|_| Advice::no_roots())
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
