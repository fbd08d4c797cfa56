//! Parts: what a page says of one tenant, as text by family, so that a page is made anew without writing it all anew.
//!
//! The formats want every family once, with the samples of all tenants; [`assemble`] puts the parts of tenants together
//! that way. Parts do not know why one is still true: read `board`.

use prometheus::proto::MetricFamily;

use super::{Page, groups, person_time, presence, requests, truth, write_text};
use crate::catalog;
use crate::domain::moment::Now;
use crate::domain::snapshot::Snapshot;

/// What a page says of one tenant.
#[derive(Debug)]
pub struct Part {
    /// In the order of the catalog.
    families: Vec<Said>,
}

/// What it says in one family.
#[derive(Debug)]
struct Said {
    /// The family's place in the catalog.
    family: usize,
    /// HELP, TYPE and samples.
    text: Vec<u8>,
    /// Where in the text the samples begin.
    samples: usize,
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
        let mut text = Vec::new();
        write_text(std::slice::from_ref(family), &mut text);
        let mut line_ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let samples = line_ends.nth(1).map(|(end, _)| end + 1)?;
        Some(Self { family: place, text, samples })
    }
}

/// A page of these parts, family by family.
#[must_use]
pub fn assemble<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Vec<u8> {
    let mut parts: Vec<_> = parts.into_iter().map(|part| part.families.iter().peekable()).collect();
    let mut page = Vec::new();
    for family in 0..catalog::ALL.len() {
        let said = parts.iter_mut().filter_map(|part| part.next_if(|said| said.family == family));
        for (number, Said { text, samples, .. }) in said.enumerate() {
            page.extend_from_slice(if number == 0 { text } else { &text[*samples..] });
        }
    }
    page
}
