//! Any bytes as a page of users.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teams_presence_exporter::fuzzing::users(bytes));
