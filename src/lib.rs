//! teams-presence-exporter
