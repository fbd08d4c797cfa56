//! Identity endpoints: where a machine of Azure asks who it is. They speak plain HTTP, at an address that only the machine
//! itself can reach, so they get a client of their own: without TLS, never through a proxy, and impatient, for where there is
//! no such endpoint a connection is not even refused.

use std::time::Duration;

use reqwest::{Client, Request, redirect, retry};
use url::{Host, Url};

use super::{Counted, Failure, Reply, Transport, body, is_local, label, obstacle};
use crate::clock;
use crate::domain::advice::Obstacle;
use crate::telemetry::Operation;

/// The longest wait for a connection: it is a hop away, if at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest time that a request may take. Azure asks to be given a minute when it has much to do.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(1);

impl Transport {
    /// Sends a request for a token to an identity endpoint, and receives its answer whole. None if the address is
    /// neither this machine's nor link-local nor private: then nothing was sent.
    pub async fn ask_identity(&self, request: Request) -> Option<Result<Reply, Failure>> {
        if !is_near(request.url()) {
            return None;
        }
        let (operation, sent) = (Operation::Token, clock::moment());
        let mut counted = Counted { telemetry: &self.telemetry, operation, sent, code: None };
        let result = self.ask_near(request).await;
        counted.code = Some(label(&result));
        Some(result)
    }

    async fn ask_near(&self, request: Request) -> Result<Reply, Failure> {
        let client = client().ok_or(Failure::Obstacle(Obstacle::Connect))?;
        let response = client.execute(request).await.map_err(|error| obstacle(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = body::receive(response, &self.turn).await?;
        Ok(Reply { status, headers, body })
    }
}

/// A client for one request; the next is an hour away.
fn client() -> Option<Client> {
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .pool_max_idle_per_host(0)
        .user_agent(concat!("teams-presence-exporter/", env!("CARGO_PKG_VERSION")))
        .build()
        .ok()
}

/// Whether a server is so near that it may be asked in plain HTTP: this machine itself, a link-local or a private address.
fn is_near(url: &Url) -> bool {
    let near = match url.host() {
        Some(Host::Ipv4(address)) => address.is_private() || address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        Some(Host::Domain(_)) | None => false,
    };
    url.scheme() == "http" && (near || is_local(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_endpoint_that_is_near_is_asked_in_plain_http() {
        let check = |url: &str, expected| assert_eq!(is_near(&Url::parse(url).expect(url)), expected, "{url}");
        check("http://169.254.169.254/metadata/identity/oauth2/token", true);
        check("http://127.0.0.1:41741/msi/token/", true);
        check("http://localhost:42356/msi/token", true);
        check("http://10.0.0.1/", true);
        check("http://[fd00::1]/", true);
        check("http://[fe80::1]/", true);
        check("http://20.0.0.1/", false);
        check("http://[2001:db8::1]/", false);
        check("http://localhost.example/", false);
        check("https://127.0.0.1/", false);
    }
}
