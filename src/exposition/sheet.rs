//! Sheets: a page of parts, written once in each format that somebody asks for.
//!
//! The formats want every family once, with the samples of all tenants, so the parts of tenants are put together family by
//! family. A sheet is never changed: who has something else to say makes another one. It does not know why one is still
//! true: read `board`.
#![expect(clippy::disallowed_types, reason = "what is made once here is a field's, and ends with it: no global")]

use std::sync::{Arc, OnceLock};

use super::format::Format;
use super::{Cut, Part, Piece};
use crate::catalog;

/// What a page says of some tenants.
#[derive(Debug)]
pub struct Sheet {
    parts: Vec<Arc<Part>>,
    text: OnceLock<Vec<Piece>>,
    openmetrics: OnceLock<Vec<Piece>>,
}

impl Sheet {
    /// The sheet of a single tenant.
    #[must_use]
    pub fn new(part: Part) -> Self {
        Self::of(vec![Arc::new(part)])
    }

    fn of(parts: Vec<Arc<Part>>) -> Self {
        Self { parts, text: OnceLock::new(), openmetrics: OnceLock::new() }
    }

    /// Its families in a format, without what stands at the end of a page.
    #[must_use]
    pub fn written(&self, format: Format) -> Vec<u8> {
        self.pieces(format).iter().flat_map(|piece| piece.text().iter().copied()).collect()
    }

    /// The same as pieces of a page.
    #[must_use]
    pub fn pieces(&self, format: Format) -> &[Piece] {
        let written = match format {
            Format::Text => &self.text,
            Format::OpenMetrics => &self.openmetrics,
        };
        written.get_or_init(|| {
            let mut page = Cut::default();
            self.each(format, |text| page.add(text));
            page.pieces()
        })
    }

    /// Hands over the page piece by piece.
    fn each(&self, format: Format, mut take: impl FnMut(&[u8])) {
        let mut parts: Vec<_> = self.parts.iter().map(|part| part.families.iter().peekable()).collect();
        let mut head = Vec::new();
        for (place, family) in catalog::ALL.iter().enumerate() {
            let said = parts.iter_mut().filter_map(|part| part.next_if(|said| said.family == place));
            for (number, said) in said.enumerate() {
                if number == 0 {
                    head.clear();
                    format.head(family.name, family.kind, family.help, &mut head);
                    take(&head);
                }
                take(&said.samples);
            }
        }
    }
}

impl FromIterator<Arc<Sheet>> for Sheet {
    /// One sheet of what all of these say.
    fn from_iter<I: IntoIterator<Item = Arc<Sheet>>>(sheets: I) -> Self {
        Self::of(sheets.into_iter().flat_map(|sheet| sheet.parts.clone()).collect())
    }
}
