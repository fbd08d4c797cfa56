//! Where to listen: addresses, or what a service manager passed, into sockets that connections wait at.
//!
//! What an address may be is in `config`, what is done with the sockets is in `server`.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use tokio::net::{TcpListener, UnixListener, UnixStream};
use tracing::warn;

use super::listener::{Listener, SocketFile};
use crate::config::{ListenAddress, NetworkAddress, Web};
use crate::service_manager::Passed;

/// Who may connect to a socket in the file system: the exporter's user and the group of the file.
const MODE: u32 = 0o660;

/// Why nobody can be served: what cannot be listened on, why, what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BindError(String);

/// Everything is served here.
pub(super) async fn for_all(web: &Web, passed: Passed) -> Result<Vec<Listener>, BindError> {
    if !web.systemd_socket {
        if !passed.is_empty() {
            let sockets = passed.len();
            warn!(sockets, "a service manager passed sockets, which are not used without --web.systemd-socket");
        }
        return each("--web.listen-address", &web.listen_addresses).await;
    }
    if web.listen_addresses != Web::default().listen_addresses {
        warn!("--web.listen-address is not used, as --web.systemd-socket is set");
    }
    let sockets = passed.sockets().map_err(|refusal| BindError(refusal.to_string()))?;
    Ok(sockets.into_iter().map(Listener::from).collect())
}

/// Health alone is told here.
pub(super) async fn for_probes(web: &Web) -> Result<Vec<Listener>, BindError> {
    each("--web.health-listen-address", &web.health_listen_addresses).await
}

/// Binds each of the addresses that were given for a flag.
async fn each(flag: &str, addresses: &[ListenAddress]) -> Result<Vec<Listener>, BindError> {
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = match address {
            ListenAddress::Network(address) => network(address).await.map_err(|error| network_fault(&error)),
            ListenAddress::Unix(path) => socket(path).await.map(|listener| vec![listener]),
        };
        listeners.extend(bound.map_err(|fault| BindError(format!("cannot listen on {address}: {fault} {flag}")))?);
    }
    Ok(listeners)
}

/// More than one socket where the system keeps IPv4 and IPv6 apart.
async fn network(address: &NetworkAddress) -> io::Result<Vec<Listener>> {
    let bound = match address.host() {
        None => everywhere(address.port()).await?,
        Some(host) => vec![TcpListener::bind((host, address.port())).await?],
    };
    Ok(bound.into_iter().map(Listener::Tcp).collect())
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

/// What is wrong, up to the flag that it is wrong with.
fn network_fault(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => "address already in use; another process has the port, choose another with".to_owned(),
        ErrorKind::PermissionDenied => {
            "permission denied; ports below 1024 are for privileged processes, choose another with".to_owned()
        }
        ErrorKind::AddrNotAvailable => "address not available; no interface of this machine has it, correct".to_owned(),
        _ => format!("{error}; correct"),
    }
}

/// Binds a path. What a process that is gone has left there is replaced.
async fn socket(path: &Path) -> Result<Listener, String> {
    let bound = match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            vacate(path).await?;
            UnixListener::bind(path)
        }
        bound => bound,
    };
    let listener = bound.map_err(|error| path_fault(&error))?;
    let file = SocketFile::at(path).map_err(|error| path_fault(&error))?;
    // The file is born with what the umask leaves, which is seldom more: who may come near is for its folder to say.
    fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(|error| path_fault(&error))?;
    Ok(Listener::Unix { listener, _file: Some(file) })
}

/// Removes a socket that nobody listens at any more, and nothing else.
async fn vacate(path: &Path) -> Result<(), String> {
    let there = fs::symlink_metadata(path).map_err(|error| path_fault(&error))?;
    if !there.file_type().is_socket() {
        return Err("something else than a socket is there; move it away, or choose another with".to_owned());
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|error| path_fault(&error))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(path_fault(&error)),
        // Even a fault such as a queue that is full says that somebody is there.
        _ => Err("another process listens there; choose another with".to_owned()),
    }
}

/// What is wrong with a path, up to the flag that it is wrong with.
fn path_fault(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "its folder is not there; make it, or choose another with".to_owned(),
        ErrorKind::PermissionDenied => {
            "permission denied; let the user of the exporter write to the folder, or choose another with".to_owned()
        }
        _ => format!("{error}; correct"),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "a test looks at the ports from outside")]
mod tests {
    use std::os::unix::net::{UnixDatagram, UnixListener as Other};

    use super::*;

    async fn bound(address: &str) -> Result<Vec<Listener>, BindError> {
        each("--web.listen-address", &[ListenAddress::parse(address).expect(address)]).await
    }

    async fn refused(address: &str) -> String {
        bound(address).await.expect_err(address).to_string()
    }

    #[tokio::test]
    async fn a_fault_is_a_sentence_that_says_what_to_do() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        assert_eq!(
            refused(&address).await,
            format!(
                "cannot listen on {address}: address already in use; another process has the port, choose another \
                 with --web.listen-address"
            )
        );
        let elsewhere = refused("192.0.2.1:0").await;
        assert!(elsewhere.starts_with("cannot listen on 192.0.2.1:0: address not available; "), "{elsewhere}");
    }

    #[tokio::test]
    async fn a_port_alone_listens_on_every_interface() {
        let listeners = bound(":0").await.expect("a port");
        let port = listeners[0].network().expect("an address").port();
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("IPv4 is answered");
    }

    #[tokio::test]
    async fn a_path_has_the_mode_of_its_user_and_group_and_is_gone_in_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let address = format!("unix:{}", path.display());
        let listeners = bound(&address).await.expect("a socket");
        assert_eq!(listeners[0].to_string(), address);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o7777, 0o660);
        drop(listeners);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_that_took_the_place_of_ours_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let listeners = bound(&format!("unix:{}", path.display())).await.expect("a socket");
        fs::rename(&path, folder.path().join("moved")).expect("moved");
        let _other = Other::bind(&path).expect("a socket");
        drop(listeners);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn only_the_socket_of_a_process_that_is_gone_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let address = |name: &str| format!("unix:{}", at(name).display());
        drop(Other::bind(at("stale")).expect("a socket"));
        drop(bound(&address("stale")).await.expect("replaced"));

        let _alive = Other::bind(at("alive")).expect("a socket");
        let _letters = UnixDatagram::bind(at("letters")).expect("a socket");
        fs::write(at("file"), "kept").expect("a file");
        std::os::unix::fs::symlink(at("nowhere"), at("link")).expect("a link");
        fs::create_dir(at("folder")).expect("a folder");
        let listens = "another process listens there; choose another with";
        let else_there = "something else than a socket is there; move it away, or choose another with";
        let no_folder = "its folder is not there; make it, or choose another with";
        for (name, fault) in [
            ("alive", listens),
            ("letters", listens),
            ("file", else_there),
            ("link", else_there),
            ("folder", else_there),
            ("missing/socket", no_folder),
        ] {
            let address = address(name);
            assert_eq!(
                refused(&address).await,
                format!("cannot listen on {address}: {fault} --web.listen-address"),
                "{name}"
            );
        }
        assert_eq!(fs::read_to_string(at("file")).expect("still there"), "kept");
        assert!(at("alive").exists());
    }
}
