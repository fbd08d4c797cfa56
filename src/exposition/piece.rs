//! Pieces: parts of a page that go out again and again, so that each is compressed once.
//!
//! A page in gzip is one member, as not everybody reads several: its stream is made of those of the pieces, each of which
//! ends at a whole byte and refers to nothing before it, and of one that ends the page. Their checksums are combined, not
//! computed anew. Who wants gzip, and what a page is made of, is not known here: read `web`.
#![expect(clippy::disallowed_types, reason = "what is made once here is a field's, and ends with it: no global")]

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// A part of a page.
#[derive(Debug)]
pub struct Piece {
    text: Bytes,
    deflated: OnceLock<Deflated>,
}

/// A page that is cut into pieces while it is written. One of some megabytes, made anew every few seconds, would leave holes in
/// the memory that the next one, being larger, does not fit into.
#[derive(Debug, Default)]
pub struct Cut {
    pieces: Vec<Piece>,
    text: Vec<u8>,
}

/// What compresses pages; it is used again, as it costs more to make than to use.
pub struct Gzip(Mutex<Compress>);

/// A part of a stream, and what has to be known of its text.
struct Deflated {
    stream: Bytes,
    checksum: Crc,
}

/// The head of a member: deflated, of no time and no name, as quickly as possible, on no matter what system.
const HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// Pages are read once or twice, and are so repetitive that more effort makes them little smaller.
const EFFORT: Compression = Compression::fast();

/// About how long a piece is, in bytes. A page of a tenant with a few groups is one.
const LENGTH: usize = 64 * 1024;

/// The least room that is made for a stream.
const ROOM: usize = 256;

impl Piece {
    /// A part of a page with this text.
    #[must_use]
    pub fn new(text: Vec<u8>) -> Self {
        Self { text: text.into(), deflated: OnceLock::new() }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &Bytes {
        &self.text
    }
}

impl Cut {
    /// Adds to the end.
    pub fn add(&mut self, text: &[u8]) {
        if self.text.len() + text.len() > LENGTH {
            self.end();
        }
        self.text.extend_from_slice(text);
    }

    /// Where to write more, of any length.
    pub fn more(&mut self) -> &mut Vec<u8> {
        if self.text.len() > LENGTH / 2 {
            self.end();
        }
        &mut self.text
    }

    /// The pieces of all of it.
    #[must_use]
    pub fn pieces(mut self) -> Vec<Piece> {
        self.end();
        self.pieces
    }

    fn end(&mut self) {
        if !self.text.is_empty() {
            let mut text = std::mem::take(&mut self.text);
            // It is kept for as long as the numbers are.
            text.shrink_to_fit();
            self.pieces.push(Piece::new(text));
        }
    }
}

impl Gzip {
    /// Nothing compressed yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(Compress::new(EFFORT, false)))
    }

    /// A page of these pieces and a last one, in gzip: bytes to be sent in this order.
    #[must_use]
    pub fn page<'p>(&self, pieces: impl IntoIterator<Item = &'p Piece>, last: &[u8]) -> Vec<Bytes> {
        let (mut page, mut checksum) = (vec![Bytes::from_static(HEAD)], Crc::new());
        for piece in pieces.into_iter().filter(|piece| !piece.text.is_empty()) {
            let deflated = piece.deflated.get_or_init(|| self.deflated(&piece.text));
            page.push(deflated.stream.clone());
            checksum.combine(&deflated.checksum);
        }
        let mut end = self.stream(last, FlushCompress::Finish);
        checksum.update(last);
        end.extend_from_slice(&checksum.sum().to_le_bytes());
        end.extend_from_slice(&checksum.amount().to_le_bytes());
        page.push(end.into());
        page
    }

    fn deflated(&self, text: &[u8]) -> Deflated {
        let mut checksum = Crc::new();
        checksum.update(text);
        let mut stream = self.stream(text, FlushCompress::Sync);
        // It is kept for as long as the text.
        stream.shrink_to_fit();
        Deflated { stream: stream.into(), checksum }
    }

    /// The stream of a text, which knows nothing of any other.
    fn stream(&self, text: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut compress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        compress.reset();
        let (mut stream, mut taken) = (Vec::with_capacity(ROOM + text.len() / 10), 0);
        loop {
            let before = compress.total_in();
            compress.compress_vec(&text[taken..], &mut stream, flush).expect("every text can be compressed");
            taken += usize::try_from(compress.total_in() - before).expect("no more than there is");
            // All is written when it leaves room: else there may be more to come.
            if taken == text.len() && stream.len() < stream.capacity() {
                return stream;
            }
            stream.reserve(stream.capacity().max(ROOM));
        }
    }
}

impl Default for Gzip {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Gzip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Gzip")
    }
}

impl fmt::Debug for Deflated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.stream.len())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    /// What a client reads of the page of these pieces, twice: the second time nothing of them is compressed anew. It reads
    /// one member, and nothing may be left after it.
    fn check(pieces: &[Piece], last: &[u8]) {
        let gzip = Gzip::new();
        let expected = [pieces.iter().flat_map(|piece| piece.text.iter().copied()).collect(), last.to_vec()].concat();
        for _ in 0..2 {
            let page = gzip.page(pieces, last).concat();
            let mut decoder = GzDecoder::new(&*page);
            let mut read = Vec::new();
            decoder.read_to_end(&mut read).expect("gzip, with the checksum and the length of the text");
            assert!(read == expected, "{} bytes instead of {}", read.len(), expected.len());
            assert!(decoder.into_inner().is_empty(), "more than a member");
        }
    }

    #[test]
    fn a_page_in_pieces_is_one_member() {
        let pieces = ["# HELP a A.\n", "", "a{of=\"a\"} 1\n"].map(|text| Piece::new(text.into()));
        check(&pieces, b"# EOF\n");
        check(&pieces, b"");
        check(&[], b"");
    }

    #[test]
    fn a_long_page_is_cut_and_nothing_of_it_is_lost() {
        let texts: Vec<Vec<u8>> = (0..40_u8).map(|number| vec![number; usize::from(number) * 700]).collect();
        let whole = texts.concat();
        let (mut added, mut written) = (Cut::default(), Cut::default());
        for text in &texts {
            added.add(text);
            written.more().extend_from_slice(text);
        }
        for pieces in [added.pieces(), written.pieces()] {
            let longest = pieces.iter().map(|piece| piece.text.len()).max();
            assert!(pieces.len() > 8 && longest <= Some(LENGTH), "{} pieces, the longest of {longest:?}", pieces.len());
            assert_eq!(pieces.iter().flat_map(|piece| piece.text.to_vec()).collect::<Vec<_>>(), whole);
            check(&pieces, b"# EOF\n");
        }
        assert!(Cut::default().pieces().is_empty());
    }

    #[test]
    fn a_page_that_hardly_compresses_comes_whole() {
        let mut number = 1_u64;
        let noise = std::iter::repeat_with(|| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            number.to_be_bytes()[0]
        });
        let noise: Vec<u8> = noise.take(1 << 20).collect();
        check(&[Piece::new(noise.clone())], &noise);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_a_page_says_and_however_it_is_split_gzip_says_the_same(
            page in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..3_000),
                prop::collection::vec(prop_oneof!["[a-c]{1,9}", "teams_presence_[a-c]\\{tenant=\"x\"\\} [0-9]{1,3}\n"], 0..900)
                    .prop_map(|words| words.concat().into_bytes()),
            ],
            splits in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            let mut places: Vec<usize> = splits.iter().map(|split| split.index(page.len() + 1)).collect();
            places.sort_unstable();
            let (mut pieces, mut begin) = (Vec::new(), 0);
            for place in places {
                pieces.push(Piece::new(page[begin..place].to_vec()));
                begin = place;
            }
            check(&pieces, &page[begin..]);
        }
    }
}
