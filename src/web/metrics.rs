//! The metrics page: the board's page, the exporter's own metrics after it, compressed for whoever wants that.
//!
//! Which format a client gets is found out in `media`. The page of the board is ready-made, so a scrape costs the
//! exporter's own metrics and, usually, one compression.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};

use super::media::{self, Chosen};
use super::routes::{Answer, answer, with};
use super::slots::Slots;
use super::{Site, encoding};
use crate::domain::moment::Now;
use crate::exposition::{self, Format};
use crate::telemetry::Telemetry;

/// Answers scrapes, so many at one time.
pub(super) struct Metrics {
    /// One for each scrape that may be under way.
    slots: Slots,
    most: usize,
}

impl Metrics {
    /// Answers at most this many scrapes at one time; 0 for any number.
    pub(super) fn new(most: usize) -> Self {
        Self { slots: Slots::new(most), most }
    }

    /// The answer to a scrape at `now`.
    pub(super) fn answer(&self, site: &Site, headers: &HeaderMap, now: Now) -> Answer {
        let Some(slot) = self.slots.take() else { return self.too_many() };
        let Chosen { format, media_type } = media::choose(headers);
        let compressed = encoding::prefers_gzip(headers);
        let body = if compressed { gzip(site, format, now) } else { plain(site, format, now) };
        let answer = answer(StatusCode::OK, media_type, slot.body(body));
        let answer = with(answer, header::VARY, "Accept, Accept-Encoding");
        if compressed { with(answer, header::CONTENT_ENCODING, "gzip") } else { answer }
    }

    fn too_many(&self) -> Answer {
        let text = format!(
            "As many scrapes as --web.max-requests allows ({}) are being answered already; try again later\n",
            self.most
        );
        answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", text)
    }
}

fn plain(site: &Site, format: Format, now: Now) -> Vec<u8> {
    let own = own(&site.telemetry, format);
    let page = site.board.page(now);
    [page.written(format), own.as_slice()].concat()
}

fn gzip(site: &Site, format: Format, now: Now) -> Vec<u8> {
    let page = plain(site, format, now);
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 8), Compression::fast());
    let written = encoder.write_all(&page).and_then(|()| encoder.finish());
    written.expect("a vector takes everything")
}

/// The metrics that are not the board's, and the end. They are read before the board: what was shown before it was counted
/// is there.
fn own(telemetry: &Telemetry, format: Format) -> Vec<u8> {
    let mut text = Vec::new();
    format.write(&telemetry.gather(), &mut text);
    let mut process = exposition::Page::default();
    for (family, value) in Telemetry::process() {
        process.add(family, &[], value);
    }
    format.write(&process.into_families(), &mut text);
    text.extend_from_slice(format.end());
    text
}
