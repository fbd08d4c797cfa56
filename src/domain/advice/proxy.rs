//! Advice on proxies: one that stands on the way to a server and does not let through is named, not the server behind it.
//!
//! It knows hosts and ports, and never a user name or a password.

use super::{Advice, Hurdle, Reason};

impl Advice {
    /// The environment variable of this `name` holds something that is no proxy.
    #[must_use]
    pub fn proxy_variable(name: &str) -> Self {
        let what = format!("the environment variable {name} holds no proxy that can be used");
        let action = "Write it as http://host:port or http://user:password@host:port, with %2F, %3F, %23 and %40 for /, ?, # and @ \
                      in the password, or leave it out, and start the exporter again";
        Self { reason: Reason::Unavailable, what, action: action.into() }
    }
}

/// The proxy at this `place` kept a request from `server`.
pub(super) fn unreachable(server: &str, place: &str, hurdle: Hurdle) -> Advice {
    let (what, action) = match hurdle {
        Hurdle::Unreachable => (
            format!("the proxy at {place}, on the way to {server}, could not be reached"),
            "Check HTTPS_PROXY or the key proxy, its name, DNS and the firewall",
        ),
        Hurdle::Silent => (
            format!("the proxy at {place}, on the way to {server}, did not answer in time"),
            "Check the proxy, the network path to it, and whether it reaches that server itself",
        ),
        Hurdle::Refuses(407) => (
            refuses(server, place, 407),
            "Name user and password in HTTPS_PROXY, as http://user:password@host:port, or have it let this machine through \
             without",
        ),
        Hurdle::Refuses(status @ (502..=504)) => (
            refuses(server, place, status),
            "It does not reach that server itself: check its DNS and the firewall behind it",
        ),
        Hurdle::Refuses(status) => (refuses(server, place, status), "Have it allow CONNECT to that host and port"),
        Hurdle::Unintelligible => (
            format!("what answers at {place}, on the way to {server}, is no HTTP proxy"),
            "Check host, port and scheme in HTTPS_PROXY or the key proxy; it must allow CONNECT",
        ),
    };
    Advice { reason: Reason::Unavailable, what, action: action.into() }
}

fn refuses(server: &str, place: &str, status: u16) -> String {
    format!("the proxy at {place} refuses the way to {server} (HTTP {status})")
}
