//! The exporter seen from outside: one file per area, all in one binary.

mod web;
