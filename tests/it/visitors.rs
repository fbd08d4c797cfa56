//! Who sees what: users of the web configuration, and what `web_users` says of them.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use simulator::Settings;

use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// A web configuration in which the password of each user is the name.
fn web_config(users: &[&str]) -> String {
    let user = |name: &&str| format!("  {name}: {}\n", bcrypt::hash(name, 4).unwrap());
    format!("basic_auth_users:\n{}", users.iter().map(user).collect::<String>())
}

/// The status and the body of what a user is answered.
fn ask(exporter: &Exporter, user: Option<&str>, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(exporter.address()).unwrap();
    let credentials = |user: &str| format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{user}")));
    let credentials = user.map(credentials).unwrap_or_default();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n{credentials}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

const PATHS: [&str; 11] = [
    "/", "/style.css", "/metrics", "/metrics/contoso", "/metrics/fabrikam", "/metrics/nobody", "/config", "/nothing",
    "/-/healthy", "/-/ready", "/-/reload",
];

#[track_caller]
fn check(exporter: &Exporter, user: Option<&str>, expected: [u16; 11]) {
    let statuses = PATHS.map(|path| ask(exporter, user, "GET", path).0);
    assert_eq!(statuses, expected, "{user:?} at {PATHS:?}");
}

#[test]
fn each_user_sees_what_the_configuration_says_and_nobody_more_by_a_slip() {
    let tenants = ["contoso", "fabrikam"].map(|name| Tenant::start(name, frozen(100, MORNING)));
    let tenants: Vec<&Tenant> = tenants.iter().collect();
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web.yml");
    fs::write(&web, web_config(&["prometheus", "provider", "customer", "forgotten"])).unwrap();
    let exporter = Exporter::start_with(&tenants, &["--web.config.file", web.to_str().unwrap()]);
    exporter.wait_for_log(&["level=INFO", "the web configuration is in force", "tls=false", "users=4"]);
    let everything = [200, 200, 200, 200, 200, 404, 200, 404, 200, 200, 405];
    exporter.wait_for("ready", || ask(&exporter, Some("prometheus"), "GET", "/-/ready").0 == 200);
    check(&exporter, None, [401; 11]);
    check(&exporter, Some("customer"), everything);

    let users =
        "web_users:\n  prometheus: all\n  provider: [contoso, fabrikam]\n  customer: [fabrikam]\n  nobody: all\n";
    exporter.configure(&tenants, users);
    exporter.signal("HUP");
    exporter.wait_for_log(&["the configuration was read again and is in force"]);
    exporter.wait_for_log(&["level=WARN", "web_users names users whom the web configuration does not know", "users=1"]);
    check(&exporter, None, [401; 11]);
    check(&exporter, Some("prometheus"), everything);
    check(&exporter, Some("provider"), [403, 403, 403, 200, 200, 403, 403, 403, 200, 200, 403]);
    check(&exporter, Some("customer"), [403, 403, 403, 403, 200, 403, 403, 403, 200, 200, 403]);
    check(&exporter, Some("forgotten"), [403, 403, 403, 403, 403, 403, 403, 403, 200, 200, 403]);
    let (_, said) = ask(&exporter, Some("customer"), "GET", "/metrics/contoso");
    assert_eq!(said, "This user may see /metrics/fabrikam, and nothing else\n");
    let (_, said) = ask(&exporter, Some("forgotten"), "POST", "/metrics");
    assert_eq!(said, "This user may see nothing; web_users in the configuration does not name it\n");
    let (_, page) = ask(&exporter, Some("customer"), "GET", "/metrics/fabrikam");
    assert!(page.contains("tenant=\"fabrikam\"") && !page.contains("contoso"), "{page}");
    let (_, page) = ask(&exporter, Some("prometheus"), "GET", "/metrics");
    assert!(page.contains("contoso") && !page.contains("prometheus\""), "no user is in any label");
    assert!(!exporter.log().contains("nobody"), "nor in the log: {}", exporter.log());
}

#[test]
fn a_fault_of_a_user_is_told_by_number_as_names_may_be_names_of_people() {
    let tenant = Tenant::start("contoso", frozen(100, MORNING));
    let exporter = Exporter::start(&[&tenant]);
    exporter.configure(&[&tenant], "web_users: {prometheus: all, ada.lovelace: [elsewhere]}\n");
    exporter.signal("HUP");
    exporter.wait_for_log(&[
        "level=ERROR",
        "web_users[1][0]: ",
        "is the name of no tenant; write one of those in tenants",
    ]);
    assert!(!exporter.log().contains("ada"), "{}", exporter.log());
}

#[test]
fn users_who_are_taken_out_while_it_runs_leave_the_door_open_and_the_log_says_so() {
    let tenant = Tenant::start("contoso", frozen(100, MORNING));
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web.yml");
    fs::write(&web, web_config(&["prometheus"])).unwrap();
    let exporter = Exporter::start_with(&[&tenant], &["--web.config.file", web.to_str().unwrap()]);
    assert_eq!(ask(&exporter, None, "GET", "/metrics").0, 401);
    fs::write(&web, "http_server_config: {http2: false}\n").unwrap();
    exporter
        .wait_for_log(&["level=WARN", "no users are left in the web configuration: nobody is asked for a password"]);
    assert_eq!(ask(&exporter, None, "GET", "/metrics").0, 200);
}

#[test]
fn without_passwords_there_are_no_users_and_nobody_sees_anything() {
    let tenant = Tenant::start("contoso", frozen(100, MORNING));
    let exporter = Exporter::start(&[&tenant]);
    exporter.configure(&[&tenant], "web_users: {customer: [contoso]}\n");
    exporter.signal("HUP");
    exporter.wait_for_log(&[
        "level=WARN",
        "web_users says what users see, but there are none: nobody sees more than health",
    ]);
    let said = "Only users may see this, as web_users in the configuration has it, and there are none\n";
    for path in ["/", "/metrics", "/metrics/contoso", "/config"] {
        assert_eq!(ask(&exporter, None, "GET", path), (403, said.to_owned()), "{path}");
    }
    assert_eq!(ask(&exporter, None, "GET", "/-/healthy").0, 200);
}

#[test]
fn who_sees_a_part_is_not_told_how_many_tenants_are_waited_for() {
    let endless = Settings { listing_latency: Duration::from_mins(10), ..frozen(10, MORNING) };
    let tenants = ["contoso", "fabrikam"].map(|name| Tenant::start(name, endless.clone()).with("interval: 1h"));
    let tenants: Vec<&Tenant> = tenants.iter().collect();
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web.yml");
    fs::write(&web, web_config(&["prometheus", "customer"])).unwrap();
    let exporter = Exporter::start_with(&tenants, &["--web.config.file", web.to_str().unwrap()]);
    exporter.configure(&tenants, "web_users: {prometheus: all, customer: [contoso]}\n");
    exporter.signal("HUP");
    exporter.wait_for_log(&["the configuration was read again and is in force"]);
    let ready = |user| ask(&exporter, Some(user), "GET", "/-/ready");
    assert_eq!(ready("customer"), (503, "Not ready\n".to_owned()));
    assert_eq!(ready("prometheus"), (503, "Not ready: 2 tenants have not ended their first cycle yet\n".to_owned()));
}
