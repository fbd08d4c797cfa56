//! The settings of the process itself, as opposed to those of a tenant: what it serves and how it logs.
//!
//! They are typed as flags or given in the environment, never in the file; `cli` reads them. Here are only
//! the values, so that `web` and `logging` need not know the command line.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;

/// What is served, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// Where to listen; at least one, none twice. Not used with `systemd_socket`.
    pub listen_addresses: Vec<ListenAddress>,
    /// The path of the metrics page: begins with `/`, is no other endpoint's.
    pub telemetry_path: String,
    /// How many scrapes may be answered at one time; 0 for no limit.
    pub max_requests: usize,
    /// The web configuration: TLS, users, headers, limits.
    pub config_file: Option<PathBuf>,
    /// Whether the sockets are systemd's, in place of addresses.
    pub systemd_socket: bool,
    /// Where health alone is answered, without TLS and to everybody; none twice, none of the addresses above.
    pub health_listen_addresses: Vec<ListenAddress>,
    /// Whether a request may ask for the configuration to be read again.
    pub enable_lifecycle: bool,
}

impl Default for Web {
    /// What is served where no flag says otherwise.
    fn default() -> Self {
        Self {
            listen_addresses: vec![ListenAddress::everywhere(10_068)],
            telemetry_path: "/metrics".to_owned(),
            max_requests: 40,
            config_file: None,
            systemd_socket: false,
            health_listen_addresses: Vec::new(),
            enable_lifecycle: false,
        }
    }
}

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// A port of the network.
    Network(NetworkAddress),
    /// A socket in the file system, by its absolute path of at most [`LONGEST_PATH`] bytes.
    Unix(PathBuf),
}

/// `:port` on all addresses, or `host:port`, or `[::1]:port`. Port 0 lets the system choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAddress {
    /// A name or an address, without brackets; empty for all addresses.
    host: String,
    port: u16,
}

/// How long the path of a socket may be, in bytes: the system has room for no more.
pub const LONGEST_PATH: usize = 107;

/// What the text of a socket in the file system begins with.
const UNIX: &str = "unix:";

/// How the log reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// The least important messages that are still written.
    pub level: LogLevel,
    /// The shape of a line.
    pub format: LogFormat,
}

/// How important a message is, the least important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For whoever looks for a fault of the exporter.
    Debug,
    /// What happens in ordinary operation.
    Info,
    /// What deserves a look, though the exporter goes on.
    Warn,
    /// What needs somebody's hand.
    Error,
}

/// The shape of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// `time=... level=INFO msg="..."`, as Prometheus itself writes.
    Logfmt,
    /// One JSON object a line.
    Json,
}

impl ListenAddress {
    /// A port of all addresses of this machine.
    #[must_use]
    pub fn everywhere(port: u16) -> Self {
        Self::Network(NetworkAddress { host: String::new(), port })
    }

    /// The address that a text names, if it names one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some(path) = text.strip_prefix(UNIX) else { return NetworkAddress::parse(text).map(Self::Network) };
        let fits = path.starts_with('/') && !path.ends_with('/') && path.len() <= LONGEST_PATH && !path.contains('\0');
        fits.then(|| Self::Unix(path.into()))
    }

    /// Whether to listen there twice is no contradiction: the system chooses a port, each time another.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self, Self::Network(NetworkAddress { port: 0, .. }))
    }
}

impl NetworkAddress {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        // The number's own parser takes a sign, people do not mean one.
        let port = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok())??;
        let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let fits = match inner {
            Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
            None => host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
        };
        fits.then(|| Self { host: inner.unwrap_or(host).to_owned(), port })
    }

    /// The name or address to listen on, if it is not all of them.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        (!self.host.is_empty()).then_some(&self.host)
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(NetworkAddress { host, port }) if host.contains(':') => {
                write!(formatter, "[{host}]:{port}")
            }
            Self::Network(NetworkAddress { host, port }) => write!(formatter, "{host}:{port}"),
            Self::Unix(path) => write!(formatter, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The host of an address, which is written as it was read.
    fn check(text: &str, host: Option<&str>, port: u16) {
        let address = ListenAddress::parse(text).expect(text);
        assert_eq!(address.to_string(), text);
        let ListenAddress::Network(address) = address else { panic!("{text} is no port") };
        assert_eq!((address.host(), address.port()), (host, port), "{text}");
    }

    #[test]
    fn an_address_is_a_port_or_a_host_and_a_port() {
        check(":10068", None, 10068);
        check("127.0.0.1:0", Some("127.0.0.1"), 0);
        check("exporter_1.example:9100", Some("exporter_1.example"), 9100);
        check("[::1]:65535", Some("::1"), 65535);
        assert_eq!(ListenAddress::parse(":10068"), Some(ListenAddress::everywhere(10068)));
    }

    #[test]
    fn an_address_is_the_path_of_a_socket() {
        let longest = format!("/{}", "a".repeat(LONGEST_PATH - 1));
        for path in ["/run/presence/metrics.sock", "/run/a:1", "/b\u{fc}ro", &longest] {
            let text = format!("unix:{path}");
            let address = ListenAddress::parse(&text).expect(&text);
            assert_eq!((&address, address.to_string()), (&ListenAddress::Unix(path.into()), text));
        }
        for path in ["", "socket", "./socket", "@socket", "/", "/run/", "/a\0b", &format!("{longest}a")] {
            assert_eq!(ListenAddress::parse(&format!("unix:{path}")), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let none = ["", ":", "10068", "host:", ":65536", ":+1", "::1:10068", "[::1]", "[host]:1", "[::1:1", "::1]:1"];
        for text in none.into_iter().chain(["http://host:1", "a,b:1", "a b:1", "b\u{fc}ro:1", "/run/socket"]) {
            assert_eq!(ListenAddress::parse(text), None, "{text}");
        }
    }
}
