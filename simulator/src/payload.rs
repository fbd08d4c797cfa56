//! Payload: the body of an answer on its way out, which may be slow, silent, cut off or without end.
//!
//! What has no end is made while it is sent, so nobody holds gigabytes here. Which answers are like that is decided by
//! `faults`; what the bytes say, by the routes.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::faults::Effect;

/// Why a connection ends without (the rest of) an answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Before an answer: the peer sees a reset.
    Reset,
    /// Within an answer: the peer sees the end of the stream.
    CutOff,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is broken on purpose")
    }
}

impl std::error::Error for Broken {}

/// A body as it is sent.
pub(crate) enum Payload {
    /// Bytes that are there, of which there may be fewer than promised.
    Whole {
        /// What is still to be given.
        bytes: Bytes,
        /// The length in the headers.
        promised: u64,
        /// What comes after the bytes.
        end: End,
    },
    /// Bytes that are there, a few at a time.
    Dripping {
        /// What is still to be given.
        bytes: Bytes,
        /// How many at a time.
        drop: usize,
        /// When.
        every: Interval,
    },
    /// A list of JSON that goes on.
    Flood(Flood),
}

/// What follows the last byte.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// The next request.
    Right,
    /// The end of the connection, once hyper had the chance to send the bytes.
    CutOff { flushed: bool },
    /// Nothing, for ever.
    Silence,
}

/// A list of JSON that is made while it is sent; white space, but for its beginning.
pub(crate) struct Flood {
    /// What is still to be given, unpacked.
    left: u64,
    begun: bool,
    wave: Bytes,
    /// What packs it, if it is packed.
    packer: Option<Packer>,
}

/// A gzip member, made of waves that were packed once: each is a block that knows nothing of those before it.
struct Packer {
    wave: Bytes,
    wave_sum: Crc,
    /// Of all that was packed.
    sum: Crc,
}

/// How much of a flood is given at once, unpacked.
const WAVE: usize = 256 << 10;
/// How a flood begins.
const BEGINNING: &[u8] = br#"{"value":["#;
/// The header of a gzip member without a name or a time (RFC 1952, 2.3).
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// The last block of packed data, which is empty (RFC 1951, 3.2.6).
const LAST_BLOCK: [u8; 2] = [3, 0];

impl Payload {
    /// The body, as these effects let it be.
    pub(crate) fn new(body: Vec<u8>, effects: &[Effect]) -> Self {
        let promised = body.len() as u64;
        let mut bytes = Bytes::from(body);
        for effect in effects {
            match effect {
                Effect::Truncate(at) | Effect::Stall(at) if *at < bytes.len() => {
                    bytes.truncate(*at);
                    let silent = matches!(effect, Effect::Stall(_));
                    let end = if silent { End::Silence } else { End::CutOff { flushed: false } };
                    return Self::Whole { bytes, promised, end };
                }
                Effect::Drip { bytes: drop, every } => return Self::dripping(bytes, *drop, *every),
                Effect::Endless(length) => return Self::Flood(Flood::new(*length, None)),
                Effect::GzipBomb(length) => return Self::Flood(Flood::new(*length, Some(Packer::new()))),
                _ => {}
            }
        }
        Self::Whole { bytes, promised, end: End::Right }
    }

    fn dripping(bytes: Bytes, drop: usize, every: Duration) -> Self {
        let mut every = interval(every.max(Duration::from_millis(1)));
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self::Dripping { bytes, drop: drop.max(1), every }
    }
}

impl Flood {
    fn new(left: u64, packer: Option<Packer>) -> Self {
        Self { left, begun: false, wave: vec![b' '; WAVE].into(), packer }
    }

    /// The next bytes of it, none after its end.
    fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(self.begin());
        }
        if self.left == 0 {
            return self.packer.take().map(Packer::finish);
        }
        let length = usize::try_from(self.left).unwrap_or(WAVE).min(WAVE);
        self.left -= length as u64;
        let wave = self.wave.slice(..length);
        Some(match &mut self.packer {
            Some(packer) => packer.pack(&wave),
            None => wave,
        })
    }

    fn begin(&mut self) -> Bytes {
        self.left = self.left.saturating_sub(BEGINNING.len() as u64);
        match &mut self.packer {
            Some(packer) => [&GZIP_HEADER, &*packer.pack(BEGINNING)].concat().into(),
            None => Bytes::from_static(BEGINNING),
        }
    }
}

impl Packer {
    fn new() -> Self {
        let wave = vec![b' '; WAVE];
        Self { wave_sum: checksum(&wave), wave: block(&wave), sum: Crc::new() }
    }

    fn pack(&mut self, bytes: &[u8]) -> Bytes {
        if bytes.len() == WAVE {
            self.sum.combine(&self.wave_sum);
            return self.wave.clone();
        }
        self.sum.combine(&checksum(bytes));
        block(bytes)
    }

    fn finish(self) -> Bytes {
        [&LAST_BLOCK[..], &self.sum.sum().to_le_bytes(), &self.sum.amount().to_le_bytes()].concat().into()
    }
}

fn checksum(bytes: &[u8]) -> Crc {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum
}

/// Bytes as packed data of which more may follow.
fn block(bytes: &[u8]) -> Bytes {
    let mut packed = Vec::with_capacity(bytes.len() + 64);
    // There is room for everything, so nothing is left over.
    drop(Compress::new(Compression::best(), false).compress_vec(bytes, &mut packed, FlushCompress::Full));
    packed.into()
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let some = |bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        match &mut *self {
            Self::Whole { bytes, .. } if !bytes.is_empty() => some(std::mem::take(bytes)),
            Self::Whole { end: End::Right, .. } => Poll::Ready(None),
            Self::Whole { end: End::Silence, .. } => Poll::Pending,
            Self::Whole { end: End::CutOff { flushed: true }, .. } => Poll::Ready(Some(Err(Broken::CutOff))),
            Self::Whole { end: End::CutOff { flushed }, .. } => {
                *flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Dripping { bytes, .. } if bytes.is_empty() => Poll::Ready(None),
            Self::Dripping { bytes, drop, every } => {
                ready!(every.poll_tick(context));
                some(bytes.split_to((*drop).min(bytes.len())))
            }
            Self::Flood(flood) => flood.next().map_or(Poll::Ready(None), some),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole { bytes, end, .. } => bytes.is_empty() && matches!(end, End::Right),
            Self::Dripping { bytes, .. } => bytes.is_empty(),
            Self::Flood(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole { promised, .. } => SizeHint::with_exact(*promised),
            Self::Dripping { bytes, .. } => SizeHint::with_exact(bytes.len() as u64),
            Self::Flood(_) => SizeHint::default(),
        }
    }
}
