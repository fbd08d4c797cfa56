//! Any bytes as the YAML file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teams_presence_exporter::fuzzing::config(bytes));
