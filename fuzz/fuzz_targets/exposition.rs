//! Any texts as the name of a tenant and as words of Graph, on the page.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| teams_presence_exporter::fuzzing::exposition(bytes));
