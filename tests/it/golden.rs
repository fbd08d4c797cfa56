//! The golden page: all of `/metrics` for a small tenant whose clock stands still, in `golden/metrics.txt`.
//!
//! What differs from run to run is masked. Where the page was changed on purpose, look at the difference that the test
//! shows and then take the page over: the failing test says which `cp` does that.

use std::fs;
use std::path::Path;

use simulator::Settings;

use crate::harness::{Exporter, MORNING, Page, Tenant, assert_same_lines, frozen};

/// Families whose values differ from run to run.
const VOLATILE: [&str; 10] = [
    "process_",
    "teams_presence_config_last_reload_success_timestamp_seconds",
    "teams_presence_cycle_duration_seconds",
    "teams_presence_directory_timestamp_seconds",
    "teams_presence_graph_request_duration_seconds_bucket",
    "teams_presence_graph_request_duration_seconds_sum",
    "teams_presence_last_success_timestamp_seconds",
    "teams_presence_oldest_observation_timestamp_seconds",
    "teams_presence_token_expiry_timestamp_seconds",
    "teams_presence_build_info",
];

fn masked(page: &Page) -> String {
    let mask = |line: &str| match line.rsplit_once(' ') {
        Some((series, _)) if VOLATILE.iter().any(|family| series.starts_with(family)) => {
            let series =
                if series.starts_with("teams_presence_build_info") { without_values(series) } else { series.into() };
            format!("{series} MASKED\n")
        }
        _ => format!("{line}\n"),
    };
    page.0.lines().map(mask).collect()
}

/// A series with its labels' names alone.
fn without_values(series: &str) -> String {
    series.split('"').step_by(2).collect::<Vec<_>>().join("\"MASKED\"")
}

#[test]
fn the_whole_page_is_as_it_was() {
    let roles = ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"].map(str::to_owned).to_vec();
    let tenant = Tenant::start("contoso", Settings { roles, ..frozen(60, MORNING) });
    let team = |name| tenant.simulator.group(name).id;
    let keys = format!(
        "interval: 1h\nmin_group_size: 3\ngroup_by:
- {{dimension: department, attribute: department}}
- {{dimension: office, attribute: officeLocation, metrics: [availability, activity, work_location, out_of_office]}}
- {{dimension: team, duty: true, entra_groups: {{sre: {}, support: {}, solo: {}}}}}",
        team("On call SRE"),
        team("On call Support"),
        team("On call Solo"),
    );
    let tenant = tenant.with(&keys);
    let exporter = Exporter::start(&[&tenant]);
    // Counted comes after shown, so a page that counts a cycle is whole.
    let page = masked(&exporter.wait_for_cycles(&tenant, 1));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/metrics.txt");
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    if page != expected {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("metrics.txt");
        fs::write(&new, &page).unwrap();
        let what = format!("to take the page over: cp {} tests/it/golden/metrics.txt\nthe page", new.display());
        assert_same_lines(&page, &expected, &what);
    }
}
