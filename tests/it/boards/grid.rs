//! Where panels are: beside each other on 24 columns, none upon another.

use super::board::{Board, Panel};

const COLUMNS: u64 = 24;

/// A rectangle of the grid.
#[derive(Clone, Copy)]
struct Place {
    left: u64,
    right: u64,
    top: u64,
    bottom: u64,
}

fn place(panel: &Panel) -> Option<Place> {
    let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel.json["gridPos"][key].as_u64());
    let (left, top) = (x?, y?);
    Some(Place { left, right: left + w.filter(|w| *w > 0)?, top, bottom: top + h.filter(|h| *h > 0)? })
}

pub(super) fn faults(board: &Board) -> Vec<String> {
    let mut faults = Vec::new();
    let mut placed: Vec<(Panel, Place)> = Vec::new();
    for panel in board.panels() {
        let Some(own) = place(&panel) else {
            faults.push(panel.fault("no place on the grid"));
            continue;
        };
        if own.right > COLUMNS {
            faults.push(panel.fault(&format!("it ends at column {} of {COLUMNS}", own.right)));
        }
        let overlaps = |other: &Place| {
            own.left < other.right && other.left < own.right && own.top < other.bottom && other.top < own.bottom
        };
        if let Some((other, _)) = placed.iter().find(|(_, other)| overlaps(other)) {
            faults.push(panel.fault(&format!("it is upon {}", other.title())));
        }
        placed.push((panel, own));
    }
    faults
}
