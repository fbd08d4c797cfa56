//! x
pub mod domain;
pub mod config;
pub mod clock;
pub mod catalog;
pub mod exposition;
pub mod telemetry;
pub mod board;
pub mod transport;
pub mod entra;
pub mod graph;
pub mod readiness;
pub mod keeper;
pub mod collector;
