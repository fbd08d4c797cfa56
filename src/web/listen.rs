//! Where to listen: addresses as they are typed, into bound sockets.
//!
//! An address is `:port` for every interface, `host:port` or `[::1]:port`; port 0 lets the system choose. What is done
//! with the sockets is in `server`.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::net::TcpListener;

/// Why an address cannot be listened on.
#[derive(Debug)]
pub enum BindError {
    /// It is none: to be corrected by whoever typed it.
    Malformed {
        /// As it was typed.
        address: String,
    },
    /// The system refuses it.
    Refused {
        /// As it was typed.
        address: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Binds an address: more than one socket where the system keeps IPv4 and IPv6 apart.
pub(super) async fn bind(address: &str) -> Result<Vec<TcpListener>, BindError> {
    let Some((host, port)) = parse(address) else {
        return Err(BindError::Malformed { address: address.to_owned() });
    };
    let bound = if host.is_empty() {
        everywhere(port).await
    } else {
        TcpListener::bind((host, port)).await.map(|listener| vec![listener])
    };
    bound.map_err(|source| BindError::Refused { address: address.to_owned(), source })
}

/// Host and port of an address; without a host it is empty.
fn parse(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    // Go and the shell accept a sign here, people do not mean one.
    let port = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok())??;
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']')?;
        return inner.parse::<Ipv6Addr>().is_ok().then_some((inner, port));
    }
    (!host.contains([':', '/', ' ', ']'])).then_some((host, port))
}

/// Binds a port of every interface, IPv6 and IPv4.
async fn everywhere(port: u16) -> io::Result<Vec<TcpListener>> {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
        Ok(listener) => {
            // Where the system keeps IPv6 sockets to IPv6, IPv4 needs one of its own; else this one holds the port for both.
            let port = listener.local_addr()?.port();
            let ipv4 = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.ok();
            Ok([listener].into_iter().chain(ipv4).collect())
        }
        Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => Err(error),
        Err(_) => Ok(vec![TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?]),
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { address } => write!(
                formatter,
                "cannot listen on {address:?}: not an address; write :10068, 127.0.0.1:10068 or [::1]:10068 in \
                 --web.listen-address"
            ),
            Self::Refused { address, source } => {
                write!(formatter, "cannot listen on {address}: ")?;
                match source.kind() {
                    ErrorKind::AddrInUse => formatter.write_str(
                        "address already in use; another process has the port, choose another with \
                         --web.listen-address",
                    ),
                    ErrorKind::PermissionDenied => formatter.write_str(
                        "permission denied; ports below 1024 are for privileged processes, choose another with \
                         --web.listen-address",
                    ),
                    ErrorKind::AddrNotAvailable => formatter.write_str(
                        "address not available; no interface of this machine has it, correct --web.listen-address",
                    ),
                    _ => write!(formatter, "{source}; correct --web.listen-address"),
                }
            }
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed { .. } => None,
            Self::Refused { source, .. } => Some(source),
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "a test looks at the ports from outside")]
mod tests {
    use super::*;

    fn check(address: &str, expected: Option<(&str, u16)>) {
        assert_eq!(parse(address), expected, "{address}");
    }

    #[test]
    fn an_address_is_a_port_or_a_host_and_a_port() {
        check(":10068", Some(("", 10068)));
        check("127.0.0.1:0", Some(("127.0.0.1", 0)));
        check("localhost:9100", Some(("localhost", 9100)));
        check("[::1]:10068", Some(("::1", 10068)));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for address in ["", "10068", "host:", ":65536", ":+1", "::1:10068", "[::1]", "[host]:1", "http://host:1"] {
            check(address, None);
        }
    }

    #[tokio::test]
    async fn a_fault_is_a_sentence_that_says_what_to_do() {
        let malformed = bind("10068").await.expect_err("no address").to_string();
        assert_eq!(
            malformed,
            "cannot listen on \"10068\": not an address; write :10068, 127.0.0.1:10068 or [::1]:10068 in \
             --web.listen-address"
        );
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        let in_use = bind(&address).await.expect_err("taken").to_string();
        assert_eq!(
            in_use,
            format!(
                "cannot listen on {address}: address already in use; another process has the port, choose another \
                 with --web.listen-address"
            )
        );
        let elsewhere = bind("192.0.2.1:0").await.expect_err("no interface has it").to_string();
        assert!(elsewhere.starts_with("cannot listen on 192.0.2.1:0: address not available; "), "{elsewhere}");
    }

    #[tokio::test]
    async fn a_port_alone_listens_on_every_interface() {
        let listeners = bind(":0").await.expect("a port");
        let port = listeners[0].local_addr().expect("an address").port();
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("IPv4 is answered");
    }
}
