//! Bodies: received whole, and within bounds whatever a server sends.
//!
//! What Graph says in all honesty fits into [`FREE`]: 650 answers with long texts take about 1.1 MB (facts/graph.md 8.3).
//! Anything longer is received one at a time for a tenant, so that a hostile server costs it one such body and not as many
//! as there are requests in flight. Bounds are of what is unpacked. This file does not know what a body says.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::sync::Semaphore;

use super::{Failure, obstacle};
use crate::domain::advice::Obstacle;

/// What is set aside for an answer before its length is known.
const USUAL: usize = 32 << 10;

/// The most bytes of an answer that are received while others are.
const FREE: usize = 2 << 20;

/// The most bytes that an answer may hold.
const LARGEST: usize = 16 << 20;

/// The most bytes of a refusal that are looked at: it holds one code word. The rest is left where it is.
const LARGEST_REFUSAL: usize = 64 << 10;

/// Receives the body of an answer, a long one when it is its `turn`. Who waits for that keeps no more than [`FREE`], and
/// waits no longer than those before it may take.
pub(super) async fn receive(mut response: Response, turn: &Semaphore) -> Result<Vec<u8>, Failure> {
    let status = response.status();
    if !status.is_success() {
        // These two mean the same whatever the body says, even if it never ends.
        let body_counts = status.as_u16() != 429 && !status.is_server_error();
        return refusal(&mut response).await.or_else(|failure| if body_counts { Err(failure) } else { Ok(Vec::new()) });
    }
    if response.content_length().is_some_and(|length| length > LARGEST as u64) {
        return Err(Failure::TooLarge);
    }
    let (mut body, mut mine) = (Vec::with_capacity(USUAL), None);
    while let Some(chunk) = response.chunk().await.map_err(|error| obstacle(&error))? {
        let length = body.len() + chunk.len();
        if length > LARGEST {
            return Err(Failure::TooLarge);
        }
        if length > FREE && mine.is_none() {
            mine = turn.acquire().await.ok();
            // All of it at once: growing by doubling would hold half of it twice. Memory that is not used costs none.
            body.reserve_exact(LARGEST - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    if !is_packed(response.headers()) {
        return Ok(body);
    }
    if mine.is_none() {
        mine = turn.acquire().await.ok();
    }
    let unpacked = unpack(&body, LARGEST);
    drop(mine);
    unpacked
}

async fn refusal(response: &mut Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| obstacle(&error))? {
        if body.len() + chunk.len() > LARGEST_REFUSAL {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    if is_packed(response.headers()) { unpack(&body, LARGEST_REFUSAL) } else { Ok(body) }
}

/// Whether a body is packed still: the client unpacks what is called `gzip`, and takes the header away. Names of codings
/// have no case and this one has two (RFC 9110, 8.4.1), so other servers may say `GZIP`.
fn is_packed(headers: &HeaderMap) -> bool {
    let coding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    coding.is_some_and(|coding| ["gzip", "x-gzip"].iter().any(|name| coding.trim().eq_ignore_ascii_case(name)))
}

fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::with_capacity(USUAL);
    let unpacked = MultiGzDecoder::new(packed).take(most as u64 + 1).read_to_end(&mut body);
    unpacked.map_err(|_| Failure::Obstacle(Obstacle::Body))?;
    if body.len() > most { Err(Failure::TooLarge) } else { Ok(body) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use reqwest::header::HeaderValue;

    use super::*;

    fn packed(length: usize) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![b' '; length]).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    #[test]
    fn what_is_packed_is_unpacked_within_the_same_bounds() {
        assert_eq!(unpack(&packed(1000), 1000).map(|body| body.len()), Ok(1000));
        assert_eq!(unpack(&packed(1001), 1000), Err(Failure::TooLarge));
        assert_eq!(unpack(&packed(1 << 20), 1000), Err(Failure::TooLarge));
    }

    #[test]
    fn a_coding_is_known_by_its_name_in_either_case() {
        let check = |coding: Option<&'static str>, expected| {
            let coding = coding.map(|name| (CONTENT_ENCODING, HeaderValue::from_static(name)));
            assert_eq!(is_packed(&coding.into_iter().collect()), expected);
        };
        for name in ["GZIP", "Gzip", " x-gzip "] {
            check(Some(name), true);
        }
        for name in [None, Some("identity"), Some("br")] {
            check(name, false);
        }
    }

    #[test]
    fn what_is_not_packed_or_only_in_part_is_no_answer() {
        let half = packed(100_000);
        for bytes in [&b"{}"[..], b"", &half[..half.len() / 2]] {
            assert_eq!(unpack(bytes, LARGEST), Err(Failure::Obstacle(Obstacle::Body)));
        }
    }
}
