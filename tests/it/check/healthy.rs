//! Tenants that are well: the whole report, word for word, as text and as JSON.

use std::fs;
use std::path::Path;

use serde_json::Value;
use simulator::Settings;

use super::run::{Run, Stage};
use crate::harness::{MORNING, Tenant, assert_same_lines, frozen};

/// A tenant with groups of every kind, which may do what it needs to and no more.
fn tenant() -> Tenant {
    let roles = ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"].map(str::to_owned).to_vec();
    let tenant = Tenant::start("contoso", Settings { roles, ..frozen(300, MORNING) });
    let team = |name| tenant.simulator.group(name).id;
    let keys = format!(
        "users: {{teams_plan_only: true}}\ngroup_by:
- {{dimension: department, attribute: department}}
- {{dimension: office, attribute: officeLocation, metrics: [availability, activity, work_location, out_of_office]}}
- {{dimension: team, entra_groups: {{sre: {}}}}}",
        team("On call SRE"),
    );
    tenant.with(&keys)
}

/// The report without what differs from run to run; everything keeps its width.
fn masked(run: &Run, tenant: &Tenant) -> String {
    let port = tenant.simulator.address().port().to_string();
    // A machine's own name may have an address of each kind.
    let text = run.stdout.replace(&port, "<PORT>").replace(": 2 addresses", ": 1 address");
    let mask = |text: &str, before: &str, after: &str| {
        let (start, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in:\n{text}"));
        let (number, end) = rest.split_once(after).unwrap();
        let number: String = number.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
        format!("{start}{before}{number}{after}{end}")
    };
    mask(&mask(&text, "good for 59 min ", " s"), "a cycle takes up to ", " s")
}

#[test]
fn the_whole_report_is_as_it_was() {
    let tenant = tenant();
    let run = Stage::of(&[&tenant]).run(&[]);
    let report = masked(&run, &tenant);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/check.txt");
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    if report != expected {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check.txt");
        fs::write(&new, &report).unwrap();
        let what = format!("to take the report over: cp {} tests/it/golden/check.txt\nthe report", new.display());
        assert_same_lines(&report, &expected, &what);
    }
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let wide: Vec<&str> = report.lines().filter(|line| line.chars().count() > 80 || !line.is_ascii()).collect();
    assert!(wide.is_empty(), "{wide:?}");
}

#[test]
fn json_tells_the_same_steps_in_the_same_words() {
    let tenant = tenant();
    let text = Stage::of(&[&tenant]).run(&["--offline"]);
    let json = Stage::of(&[&tenant]).run(&["--offline", "--format", "json"]);
    assert_eq!((json.code, json.stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["offline"], true);
    assert_eq!(report["verdict"], "ok");
    assert_eq!((report["failures"].as_u64(), report["warnings"].as_u64()), (Some(0), Some(0)));
    assert_eq!(report["tenants"][0]["tenant"], "contoso");
    let flowing = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = flowing(&text.stdout);
    let steps = json.steps();
    assert_eq!(steps.iter().filter(|step| step.mark == "skipped").count(), 13, "{told}");
    for step in &steps {
        let name = step.name.replace('_', " ");
        let in_words = match step.mark.as_str() {
            "ok" => told.contains(&["ok", &name, &step.what].join(" ")),
            _ => told.contains(&step.what) && told.contains(&name),
        };
        assert!(in_words, "{step:?} is not in {told}");
    }
    assert!(told.ends_with("1 tenant checked: nothing to mend. Nothing was sent: --offline."), "{told}");
}
