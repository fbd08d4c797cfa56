//! Clients that scrape while a cycle runs, each on a connection of its own that it keeps.

use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often each client scrapes.
const PAUSE: Duration = Duration::from_millis(100);

/// Clients at work.
pub(crate) struct Scraping {
    end: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<Duration>>>,
}

/// How long scrapes took, the shortest first.
pub(crate) struct Latencies(Vec<Duration>);

impl Scraping {
    /// Starts so many clients.
    pub(crate) fn start(address: SocketAddr, clients: usize) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let clients = (0..clients).map(|number| {
            let end = Arc::clone(&end);
            std::thread::spawn(move || client(address, number, &end))
        });
        Self { clients: clients.collect(), end }
    }

    /// Ends them and collects what they saw.
    pub(crate) fn end(self) -> Latencies {
        self.end.store(true, Ordering::Relaxed);
        let mut latencies: Vec<Duration> =
            self.clients.into_iter().flat_map(|client| client.join().expect("a client")).collect();
        latencies.sort_unstable();
        Latencies(latencies)
    }
}

fn client(address: SocketAddr, number: usize, end: &AtomicBool) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("a socket option");
    let mut answer = vec![0; 1 << 20];
    // Each at instants of its own that are fixed beforehand, as Prometheus does it: clients that paused after each answer
    // would fall into step.
    let mut due = Instant::now() + PAUSE * u32::try_from(number % 40).unwrap_or(0) / 40;
    while !end.load(Ordering::Relaxed) {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += PAUSE;
        let asked = Instant::now();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n").expect("a request");
        read_answer(&mut stream, &mut answer);
        latencies.push(asked.elapsed());
    }
    latencies
}

/// Reads one answer whole.
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        filled += stream.read(&mut buffer[filled..]).expect("an answer");
        let Some(end) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.and_then(|length| length.trim().parse().ok()).expect("a length");
        if filled >= end + 4 + length {
            return;
        }
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at =
            |permille: usize| self.0.get(self.0.len().saturating_sub(1) * permille / 1000).copied().unwrap_or_default();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let (median, nine, ninety_nine) = (milliseconds(at(500)), milliseconds(at(900)), milliseconds(at(990)));
        write!(formatter, "{:>10} {median:>10.2} {nine:>8.2} {ninety_nine:>8.2}", self.0.len())
    }
}
