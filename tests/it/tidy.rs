//! The house rules, as tests: whatever CONTRIBUTING.md and docs/ARCHITECTURE.md say about the code and that a machine can
//! see is checked here. Each rule is a function from sources to findings, and each has a test of its own that it does
//! find what it is looking for. clippy.toml holds the rules that clippy can see (what is banned, how long a function is).
//!
//! Next: [`source`] (how a file is read), then [`imports`], the rule that the rest hangs on.

mod changelog;
mod imports;
mod links;
mod source;
mod types;
mod words;

pub(crate) use links::leads_to;

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

/// A place that breaks a rule: where, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

#[track_caller]
fn nothing(findings: &[Finding]) {
    let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} places break a house rule:\n\n  {}\n", list.len(), list.join("\n  "));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// All files below a folder whose names end so, as paths from the root of the project, sorted.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules") && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if name.ends_with(ending) {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn sources(folders: &[&str]) -> Vec<Source> {
    folders
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .map(|path| {
            let text = read(&path);
            Source::new(path, text)
        })
        .collect()
}

/// All Rust code of the project.
fn everything() -> Vec<Source> {
    sources(&["src", "simulator", "tests", "benches", "examples", "fuzz", "tools"])
}

fn check_each(sources: &[Source], rule: impl Fn(&Source) -> Vec<Finding>) {
    assert!(!sources.is_empty(), "no source was found: this test has lost its way");
    let findings: Vec<Finding> = sources.iter().flat_map(rule).collect();
    nothing(&findings);
}

#[test]
fn every_file_introduces_itself() {
    check_each(&everything(), words::introduction);
}

#[test]
fn no_file_is_longer_than_its_reader_can_hold() {
    check_each(&everything(), words::length);
}

#[test]
fn nothing_is_silenced_postponed_or_slept_through() {
    check_each(&everything(), words::banned);
}

#[test]
fn the_domain_is_told_and_never_asks() {
    check_each(&sources(&["src/domain"]), words::domain);
    nothing(&words::domain_denies(&read("src/domain/mod.rs")));
}

#[test]
fn every_test_file_is_part_of_the_test_binary() {
    let listed = Source::new("tests/it/main.rs", read("tests/it/main.rs"));
    nothing(&words::unlisted(&listed, &files("tests", ".rs")));
}

#[test]
fn modules_import_what_the_table_permits() {
    let table = imports::Table::parse(&read("docs/ARCHITECTURE.md"));
    let crates = imports::Crates::parse(&read("Cargo.toml"));
    check_each(&sources(&["src"]), |source| table.check(source, &crates));
}

#[test]
fn the_table_has_no_circle_and_no_stranger() {
    let table = imports::Table::parse(&read("docs/ARCHITECTURE.md"));
    let crates = imports::Crates::parse(&read("Cargo.toml"));
    nothing(&table.circles());
    nothing(&table.strangers(&crates));
    nothing(&table.unused(&sources(&["src"])));
}

#[test]
fn the_types_to_expect_are_there() {
    nothing(&types::missing(&read("docs/ARCHITECTURE.md"), &sources(&["src"])));
}

#[test]
fn lib_lists_its_modules_in_reading_order() {
    let table = imports::Table::parse(&read("docs/ARCHITECTURE.md"));
    nothing(&table.order(&Source::new("src/lib.rs", read("src/lib.rs"))));
}

#[test]
fn the_changelog_is_sorted_by_kind() {
    nothing(&changelog::check("CHANGELOG.md", &read("CHANGELOG.md")));
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let documents: Vec<(String, String)> =
        files("", ".md").into_iter().map(|path| (path.clone(), read(&path))).collect();
    let exists = |path: &str| root().join(path).exists();
    nothing(&links::check(&documents, &exists));
}
