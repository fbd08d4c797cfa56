//! Any bytes as Graph's answer about presence.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teams_presence_exporter::fuzzing::presences(bytes));
