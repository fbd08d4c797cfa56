//! The metrics page: the board's page, the exporter's own metrics after it, compressed for whoever wants that.
//!
//! There is one of all tenants and of the process, and one of each tenant alone, without what is not about that tenant: whom
//! it is given to is to see nothing of the others, nor how busy they keep the process.
//! Which format a client gets is found out in `media`. What the board says, and what was counted, is ready-made until it
//! changes, as text and compressed; a scrape costs a look at the process and the end of a page.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};

use super::answer::{Answer, TEXT, answer, with};
use super::media::{self, Chosen};
use super::own::Own;
use super::room::Seat;
use super::slots::Slots;
use super::{Site, encoding};
use crate::clock;
use crate::domain::moment::Now;
use crate::exposition::{self, Format, Gzip, Piece, Sheet};
use crate::telemetry::Telemetry;

/// Answers scrapes, so many at one time.
pub(super) struct Metrics {
    /// One for each scrape that may be under way.
    slots: Slots,
    most: usize,
    own: Own,
    gzip: Gzip,
}

/// What a page is about.
pub(super) enum Extent {
    /// All tenants, and the process.
    Everything,
    /// The tenant of this name.
    Tenant(String),
}

/// A page in its pieces, the first of which others share.
struct Page {
    board: Arc<Sheet>,
    /// In which the page is written.
    format: Format,
    own: Arc<[Piece]>,
    end: Vec<u8>,
}

impl Metrics {
    /// Answers at most this many scrapes at one time; 0 for any number.
    pub(super) fn new(most: usize) -> Self {
        Self { slots: Slots::new(most), most, own: Own::default(), gzip: Gzip::new() }
    }

    /// The answer to a scrape by whoever has this seat; `None` if there is no such tenant.
    pub(super) async fn answer(
        &self,
        site: &Site,
        extent: &Extent,
        headers: &HeaderMap,
        seat: &Seat,
    ) -> Option<Answer> {
        extent.page(site, clock::now())?;
        let Some(slot) = self.slots.take(seat).await else { return Some(self.too_many()) };
        let now = clock::now();
        let Chosen { format, media_type } = media::choose(headers);
        let compressed = encoding::prefers_gzip(headers);
        let page = self.page(site, extent, format, now)?;
        let pieces = if compressed { page.gzip(&self.gzip) } else { page.plain() };
        let answer = slot.answer(media_type, pieces);
        let answer = with(answer, header::VARY, "Accept, Accept-Encoding");
        Some(if compressed { with(answer, header::CONTENT_ENCODING, "gzip") } else { answer })
    }

    /// The page. What is not the board's is read before it: what was shown before it was counted is there. Where tenants came
    /// or went in between, both are read again.
    fn page(&self, site: &Site, extent: &Extent, format: Format, now: Now) -> Option<Page> {
        loop {
            let arrangement = site.board.shown().arrangement;
            let own = self.own.pieces(&site.telemetry, extent, format);
            let mut end = extent.process(format);
            end.extend_from_slice(format.end());
            let board = extent.page(site, now)?;
            if site.board.shown().arrangement == arrangement {
                return Some(Page { board, format, own, end });
            }
        }
    }

    fn too_many(&self) -> Answer {
        let text = format!(
            "As many scrapes as --web.max-requests allows ({}) are being answered already; try again later\n",
            self.most
        );
        answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
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

    /// What the process takes, if the page is about that.
    fn process(&self, format: Format) -> Vec<u8> {
        let mut text = Vec::new();
        if let Self::Everything = self {
            let mut process = exposition::Page::default();
            for (family, value) in Telemetry::process() {
                process.add(family, &[], value);
            }
            format.write(&process.into_families(), &mut text);
        }
        text
    }
}

impl Page {
    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.board.pieces(self.format).iter().chain(&*self.own)
    }

    fn plain(self) -> Vec<Bytes> {
        let mut page: Vec<Bytes> = self.pieces().map(|piece| piece.text().clone()).collect();
        page.push(self.end.into());
        page
    }

    fn gzip(self, gzip: &Gzip) -> Vec<Bytes> {
        gzip.page(self.pieces(), &self.end)
    }
}
