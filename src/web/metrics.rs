//! The metrics page: the board's page, the exporter's own metrics after it, compressed for whoever wants that.
//!
//! There is one of all tenants and of the process, and one of each tenant alone, without what is not about that tenant: whom
//! it is given to is to see nothing of the others, nor how busy they keep the process.
//! Which format a client gets is found out in `media`. The page of the board is ready-made, so a scrape costs the
//! exporter's own metrics and, usually, one compression.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};

use super::media::{self, Chosen};
use super::routes::{Answer, answer, with};
use super::slots::Slots;
use super::{Site, encoding};
use crate::domain::moment::Now;
use crate::exposition::{self, Format, Sheet};
use crate::telemetry::Telemetry;

/// Answers scrapes, so many at one time.
pub(super) struct Metrics {
    /// One for each scrape that may be under way.
    slots: Slots,
    most: usize,
}

/// What a page is about.
pub(super) enum Extent {
    /// All tenants, and the process.
    Everything,
    /// The tenant of this name.
    Tenant(String),
}

impl Metrics {
    /// Answers at most this many scrapes at one time; 0 for any number.
    pub(super) fn new(most: usize) -> Self {
        Self { slots: Slots::new(most), most }
    }

    /// The answer to a scrape at `now`; `None` if there is no such tenant.
    pub(super) fn answer(&self, site: &Site, extent: &Extent, headers: &HeaderMap, now: Now) -> Option<Answer> {
        extent.page(site, now)?;
        let Some(slot) = self.slots.take() else { return Some(self.too_many()) };
        let Chosen { format, media_type } = media::choose(headers);
        let compressed = encoding::prefers_gzip(headers);
        let body = plain(site, extent, format, now)?;
        let body = if compressed { gzip(&body) } else { body };
        let answer = answer(StatusCode::OK, media_type, slot.body(body));
        let answer = with(answer, header::VARY, "Accept, Accept-Encoding");
        Some(if compressed { with(answer, header::CONTENT_ENCODING, "gzip") } else { answer })
    }

    /// Whether as many scrapes are under way as may be.
    pub(super) fn is_crowded(&self) -> bool {
        self.slots.are_taken()
    }

    fn too_many(&self) -> Answer {
        let text = format!(
            "As many scrapes as --web.max-requests allows ({}) are being answered already; try again later\n",
            self.most
        );
        answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", text)
    }
}

impl Extent {
    /// What the board says.
    fn page(&self, site: &Site, now: Now) -> Option<Arc<Sheet>> {
        match self {
            Self::Everything => Some(site.board.page(now)),
            Self::Tenant(name) => site.board.page_of(name, now),
        }
    }

    /// The metrics that are not the board's, and the end.
    fn own(&self, telemetry: &Telemetry, format: Format) -> Vec<u8> {
        let mut text = Vec::new();
        match self {
            Self::Everything => {
                format.write(&telemetry.gather(), &mut text);
                let mut process = exposition::Page::default();
                for (family, value) in Telemetry::process() {
                    process.add(family, &[], value);
                }
                format.write(&process.into_families(), &mut text);
            }
            Self::Tenant(name) => format.write(&telemetry.gather_of(name), &mut text),
        }
        text.extend_from_slice(format.end());
        text
    }
}

/// The page. The exporter's own metrics are read before the board: what was shown before it was counted is there. Where
/// tenants came or went in between, both are read again.
fn plain(site: &Site, extent: &Extent, format: Format, now: Now) -> Option<Vec<u8>> {
    loop {
        let arrangement = site.board.shown().arrangement;
        let own = extent.own(&site.telemetry, format);
        let page = extent.page(site, now)?;
        if site.board.shown().arrangement == arrangement {
            return Some([page.written(format), own.as_slice()].concat());
        }
    }
}

fn gzip(page: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 8), Compression::fast());
    let written = encoder.write_all(page).and_then(|()| encoder.finish());
    written.expect("a vector takes everything")
}
