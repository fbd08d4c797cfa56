//! The demo: one command that shows everything, on a tenant of its own, and leaves nothing behind.

use std::fs;

use crate::harness::{Exporter, Page};

#[test]
fn the_demo_says_where_to_look_shows_counts_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let files = || fs::read_dir(temporary.path()).unwrap().count();
    let mut command = Exporter::command();
    command.env("TMPDIR", temporary.path());
    command.args(["demo", "--users", "300", "--seed", "3", "--speed", "60", "--web.listen-address", "127.0.0.1:0"]);
    let exporter = Exporter::launch(command, tempfile::tempdir().unwrap());
    let page = exporter.wait_until("counts", |page| page.up("demo"));
    let port = exporter.address().port();
    assert_eq!(
        exporter.printed(),
        format!(
            "
  A simulated tenant of 300 accounts is being watched; its enabled members
  are counted, by department, office and on-call team as well. It is Tuesday,
  09:30 UTC there, and time runs 60 times as fast.

    Metrics   http://localhost:{port}/metrics
    Status    http://localhost:{port}/

  Point a Prometheus at it with this in prometheus.yml:

    scrape_configs:
      - job_name: teams-presence
        metrics_path: /metrics
        static_configs:
          - targets: [\"localhost:{port}\"]

  Counts appear within 10 seconds. Ctrl-C ends it.

"
        )
    );
    // Somebody sees it for the first time: nothing of it is to worry him.
    assert!(!exporter.log().contains("level=WARN"), "{}", exporter.log());
    let counted = page.assert_sums_agree("demo");
    assert!(counted > 200, "{counted} of 300 accounts are counted");
    let reachable = |team| format!("<th scope=\"row\"><span class=\"word\"><bdi>{team}</bdi></span>");
    let status = exporter.get("/?dimension=team").body;
    for expected in ["<bdi>demo</bdi>".to_owned(), reachable("sre"), reachable("support")] {
        assert!(status.contains(&expected), "{expected} in {status}");
    }
    let awaits = |_: &Page| exporter.get("/").body.contains("<dt>Next cycle</dt><dd>in ");
    exporter.wait_until("the next cycle on the status page", awaits);
    for dimension in ["department", "office"] {
        let label = format!("dimension=\"{dimension}\"");
        let groups = page.samples().filter(|line| line.starts_with("teams_presence_group_availability_users{"));
        let grouped: f64 = groups.filter(|line| line.contains(&label)).filter_map(last).sum();
        assert!((grouped - f64::from(counted)).abs() < 0.5, "{dimension}: {grouped} of {counted}");
    }
    for team in ["sre", "support"] {
        let team = format!("{{dimension=\"team\",group=\"{team}\",tenant=\"demo\"}}");
        assert_eq!(page.value(&format!("teams_presence_group_visible{team}")), Some(1.0), "{team}");
        assert!(page.value(&format!("teams_presence_group_reachable{team}")).is_some(), "{team}");
    }
    assert!(page.says("teams_presence_permission_granted{permission=\"GroupMember.Read.All\",tenant=\"demo\"} 1"));

    assert_eq!(files(), 1);
    let stopped = exporter.stop();
    assert_eq!(stopped.status.code(), Some(0), "{}", stopped.log);
    assert_eq!(files(), 0);
}

/// The value of a sample.
fn last(line: &str) -> Option<f64> {
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn the_demo_says_what_happens_in_its_scenario_and_when() {
    let mut command = Exporter::command();
    let temporary = tempfile::tempdir().unwrap();
    command.env("TMPDIR", temporary.path()).env("TEAMS_PRESENCE_DEMO_SCENARIO", "slow");
    command.args(["demo", "--users", "100", "--scenario", "outage", "--web.listen-address", "127.0.0.1:0"]);
    let exporter = Exporter::launch(command, tempfile::tempdir().unwrap());
    exporter.wait_until("counts", |page| page.up("demo"));
    let printed = exporter.printed();
    let expected = "
  The scenario is outage; each of its scenes is announced below.
  Nothing works for a while: no token, no listing, no presence.

    Metrics   http://localhost:";
    assert!(printed.contains(expected), "{printed}");
    assert!(printed.ends_with("\n\n  Scene: calm, 60 seconds\n"), "{printed}");
    let stopped = exporter.stop();
    assert_eq!(stopped.status.code(), Some(0), "{}", stopped.log);
}

#[test]
fn the_demo_refuses_a_scenario_that_there_is_not() {
    let output = Exporter::command().args(["demo", "--scenario", "outages"]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "\
error: demo --scenario: \"outages\" is not a scenario; did you mean outage?
    Otherwise write calm, throttled, counts-ids, flaky, outage, slow, hostile,
    poisoned, systemic, token-trouble, refused, shrinking, long-listing or
    random

For more information, try '--help'.
"
    );
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn the_demo_takes_no_configuration_file() {
    let output = Exporter::command().args(["demo", "--config.file", "x", "--users", "0"]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "\
error: --config.file: the demo brings a tenant of its own; leave the flag out
error: demo --users: \"0\" does not fit; write a whole number from 1 to 1000000

For more information, try '--help'.
"
    );
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn the_demo_runs_on_when_nobody_reads_its_welcome() {
    let mut command = Exporter::command();
    let temporary = tempfile::tempdir().unwrap();
    command.env("TMPDIR", temporary.path());
    command.args(["demo", "--users", "100", "--web.listen-address", "127.0.0.1:0"]);
    let exporter = Exporter::launch_unheard(command, tempfile::tempdir().unwrap());
    exporter.wait_until("counts", |page| page.up("demo"));
    assert_eq!(exporter.stop().status.code(), Some(0));
}
