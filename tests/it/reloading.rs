//! Reloading: a new configuration comes in force while tenants are read and pages are scraped.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use simulator::Operation;

use crate::harness::{Exporter, MORNING, Page, Tenant, ask, frozen, get};

const RELOADED: &str = "the configuration was read again and is in force";

const SUCCESS: &str = "teams_presence_config_last_reload_successful";

fn tenants<const N: usize>(names: [&str; N]) -> [Tenant; N] {
    names.map(|name| Tenant::start(name, frozen(100, MORNING)))
}

/// Tells it to reload, and waits until it says what came of it. Returns that line.
fn reload(exporter: &Exporter, said: &[&str]) -> String {
    exporter.signal("HUP");
    exporter.wait_for_log(said)
}

/// How many requests for users the tenant has met.
fn listings(tenant: &Tenant) -> usize {
    tenant.simulator.calls().iter().filter(|call| call.operation == Operation::ListUsers).count()
}

/// How many lines of the page are about a tenant of this name.
fn lines_about(page: &Page, name: &str) -> usize {
    page.samples().filter(|line| line.contains(&format!("tenant=\"{name}\""))).count()
}

#[test]
fn tenants_come_and_go_and_whoever_stays_notices_nothing() {
    let [contoso, fabrikam, northwind] = tenants(["contoso", "fabrikam", "northwind"]);
    let exporter = Exporter::start(&[&contoso, &fabrikam]);
    let before = exporter.wait_until("both up", |page| page.up("contoso") && page.up("fabrikam"));
    let (listings, everybody) = (listings(&contoso), before.sum("contoso", "availability_users"));

    exporter.configure(&[&contoso, &northwind], "");
    let line = reload(&exporter, &["level=INFO", RELOADED]);
    assert!(line.ends_with("added=1 changed=0 removed=1 unchanged=1"), "{line}");
    let page = exporter.scrape();
    assert_eq!(lines_about(&page, "fabrikam"), 0, "{}", page.0);
    assert!(page.up("contoso") && page.sum("contoso", "availability_users") == everybody, "{}", page.0);
    assert!(page.sum("contoso", "cycles_total") >= before.sum("contoso", "cycles_total"));
    assert_eq!(page.of("northwind", &["up"]), "up 0\n", "it was not read yet");
    assert_eq!(exporter.get("/-/ready").status, 200, "it never flaps back");

    exporter.wait_until("northwind up", |page| page.up("northwind"));
    exporter.wait_until("contoso goes on", |page| {
        page.sum("contoso", "cycles_total") > before.sum("contoso", "cycles_total").map(|cycles| cycles + 1.0)
    });
    assert_eq!(self::listings(&contoso), listings, "nothing was listed again");
    let page = exporter.scrape();
    assert_eq!(lines_about(&page, "fabrikam"), 0, "nothing late came back: {}", page.0);
}

#[test]
fn a_tenant_with_other_settings_goes_on_with_what_was_counted_and_listed() {
    let [contoso] = tenants(["contoso"]);
    let exporter = Exporter::start(&[&contoso]);
    let before = exporter.wait_for_cycles(&contoso, 2);
    let contoso = contoso.with("interval: 6s\nmax_age: 1m");
    exporter.configure(&[&contoso], "");
    let line = reload(&exporter, &["level=INFO", RELOADED]);
    assert!(line.ends_with("added=0 changed=1 removed=0 unchanged=0"), "{line}");
    let page = exporter
        .wait_until("its new interval", |page| page.of("contoso", &["poll_interval_seconds"]).ends_with(" 6\n"));
    for family in ["cycles_total", "availability_user_seconds_total", "graph_requests_total"] {
        assert!(page.sum("contoso", family) >= before.sum("contoso", family), "{family}: {}", page.0);
    }
    exporter.wait_until("up again, and cycles go on", |page| {
        page.up("contoso") && page.sum("contoso", "cycles_total") > before.sum("contoso", "cycles_total")
    });
}

#[test]
fn no_scrape_is_lost_or_sees_half_of_a_reload() {
    let [contoso, fabrikam] = tenants(["contoso", "fabrikam"]);
    let exporter = Exporter::start(&[&contoso, &fabrikam]);
    let page = exporter.wait_until("both up", |page| page.up("contoso") && page.up("fabrikam"));
    let everybody = page.sum("contoso", "availability_users");
    let (over, address) = (AtomicBool::new(false), exporter.address());
    std::thread::scope(|scope| {
        let scraping = scope.spawn(|| {
            let mut scrapes = 0;
            while !over.load(Ordering::Relaxed) {
                let answer = get(address, "/metrics").unwrap();
                assert_eq!(answer.status, 200, "{}", answer.body);
                let page = Page(answer.body);
                assert_eq!(page.sum("contoso", "availability_users"), everybody, "{}", page.0);
                // The board shows the one, the exporter's own metrics the other.
                let [shown, counted] = ["up", "cycles_total"].map(|family| page.sum("fabrikam", family).is_some());
                assert_eq!(shown, counted, "{}", page.0);
                scrapes += 1;
            }
            scrapes
        });
        let both = [&contoso, &fabrikam];
        for round in 1..=10 {
            exporter.configure(if round % 2 == 0 { &both } else { &both[..1] }, "");
            exporter.signal("HUP");
            exporter.wait_until("it is in force", |page| (lines_about(page, "fabrikam") > 0) == (round % 2 == 0));
        }
        over.store(true, Ordering::Relaxed);
        assert!(scraping.join().unwrap() > 10);
    });
}

#[test]
fn a_broken_file_changes_nothing_until_it_is_mended() {
    let [contoso, fabrikam] = tenants(["contoso", "fabrikam"]);
    let exporter = Exporter::start(&[&contoso]);
    let before = exporter.wait_until("up", |page| page.up("contoso"));
    assert!(before.says(&format!("{SUCCESS} 1")), "{}", before.0);
    let time = "teams_presence_config_last_reload_success_timestamp_seconds";

    exporter.configure(&[&contoso.with("intervall: 5s")], "tenantz: []\n");
    let line = reload(&exporter, &["level=ERROR", "reloading failed, and what is in force stays so", "intervall"]);
    assert!(line.contains("tenants[0].intervall: unknown key; did you mean interval?"), "{line}");
    exporter.wait_for_log(&["level=ERROR", "reloading failed", "tenantz: unknown key"]);
    let page = exporter.wait_until("the failure", |page| page.says(&format!("{SUCCESS} 0")));
    assert!(page.up("contoso"), "{}", page.0);
    assert_eq!(page.value(time), before.value(time));

    exporter.configure(&[&fabrikam], "");
    reload(&exporter, &["level=INFO", RELOADED]);
    let page = exporter.wait_until("fabrikam up", |page| page.up("fabrikam"));
    assert!(page.says(&format!("{SUCCESS} 1")) && page.value(time) >= before.value(time), "{}", page.0);
    assert_eq!(lines_about(&page, "contoso"), 0);
}

#[test]
fn a_request_may_ask_for_it_where_that_is_enabled() {
    let [contoso, fabrikam] = tenants(["contoso", "fabrikam"]);
    let exporter = Exporter::start_with(&[&contoso], &["--web.enable-lifecycle"]);
    let reload = |method| {
        let answer = ask(exporter.address(), method, "/-/reload").unwrap();
        (answer.status, answer.body)
    };
    exporter.configure(&[&fabrikam], "");
    assert_eq!(reload("POST"), (200, "Reloaded\n".to_owned()));
    let page = exporter.scrape();
    assert_eq!((lines_about(&page, "contoso"), page.of("fabrikam", &["up"])), (0, "up 0\n".to_owned()), "{}", page.0);
    exporter.configure(&[&contoso.with("interval: 1s")], "");
    let (status, said) = reload("PUT");
    let said = said.replace(&format!("{}/", exporter.folder().display()), "").replace("\n    ", " ");
    let expected = "Not reloaded, and what is in force stays so:\n\
                    exporter.yml:8:15: tenants[0].interval: 1s is out of range; write 5s to 1h\n";
    assert_eq!((status, said.as_str()), (500, expected));
    assert!(exporter.scrape().says(&format!("{SUCCESS} 0")));
    let answer = ask(exporter.address(), "GET", "/-/reload").unwrap();
    assert!(answer.status == 405 && answer.headers.to_lowercase().contains("allow: put, post"), "{}", answer.headers);
}

#[test]
fn no_request_may_ask_for_it_where_that_is_not_enabled() {
    let [contoso] = tenants(["contoso"]);
    let exporter = Exporter::start(&[&contoso]);
    for method in ["POST", "PUT"] {
        let answer = ask(exporter.address(), method, "/-/reload").unwrap();
        assert_eq!(answer.status, 403);
        assert_eq!(
            answer.body,
            "Nobody may ask for that here; start with --web.enable-lifecycle, or send the process SIGHUP\n"
        );
    }
    assert!(!exporter.log().contains("reload"), "{}", exporter.log());
}

#[test]
fn a_broken_web_configuration_keeps_the_whole_from_coming_in_force() {
    let [contoso, fabrikam] = tenants(["contoso", "fabrikam"]);
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web.yml");
    fs::write(&web, "http_server_config: {headers: {X-Frame-Options: deny}}\n").unwrap();
    let exporter = Exporter::start_with(&[&contoso], &["--web.config.file", web.to_str().unwrap()]);
    exporter.wait_until("up", |page| page.up("contoso"));
    exporter.configure(&[&fabrikam], "");
    fs::write(&web, "http_server_config: {headers: {X-Foo: bar}}\n").unwrap();
    reload(&exporter, &["level=ERROR", "reloading failed", "X-Foo"]);
    let page = exporter.wait_until("the failure", |page| page.says(&format!("{SUCCESS} 0")));
    assert!(page.says("teams_presence_web_config_last_reload_successful 0") && page.up("contoso"), "{}", page.0);
    assert_eq!(lines_about(&page, "fabrikam"), 0);
    let told = exporter.log().lines().filter(|line| line.contains("X-Foo")).count();
    assert_eq!(told, 1, "a fault is logged once: {}", exporter.log());
    assert!(exporter.get("/-/healthy").headers.to_lowercase().contains("x-frame-options: deny"));
    fs::write(&web, "http_server_config: {headers: {X-Frame-Options: sameorigin}}\n").unwrap();
    reload(&exporter, &["level=INFO", RELOADED]);
    assert!(exporter.get("/-/healthy").headers.to_lowercase().contains("x-frame-options: sameorigin"));
    exporter.wait_until("fabrikam up", |page| page.up("fabrikam"));
}

#[test]
fn the_configuration_in_force_is_shown_without_secrets() {
    let [contoso, fabrikam] = tenants(["contoso", "fabrikam"]);
    let contoso = contoso.with("interval: 5s\nusers: {filter: \"mail ne 'ada@contoso.example'\"}");
    let exporter = Exporter::start(&[&contoso]);
    let shown = exporter.get("/config");
    assert_eq!(shown.status, 200);
    let headers = shown.headers.to_lowercase();
    assert!(headers.contains("content-type: text/plain; charset=utf-8") && headers.contains("cache-control: no-store"));
    for line in [
        "  - name: \"contoso\"",
        "    interval: 5s",
        "    max_age: 5m",
        "      filter: \"mail ne '***'\"",
        "    min_group_size: 5",
    ] {
        assert!(shown.body.lines().any(|it| it == line), "{line} in {}", shown.body);
    }
    assert!(!shown.body.contains("ada@") && !shown.body.contains(contoso.simulator.client_secret()), "{}", shown.body);
    exporter.configure(&[&fabrikam], "");
    reload(&exporter, &["level=INFO", RELOADED]);
    let shown = exporter.get("/config").body;
    assert!(shown.contains("\"fabrikam\"") && !shown.contains("\"contoso\""), "{shown}");
}

#[test]
fn other_certificates_to_trust_are_taken_up_and_broken_ones_are_not() {
    let [contoso, stranger] = tenants(["contoso", "stranger"]);
    let exporter = Exporter::start(&[&contoso]);
    exporter.wait_until("up", |page| page.up("contoso"));
    let file = exporter.folder().join("ca-0.pem");
    let trust = |text: &str| {
        let new = file.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &file).unwrap();
    };
    trust("no certificate\n");
    let line = exporter.wait_for_log(&["level=WARN", "the certificates trusted so far stay so", "tenant=contoso"]);
    assert!(line.contains("ca_file"), "{line}");
    trust(stranger.simulator.ca_pem());
    exporter.wait_for_log(&["level=INFO", "the certificates to trust have changed and were read again"]);
    exporter.wait_for_log(&["has a certificate that is not trusted"]);
    let page = exporter.wait_until("down", |page| !page.up("contoso"));
    assert!(page.sum("contoso", "availability_users").is_some(), "what is shown stays until it is too old: {}", page.0);
    trust(contoso.simulator.ca_pem());
    exporter.wait_until("up again", |page| page.up("contoso"));
}

#[test]
fn a_file_that_never_ends_fails_a_reload_and_not_the_next_one() {
    let [contoso, fabrikam] = tenants(["contoso", "fabrikam"]);
    let exporter = Exporter::start(&[&contoso]);
    exporter.wait_until("up", |page| page.up("contoso"));
    let file = exporter.folder().join("exporter.yml");
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    // Somebody holds it open and writes nothing.
    let silent = fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
    reload(&exporter, &["level=ERROR", "reloading failed", "cannot be read to its end within 20 seconds"]);
    assert!(exporter.scrape().up("contoso"));
    fs::remove_file(&file).unwrap();
    exporter.configure(&[&fabrikam], "");
    reload(&exporter, &["level=INFO", RELOADED]);
    exporter.wait_until("fabrikam up", |page| page.up("fabrikam"));
    drop(silent);
}
