//! Where to listen: addresses into bound sockets.
//!
//! What an address may be is in `config`, what is done with the sockets is in `server`.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::net::TcpListener;

use crate::config::ListenAddress;

/// The system refuses an address.
#[derive(Debug)]
pub struct BindError {
    address: ListenAddress,
    /// What the system says.
    source: io::Error,
}

/// Binds an address: more than one socket where the system keeps IPv4 and IPv6 apart.
pub(super) async fn bind(address: &ListenAddress) -> Result<Vec<TcpListener>, BindError> {
    let bound = match address.host() {
        None => everywhere(address.port()).await,
        Some(host) => TcpListener::bind((host, address.port())).await.map(|listener| vec![listener]),
    };
    bound.map_err(|source| BindError { address: address.clone(), source })
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
        let Self { address, source } = self;
        write!(formatter, "cannot listen on {address}: ")?;
        match source.kind() {
            ErrorKind::AddrInUse => formatter.write_str(
                "address already in use; another process has the port, choose another with --web.listen-address",
            ),
            ErrorKind::PermissionDenied => formatter.write_str(
                "permission denied; ports below 1024 are for privileged processes, choose another with \
                 --web.listen-address",
            ),
            ErrorKind::AddrNotAvailable => formatter
                .write_str("address not available; no interface of this machine has it, correct --web.listen-address"),
            _ => write!(formatter, "{source}; correct --web.listen-address"),
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "a test looks at the ports from outside")]
mod tests {
    use super::*;

    async fn bound(address: &str) -> Result<Vec<TcpListener>, BindError> {
        bind(&ListenAddress::parse(address).expect(address)).await
    }

    #[tokio::test]
    async fn a_fault_is_a_sentence_that_says_what_to_do() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        let in_use = bound(&address).await.expect_err("taken").to_string();
        assert_eq!(
            in_use,
            format!(
                "cannot listen on {address}: address already in use; another process has the port, choose another \
                 with --web.listen-address"
            )
        );
        let elsewhere = bound("192.0.2.1:0").await.expect_err("no interface has it").to_string();
        assert!(elsewhere.starts_with("cannot listen on 192.0.2.1:0: address not available; "), "{elsewhere}");
    }

    #[tokio::test]
    async fn a_port_alone_listens_on_every_interface() {
        let listeners = bound(":0").await.expect("a port");
        let port = listeners[0].local_addr().expect("an address").port();
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("IPv4 is answered");
    }
}
