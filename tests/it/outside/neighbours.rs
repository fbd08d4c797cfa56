//! Two tenants in one process: what is wrong with one costs the other nothing.

use std::fs;

use super::World;
use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, frozen};

#[test]
fn a_tenant_with_a_bad_secret_costs_the_other_no_sample() {
    let good = Tenant::start("good", simulator::Settings { seed: 7, ..frozen(900, MORNING) });
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
