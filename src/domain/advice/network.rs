//! Findings on the way to a server: DNS, connections, certificates and clocks.
//!
//! A proxy that stands on the way is named as such, for what helps against a server does not help there. How the way is
//! looked at is in `crate::transport`; what requests meet on it stands in the parent and in `proxy`.

use std::time::Duration;

use super::Finding;
use crate::domain::moment::Span;

impl Finding {
    /// Nobody says in time where a name leads, that of a server or of the `proxy` on the way there.
    #[must_use]
    pub fn silent_dns(place: &str, proxy: bool) -> Self {
        let what = format!("DNS did not say in time where {}{place} is", the_proxy(proxy));
        let else_a_proxy = if proxy { "" } else { ELSE_A_PROXY };
        Self::new(what, format!("Check the DNS servers of this machine (of a container: its own){else_a_proxy}"))
    }

    /// A name has no address, that of a server or of the `proxy` on the way there.
    #[must_use]
    pub fn no_address(place: &str, proxy: bool) -> Self {
        let what = format!("{}{place} has no address: DNS does not know it, or cannot be asked", the_proxy(proxy));
        let (name, else_a_proxy) = if proxy { (WHERE_THE_PROXY_IS, "") } else { ("the name", ELSE_A_PROXY) };
        Self::new(
            what,
            format!(
                "Check {name} for typing errors, and the DNS servers of this machine (of a container: its own){else_a_proxy}"
            ),
        )
    }

    /// Nobody takes a connection, neither a server nor the `proxy` on the way there; `how` says in which way that shows.
    #[must_use]
    pub fn unconnected(place: &str, proxy: bool, how: &str) -> Self {
        let what = format!("{}{place} {how}", the_proxy(proxy));
        if proxy {
            let action = format!("Check {WHERE_THE_PROXY_IS}, that the proxy runs, and the firewall");
            return Self::new(what, action);
        }
        Self::new(what, format!("Check the firewall{ELSE_A_PROXY}"))
    }

    /// Nobody who is trusted vouches for a certificate.
    #[must_use]
    pub fn unknown_issuer(server: &str, issuer: &str) -> Self {
        Self::new(
            format!("the certificate of {server} was issued by {issuer}, which is not trusted here"),
            "If that is a proxy that inspects TLS, or a CA of your own, put its certificate into ca_file; else somebody is in \
             between who should not be",
        )
    }

    /// A certificate has expired, or the clock is wrong.
    #[must_use]
    pub fn certificate_expired(server: &str, issuer: &str) -> Self {
        Self::new(
            format!("the certificate of {server}, issued by {issuer}, has expired"),
            "Check this machine's clock; else whoever issued it has to renew it",
        )
    }

    /// The time of a certificate has not come, or the clock is wrong.
    #[must_use]
    pub fn certificate_too_young(server: &str, issuer: &str) -> Self {
        Self::new(
            format!("the certificate of {server}, issued by {issuer}, is not valid yet"),
            "Check this machine's clock",
        )
    }

    /// A certificate is somebody else's.
    #[must_use]
    pub fn other_name(server: &str, issuer: &str) -> Self {
        Self::new(
            format!("the certificate of {server}, issued by {issuer}, is one for another name"),
            "Check cloud, and whether a proxy or a guest network answers in its place",
        )
    }

    /// Clocks differ.
    #[must_use]
    pub fn clock(server: &str, apart: Duration, fast: bool) -> Self {
        let direction = if fast { "ahead of" } else { "behind" };
        Self::new(
            format!("this machine's clock is {} {direction} that of {server}", Span(apart)),
            "Let it be set by NTP (chrony, systemd-timesyncd): the age of data and the life of tokens are told by it",
        )
    }
}

/// For whom no direct way out is meant.
const ELSE_A_PROXY: &str = "; if only a proxy may go out from here, name it in proxy or HTTPS_PROXY";

/// What names a proxy that is configured.
const WHERE_THE_PROXY_IS: &str = "host and port in HTTPS_PROXY or the key proxy";

/// What stands before the place of a proxy.
fn the_proxy(proxy: bool) -> &'static str {
    if proxy { "the proxy at " } else { "" }
}
