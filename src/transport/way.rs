//! Ways: whether requests go to their server directly or through a proxy.
//!
//! A tenant on this machine is asked directly, as a proxy could not reach it. Everybody else is asked as `HTTPS_PROXY` and
//! `NO_PROXY` say, in the way that the client reads them; this file reads them by the same rules for whoever has to tell of
//! the way before a request goes it. A password in them is kept from whatever is printed.

use std::fmt;

use hyper::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::{Client, ClientBuilder};
use url::{Host, Url};

use crate::config::Tenant;

/// How the requests of a tenant go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ways {
    direct: bool,
}

/// A proxy that a request goes through.
#[derive(Clone)]
pub(super) struct Proxy(Intercept);

impl Ways {
    pub(super) fn of(tenant: &Tenant) -> Self {
        Self { direct: is_local(&tenant.cloud.authority) && is_local(&tenant.cloud.graph) }
    }

    /// A client to be, that goes these ways.
    pub(super) fn client(&self) -> ClientBuilder {
        if self.direct { Client::builder().no_proxy() } else { Client::builder() }
    }

    /// The proxy on the way to a server; none if it is asked directly.
    pub(super) fn proxy(&self, url: &Url) -> Option<Proxy> {
        if self.direct {
            return None;
        }
        Matcher::from_system().intercept(&url.as_str().parse::<Uri>().ok()?).map(Proxy)
    }
}

impl Proxy {
    pub(super) fn host(&self) -> &str {
        self.0.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn port(&self) -> u16 {
        let usual = if self.is_over_tls() { 443 } else { 80 };
        self.0.uri().port_u16().unwrap_or(usual)
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.0.uri().host().unwrap_or_default(), self.port())
    }

    fn is_over_tls(&self) -> bool {
        self.0.uri().scheme_str() == Some("https")
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.place())
    }
}

/// Whether a server is this machine itself.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
