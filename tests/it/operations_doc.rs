//! docs/OPERATIONS.md against the code: every reason has a section, every sentence of the log that is quoted is one, every
//! metric and scenario that is named is there, and each case says what is seen, done, to do, and when it is over.
//!
//! [`lies`] compares a document with the code, so that the last test can hand it one that lies. Numbers in sentences are
//! examples. What the document says in words of its own is for its readers to judge.

use std::collections::BTreeSet;
use std::time::Duration;

use simulator::Scenario;
use teams_presence_exporter::config::{FEDERATED_TOKEN, SecretSource};
use teams_presence_exporter::domain::advice::{Advice, Finding, Flaw, Hurdle, Obstacle, Reason};
use teams_presence_exporter::domain::moment::Day;
use teams_presence_exporter::domain::permission::{Grantee, Permission};
use teams_presence_exporter::domain::plan::{Means, Plan};

use crate::metrics_doc::{compare, default_terms, is_there, metrics_named, quoted, rows};
use crate::snippets::{check_query, snippets};
use crate::tidy;

const DOCUMENT: &str = include_str!("../../docs/OPERATIONS.md");

/// What each case tells.
const PARTS: [&str; 4] = ["**You see**", "**It does**", "**You do**", "**It is over**"];

const GRAPH: &str = "Graph at graph.microsoft.com";
const GROUP: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const ENTRA: &str = "Entra at login.microsoftonline.com";

/// One of each sentence that `domain/advice.rs` makes.
fn advice() -> Vec<Advice> {
    let secret = SecretSource::File("/run/secrets/contoso".into()).read("secret", &|_| None).unwrap_err();
    let variable = SecretSource::Environment("CONTOSO_SECRET".into()).read("secret", &|_| None).unwrap_err();
    let obstacles = [Obstacle::Timeout, Obstacle::Connect, Obstacle::Tls, Obstacle::Body];
    let refusals = [
        (7_000_215, "invalid_client", 401),
        (7_000_222, "invalid_client", 401),
        (700_016, "unauthorized_client", 400),
        (90_002, "invalid_request", 400),
        (53_003, "access_denied", 400),
    ];
    let mut advice = vec![
        Advice::secret(secret.to_string()),
        Advice::variable(variable.to_string()),
        Advice::certificate_file("the certificate file /run/secrets/contoso.pem does not exist".to_owned()),
        Advice::password("the password file /run/secrets/password is empty".to_owned()),
        Advice::federated_token(format!("the token file {} does not exist", FEDERATED_TOKEN.1)),
        Advice::credential_hangs(Duration::from_secs(10)),
        Advice::other_tenant(),
        Advice::proxy_variable("HTTPS_PROXY"),
        Advice::no_identity_endpoint(),
        Advice::foreign_identity_endpoint(),
        Advice::no_such_identity(true, 400),
        Advice::no_such_identity(false, 400),
        Advice::identity_unavailable(429),
        Advice::identity_unintelligible(200),
        Advice::identity_refused(401),
        Advice::no_roots(),
        Advice::no_credential(),
        Advice::entra_unavailable(ENTRA, 503),
        Advice::entra_unintelligible(ENTRA, 200),
        Advice::forbidden(Permission::PresenceReadAll, Grantee::Application),
        Advice::denied(Permission::PresenceReadAll),
        Advice::token_rejected(),
        Advice::claims_wanted(),
        Advice::throttled(Some(Duration::from_secs(12))),
        Advice::throttled(None),
        Advice::limited(2),
        Advice::silent(Duration::from_secs(8)),
        Advice::unavailable(503),
        Advice::rejected(400, "Request_UnsupportedQuery", Permission::UserReadAll),
        Advice::rejected(404, "", Permission::PresenceReadAll),
        Advice::refused_throughout(),
        Advice::batch_refused_throughout(),
        Advice::search_unfinished(),
        Advice::unintelligible("it is no list of presences"),
        Advice::foreign_link(),
        Advice::listing_expired(),
        Advice::denied(Permission::GroupMemberReadAll),
        Advice::group("the group sre-oncall of the dimension team", Advice::no_group()),
        Advice::group(&format!("the group {GROUP} in users.groups"), Advice::unavailable(503)),
        Advice::groups("the group sre-oncall of the dimension team", 2, Advice::unavailable(503)),
        Advice::ids_file("the ids_file /etc/teams-presence/ids holds no object ids on the lines 3, 12".to_owned()),
        Advice::shrunk(100, 1250),
        Advice::no_users(),
        Advice::cycle_cut(Duration::from_mins(1)),
        Advice::listing_cut(Duration::from_hours(2)),
        Advice::incomplete(1140, 1250, 50),
        Advice::panic("collector"),
        Advice::lost_batch(),
    ];
    let hurdles = [Hurdle::Unreachable, Hurdle::Silent, Hurdle::Refuses(407), Hurdle::Unintelligible];
    let proxies = hurdles.map(|hurdle| Obstacle::Proxy("proxy:3128".into(), hurdle));
    advice.extend(obstacles.iter().chain(&proxies).map(|obstacle| Advice::unreachable(GRAPH, obstacle)));
    let flaws = flaws();
    advice.extend(flaws.map(|flaw| Advice::certificate(flaw, "app.pem")));
    advice.push(Advice::credential_kept(&Advice::certificate(flaws[0], "app.pem")));
    advice.extend(refusals.map(|(code, error, status)| Advice::token_refused(code, error, status)));
    advice
}

/// What can be the matter with a certificate.
fn flaws() -> [Flaw; 12] {
    let day = Day(20_833);
    [
        Flaw::Unintelligible,
        Flaw::NoCertificate,
        Flaw::NoKey,
        Flaw::NoPassword,
        Flaw::WrongPassword,
        Flaw::OldEncryption,
        Flaw::Costly,
        Flaw::NotRsa,
        Flaw::UnsuitableKey,
        Flaw::NotOfOnePair,
        Flaw::Expired(day),
        Flaw::NotYetValid(day),
    ]
}

/// Functions of `Advice` whose sentence is not quoted: that of a `ca_file` is made where the file is read.
const NOT_QUOTED: [&str; 1] = ["ca_file"];

/// What a plan says, and what it advises.
fn plans() -> Vec<String> {
    let terms = default_terms();
    let plan = |users, budget, latency| Plan::new(users, Means { budget, latency, concurrency: 8 }, &terms);
    let quick = Some(Duration::from_millis(100));
    let plans = [plan(5_000, 1200, None), plan(5_000, 1200, quick), plan(5_000, 3, quick), plan(100_000, 2, quick)];
    let slow = plan(100_000, 1200, Some(Duration::from_mins(1)));
    let remedies = plans.iter().chain([&slow]).filter_map(|plan| plan.remedy(&terms));
    plans.iter().map(ToString::to_string).chain(remedies).collect()
}

/// A text in which every number is the same.
fn without_numbers(text: &str) -> String {
    let mut plain = String::new();
    for word in text.split_inclusive(|letter: char| !letter.is_ascii_digit() && letter != '.') {
        let (number, end) =
            word.split_at(word.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(word.len()));
        let is_number = number.starts_with(|letter: char| letter.is_ascii_digit());
        plain.push_str(if is_number { "7" } else { number });
        plain.push_str(end);
    }
    plain
}

/// Everything between backticks outside of blocks of code, each on one line.
fn spans(document: &str) -> Vec<String> {
    let prose: Vec<&str> = document.split("```").step_by(2).collect();
    let spans = prose.iter().flat_map(|prose| quoted(prose));
    spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Everything in which the document and the code differ.
fn lies(document: &str) -> Vec<String> {
    [reasons(document), sentences(document), metrics(document), scenarios(document), cases(document)].concat()
}

fn reasons(document: &str) -> Vec<String> {
    let stated: Vec<String> =
        rows(document, "| Reason | Where to read on |").iter().map(|row| row[0].to_owned()).collect();
    let reasons: BTreeSet<Reason> = Reason::OF_CYCLES.into_iter().chain(Reason::OF_LISTINGS).collect();
    compare(&stated, &reasons.into_iter().map(|reason| format!("`{}`", reason.label())).collect::<Vec<_>>())
}

/// Sentences that nobody says, and sentences that are said and not explained.
fn sentences(document: &str) -> Vec<String> {
    let code: String = tidy::files("src", ".rs").iter().map(|path| tidy::read(path)).collect();
    let advice = advice();
    let held = Advice::held(1250, Duration::from_mins(42));
    let said = advice.iter().flat_map(|advice| [advice.what.clone(), advice.action.to_string()]);
    let said: Vec<String> = said.chain(plans()).chain(held).map(|text| without_numbers(&text)).collect();
    let is_said = |sentence: &str| said.iter().any(|said| said.contains(&without_numbers(sentence)));
    let is_logged = |words: &str| code.contains(&format!("\"{words}"));
    let is_both = |(words, sentence): (&str, &str)| is_logged(&format!("{words}: {{")) && is_said(sentence);
    let spans = spans(document);
    let sentences = spans.iter().filter(|span| span.contains(' ') && !is_command(span));
    let invented = sentences.filter(|it| !is_said(it) && !is_logged(it) && !it.split_once(": ").is_some_and(is_both));
    let invented = invented.map(|sentence| format!("nobody says: {sentence}"));
    let plain: Vec<String> = spans.iter().map(|span| without_numbers(span)).collect();
    let is_missing = |advice: &&Advice| !plain.iter().any(|span| span.contains(&without_numbers(&advice.what)));
    let missing = advice.iter().filter(is_missing).map(|advice| format!("not explained: {}", advice.what));
    invented.chain(missing).collect()
}

/// What is typed in a shell.
fn is_command(span: &str) -> bool {
    span.starts_with("--") || span.starts_with("make ") || span.starts_with("teams-presence-exporter ")
}

fn metrics(document: &str) -> Vec<String> {
    let invented = metrics_named(document).into_iter().filter(|name| !is_there(name));
    invented.map(|name| format!("there is no {name}")).collect()
}

fn scenarios(document: &str) -> Vec<String> {
    let stated: Vec<String> =
        rows(document, "| Scenario | What happens | Read |").iter().map(|row| row[0].to_owned()).collect();
    let mut lies = compare(&stated, &Scenario::ALL.map(|scenario| format!("`{}`", scenario.name())));
    for name in document.split("--scenario ").skip(1).filter_map(|rest| rest.split(['`', ' ', '\n']).next()) {
        if !Scenario::ALL.iter().any(|scenario| scenario.name() == name) {
            lies.push(format!("there is no scenario {name}"));
        }
    }
    lies
}

/// Cases that tell a part of what belongs to one.
fn cases(document: &str) -> Vec<String> {
    let cases = document.split("\n## ").filter(|section| PARTS.iter().any(|part| section.contains(part)));
    let lacking = cases.filter(|section| !PARTS.iter().all(|part| section.contains(part)));
    lacking
        .map(|section| format!("does not tell all of {PARTS:?}: {}", section.lines().next().unwrap_or_default()))
        .collect()
}

/// A check is made once: only whoever runs it tries anything again.
#[test]
fn a_check_promises_nothing_that_only_the_daemon_does() {
    let advice = advice();
    assert!(advice.iter().any(|advice| advice.action.contains("tried again")));
    for advice in advice {
        let Finding { what, action } = advice.into();
        assert!(!action.contains("tried again"), "{what}: {action}");
    }
}

#[test]
fn the_document_tells_what_the_exporter_does() {
    let lies = lies(DOCUMENT);
    assert!(lies.is_empty(), "docs/OPERATIONS.md and the code differ:\n\n  {}\n", lies.join("\n  "));
}

#[test]
fn the_queries_of_the_document_can_be_copied() {
    let queries = snippets(DOCUMENT, "promql");
    assert_eq!(queries.len(), 7);
    for query in queries {
        check_query(query).unwrap_or_else(|fault| panic!("{fault}\nin the query:\n{query}"));
    }
}

#[test]
fn every_advice_is_asked_for_by_the_test_of_the_document() {
    let code = [
        include_str!("../../src/domain/advice.rs"),
        include_str!("../../src/domain/advice/credential.rs"),
        include_str!("../../src/domain/advice/listing.rs"),
    ];
    let functions = code.iter().flat_map(|code| code.lines()).filter(|line| line.ends_with("-> Self {"));
    let names: Vec<&str> =
        functions.filter_map(|line| line.trim().strip_prefix("pub fn ")?.split('(').next()).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let asked = include_str!("operations_doc.rs").contains(&format!("Advice::{name}("));
        assert!(
            asked || NOT_QUOTED.contains(&name),
            "ask for Advice::{name} here, and explain it in docs/OPERATIONS.md"
        );
    }
}

#[test]
fn a_document_that_lies_is_caught() {
    let check = |truth: &str, lie: &str, expected: &str| {
        assert_eq!(DOCUMENT.matches(truth).count(), 1, "{truth}");
        let lies = lies(&DOCUMENT.replacen(truth, lie, 1));
        assert!(lies.iter().any(|found| found.starts_with(expected)), "{lie}: {lies:?}");
    };
    check("| `shrunk` |", "| `shrunken` |", "not in the document: `shrunk`");
    check("`0 users matched, so", "`Nobody matched, so", "nobody says: Nobody matched, so there is");
    check("`0 users matched, so", "`Nobody matched, so", "not explained: 0 users matched, so there is");
    check("`renewing the token failed:`", "`renewing a token failed:`", "nobody says: renewing a token failed:");
    check("`planned: 8 requests", "`plan: 8 requests", "nobody says: plan: 8 requests");
    check("teams_presence_planned_requests", "teams_presence_planned", "there is no teams_presence_planned");
    check("| `poisoned` |", "| `poison` |", "not in the code: `poison`");
    check("--scenario outage", "--scenario outrage", "there is no scenario outrage");
    check("**You do** what the plan says", "What the plan says", "does not tell all of");
}
