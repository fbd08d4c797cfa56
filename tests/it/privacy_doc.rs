//! docs/PRIVACY.md against the code: what it names is there, each promise is held by a test that is there, and the
//! examples are judged as it says.
//!
//! [`lies`] compares a document with the code, so that the last test can hand it one that lies. What the document says in
//! words of its own is for its readers to judge.

use teams_presence_exporter::domain::permission::Permission;
use teams_presence_exporter::domain::privacy::{Division, Fate, Standing, judge};

use crate::metrics_doc::{is_there, metrics_named, quoted, rows};
use crate::tidy;

const DOCUMENT: &str = include_str!("../../docs/PRIVACY.md");
const CONFIGURATION: &str = include_str!("../../docs/CONFIGURATION.md");
const METRICS: &str = include_str!("../../docs/METRICS.md");

/// Words between backticks that neither configure nor label anything.
const EXAMPLES: [&str; 2] = ["everybody-in-oslo", "make demo"];

/// Everything in which the document and the code differ.
fn lies(document: &str) -> Vec<String> {
    [metrics(document), spans(document), permissions(document), promises(document)].concat()
}

fn metrics(document: &str) -> Vec<String> {
    let invented = metrics_named(document).into_iter().filter(|name| !is_there(name));
    invented.map(|name| format!("there is no {name}")).collect()
}

/// What is quoted is a metric, a key, a flag, a word of a label, a permission or a test.
fn spans(document: &str) -> Vec<String> {
    let is_known = |span: &str| {
        let word = span.split(' ').next().unwrap_or(span);
        let key = span.split(':').next().unwrap_or(span);
        let written = |text: &str| [CONFIGURATION, METRICS].iter().any(|known| known.contains(text));
        let is_test = word.len() > 25 && word.contains('_') && !word.contains('.');
        let is_flag = span.starts_with("--") && written(word);
        let is_key = written(&format!(".{key}`"));
        is_test || is_flag || is_key || EXAMPLES.contains(&span) || written(span)
    };
    quoted(document).into_iter().filter(|span| !is_known(span)).map(|span| format!("nobody knows {span}")).collect()
}

/// Each permission that the exporter can need has its row, and no other has.
fn permissions(document: &str) -> Vec<String> {
    let rows = rows(document, "| Permission | Needed for | What it allows that is not used |");
    let stated: Vec<String> = rows.iter().map(|row| row[0].to_owned()).collect();
    let mut lies: Vec<String> = Permission::ALL
        .map(|permission| format!("`{}`", permission.name()))
        .into_iter()
        .filter(|name| !stated.contains(name))
        .map(|name| format!("no row tells of {name}"))
        .collect();
    let needed = self::rows(document, "| What you want | Permissions |");
    let needed = needed.iter().flat_map(|row| quoted(row[1])).filter(|name| !stated.contains(&format!("`{name}`")));
    lies.extend(needed.map(|name| format!("no row tells of {name}")));
    lies
}

/// Each promise names a test that is in the file to which it leads.
fn promises(document: &str) -> Vec<String> {
    let rows = rows(document, "| Promise | Test |");
    let is_held = |row: &&Vec<&str>| {
        let (name, path) = row[1].trim_matches(['[', ')']).split_once("](../").unwrap_or_default();
        let name = name.trim_matches('`');
        !name.is_empty() && tidy::read(path).contains(&format!("fn {name}("))
    };
    let mut lies: Vec<String> =
        rows.iter().filter(|row| !is_held(row)).map(|row| format!("no such test: {}", row[1])).collect();
    if rows.len() < 10 {
        lies.push(format!("only {} promises are held", rows.len()));
    }
    lies
}

/// The people of the second example, as the document's table has them: each with the numbers of department and office.
fn second_example() -> [Vec<u16>; 2] {
    let (mut departments, mut offices) = (Vec::new(), Vec::new());
    for (department, row) in rows(DOCUMENT, "| | Oslo | Bergen | Rome |").iter().enumerate() {
        for (office, people) in row[1..].iter().enumerate() {
            for _ in 0..people.parse().unwrap() {
                departments.push(u16::try_from(department).unwrap());
                offices.push(u16::try_from(office).unwrap());
            }
        }
    }
    [departments, offices]
}

fn partition(of: &[u16]) -> Division<'_> {
    Division::Partition { of, groups: vec![Standing::New; 3], most: 100 }
}

#[test]
fn the_document_names_what_is_there() {
    let lies = lies(DOCUMENT);
    assert!(lies.is_empty(), "docs/PRIVACY.md and the code differ:\n\n  {}\n", lies.join("\n  "));
}

#[test]
fn the_examples_are_judged_as_the_document_says() {
    // Forty in Oslo, thirty elsewhere; the Entra group has all of Oslo but one.
    let offices: Vec<u16> = (0..70).map(|user| u16::from(user >= 40)).collect();
    let nearly: Vec<u32> = (1..40).collect();
    let office = Division::Partition { of: &offices, groups: vec![Standing::New; 2], most: 100 };
    let entra = Division::Cover(vec![(Standing::New, Some(&nearly))]);
    let fates = judge(70, 5, &[office, entra]);
    assert_eq!(fates, [vec![Fate::Shown; 2], vec![Fate::Withheld]]);

    let teams: [Vec<u32>; 2] = [(0..50).collect(), (50..99).collect()];
    let teams = Division::Cover(teams.iter().map(|team| (Standing::New, Some(&team[..]))).collect());
    assert_eq!(judge(100, 5, &[teams]), [[Fate::Shown, Fate::Withheld]]);

    let [departments, offices] = second_example();
    let users = u32::try_from(departments.len()).unwrap();
    assert_eq!(users, 41);
    assert_eq!(judge(users, 5, &[partition(&offices)]), [vec![Fate::Shown; 3]], "alone they are harmless");
    let [first, second] = judge(users, 5, &[partition(&departments), partition(&offices)]).try_into().unwrap();
    assert_eq!(first, [Fate::Shown; 3], "the first is shown whole");
    assert!(second.iter().any(|fate| *fate != Fate::Shown), "the second gives way: {second:?}");
}

#[test]
fn a_document_that_lies_is_caught() {
    let check = |truth: &str, lie: &str, expected: &str| {
        assert!(DOCUMENT.contains(truth), "{truth}");
        let lies = lies(&DOCUMENT.replacen(truth, lie, 1));
        assert!(lies.iter().any(|found| found.starts_with(expected)), "{lie}: {lies:?}");
    };
    check("`teams_presence_groups`", "`teams_presence_people`", "there is no teams_presence_people");
    check("`users.ids_file`", "`users.names_file`", "nobody knows users.names_file");
    check("| `User.Read.All` |", "| `User.Write.All` |", "no row tells of `User.Read.All`");
    check("[`a_hidden_group_needs_two", "[`a_hidden_group_needs_ten", "no such test: [`a_hidden_group_needs_ten");
    check("../src/domain/snapshot.rs", "../src/domain/user.rs", "no such test: [`fewer_people_than");
}
