//! x
pub mod domain;
pub mod clock;
pub mod catalog;
pub mod exposition;
pub mod telemetry;
pub mod board;
