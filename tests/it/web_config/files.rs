//! Files against promtool: what it accepts and refuses in both versions is accepted and refused here, but for what is
//! listed, and what is refused is refused in words.
//!
//! `accepted.txt`, `refused.txt` and `different.txt` hold the files: a name after `# `, the lines after `| `, then what the
//! process says when it ends with 64. What cannot stand in such a text is written between `<` and `>`, see [`Cases::filled`].

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;

use teams_presence_exporter::telemetry::{Build, Telemetry};
use teams_presence_exporter::web::Gate;

use super::certificates::{Folder, hash};
use crate::boards::nothing;
use crate::harness::Exporter;
use crate::tools::tool;

/// What promtool accepts and we refuse, and why.
const REFUSED_HERE: &[(&str, &str)] = &[
    ("a certificate inline and by file", "nobody can tell which one is meant"),
    ("the oldest version", "TLS 1.0 is broken, and cannot be had"),
    ("the oldest version but one", "TLS 1.1 is broken, and cannot be had"),
    ("nothing newer than the oldest version", "TLS 1.0 is broken, and cannot be had"),
    ("an oldest version that is newer than the newest", "no client could connect"),
    ("a suite with CBC", "it is weak, and cannot be had"),
    ("TLS 1.2 alone and only suites of TLS 1.3", "no client could connect"),
    ("the curve P-521", "it cannot be had"),
    ("a key on the curve P-521", "it cannot be had"),
    ("verified by nobody", "others believe every CA of the system then, which is every certificate that money can buy"),
    ("a client CA that is none", "no client could connect"),
    ("names of clients that are not verified", "anybody could give himself the name"),
    ("names that are none", "others let nobody in, while it may be read as everybody"),
    ("a header with a line break", "it has no place in a header"),
    ("a header without a value", "it says nothing"),
    ("a hash of a cost that takes minutes", "one password would take the processor for as long"),
    ("a hash that nothing can be the hash of", "the user could not come in"),
    ("a rate limit without a unit", "others read nanoseconds"),
    ("a rate limit that goes back in time", "others have no limit then"),
    ("a rate limit that lets nobody in", "nobody would be let in"),
    ("a burst below nothing", "nobody would be let in"),
    ("a burst that is a fraction", "others cut it off"),
    ("a second document", "others read the first alone"),
];

/// What promtool refuses and we accept, and why.
const ACCEPTED_HERE: &[(&str, &str)] = &[("a truth value in quotes", "it can mean one thing only")];

/// About what promtool 2.42 says otherwise than promtool 3.5, and why.
const OLDER: &[(&str, &str)] = &[
    ("sections without a value", "no rate_limit in 2.42"),
    ("empty sections", "no rate_limit in 2.42"),
    ("a rate limit", "no rate_limit in 2.42"),
    ("a rate limit in parts of a second", "no rate_limit in 2.42"),
    ("a rate limit that is off", "no rate_limit in 2.42"),
    ("a burst without an interval", "no rate_limit in 2.42"),
    ("a rate limit without a unit", "no rate_limit in 2.42"),
    ("a rate limit that goes back in time", "no rate_limit in 2.42"),
    ("a rate limit that lets nobody in", "no rate_limit in 2.42"),
    ("a burst below nothing", "no rate_limit in 2.42"),
    ("a burst that is a fraction", "no rate_limit in 2.42"),
    ("names that clients may have", "no client_allowed_sans in 2.42"),
    ("names of clients that are not verified", "no client_allowed_sans in 2.42"),
    ("names that are none", "no client_allowed_sans in 2.42"),
    ("a certificate and its key inline", "no cert and key in 2.42"),
    ("one inline and one by file", "no cert and key in 2.42"),
    ("a client CA inline", "no client_ca in 2.42"),
    ("empty texts instead of files", "no cert, key and client_ca in 2.42"),
    ("a certificate inline and by file", "no cert and key in 2.42"),
    ("a suite without forward secrecy", "Go has called it insecure since 1.22"),
];

/// A web configuration.
struct Case {
    name: &'static str,
    /// The lines of the file.
    lines: Vec<&'static str>,
    /// What is said about it.
    said: String,
}

/// A folder with everything that the files name.
struct Cases(Folder);

fn cases(text: &'static str) -> Vec<Case> {
    let read = |case: &'static str| {
        let mut lines = case.lines();
        let name = lines.next().and_then(|line| line.strip_prefix("# ")).expect(case);
        let (file, said): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with('|'));
        let file = file.into_iter().map(|line| line.strip_prefix("| ").unwrap_or_default()).collect();
        Case { name, lines: file, said: said.join("\n") }
    };
    text.trim_end().split("\n\n").map(read).collect()
}

fn accepted() -> Vec<Case> {
    cases(include_str!("accepted.txt"))
}

fn refused() -> Vec<Case> {
    cases(include_str!("refused.txt"))
}

fn different() -> Vec<Case> {
    cases(include_str!("different.txt"))
}

impl Cases {
    fn new() -> Self {
        let folder = Folder::new();
        let (server, key) = (folder.read("server.crt"), folder.read("server.key"));
        folder.authority.server().write(folder.path(), "other");
        folder.write("both.pem", format!("{key}{server}"));
        folder.write("cut.pem", &server[..200]);
        folder.write("rsa.pem", include_str!("rsa.pem"));
        folder.write("p521.pem", include_str!("p521.pem"));
        folder.write("encrypted.pem", include_str!("encrypted.pem"));
        folder.write("junk.pem", "hunter2\n");
        folder.write("empty.pem", "");
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        folder.authority.server_until(2020).write(folder.path(), "expired");
        Self(folder)
    }

    /// The bytes of a file: `<server.crt>` is the text of that file as YAML quotes it, `<hash>` a bcrypt hash, `<hash of N>`
    /// one that claims this cost, `<folder>` where the files are; and a few characters that no editor shows.
    fn filled(&self, case: &Case) -> Vec<u8> {
        let mut text: String = case.lines.iter().flat_map(|line| [line, "\n"]).collect();
        for name in ["server.crt", "server.key", "ca.crt"] {
            text = text.replace(&format!("<{name}>"), &serde_json::to_string(&self.0.read(name)).unwrap());
        }
        let good = hash("hunter2");
        for cost in ["03", "17", "32"] {
            text = text.replace(&format!("<hash of {cost}>"), &good.replacen("$04$", &format!("${cost}$"), 1));
        }
        let folder = self.0.path().to_str().unwrap();
        for (mark, meant) in
            [("<hash>", &*good), ("<folder>", folder), ("<tab>", "\t"), ("<cr>", "\r"), ("<bom>", "\u{feff}")]
        {
            text = text.replace(mark, meant);
        }
        match text.split_once("<ff>") {
            Some((before, after)) => [before.as_bytes(), b"\xff", after.as_bytes()].concat(),
            None => text.into_bytes(),
        }
    }

    /// Which of these promtool accepts.
    fn accepted_by(&self, promtool: &str, cases: &[Case]) -> BTreeSet<&'static str> {
        let files: BTreeMap<String, &'static str> = cases
            .iter()
            .enumerate()
            .map(|(number, case)| {
                let path = self.0.write(&format!("{number}.yml"), self.filled(case));
                (path.to_str().unwrap().to_owned(), case.name)
            })
            .collect();
        let output = Command::new(tool(promtool)).args(["check", "web-config"]).args(files.keys()).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let verdict = |word: &str| -> BTreeSet<&'static str> {
            said.lines().filter_map(|line| files.get(line.split_once(word)?.0).copied()).collect()
        };
        let (good, bad) = (verdict(" SUCCESS"), verdict(" FAILED:"));
        assert_eq!(good.len() + bad.len(), cases.len(), "no verdict about some\n{said}");
        good
    }

    /// What the process says to a file, and the code that it ends with.
    fn ours(&self, case: &Case) -> (Option<i32>, String) {
        self.0.write("web.yml", self.filled(case));
        let mut command = Exporter::command();
        command
            .current_dir(self.0.path())
            .args(["--web.listen-address", "127.0.0.1:0", "--web.config.file", "web.yml"]);
        for name in ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"] {
            command.env(name, "11111111-2222-3333-4444-555555555555");
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Whether a file would be served by.
    fn is_accepted(&self, case: &Case) -> bool {
        let path = self.0.write("web.yml", self.filled(case));
        let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
        Gate::open(Some(&path), telemetry).is_ok()
    }
}

/// The names of a list that are not as they should be: each has a reason, and stands there once.
fn listed(list: &[(&'static str, &str)]) -> BTreeSet<&'static str> {
    assert!(list.iter().all(|(_, reason)| !reason.is_empty()));
    let names: BTreeSet<&str> = list.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), list.len(), "a name twice");
    names
}

#[test]
fn what_promtool_accepts_and_refuses_is_accepted_and_refused_here_but_for_what_is_listed() {
    let folder = Cases::new();
    let [same, different] = [[accepted(), refused()].into_iter().flatten().collect::<Vec<_>>(), different()];
    for (cases, refused_here, accepted_here) in
        [(same, BTreeSet::new(), BTreeSet::new()), (different, listed(REFUSED_HERE), listed(ACCEPTED_HERE))]
    {
        let theirs = folder.accepted_by("promtool", &cases);
        let ours: BTreeSet<&str> = cases.iter().filter(|case| folder.is_accepted(case)).map(|case| case.name).collect();
        assert_eq!(theirs.difference(&ours).copied().collect::<BTreeSet<_>>(), refused_here);
        assert_eq!(ours.difference(&theirs).copied().collect::<BTreeSet<_>>(), accepted_here);
    }
}

#[test]
fn promtool_of_old_says_the_same_but_for_what_is_listed() {
    let folder = Cases::new();
    let cases: Vec<Case> = [accepted(), refused(), different()].into_iter().flatten().collect();
    let (new, old) = (folder.accepted_by("promtool", &cases), folder.accepted_by("promtool-2", &cases));
    assert_eq!(new.symmetric_difference(&old).copied().collect::<BTreeSet<_>>(), listed(OLDER));
}

#[test]
fn what_is_accepted_is_told_from_what_is_refused_by_the_file_it_stands_in() {
    let folder = Cases::new();
    let of = |cases: Vec<Case>, verdict: bool| {
        let wrong = cases.iter().filter(|case| folder.is_accepted(case) != verdict);
        wrong.map(|case| case.name.to_owned()).collect::<Vec<_>>()
    };
    nothing(&of(accepted(), true), "accepted.txt");
    nothing(&of(refused(), false), "refused.txt");
}

#[test]
fn what_is_refused_ends_the_process_with_64_and_words_that_help() {
    let folder = Cases::new();
    for case in [refused(), different()].into_iter().flatten().filter(|case| !case.said.is_empty()) {
        let (code, said) = folder.ours(&case);
        assert_eq!((code, said.trim_end()), (Some(64), &*case.said), "{}", case.name);
        assert!(!said.contains("hunter2") && !said.contains("alice"), "a secret or a name: {said}");
        assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    }
    let silent = different().iter().filter(|case| case.said.is_empty()).count();
    assert_eq!(silent, ACCEPTED_HERE.len(), "nothing is said about what is accepted, and about nothing else");
    assert!(refused().iter().all(|case| !case.said.is_empty()));
}

/// The rows of a table of the document's section about differences.
pub(super) fn differences(table: usize) -> Vec<&'static str> {
    let document = include_str!("../../../docs/CONFIGURATION.md");
    let (_, section) = document.split_once("### Differences from other exporters").unwrap();
    let mut tables = section.split("\n\n").filter(|part| part.starts_with('|'));
    tables.nth(table).unwrap().lines().skip(2).collect()
}

#[test]
fn the_document_lists_the_differences() {
    let row = |verdict: &'static str| move |(name, reason): &(&str, &str)| format!("| {name} | {verdict} | {reason} |");
    let rows = REFUSED_HERE.iter().map(row("refused")).chain(ACCEPTED_HERE.iter().map(row("accepted")));
    assert_eq!(differences(0), rows.collect::<Vec<_>>());
}
