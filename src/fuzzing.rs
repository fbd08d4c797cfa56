//! Laws of whatever reads or writes foreign bytes, for bytes that nobody thought of.
//!
//! This is the door through which cargo-fuzz (`make fuzz`) comes in, and it is there for it and for tests only. A law is
//! a function that is handed any bytes and panics if what is made of them breaks a promise. The tests below hand each of
//! them the seeds of fuzz/seeds and changes of these, so that none waits for cargo-fuzz to be found broken. What the
//! fuzzer finds becomes a test beside the code that it broke, and a seed.

mod page;
mod exposition;
mod retry_after;

pub use crate::config::laws::{config, web_config};
pub use crate::graph::laws::{presences, users};
pub use exposition::exposition;
pub use retry_after::retry_after;

/// What is handed any bytes, and panics if what is made of them breaks a promise.
pub type Law = fn(&[u8]);

/// Every law, by the name of its fuzz target and of the folder of its seeds.
pub const LAWS: [(&str, Law); 6] = [
    ("config", config),
    ("exposition", exposition),
    ("presences", presences),
    ("retry_after", retry_after),
    ("users", users),
    ("web_config", web_config),
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    /// What means something to one reader or another.
    const SIGNS: [&[u8]; 32] = [
        b"{", b"}", b"[", b"]", b"\"", b"\\", b",", b":", b": ", b"- ", b"\n", b"\r", b"\t", b" ", b"#", b"&a ", b"*a",
        b"|", b"<<: ", b"null", b"true", b"0", b"-1", b"1e999", b"9999999999999999999999", b"\\ud83d", b"\\u0000",
        b"\0", b"\xFF", b"\xEF\xBB\xBF", b"\xC4\xB1", b"\xC3\x9F",
    ];

    fn folder(path: &str) -> String {
        format!("{}/fuzz/{path}", env!("CARGO_MANIFEST_DIR"))
    }

    /// The seeds of a law, in the order of their names.
    fn seeds(law: &str) -> Vec<Vec<u8>> {
        let mut paths: Vec<_> =
            fs::read_dir(folder(&format!("seeds/{law}"))).expect(law).map(|entry| entry.expect(law).path()).collect();
        paths.sort();
        paths.into_iter().map(|path| fs::read(path).expect(law)).collect()
    }

    #[test]
    fn the_seeds_keep_the_laws() {
        for (name, law) in LAWS {
            let seeds = seeds(name);
            assert!(seeds.len() > 2, "too few seeds: {name}");
            for seed in seeds {
                law(&seed);
            }
        }
    }

    #[test]
    fn every_law_has_a_fuzz_target() {
        let manifest = fs::read_to_string(folder("Cargo.toml")).expect("a manifest");
        let targets: Vec<&str> = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
            .collect();
        assert_eq!(targets, LAWS.map(|(name, _)| name));
        for name in targets {
            let target = fs::read_to_string(folder(&format!("fuzz_targets/{name}.rs"))).expect(name);
            let call = format!("fuzz_target!(|bytes: &[u8]| teams_presence_exporter::fuzzing::{name}(bytes));\n");
            assert!(target.ends_with(&call), "{target}");
            assert!(Path::new(&folder(&format!("seeds/{name}"))).is_dir(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn changed_seeds_keep_the_laws(
            law in select(&LAWS[..]),
            seed in any::<Index>(),
            edits in vec((any::<Index>(), 0_usize..8, prop_oneof![
                select(&SIGNS[..]).prop_map(<[u8]>::to_vec),
                vec(any::<u8>(), 0..4),
            ]), 0..8),
        ) {
            let (name, law) = law;
            let mut bytes = seed.get(&seeds(name)).clone();
            for (place, removed, sign) in edits {
                let start = place.index(bytes.len() + 1);
                let end = (start + removed).min(bytes.len());
                bytes.splice(start..end, sign);
            }
            law(&bytes);
        }
    }
}
