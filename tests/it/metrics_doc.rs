//! docs/METRICS.md against the code, both ways: every family of the catalog with its kind and labels, every label with the
//! words that it can hold, every reason for a failure.
//!
//! [`lies`] compares a document with the code and does not know files, so that the last test can hand it one that lies.
//! What the document says in whole sentences is for its readers to judge.

use std::collections::BTreeSet;
use std::time::Duration;

use teams_presence_exporter::catalog::{self, Kind};
use teams_presence_exporter::domain::advice::{Hurdle, Obstacle, Reason};
use teams_presence_exporter::domain::moment::{Moment, Now};
use teams_presence_exporter::domain::permission::Permission;
use teams_presence_exporter::domain::plan::Means;
use teams_presence_exporter::domain::presence::Field;
use teams_presence_exporter::domain::snapshot::Snapshot;
use teams_presence_exporter::domain::tenant::TenantName;
use teams_presence_exporter::domain::terms::Terms;
use teams_presence_exporter::exposition;
use teams_presence_exporter::telemetry::Operation;

const DOCUMENT: &str = include_str!("../../docs/METRICS.md");

/// Where the document speaks of what is to come.
const LATER: &str = "## Not there yet";

const OPERATIONS: [Operation; 5] =
    [Operation::Users, Operation::GroupMembers, Operation::Presences, Operation::Presence, Operation::Token];

fn obstacles() -> [Obstacle; 5] {
    let proxy = Obstacle::Proxy("proxy:3128".into(), Hurdle::Silent);
    [Obstacle::Timeout, Obstacle::Connect, Obstacle::Tls, Obstacle::Body, proxy]
}

/// Stops to compile when one is added, so that the two lists above stay whole.
const _: fn(Operation, &Obstacle) = |operation, obstacle| match (operation, obstacle) {
    (Operation::Users | Operation::GroupMembers | Operation::Presences | Operation::Presence | Operation::Token, _) => {
        match obstacle {
            Obstacle::Timeout | Obstacle::Connect | Obstacle::Tls | Obstacle::Body | Obstacle::Proxy(..) => (),
        }
    }
};

/// The rows of all tables with this header.
pub(crate) fn rows<'d>(document: &'d str, header: &str) -> Vec<Vec<&'d str>> {
    let mut rows = Vec::new();
    let mut lines = document.lines();
    while lines.by_ref().any(|line| line == header) {
        let table = lines.by_ref().skip(1).take_while(|line| line.starts_with('|'));
        rows.extend(table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>()));
    }
    rows
}

/// The words between backticks.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What the document lacks, and what it has that the code does not.
pub(crate) fn compare(stated: &[String], true_ones: &[String]) -> Vec<String> {
    let invented = stated.iter().filter(|it| !true_ones.contains(it)).map(|it| format!("not in the code: {it}"));
    let missing = true_ones.iter().filter(|it| !stated.contains(it)).map(|it| format!("not in the document: {it}"));
    let lies: Vec<String> = invented.chain(missing).collect();
    if lies.is_empty() && stated != true_ones {
        return vec![format!("twice, or in another order than in the code: {stated:?}")];
    }
    lies
}

/// Everything in which the document and the code differ.
fn lies(document: &str) -> Vec<String> {
    [families(document), labels(document), reasons(document), names(document)].concat()
}

fn families(document: &str) -> Vec<String> {
    let rows = rows(document, "| Family | Kind | Labels | Meaning | Absent | Promise |");
    let stated: Vec<String> = rows.iter().map(|row| format!("{} {} {}", row[0], row[1], row[2])).collect();
    let families = catalog::ALL.iter().map(|family| {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("`{}` {} {}", family.name, family.kind.word(), labels.join(" "))
    });
    let mut lies = compare(&stated, &families.collect::<Vec<_>>());
    for row in rows {
        let [name, _, _, meaning, absent, promise] = row[..] else {
            lies.push(format!("not six cells: {row:?}"));
            continue;
        };
        if !meaning.ends_with('.') || absent.is_empty() || !["stable", "experimental"].contains(&promise) {
            lies.push(format!("no sentence, no word on absence, or no promise: {name}"));
        }
    }
    lies
}

fn labels(document: &str) -> Vec<String> {
    let rows = rows(document, "| Label | Values |");
    let stated: Vec<String> = rows.iter().map(|row| format!("{} {}", row[0], quoted(row[1]).join(" "))).collect();
    let mut labels: Vec<&str> = Vec::new();
    for label in catalog::ALL.iter().flat_map(|family| family.labels) {
        if !labels.contains(label) {
            labels.push(label);
        }
    }
    let labels = labels.into_iter().map(|label| format!("`{label}` {}", words(label).join(" ")));
    compare(&stated, &labels.collect::<Vec<_>>())
}

/// The words of a label, where they are fixed.
pub(crate) fn words(label: &str) -> Vec<String> {
    let words: Vec<&str> = match label {
        "availability" => Field::Availability.known().to_vec(),
        "activity" => Field::Activity.known().to_vec(),
        "work_location" => Field::WorkLocation.known().to_vec(),
        "freshness" => return freshness_classes(),
        "field" => Field::ALL.map(Field::label).to_vec(),
        "operation" => OPERATIONS.map(Operation::label).to_vec(),
        "code" => obstacles().iter().map(Obstacle::label).collect(),
        "permission" => Permission::ALL.map(Permission::name).to_vec(),
        // Reasons have a table of their own, transitions go between availabilities, the others are free.
        "visibility" => vec!["shown", "folded", "withheld"],
        "dimension" | "group" | "reason" | "tenant" | "from" | "to" | "version" | "revision" | "rustversion" => {
            Vec::new()
        }
        other => panic!("say here which words the label {other} can hold"),
    };
    words.into_iter().map(str::to_owned).collect()
}

/// The terms of a tenant whose configuration says nothing of them.
pub(crate) fn default_terms() -> Terms {
    Terms {
        tenant: TenantName::parse("contoso").unwrap(),
        interval: Duration::from_mins(1),
        max_age: Duration::from_mins(5),
        min_coverage: 0.95,
        min_group_size: 5,
        refresh_interval: Duration::from_hours(1),
        dimensions: std::sync::Arc::default(),
    }
}

/// The classes that a page shows.
fn freshness_classes() -> Vec<String> {
    let terms = default_terms();
    let now = Now { moment: Moment::from_millis(0), unix_millis: 0 };
    let means = Means { budget: 1200, latency: None, concurrency: 8 };
    let page = String::from_utf8(exposition::render(now, [&Snapshot::unknown(terms, means)])).unwrap();
    let classes = page.split("freshness=\"").skip(1).filter_map(|rest| rest.split('"').next());
    classes.map(str::to_owned).collect()
}

fn reasons(document: &str) -> Vec<String> {
    let rows = rows(document, "| Reason | Cycles | Listings | Meaning |");
    let stated: Vec<String> = rows.iter().map(|row| row[..3].join(" ")).collect();
    let reasons: BTreeSet<Reason> = Reason::OF_CYCLES.into_iter().chain(Reason::OF_LISTINGS).collect();
    let told = |reason, of: &[Reason]| if of.contains(&reason) { "yes" } else { "no" };
    let reasons = reasons.into_iter().map(|reason| {
        let (cycles, listings) = (told(reason, &Reason::OF_CYCLES), told(reason, &Reason::OF_LISTINGS));
        format!("`{}` {cycles} {listings}", reason.label())
    });
    compare(&stated, &reasons.collect::<Vec<_>>())
}

/// Metrics named anywhere: those of today must be there, those to come must not.
fn names(document: &str) -> Vec<String> {
    let (today, later) = document.split_once(LATER).unwrap_or((document, ""));
    let [today, later] = [today, later].map(metrics_named);
    let unknown = today.iter().filter(|name| !is_there(name)).map(|name| format!("there is no {name}"));
    let known = later.iter().filter(|name| is_there(name)).map(|name| format!("there is a {name} already"));
    unknown.chain(known).collect()
}

/// The names of our metrics in a text. What rules record has colons, and another beginning.
pub(crate) fn metrics_named(text: &str) -> Vec<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && !['_', ':'].contains(&letter));
    let words = words.map(|word| word.trim_end_matches(':'));
    words.filter(|word| word.starts_with("teams_presence_")).collect()
}

/// Whether there is a metric, or a part of a histogram, of this name.
pub(crate) fn is_there(name: &str) -> bool {
    catalog::ALL.iter().any(|family| match name.strip_prefix(family.name) {
        Some("") => true,
        Some("_bucket" | "_sum" | "_count") => family.kind == Kind::Histogram,
        _ => false,
    })
}

#[test]
fn the_document_tells_what_the_code_shows() {
    let lies = lies(DOCUMENT);
    assert!(lies.is_empty(), "docs/METRICS.md and the code differ:\n\n  {}\n", lies.join("\n  "));
}

#[test]
fn a_document_that_lies_is_caught() {
    let check = |truth: &str, lie: &str, expected: &[&str]| {
        assert_eq!(DOCUMENT.matches(truth).count(), 1, "{truth}");
        assert_eq!(lies(&DOCUMENT.replacen(truth, lie, 1)), expected, "{lie}");
    };
    let row = DOCUMENT.lines().find(|line| line.starts_with("| `process_threads` |")).unwrap();
    check(&format!("{row}\n"), "", &["not in the document: `process_threads` gauge "]);
    let invented = row.replace("threads", "threats");
    check(row, &format!("{row}\n{invented}"), &["not in the code: `process_threats` gauge "]);
    let told = lies(&DOCUMENT.replacen(row, &format!("{row}\n{row}"), 1));
    assert!(told.len() == 1 && told[0].starts_with("twice, or in another order"), "{told:?}");
    check(
        "| `process_threads` | gauge | |",
        "| `process_threads` | counter | `tenant` |",
        &["not in the code: `process_threads` counter `tenant`", "not in the document: `process_threads` gauge "],
    );
    check(
        "where /proc is not readable | stable |\n| `process_threads`",
        "where /proc is not readable | for ever |\n| `process_threads`",
        &["no sentence, no word on absence, or no promise: `process_start_time_seconds`"],
    );
    check(
        "`unspecified` `office` `remote`",
        "`unspecified` `office` `beach`",
        &[
            "not in the code: `work_location` unspecified office beach timeOff unknownFutureValue",
            "not in the document: `work_location` unspecified office remote timeOff unknownFutureValue",
        ],
    );
    let freshness = "`freshness` current held unanswered";
    check(
        "`unanswerable`: quarantined",
        "`hopeless`: quarantined",
        &[&format!("not in the code: {freshness} hopeless"), &format!("not in the document: {freshness} unanswerable")],
    );
    check(
        "| `no_users` | no | yes |",
        "| `no_users` | yes | yes |",
        &["not in the code: `no_users` yes yes", "not in the document: `no_users` no yes"],
    );
    check("## What always holds\n", "## teams_presence_downs\n", &["there is no teams_presence_downs"]);
    let later = format!("{DOCUMENT}\n{LATER}\n\n`teams_presence_ups` and `teams_presence_up`\n");
    assert_eq!(lies(&later), ["there is a teams_presence_up already"]);
}
