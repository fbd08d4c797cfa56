//! The exporter's own metrics on a page, written once for as long as they stay the same.
//!
//! Requests, cycles and tokens are counted while presence is read; between two readings nothing of that changes, however
//! often it is scraped. What is kept of it is thrown away at the first change. What the process takes changes all the time
//! and is not here: read `metrics`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::metrics::Extent;
use crate::exposition::{Format, Piece};
use crate::telemetry::{Gathered, Telemetry};

/// What was written.
#[derive(Default)]
pub(super) struct Own(Mutex<Written>);

#[derive(Default)]
struct Written {
    gathered: Gathered,
    /// By the tenant that the page is of, if it is not of all: at most one for each tenant and format.
    pieces: HashMap<(Option<String>, Format), Arc<Piece>>,
}

impl Own {
    /// The metrics of the exporter about itself and its requests, as far as a page is about them.
    pub(super) fn piece(&self, telemetry: &Telemetry, extent: &Extent, format: Format) -> Arc<Piece> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gathered) = telemetry.gather_after(&written.gathered) {
            *written = Written { gathered, pieces: HashMap::new() };
        }
        let Written { gathered, pieces } = &mut *written;
        let tenant = match extent {
            Extent::Everything => None,
            Extent::Tenant(name) => Some(name.as_str()),
        };
        let piece = pieces.entry((tenant.map(str::to_owned), format)).or_insert_with(|| {
            let mut text = Vec::new();
            match tenant {
                None => format.write(gathered.all(), &mut text),
                Some(name) => format.write(&gathered.of(name), &mut text),
            }
            Arc::new(Piece::new(text))
        });
        Arc::clone(piece)
    }
}
