//! Where the real Prometheus, promtool, `node_exporter` and axe-core are, for the tests that ask them.
//!
//! `make tools` fetches them; the Makefile says where in `TEAMS_PRESENCE_TOOLS`. A test that needs one and finds none
//! fails and says what to do: it never passes by not looking.

use std::path::{Path, PathBuf};

/// The folder of the programs: the one that the environment names, else the one that `make tools` fills.
#[expect(clippy::disallowed_methods, reason = "the tests have no configuration but their environment")]
fn folder() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("TEAMS_PRESENCE_TOOLS").unwrap_or_else(|| {
        set("XDG_CACHE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".cache")))
            .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"))
            .join("teams-presence-exporter/bin")
    })
}

/// The path of `prometheus` or `promtool` (3.x), of `prometheus-2` or `promtool-2` (2.x), of `node_exporter`, or of
/// `axe.min.js`.
///
/// # Panics
///
/// If the program is not there: run `make tools`.
pub(crate) fn tool(program: &str) -> PathBuf {
    find(&folder(), program).unwrap_or_else(|advice| panic!("{advice}"))
}

fn find(folder: &Path, program: &str) -> Result<PathBuf, String> {
    let path = folder.join(program);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!(
            "{program} is not in {}: run `make tools` (or set TEAMS_PRESENCE_TOOLS to where it is)",
            folder.display()
        ))
    }
}

#[test]
fn every_program_is_there_in_its_version() {
    let pairs = [("prometheus", "3"), ("promtool", "3"), ("prometheus-2", "2"), ("promtool-2", "2")];
    for (program, version) in pairs.into_iter().chain([("node_exporter", "1.5")]) {
        let answer = std::process::Command::new(tool(program)).arg("--version").output().unwrap();
        let words = String::from_utf8_lossy(&[answer.stdout, answer.stderr].concat()).into_owned();
        assert!(words.contains(&format!("version {version}.")), "{program} says: {words}");
    }
}

#[test]
fn a_missing_tool_is_a_failure_with_advice() {
    let advice = find(Path::new("no/such/folder"), "promtool").unwrap_err();
    assert!(advice.contains("run `make tools`"), "{advice}");
}
