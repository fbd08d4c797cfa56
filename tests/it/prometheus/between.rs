//! Somebody between Prometheus and the exporter, who passes on what is asked and answered and remembers the heads of both.
//!
//! It may leave out a header line of the requests, for a Prometheus that cannot be told to. Each connection carries one
//! request. It ends when dropped.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where it listens, and what was said there.
pub(super) struct Between {
    pub(super) address: SocketAddr,
    state: Arc<State>,
}

/// A request and its answer without their bodies, in small letters.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) asked: String,
    pub(super) answered: String,
}

struct State {
    /// Who answers.
    target: SocketAddr,
    /// The header that is left out.
    without: Option<&'static str>,
    said: Mutex<Vec<Said>>,
    ended: AtomicBool,
}

/// How long one read may take.
const PATIENCE: Duration = Duration::from_secs(30);

impl Between {
    /// Begins to listen, and passes on all of a request but this header.
    pub(super) fn start(target: SocketAddr, without: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { target, without, said: Mutex::default(), ended: AtomicBool::new(false) });
        let its = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if its.ended.load(Ordering::Relaxed) {
                    return;
                }
                // Who asked sees that it went wrong.
                drop(its.pass_on(stream));
            }
        });
        Self { address, state }
    }

    /// All that was said so far.
    pub(super) fn said(&self) -> Vec<Said> {
        self.state.said.lock().unwrap().clone()
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
        // Nobody waits for it, but it waits for somebody.
        drop(TcpStream::connect(self.address));
    }
}

impl State {
    fn pass_on(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_read_timeout(Some(PATIENCE))?;
        let head = head(&mut client)?;
        let is_passed = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default().to_lowercase();
            name != "connection" && self.without.is_none_or(|without| name != without)
        };
        let lines: Vec<&str> = head.trim_end().split("\r\n").filter(is_passed).collect();
        let mut server = TcpStream::connect(self.target)?;
        server.set_read_timeout(Some(PATIENCE))?;
        let asked = format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
        server.write_all(asked.as_bytes())?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let answered = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        self.said.lock().unwrap().push(Said { asked: asked.to_lowercase(), answered });
        client.write_all(&answer)
    }
}

/// The head of a request.
fn head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    String::from_utf8(head).map_err(io::Error::other)
}
