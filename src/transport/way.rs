//! Ways: whether requests go to their server directly or through a proxy.
//!
//! A tenant with a `proxy` is asked through it. Without one, a tenant on this machine is asked directly, as a proxy could not
//! reach it, and everybody else as `HTTPS_PROXY` and `NO_PROXY` say. The client reads them by itself; this file reads them
//! by the same rules for whoever has to tell of the way. A password in them is kept from whatever is printed. What a proxy
//! says is not known here: read `tunnel`.

use std::fmt;

use hyper::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::{Client, ClientBuilder};
use url::{Host, Url};

use crate::config::Tenant;
use crate::domain::advice::Advice;

/// How the requests of a tenant go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ways {
    /// Directly, whatever the environment says.
    Direct,
    /// Through this proxy, whatever the environment says.
    Through(Url),
    /// As the environment says.
    Environment,
}

/// A proxy that a request goes through.
#[derive(Clone)]
pub(super) struct Proxy(Intercept);

impl Ways {
    pub(super) fn of(tenant: &Tenant) -> Self {
        match &tenant.proxy {
            Some(proxy) => Self::Through(proxy.clone()),
            None if is_local(&tenant.cloud.authority) && is_local(&tenant.cloud.graph) => Self::Direct,
            None => Self::Environment,
        }
    }

    /// Looks whether the environment names a proxy that can be used, if it is asked at all.
    ///
    /// # Errors
    /// It names one that cannot: the variable, never what it holds.
    pub(super) fn look_at_variables(&self) -> Result<(), Advice> {
        let holds_none = |name: &&str| environment(name).is_some_and(|value| !is_proxy(value.trim()));
        match VARIABLES.into_iter().find(holds_none).filter(|_| *self == Self::Environment) {
            Some(name) => Err(Advice::proxy_variable(name)),
            None => Ok(()),
        }
    }

    /// A client to be, that goes these ways.
    pub(super) fn client(&self) -> reqwest::Result<ClientBuilder> {
        Ok(match self {
            Self::Direct => Client::builder().no_proxy(),
            Self::Through(proxy) => Client::builder().proxy(reqwest::Proxy::all(proxy.clone())?),
            Self::Environment => Client::builder(),
        })
    }

    /// The proxy on the way to a server; none if it is asked directly.
    pub(super) fn proxy(&self, url: &Url) -> Option<Proxy> {
        let matcher = match self {
            Self::Direct => return None,
            Self::Through(proxy) => Matcher::builder().all(proxy.as_str()).build(),
            Self::Environment => Matcher::from_system(),
        };
        matcher.intercept(&url.as_str().parse::<Uri>().ok()?).map(Proxy)
    }
}

/// The variables that may name the proxy of an HTTPS server.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Whether a variable holds a proxy, or nothing. The client passes over what it cannot read and goes directly; and where a password holds
/// a `/`, `?` or `#` as it is, what stands before it is taken for the host, which is then told to everybody.
fn is_proxy(value: &str) -> bool {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let path = rest.find(['/', '?', '#']).map_or("", |end| &rest[end..]);
    let anybody = "https://graph.microsoft.com/".parse::<Uri>();
    let found = anybody.ok().and_then(|uri| Matcher::builder().all(value).build().intercept(&uri));
    value.is_empty() || !path.contains('@') && found.is_some_and(|found| found.uri().host().is_some())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the variables for proxies are those of every program, and read by the client"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl Proxy {
    pub(super) fn host(&self) -> &str {
        self.0.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn port(&self) -> u16 {
        let usual = if self.is_plain() { 80 } else { 443 };
        self.0.uri().port_u16().unwrap_or(usual)
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.0.uri().host().unwrap_or_default(), self.port())
    }

    /// Whether it is to be talked to without TLS.
    pub(super) fn is_plain(&self) -> bool {
        self.0.uri().scheme_str() == Some("http")
    }

    /// Whether it is to be talked to over TLS.
    pub(super) fn is_over_tls(&self) -> bool {
        self.0.uri().scheme_str() == Some("https")
    }

    /// What it is shown to be let through, as the value of a header; nothing if nobody said a name and a password.
    pub(super) fn authorization(&self) -> Option<&str> {
        self.0.basic_auth().and_then(|value| value.to_str().ok())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_holds_a_proxy_or_is_refused() {
        for good in [
            "",
            "http://proxy:3128",
            "https://proxy.example:443/",
            "proxy:3128",
            "10.0.0.1:8080",
            "http://[::1]:3128",
            "http://anna:p%40ss%2Fword@proxy:3128",
            "http://anna:p@ss@proxy:3128",
        ] {
            assert!(is_proxy(good), "{good}");
        }
        for bad in [
            "ftp://proxy:3128",
            "http://",
            "http://anna:12345/6@proxy:3128",
            "http://a b@proxy:1",
            "http://u:#@p:1",
            "://",
        ] {
            assert!(!is_proxy(bad), "{bad}");
        }
    }
}
