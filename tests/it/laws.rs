//! The laws of the metrics' contract, on the pages of the real process.
//!
//! That the sums agree (the first law) is asked of every page that is compared anywhere in these tests; here it is asked of
//! hundreds of pages that are scraped while people move and answers fail.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use simulator::{Clock, Effect, Fault, Occurrence, Operation, Settings};

use crate::harness::{Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, frozen};
use crate::tools::tool;

/// Names that a label must survive (quotes, backslashes, an emoji, the longest, another language).
pub(crate) fn hostile_names() -> [String; 6] {
    [
        "a \"quoted\" name".to_owned(),
        r"back\slash\n\\".to_owned(),
        "🌍 “Contoso” ñ é".to_owned(),
        "x".repeat(128),
        "{a=\"b\"} 1 # it's".to_owned(),
        "株式会社コントソ".to_owned(),
    ]
}

#[test]
fn promtool_has_nothing_to_say_about_the_page_and_no_series_is_there_twice() {
    let tenants = hostile_names().map(|name| Tenant::start(&name, frozen(100, MORNING)));
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    let all_up = |page: &Page| page.samples().filter(|line| line.starts_with("teams_presence_up{")).all(is_one);
    for promtool in ["promtool", "promtool-2"] {
        assert_eq!(said_by(promtool, &exporter.scrape()), "", "before the first cycle");
        assert_eq!(said_by(promtool, &exporter.wait_until("up", all_up)), "", "after the first cycle");
    }
    let page = exporter.scrape();
    let series: Vec<&str> = page.samples().filter_map(|line| line.rsplit_once(' ')).map(|(series, _)| series).collect();
    let distinct: BTreeSet<&str> = series.iter().copied().collect();
    assert_eq!(series.len(), distinct.len());
}

fn is_one(line: &str) -> bool {
    line.ends_with(" 1")
}

/// All that `promtool check metrics` says about a page.
pub(crate) fn said_by(promtool: &str, page: &Page) -> String {
    let mut check = Command::new(tool(promtool));
    check.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = check.spawn().unwrap();
    child.stdin.take().unwrap().write_all(page.0.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{promtool}: {said}");
    said
}

#[test]
fn a_page_is_one_moment_whenever_it_is_scraped() {
    let morning = SystemTime::UNIX_EPOCH + Duration::from_secs(MORNING);
    let settings = |seed| Settings {
        seed,
        people: 4_000,
        // Two minutes a second: everybody moves between two cycles.
        clock: Clock::Running { from: morning, speed: 120.0 },
        // Most of the time a cycle is under way.
        presence_latency: Duration::from_millis(700),
        faults: vec![Fault {
            operation: Operation::GetPresences,
            occurrence: Occurrence::Every(5),
            effect: Effect::OmitRows(100),
        }],
        ..Settings::default()
    };
    let tenants = [1, 2, 3].map(|seed| {
        Tenant::start(&format!("seed {seed}"), settings(seed)).with("interval: 5s\nconcurrency: 2\nmin_coverage: 0.5")
    });
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    let mut distinct = BTreeSet::new();
    let three_cycles = |page: &Page| {
        tenants.iter().all(|Tenant { name, .. }| page.sum(name, "cycles_total").is_some_and(|cycles| cycles >= 3.0))
    };
    let mut pages = 0;
    loop {
        let page = exporter.scrape();
        for Tenant { name, .. } in &tenants {
            let counted = page.assert_sums_agree(name);
            let counts = page.of(name, &PRESENCE_FAMILIES);
            // Who reads that a cycle has ended finds its counts.
            assert!(page.sum(name, "cycles_total") == Some(0.0) || !counts.is_empty(), "{name}:\n{}", page.0);
            assert_eq!(counts.is_empty(), counted == 0, "{name}:\n{}", page.0);
            distinct.insert(counts);
        }
        pages += 1;
        if three_cycles(&page) {
            break;
        }
        assert!(pages < 1_000_000, "the cycles do not go on\n{}", exporter.log());
    }
    assert!(distinct.len() > 6, "the counts never changed: nothing was tested");
}

#[test]
fn a_scrape_is_answered_whatever_graph_does() {
    let down = Tenant::start("down", frozen(100, MORNING)).with("interval: 5s\nmax_age: 10s");
    let refusing = |name: &str, operation, status| {
        let fault = Fault::status(operation, Occurrence::Always, status);
        Tenant::start(name, Settings { faults: vec![fault], ..frozen(100, MORNING) })
    };
    let others = [
        refusing("entra refuses", Operation::Token, 401),
        refusing("graph refuses", Operation::ListUsers, 403),
        refusing("graph fails", Operation::GetPresences, 500),
        refusing("graph throttles", Operation::GetPresences, 429),
    ];
    let tenants: Vec<&Tenant> = std::iter::once(&down).chain(&others).collect();
    // Every scrape of the harness asserts that the answer is 200.
    let exporter = Exporter::start(&tenants);
    exporter.wait_until("down is up", |page| page.up("down"));
    let Tenant { name, simulator, .. } = down;
    drop(simulator);
    let page = exporter.wait_until("down is down, its counts gone", |page| {
        !page.up(&name) && page.of(&name, &PRESENCE_FAMILIES).is_empty()
    });
    for Tenant { name, .. } in &others {
        assert_eq!(page.of(name, &["up"]), "up 0\n", "{name}");
        assert_eq!(page.of(name, &PRESENCE_FAMILIES), "", "{name}");
        let failed = |family| page.sum(name, family).unwrap();
        assert!(failed("cycle_failures_total") + failed("directory_failures_total") > 0.0, "{name}");
    }
    assert_eq!(exporter.get("/-/healthy").status, 200);
}
