//! Any bytes as the file of a web configuration.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teams_presence_exporter::fuzzing::web_config(bytes));
