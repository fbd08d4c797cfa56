//! Parts: what a page says of one tenant, as text by family, so that a page is made anew without writing it all anew.
//!
//! There are no histograms in them, so the samples are the same text in every format. Pages are made of parts in `sheet`.

use prometheus::proto::MetricFamily;

use super::format::Format;
use super::{Page, groups, person_time, presence, requests, truth};
use crate::catalog;
use crate::domain::moment::Now;
use crate::domain::snapshot::Snapshot;

/// What a page says of one tenant.
#[derive(Debug)]
pub struct Part {
    /// In the order of the catalog.
    pub(super) families: Vec<Said>,
}

/// What it says in one family.
#[derive(Debug)]
pub(super) struct Said {
    /// The family's place in the catalog.
    pub(super) family: usize,
    /// The samples, in any format.
    pub(super) samples: Vec<u8>,
}

impl Part {
    /// The presence, person-time, truth and request families of a tenant as of `now`.
    #[must_use]
    pub fn of(now: Now, snapshot: &Snapshot) -> Self {
        let mut page = Page::default();
        presence(&mut page, now, snapshot);
        groups::add(&mut page, now, snapshot);
        person_time(&mut page, snapshot);
        truth(&mut page, now, snapshot);
        requests(&mut page, snapshot);
        Self { families: page.into_families().iter().filter_map(Said::of).collect() }
    }
}

impl Said {
    fn of(family: &MetricFamily) -> Option<Self> {
        let place = catalog::ALL.iter().position(|known| known.name == family.name())?;
        let mut samples = Vec::new();
        Format::Text.samples(family, &mut samples);
        // It is kept until the tenant says something else.
        samples.shrink_to_fit();
        Some(Self { family: place, samples })
    }
}
