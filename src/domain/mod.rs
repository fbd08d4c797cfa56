//! A stand-in for the domain, until the real one is merged.

pub mod tenant;
