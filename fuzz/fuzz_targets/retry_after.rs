//! Any bytes as values of `Retry-After`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teams_presence_exporter::fuzzing::retry_after(bytes));
