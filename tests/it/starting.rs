//! Starting: the addresses it listens on, and what variables say where no flag and no file does.

use std::fs;
use std::net::TcpListener;
use std::process::Output;

use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// A port that is taken for as long as this is held.
fn taken() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[track_caller]
fn check_taken(output: &Output, address: &str) {
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!(
            "cannot listen on {address}: address already in use; another process has\n    the port, choose another with \
             --web.listen-address\n"
        )
    );
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &[][..]));
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exporter.yml");
    fs::write(&file, format!("tenants:\n{}", tenant.write(folder.path(), 0))).unwrap();
    let (_held, address) = taken();
    let mut command = Exporter::command();
    command.arg("--config.file").arg(&file).args(["--web.listen-address", "127.0.0.1:0"]);
    check_taken(&command.args(["--web.listen-address", &address]).output().unwrap(), &address);
    assert_eq!(tenant.simulator.calls(), []);
}

#[test]
fn the_demo_meets_a_taken_port_and_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (_held, address) = taken();
    let mut command = Exporter::command();
    command.env("TMPDIR", folder.path()).args(["demo", "--users", "10", "--web.listen-address", &address]);
    check_taken(&command.output().unwrap(), &address);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn variables_are_as_good_as_flags() {
    let tenant = Tenant::start("contoso", frozen(200, MORNING));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exporter.yml");
    fs::write(&file, format!("tenants:\n{}", tenant.write(folder.path(), 0))).unwrap();
    let mut command = Exporter::command();
    command.env("TEAMS_PRESENCE_CONFIG_FILE", &file);
    command.env("TEAMS_PRESENCE_WEB_LISTEN_ADDRESS", "127.0.0.1:0,127.0.0.1:0");
    command.env("TEAMS_PRESENCE_WEB_TELEMETRY_PATH", "/presence");
    command.env("TEAMS_PRESENCE_LOG_FORMAT", "json");
    let exporter = Exporter::launch(command, folder);
    let line = exporter.wait_for_log(&["presence read"]);
    assert!(line.starts_with("{\"time\":\"20"), "{line}");
    assert_eq!(exporter.log().matches("\"msg\":\"listening\"").count(), 2, "{}", exporter.log());
    assert_eq!(exporter.get("/presence").status, 200);
    assert_eq!(exporter.get("/metrics").status, 404);
}

#[test]
fn the_start_tells_how_many_series_the_groups_can_make() {
    const EVERYTHING: &str = "metrics: [availability, activity, work_location, out_of_office]";
    const GROUPS: &str = "{a: 7c9e6679-7425-40de-944b-e07fc1f90ae7, b: 0f8fad5b-d9cb-469f-a165-70867728950e}";
    let start = |name, keys: &str| Tenant::start(name, frozen(10, MORNING)).with(keys);
    let few = start(
        "few",
        &format!(
            "group_by: [{{dimension: department, attribute: department, {EVERYTHING}}}, {{dimension: office, attribute: \
             officeLocation}}, {{dimension: team, duty: true, entra_groups: {GROUPS}}}]"
        ),
    );
    let many = start(
        "many",
        &format!("group_by: [{{dimension: 'job \"x\"', attribute: jobTitle, max_groups: 1000, {EVERYTHING}}}]"),
    );
    let none = start("none", "group_by: []");
    let exporter = Exporter::start(&[&few, &many, &none]);
    exporter.wait_for_log(&[
        "level=INFO",
        "tenant=few",
        r#"msg="groups configured: 3 dimensions, at most 204 groups, at most 8,846 series""#,
    ]);
    exporter.wait_for_log(&[
        "level=WARN",
        "tenant=many",
        r#"msg="groups configured: 1 dimension, at most 1,001 groups, at most 64,067 series, which is a lot for Prometheus""#,
        r#"advice="Lower max_groups or take out metrics, of the dimension job \"x\" first, which can make 64,067 of them""#,
    ]);
    exporter.wait_for_cycles(&none, 1);
    assert_eq!(exporter.log().matches("groups configured").count(), 2, "{}", exporter.log());
}

/// The exporter with the variables of Azure's SDKs alone. No packet leaves loopback: the proxy is a closed port.
fn azure(more: &[(&str, &str)]) -> Exporter {
    let mut command = Exporter::command();
    command.args(["--web.listen-address", "127.0.0.1:0"]);
    command.env("AZURE_TENANT_ID", "contoso.example");
    command.env("AZURE_CLIENT_ID", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
    command.env("AZURE_CLIENT_SECRET", "hunter2");
    command.env("HTTPS_PROXY", "http://127.0.0.1:1");
    command.envs(more.iter().copied());
    Exporter::launch(command, tempfile::tempdir().unwrap())
}

#[track_caller]
fn check_azure(exporter: &Exporter, host: &str) {
    let line = exporter.wait_for_log(&["level=WARN"]);
    let what = format!("the proxy at 127.0.0.1:1, on the way to Entra at {host}, could not be reached");
    let told = format!("msg=\"listing users failed: {what}\" tenant=contoso.example ");
    assert!(line.contains(&told), "{line}");
    assert!(exporter.log().contains(" tenants=1\n"), "{}", exporter.log());
    assert!(exporter.get("/").body.contains("<bdi>contoso.example</bdi>"));
    assert!(exporter.scrape().says("teams_presence_up{tenant=\"contoso.example\"} 0"));
    assert!(!exporter.log().contains("hunter2"), "{}", exporter.log());
}

#[test]
fn the_variables_of_azure_alone_make_a_tenant_of_the_global_cloud() {
    check_azure(&azure(&[]), "login.microsoftonline.com");
}

#[test]
fn the_authority_of_azure_chooses_the_cloud() {
    check_azure(&azure(&[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")]), "login.microsoftonline.us");
}
