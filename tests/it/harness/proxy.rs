//! A proxy of HTTP that tunnels, or has reasons not to. It counts, and it remembers what it was shown.
//!
//! Whatever host it is asked for, it connects to that port of this machine: so a host may have any name.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How a proxy behaves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Manner {
    /// It tunnels whoever comes.
    Open,
    /// It tunnels whoever shows this name and password, as in a URL, and asks others for them.
    Wants(&'static str),
    /// It refuses with this line.
    Refuses(&'static str),
    /// It says nothing.
    Hangs,
}

/// A proxy that runs until the test ends.
pub(crate) struct Proxy {
    address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
}

struct Inside {
    manner: Manner,
    /// The hosts and ports that were asked for, one for each attempt.
    asked: Vec<String>,
    tunnels: usize,
    /// Who hangs, so that nobody is hung up on.
    hanging: Vec<TcpStream>,
}

impl Proxy {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let inside = Arc::new(Mutex::new(Inside { manner, asked: Vec::new(), tunnels: 0, hanging: Vec::new() }));
        let shared = Arc::clone(&inside);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // Who hangs up meanwhile is served no further.
                thread::spawn(move || drop(serve(client, &shared)));
            }
        });
        Self { address, inside }
    }

    /// Host and port, as they are told to people.
    pub(crate) fn place(&self) -> String {
        self.address.to_string()
    }

    /// Behaves so from now on.
    pub(crate) fn turn(&self, manner: Manner) {
        self.inside.lock().unwrap().manner = manner;
    }

    /// How many tunnels it has made.
    pub(crate) fn tunnels(&self) -> usize {
        self.inside.lock().unwrap().tunnels
    }

    /// The hosts and ports that it was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.inside.lock().unwrap().asked.clone()
    }
}

fn serve(mut client: TcpStream, inside: &Mutex<Inside>) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let place = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned();
    let manner = {
        let mut inside = inside.lock().unwrap();
        inside.asked.push(place.clone());
        inside.manner.clone()
    };
    match manner {
        Manner::Hangs => {
            inside.lock().unwrap().hanging.push(client);
            return Ok(());
        }
        Manner::Refuses(line) => return write!(client, "{line}\r\nContent-Length: 0\r\n\r\n"),
        Manner::Wants(credentials) => {
            let headers = head.lines().filter_map(|line| line.split_once(": Basic "));
            let mut shown = headers.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
            if shown.next().is_none_or(|(_, value)| value != base64(credentials)) {
                return write!(client, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
            }
        }
        Manner::Open => {}
    }
    let port = place.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).unwrap_or_default();
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return write!(client, "HTTP/1.1 502 Bad Gateway\r\n\r\n");
    };
    write!(client, "HTTP/1.1 200 Connection established\r\n\r\n")?;
    inside.lock().unwrap().tunnels += 1;
    tunnel(client, server)
}

/// Hands on what either says until one of them hangs up.
fn tunnel(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        drop(io::copy(&mut from_client, &mut to_server));
        drop(to_server.shutdown(std::net::Shutdown::Write));
    });
    io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}

/// A name and a password as the header has them.
pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
