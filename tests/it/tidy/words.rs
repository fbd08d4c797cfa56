//! The rules that one file breaks by itself: what it must say, how long it may be, which words it may not use.
//!
//! They do not know about modules or crates: that is `imports.rs`.

use super::Finding;
use super::source::Source;

const LONGEST: usize = 400;

/// What nobody writes here, and what to write instead.
const BANNED: [(&[&str], &str); 8] = [
    (&["#", "[", "allow", "("], "`#[allow]` outlives its reason: `#[expect(..., reason = \"...\")]`"),
    (
        &["#", "!", "[", "allow", "("],
        "`#![allow]` outlives its reason: `#[expect(..., reason = \"...\")]` where it is needed",
    ),
    (&["todo", "!"], "`todo!` is not a state of main: finish it, or return an error that says what is missing"),
    (&["unimplemented", "!"], "`unimplemented!` is not a state of main: finish it, or leave it out"),
    (&["dbg", "!"], "`dbg!` was for you alone: take it out"),
    (
        &["#", "[", "ignore"],
        "a test that is ignored is not a test: make it pass, or remove it and say why in the commit",
    ),
    (
        &["thread", "::", "sleep"],
        "nobody sleeps for luck: wait for the thing itself (a `watch`, a response, a connection)",
    ),
    (&["thread", "::", "{", "sleep"], "nobody sleeps for luck: wait for the thing itself (a `watch`, a response)"),
];

/// Parts of paths by which the domain would ask instead of being told.
const ASKING: [&[&str]; 12] = [
    &["serde"],
    &["serde_json"],
    &["tokio"],
    &["reqwest"],
    &["SystemTime"],
    &["Instant", "now"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "env"],
    &["std", "io"],
    &["std", "process"],
    &["std", "thread"],
];

pub(super) fn introduction(source: &Source) -> Vec<Finding> {
    let says_something = source.text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 8);
    let what = "the first line is not `//! ...`: say what this file is, what it does not know, and what to read next";
    if says_something { Vec::new() } else { vec![finding(source, 1, what)] }
}

pub(super) fn length(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    let what =
        format!("{lines} lines; {LONGEST} is the wall: find the second noun in this file and give it one of its own");
    if lines > LONGEST { vec![finding(source, LONGEST + 1, &what)] } else { Vec::new() }
}

/// A bench may sleep: it measures what happens meanwhile.
pub(super) fn banned(source: &Source) -> Vec<Finding> {
    let is_bench = source.path.starts_with("benches/");
    let rules = BANNED.iter().filter(|(words, _)| !is_bench || words[0] != "thread");
    rules.flat_map(|(words, what)| source.find(words).into_iter().map(|line| finding(source, line, what))).collect()
}

pub(super) fn domain(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for route in source.routes() {
        let asks = |part: &&&[&str]| route.segments.windows(part.len()).any(|segments| segments == **part);
        if let Some(part) = ASKING.iter().find(asks) {
            let what = format!(
                "the domain says `{}`: it is told the time, the dice and the settings, and asks nobody",
                part.join("::")
            );
            findings.push(finding(source, route.line, &what));
        }
    }
    findings
}

/// The door of the domain denies clippy's lists: what is a warning elsewhere does not compile there.
pub(super) fn domain_denies(text: &str) -> Vec<Finding> {
    let source = Source::new("src/domain/mod.rs", text);
    let lints = ["disallowed_methods", "disallowed_types"];
    let is_forbidden = |lint: &str| {
        let attributes = [["#", "!", "[", "deny", "("], ["#", "!", "[", "forbid", "("]];
        let denies = attributes.iter().any(|attribute| !source.find(attribute).is_empty());
        denies && !source.find(&["clippy", "::", lint]).is_empty()
    };
    if lints.into_iter().all(is_forbidden) {
        return Vec::new();
    }
    vec![finding(&source, 1, "add `#![deny(clippy::disallowed_methods, clippy::disallowed_types)]`")]
}

/// Files beside the test binary's main.rs that it does not list: nothing would compile them.
pub(super) fn unlisted(main: &Source, files: &[String]) -> Vec<Finding> {
    let declared = main.declared();
    files
        .iter()
        .filter_map(|path| {
            let name = path.strip_prefix("tests/it/").map_or(path.as_str(), |name| name.trim_end_matches(".rs"));
            let area = name.trim_end_matches("/mod");
            let is_listed = name == "main" || name.contains('/') && path.starts_with("tests/it/") && area.contains('/');
            let is_listed = is_listed || declared.iter().any(|(_, module)| *module == area);
            let what = "this file is not compiled: move it to tests/it/ and add its `mod` line to tests/it/main.rs";
            (!is_listed).then(|| Finding { path: path.clone(), line: 1, what: what.to_owned() })
        })
        .collect()
}

fn finding(source: &Source, line: usize, what: &str) -> Finding {
    Finding { path: source.path.clone(), line, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("src/domain/x.rs", text)
    }

    #[test]
    fn a_file_without_an_introduction_is_refused() {
        assert_eq!(introduction(&source("//! The door: who may come in.\n")), []);
        assert_eq!(introduction(&source("use std::fmt;\n//! Late.")).len(), 1);
        assert_eq!(introduction(&source("//! \n")).len(), 1);
        assert_eq!(introduction(&source("")).len(), 1);
    }

    #[test]
    fn a_file_that_is_too_long_is_refused() {
        assert_eq!(length(&source(&"//\n".repeat(LONGEST))), []);
        assert_eq!(length(&source(&"//\n".repeat(LONGEST + 1))).len(), 1);
    }

    #[test]
    fn each_banned_word_is_found_where_it_stands() {
        for text in [
            "#[allow(dead_code)]", "#![allow(dead_code)]", "todo!()", "unimplemented!()", "dbg!(1)", "#[ignore]",
            "#[ignore = \"slow\"]", "std::thread::sleep(d)", "use std::thread::{sleep};",
        ] {
            let findings = banned(&source(&format!("fn f() {{\n{text}\n}}")));
            assert!(findings.len() == 1 && findings[0].line == 2, "{text}: {findings:?}");
        }
        let bench = Source::new("benches/x.rs", "fn f() { std::thread::sleep(d); todo!() }");
        assert_eq!(banned(&bench).len(), 1);
        assert_eq!(banned(&source("// todo!()\nf(\"#[allow(x)]\"); /* #[ignore] */")), []);
    }

    #[test]
    fn a_domain_that_asks_is_refused() {
        for text in [
            "use serde::Serialize;",
            "#[derive(serde::Serialize)]\nstruct S;",
            "use tokio::time;",
            "fn f() { reqwest::get(x) }",
            "use std::time::{Duration, SystemTime};",
            "fn f() { std::time::Instant::now() }",
            "use std::time::Instant;\nfn f() { Instant::now() }",
            "use std::{fmt, fs};",
            "use std::net::IpAddr;",
            "fn f() { std::env::var(x) }",
        ] {
            assert_eq!(domain(&source(text)).len(), 1, "{text}");
        }
        assert_eq!(domain(&source("//! No serde.\nuse std::time::{Duration, Instant};\nfn f(now: Instant) {}")), []);
    }

    #[test]
    fn a_domain_without_its_lock_is_refused() {
        assert_eq!(domain_denies("#![deny(clippy::disallowed_methods, clippy::disallowed_types)]"), []);
        assert_eq!(domain_denies("#![deny(clippy::disallowed_methods)]").len(), 1);
        assert_eq!(domain_denies("// #![forbid(clippy::disallowed_methods, clippy::disallowed_types)]").len(), 1);
    }

    #[test]
    fn a_test_file_that_nobody_lists_is_refused() {
        let main = Source::new("tests/it/main.rs", "mod tidy;\nmod scrape;");
        let listed = ["tests/it/main.rs", "tests/it/tidy.rs", "tests/it/tidy/words.rs", "tests/it/scrape/mod.rs"];
        assert_eq!(unlisted(&main, &listed.map(str::to_owned)), []);
        assert_eq!(unlisted(&main, &["tests/it/demo.rs".to_owned()]).len(), 1);
        assert_eq!(unlisted(&main, &["tests/demo.rs".to_owned()]).len(), 1);
    }
}
