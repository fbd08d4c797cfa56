//! The exporter's own metrics on a page, written once for as long as they stay the same.
//!
//! Requests, cycles and tokens are counted while presence is read; between two readings nothing of that changes, however
//! often it is scraped. What is kept of it is thrown away at the first change. What the process takes changes all the time
//! and is not here: read `metrics`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::metrics::Extent;
use crate::exposition::{Cut, Format, Piece};
use crate::telemetry::{self, Telemetry};

/// What was written.
#[derive(Default)]
pub(super) struct Own(Mutex<Written>);

#[derive(Default)]
struct Written {
    /// How often what was counted had changed when it was written.
    changes: u64,
    /// By the tenant that the page is of, if it is not of all: at most one for each tenant and format.
    pieces: HashMap<(Option<String>, Format), Arc<[Piece]>>,
}

impl Own {
    /// The metrics of the exporter about itself and its requests, as far as a page is about them.
    pub(super) fn pieces(&self, telemetry: &Telemetry, extent: &Extent, format: Format) -> Arc<[Piece]> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tenant = match extent {
            Extent::Everything => None,
            Extent::Tenant(name) => Some(name.as_str()),
        };
        let which = (tenant.map(str::to_owned), format);
        let known = written.pieces.get(&which).cloned();
        // What is not written yet is written whatever has changed.
        let before = if known.is_some() { written.changes } else { 0 };
        let mut page = Cut::default();
        let changes = telemetry.gather_after(before, |family| {
            let family = match tenant {
                None => Some(family),
                Some(name) => telemetry::of_tenant(family, name),
            };
            format.write(family.as_slice(), page.more());
        });
        if let (None, Some(pieces)) = (changes, known) {
            return pieces;
        }
        let changes = changes.unwrap_or_default();
        if changes != written.changes {
            *written = Written { changes, pieces: HashMap::new() };
        }
        // They are kept until the first change.
        let pieces: Arc<[Piece]> = page.pieces().into();
        written.pieces.insert(which, Arc::clone(&pieces));
        pieces
    }
}
