//! Several tenants in one process: what is wrong with one costs the others nothing.

use std::fs;
use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, RetryAfter, Settings};

use super::World;
use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, frozen};

#[test]
fn a_tenant_with_a_bad_secret_costs_the_other_no_sample() {
    let good = Tenant::start("good", Settings { seed: 7, ..frozen(900, MORNING) });
    let folder = tempfile::tempdir().unwrap();
    let section = good.write(folder.path(), 1);
    let World { tenant: bad, section: bad_section, folder } = World { folder, ..World::good() };
    bad.write(folder.path(), 0);
    fs::write(folder.path().join("secret-0"), "wrong").unwrap();
    fs::write(folder.path().join("exporter.yml"), format!("tenants:\n{bad_section}{section}")).unwrap();
    let mut command = Exporter::command();
    command.args(["--config.file", "exporter.yml", "--web.listen-address", "127.0.0.1:0"]).current_dir(folder.path());
    let exporter = Exporter::launch(command, folder);

    let expected = Census::usual(&good.simulator);
    exporter.wait_for_cycles(&good, 1);
    let refused = "teams_presence_directory_failures_total{reason=\"token\",tenant=\"contoso\"}";
    // Looks at every page until the bad one was refused twice and the good one was read three times.
    exporter.wait_until("two refusals and three cycles", |page| {
        assert!(page.up("good") && !page.up(&bad.name), "{}", page.0);
        assert_eq!(page.of("good", &PRESENCE_FAMILIES), expected.lines());
        assert_eq!(page.of(&bad.name, &PRESENCE_FAMILIES), "");
        page.value(refused) >= Some(2.0) && page.sum("good", "cycles_total") >= Some(3.0)
    });
    assert_eq!(exporter.scrape().tracked("good"), [expected.people, 0, 0, 0]);
}

/// What ails a tenant while its neighbours are well.
const AILMENTS: [&str; 5] = ["refused", "hanging", "throttled", "endless", "resetting"];

fn ailing(name: &str) -> Tenant {
    let always = |operation, effect| Fault { operation, occurrence: Occurrence::Always, effect };
    let silence = Duration::from_hours(1);
    let faults = match name {
        "hanging" => vec![always(Operation::GetPresences, Effect::Delay(silence))],
        "throttled" => {
            let (retry_after, wait) = (RetryAfter::Integer, Duration::from_secs(3));
            vec![always(Operation::GetPresences, Effect::Throttled { retry_after, wait })]
        }
        "endless" => vec![always(Operation::GetPresences, Effect::Endless(5 << 30))],
        "resetting" => vec![always(Operation::ListUsers, Effect::Reset)],
        _ => Vec::new(),
    };
    let tenant = Tenant::start(name, Settings { faults, ..frozen(100, MORNING) });
    tenant.simulator.set_secret_expired(name == "refused");
    tenant
}

#[test]
fn five_that_ail_in_five_ways_cost_fifteen_others_no_sample() {
    let ailing = AILMENTS.map(ailing);
    let well: Vec<Tenant> = (0..15)
        .map(|number| {
            let settings = Settings { seed: number, ..frozen(60, MORNING) };
            Tenant::start(&format!("well-{number}"), settings).with("interval: 10s")
        })
        .collect();
    let expected: Vec<String> = well.iter().map(|tenant| Census::usual(&tenant.simulator).lines()).collect();
    // Those who ail come first, and in between.
    let (first, rest) = ailing.split_at(2);
    let (some, others) = well.split_at(7);
    let all: Vec<&Tenant> = first.iter().chain(some).chain(rest).chain(others).collect();
    let exporter = Exporter::start(&all);
    exporter.wait_until("all who are well up", |page| well.iter().all(|tenant| page.up(&tenant.name)));

    // Looks at every page until each of them was read three times.
    let page = exporter.wait_until("three cycles of each", |page| {
        for (tenant, expected) in well.iter().zip(&expected) {
            assert!(page.up(&tenant.name), "{} is down:\n{}", tenant.name, page.of(&tenant.name, &["tracked_users"]));
            assert_same_lines(&page.of(&tenant.name, &PRESENCE_FAMILIES), expected, &tenant.name);
        }
        well.iter().all(|tenant| page.sum(&tenant.name, "cycles_total") >= Some(3.0))
    });
    for tenant in &ailing {
        assert!(!page.up(&tenant.name), "{}", tenant.name);
        assert_eq!(page.of(&tenant.name, &PRESENCE_FAMILIES), "", "{}", tenant.name);
    }
    let failures = |tenant: &str, family: &str, reason: &str| {
        page.value(&format!("teams_presence_{family}_failures_total{{reason=\"{reason}\",tenant=\"{tenant}\"}}"))
    };
    assert!(failures("refused", "directory", "token") >= Some(1.0));
    assert!(failures("hanging", "cycle", "deadline") >= Some(1.0));
    assert!(failures("throttled", "cycle", "throttled") >= Some(1.0));
    assert!(failures("endless", "cycle", "unintelligible") >= Some(1.0));
    assert!(failures("resetting", "directory", "unavailable") >= Some(1.0));
}
