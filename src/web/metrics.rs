//! The metrics page: the board's page, the exporter's own metrics after it, compressed for whoever wants that.
//!
//! The format is the text format 0.0.4 whatever a client would rather have: every Prometheus reads it. The page of the
//! board is ready-made, so a scrape costs the exporter's own metrics and, usually, one compression.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};

use super::routes::{Answer, answer, with};
use super::slots::Slots;
use super::{Site, encoding};
use crate::domain::moment::Now;
use crate::exposition;
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
        let compressed = encoding::prefers_gzip(headers);
        let body = if compressed { gzip(site, now) } else { text(site, now) };
        let answer = answer(StatusCode::OK, exposition::TEXT_MEDIA_TYPE, slot.body(body));
        let answer = with(answer, header::VARY, "Accept-Encoding");
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

fn text(site: &Site, now: Now) -> Vec<u8> {
    let own = own(&site.telemetry);
    let page = site.board.page(now);
    [&page, own.as_slice()].concat()
}

fn gzip(site: &Site, now: Now) -> Vec<u8> {
    let own = own(&site.telemetry);
    let page = site.board.page(now);
    let mut encoder = GzEncoder::new(Vec::with_capacity((page.len() + own.len()) / 8), Compression::fast());
    let written = encoder.write_all(&page).and_then(|()| encoder.write_all(&own)).and_then(|()| encoder.finish());
    written.expect("a vector takes everything")
}

/// The metrics that are not the board's. They are read before the board: what was shown before it was counted is there.
fn own(telemetry: &Telemetry) -> Vec<u8> {
    let mut text = Vec::new();
    exposition::write_text(&telemetry.gather(), &mut text);
    let mut process = exposition::Page::default();
    for (family, value) in Telemetry::process() {
        process.add(family, &[], value);
    }
    exposition::write_text(&process.into_families(), &mut text);
    text
}
