//! The bundled files: what `assets` writes is what the repository holds, and nothing of anybody else's is lost by it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use teams_presence_exporter::assets;

use crate::tidy;

/// Documents for those who work on the code.
const NOT_BUNDLED: [&str; 1] = ["docs/ARCHITECTURE.md"];

/// Where links of bundled documents lead that is not bundled: to the proofs of what they say, which are for readers of the code.
const NOT_BESIDE_THEM: [(&str, &str); 5] = [
    ("docs/METRICS.md", "CHANGELOG.md"),
    ("docs/METRICS.md", "tests/it/"),
    ("docs/OPERATIONS.md", "tests/it/"),
    ("docs/PRIVACY.md", "src/"),
    ("docs/PRIVACY.md", "tests/it/"),
];

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut exporter = Command::new(env!("CARGO_BIN_EXE_teams-presence-exporter"));
    exporter.arg("assets").args(arguments).env_clear().envs(variables.iter().copied()).current_dir(folder);
    exporter.output().unwrap()
}

/// What a run prints, as `(standard output, standard error, exit code)`.
fn said(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

/// All files below a folder, as paths from it.
fn below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

fn bundled() -> BTreeSet<String> {
    assets::ALL.iter().map(|asset| asset.path.to_owned()).collect()
}

#[test]
fn what_is_bundled_is_all_there_is_in_the_folders() {
    let folders = [("dashboards", ""), ("rules", ""), ("examples", ""), ("docs", ".md")];
    let there = folders.iter().flat_map(|(folder, ending)| tidy::files(folder, ending));
    let there: BTreeSet<String> = there.filter(|path| !NOT_BUNDLED.contains(&path.as_str())).collect();
    assert_eq!(bundled(), there, "src/assets.rs lists what is bundled, one line a file");
}

#[test]
fn what_bundled_documents_lead_to_is_bundled_or_listed() {
    let bundled = bundled();
    let documents = bundled.iter().filter(|path| path.starts_with("docs/"));
    let links = documents.flat_map(|path| {
        tidy::leads_to(path, &tidy::read(path)).into_iter().map(move |target| (path.as_str(), target))
    });
    let (beside, elsewhere): (Vec<_>, Vec<_>) = links.partition(|(_, target)| bundled.contains(target));
    assert!(!beside.is_empty(), "no link was found: this test has lost its way");
    let is_it = |(from, to): &(&str, &str), (path, target): &(&str, String)| from == path && target.starts_with(to);
    let strange: Vec<_> =
        elsewhere.iter().filter(|link| !NOT_BESIDE_THEM.iter().any(|listed| is_it(listed, link))).collect();
    assert!(strange.is_empty(), "whoever has the bundled files alone cannot follow {strange:?}");
    let in_vain: Vec<_> =
        NOT_BESIDE_THEM.iter().filter(|listed| !elsewhere.iter().any(|link| is_it(listed, link))).collect();
    assert!(in_vain.is_empty(), "listed in vain: {in_vain:?}");
}

#[test]
fn the_files_are_written_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, stderr, code) = said(&run(folder.path(), &["deep/down"], &[]));
    let files = assets::ALL.len();
    assert!(stdout.starts_with(&format!("{files} files are in deep/down: {files} written.\n")), "{stdout}");
    assert_eq!((stderr.as_str(), code), ("", Some(0)));
    let deep = folder.path().join("deep/down");
    assert_eq!(below(&deep), bundled(), "no draft stays behind");
    for path in bundled() {
        let written = fs::read(deep.join(&path)).unwrap();
        assert!(written == fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap(), "{path}");
    }
}

#[test]
fn a_second_time_nothing_is_to_be_done() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["."], &[]);
    let board = folder.path().join("dashboards/occupancy.json");
    let before = fs::metadata(&board).unwrap().modified().unwrap();
    let (stdout, _, code) = said(&run(folder.path(), &["."], &[]));
    let files = assets::ALL.len();
    assert!(stdout.starts_with(&format!("{files} files are in .: {files} there already.\n")), "{stdout}");
    assert_eq!((code, fs::metadata(&board).unwrap().modified().unwrap()), (Some(0), before));
}

#[test]
fn files_that_hold_something_else_are_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("dashboards")).unwrap();
    fs::write(folder.path().join("dashboards/occupancy.json"), "{}").unwrap();
    fs::write(folder.path().join("dashboards/mine.json"), "{}").unwrap();
    let (stdout, stderr, code) = said(&run(folder.path(), &["."], &[]));
    let expected = "\
a file is there already and holds something else; nothing was written. Name
    another folder, or replace it with --force:
  ./dashboards/occupancy.json
";
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", expected, Some(1)));
    let mine = ["dashboards/mine.json", "dashboards/occupancy.json"].map(str::to_owned);
    assert_eq!(below(folder.path()), BTreeSet::from(mine));
    assert_eq!(fs::read(folder.path().join("dashboards/occupancy.json")).unwrap(), b"{}");
}

#[test]
fn with_force_they_are_replaced_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "kept").unwrap();
    let assets = folder.path().join("assets");
    fs::create_dir_all(assets.join("dashboards")).unwrap();
    symlink(&elsewhere, assets.join("dashboards/duty.json")).unwrap();
    fs::write(assets.join("dashboards/occupancy.json"), "{}").unwrap();
    fs::write(assets.join("dashboards/mine.json"), "{}").unwrap();
    let (stdout, stderr, code) = said(&run(&assets, &["."], &[("TEAMS_PRESENCE_ASSETS_FORCE", "true")]));
    let (files, new) = (assets::ALL.len(), assets::ALL.len() - 2);
    assert!(stdout.starts_with(&format!("{files} files are in .: {new} written, 2 replaced.\n")), "{stdout}");
    assert_eq!((stderr.as_str(), code), ("", Some(0)));
    assert_eq!(fs::read(&elsewhere).unwrap(), b"kept", "a link is replaced, not what it leads to");
    assert_eq!(fs::read(assets.join("dashboards/mine.json")).unwrap(), b"{}");
    let (stdout, ..) = said(&run(&assets, &["--force", "."], &[]));
    assert!(stdout.starts_with(&format!("{files} files are in .: {files} there already.\n")), "{stdout}");
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let (stdout, stderr, code) = said(&run(folder.path(), &["file/below"], &[]));
    let first = assets::ALL[0].path;
    let expected = format!("file/below/{first} cannot be written: Not a directory (os error 20)\n");
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", expected.as_str(), Some(1)));
}

#[test]
fn a_folder_where_a_file_would_go_is_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("rules/teams-presence-alerts.yml/mine")).unwrap();
    let expected = "\
./rules/teams-presence-alerts.yml is a folder where a file would go; nothing was
    written. Name another folder, or move it away
";
    for arguments in [&["."][..], &["--force", "."]] {
        let (stdout, stderr, code) = said(&run(folder.path(), arguments, &[]));
        assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", expected, Some(1)), "{arguments:?}");
        assert_eq!(below(folder.path()), BTreeSet::new(), "{arguments:?}");
    }
}

#[test]
fn a_draft_of_one_that_was_killed_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "kept").unwrap();
    fs::create_dir_all(folder.path().join("assets/dashboards")).unwrap();
    // `exec` keeps the number of the process, which the draft is named after.
    let script = r#"ln -s ../../elsewhere "assets/dashboards/duty.json.$$.new"; exec "$0" assets assets"#;
    let exporter = env!("CARGO_BIN_EXE_teams-presence-exporter");
    let output = Command::new("sh").args(["-c", script, exporter]).current_dir(folder.path()).output().unwrap();
    let (stdout, stderr, code) = said(&output);
    assert!(stdout.ends_with("what to do: RUNBOOKS.md\n"), "{stdout}{stderr}");
    assert_eq!((code, below(&folder.path().join("assets"))), (Some(0), bundled()));
    assert_eq!(fs::read(&elsewhere).unwrap(), b"kept", "a link is not followed");
}
