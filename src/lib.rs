//! x
pub mod domain;
pub mod config;
pub mod clock;
pub mod catalog;
pub mod exposition;
pub mod telemetry;
pub mod board;
pub mod readiness;
pub mod shutdown;
pub mod logging;
pub mod web;
