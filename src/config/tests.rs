//! Whole configurations: what is read from good ones, and what is said about bad ones, in full.

use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::tenant::TenantName;

mod credentials;
mod groups;
mod permissions;
mod web;
mod web_users;

const CLIENT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

/// Reads a file of that text which stands in /etc/exporter.
fn parse(text: &str) -> Result<Config, Faults> {
    file::parse(Path::new("/etc/exporter/config.yml"), text)
}

/// A file with a good tenant, in which these keys stand instead of or besides those that are needed.
fn with(keys: &str) -> String {
    let needed = [
        ("name", "contoso"),
        ("tenant_id", "contoso.com"),
        ("client_id", CLIENT),
        ("credential", "{client_secret_file: secret}"),
    ];
    let kept = needed.iter().filter(|(key, _)| !keys.lines().any(|line| line.starts_with(&format!("{key}:"))));
    let kept = kept.map(|(key, value)| format!("{key}: {value}"));
    let lines = kept.chain(keys.lines().map(str::to_owned)).collect::<Vec<_>>();
    format!("tenants:\n  -\n    {}\n", lines.join("\n    "))
}

/// What [`with`] makes of no keys.
fn usual() -> Tenant {
    let source = SecretSource::File("/etc/exporter/secret".into());
    let credential = Credential::ClientSecret { source, expires: None };
    Tenant::new(name("contoso"), "contoso.com".into(), CLIENT.into(), credential)
}

fn name(text: &str) -> TenantName {
    TenantName::parse(text).expect("a name")
}

/// `bad.txt` holds what is typed and what is said about it: after `> ` keys of a tenant, after `| ` a whole file.
#[test]
fn every_fault_is_told_in_words_that_help() {
    for case in include_str!("bad.txt").trim_end().split("\n\n") {
        let part = |mark: &str| -> Vec<&str> {
            let lines = case.lines().filter_map(|line| line.strip_prefix(mark));
            lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect()
        };
        let text = if case.starts_with('>') { with(&part(">").join("\n")) } else { part("|").join("\n") };
        let expected: Vec<&str> = case.lines().filter(|line| !line.starts_with(['>', '|', '#'])).collect();
        let said = file::parse(Path::new("config.yml"), &text).expect_err(case).to_string();
        assert_eq!(said, expected.join("\n"), "{text}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn the_least_has_all_the_defaults() {
    let expected = Tenant {
        name: name("contoso"),
        tenant_id: "contoso.com".into(),
        client_id: Some(CLIENT.into()),
        credential: Credential::ClientSecret {
            source: SecretSource::File("/etc/exporter/secret".into()),
            expires: None,
        },
        cloud: Cloud::global(),
        ca_file: None,
        proxy: None,
        interval: Duration::from_mins(1),
        max_age: Duration::from_mins(5),
        min_coverage: 0.95,
        request_budget: 1200,
        concurrency: 8,
        users: Users {
            refresh_interval: Duration::from_hours(1),
            filter: "accountEnabled eq true and userType eq 'Member'".into(),
            teams_plan_only: false,
            groups: Vec::new(),
            exclude_groups: Vec::new(),
            ids_file: None,
        },
        group_by: Vec::new(),
        min_group_size: 5,
    };
    assert_eq!(parse(&with("")), Ok(Config { tenants: vec![expected], web_users: None }));
}

/// A tenant with these keys is the usual one but for `change`.
fn check(keys: &str, change: impl FnOnce(&mut Tenant)) {
    let mut expected = usual();
    change(&mut expected);
    assert_eq!(parse(&with(keys)), Ok(Config { tenants: vec![expected], web_users: None }), "{keys}");
}

#[test]
fn every_key_reaches_its_setting() {
    check("name: ' R & D 🌍 '", |tenant| tenant.name = name("R & D 🌍"));
    check("tenant_id: 11111111-2222-3333-4444-555555555555", |tenant| {
        tenant.tenant_id = "11111111-2222-3333-4444-555555555555".into();
    });
    check("client_id: 11111111-2222-3333-4444-555555555555", |tenant| {
        tenant.client_id = Some("11111111-2222-3333-4444-555555555555".into());
    });
    check("credential: {client_secret_env: CONTOSO, client_secret_expires: 2027-01-31}", |tenant| {
        let source = SecretSource::Environment("CONTOSO".into());
        tenant.credential = Credential::ClientSecret { source, expires: Some(1_801_353_600) };
    });
    check("cloud: us_gov_dod", |tenant| tenant.cloud = Cloud::named("us_gov_dod").expect("a cloud"));
    check("cloud: {authority: https://127.0.0.1:8443/, graph: 'https://[::1]:8444'}", |tenant| {
        tenant.cloud.authority = "https://127.0.0.1:8443".parse().expect("a URL");
        tenant.cloud.graph = "https://[::1]:8444/".parse().expect("a URL");
    });
    check("ca_file: ../ca.pem", |tenant| tenant.ca_file = Some("/etc/exporter/../ca.pem".into()));
    let url = |text| Some(url::Url::parse(text).expect("a URL"));
    check("proxy: http://proxy:3128", |tenant| tenant.proxy = url("http://proxy:3128/"));
    check("proxy: 'https://[fd00::1]/'", |tenant| tenant.proxy = url("https://[fd00::1]"));
    check("ca_file: /ca.pem", |tenant| tenant.ca_file = Some("/ca.pem".into()));
    check("interval: 5s", |tenant| tenant.interval = Duration::from_secs(5));
    check("max_age: 2m", |tenant| tenant.max_age = Duration::from_mins(2));
    check("min_coverage: 1", |tenant| tenant.min_coverage = 1.0);
    check("min_coverage: 0.5", |tenant| tenant.min_coverage = 0.5);
    check("request_budget: 1400", |tenant| tenant.request_budget = 1400);
    check("concurrency: 64", |tenant| tenant.concurrency = 64);
    check("users: {refresh_interval: 1m}", |tenant| tenant.users.refresh_interval = Duration::from_mins(1));
    check("users: {filter: \"\"}", |tenant| tenant.users.filter = String::new());
    check("min_group_size: 3", |tenant| tenant.min_group_size = 3);
}

#[test]
fn a_long_interval_makes_the_usual_age_three_of_it() {
    let check = |keys, interval, max_age| {
        check(keys, |tenant| (tenant.interval, tenant.max_age) = (interval, max_age));
    };
    check("interval: 99s", Duration::from_secs(99), Duration::from_mins(5));
    check("interval: 2m", Duration::from_mins(2), Duration::from_mins(6));
    check("interval: 1h", Duration::from_hours(1), Duration::from_hours(3));
}

#[test]
fn tenants_may_share_settings_through_merge_keys() {
    let text = "tenants:\n  - &first {name: a, tenant_id: a.com, client_id: CLIENT, interval: 5m, \
                credential: {client_secret_env: A}}\n  - {<<: *first, name: b, tenant_id: b.com}\n";
    let config = parse(&text.replace("CLIENT", CLIENT)).expect("a good file");
    let read: Vec<_> = config.tenants.iter().map(|tenant| (tenant.name.as_str(), tenant.interval.as_secs())).collect();
    assert_eq!(read, [("a", 300), ("b", 300)]);
}

#[test]
fn a_file_from_windows_is_read_as_any_other() {
    assert_eq!(parse(&format!("\u{feff}{}", with("").replace('\n', "\r\n"))), parse(&with("")));
}

/// The YAML of the document that begins with this key.
fn documented(key: &str) -> Vec<&'static str> {
    let fences = include_str!("../../docs/CONFIGURATION.md").split("```yaml\n").skip(1);
    fences.filter_map(|rest| rest.split("```").next()).filter(|text| text.starts_with(key)).collect()
}

#[test]
fn the_configurations_of_document_and_example_are_good() {
    assert_eq!(documented("tenants:").len(), 5);
    for text in documented("tenants:") {
        parse(text).expect(text);
    }
    let nothing_given = environment::load(&|_| None).expect_err("nothing was given").to_string();
    let shown: String = nothing_given.split("\n\n").nth(1).unwrap_or_default().into();
    parse(&shown).expect(&shown);
}

#[test]
fn the_full_example_names_the_defaults() {
    let config = parse(include_str!("../../examples/teams-presence.yml")).expect("the example is good");
    let [least, full, _] = &config.tenants[..] else { panic!("three tenants") };
    let file = "/etc/exporter/contoso.pem".into();
    let credential = Credential::Certificate { file, key_file: None, password: None };
    assert_eq!(*least, Tenant::new(name("contoso"), "contoso.onmicrosoft.com".into(), CLIENT.into(), credential));
    let usual = Tenant {
        name: full.name.clone(),
        ca_file: Some("/etc/exporter/corporate-ca.pem".into()),
        proxy: Some(url::Url::parse("http://proxy.example:3128").expect("a URL")),
        ..least.clone()
    };
    let Tenant { tenant_id, client_id, credential, group_by, .. } = full.clone();
    assert_eq!(*full, Tenant { tenant_id, client_id, credential, group_by, ..usual });
}

#[test]
fn the_example_of_prometheus_scrapes_the_default_address() {
    let text = include_str!("../../examples/prometheus/prometheus.yml");
    tree::parse(text).expect("YAML");
    assert!(text.contains("job_name: teams-presence\n") && text.contains("[\"localhost:10068\"]"), "{text}");
}

/// The rows of the document's tables of keys: the key, and what stands in the second column.
fn rows() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../../docs/CONFIGURATION.md").lines();
    let rows = lines.filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.filter(|(key, _)| key.starts_with("tenants"))
        .map(|(key, rest)| (key, rest.split(" | ").next().unwrap_or_default()))
        .collect()
}

#[test]
fn the_document_names_the_keys_that_there_are_and_no_others() {
    let document = include_str!("../../docs/CONFIGURATION.md");
    let mut known = Vec::new();
    for (key, standing) in keys::all() {
        let row = format!("\n| `{key}` |");
        assert_eq!(document.contains(&row), standing == keys::Standing::Supported, "{key}");
        known.push(key);
    }
    for (key, _) in rows() {
        assert!(known.iter().any(|it| it == key), "{key}");
    }
}

#[test]
fn the_full_example_names_every_key() {
    let example = include_str!("../../examples/teams-presence.yml");
    for (key, _) in rows() {
        let last = key.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
        assert!(example.contains(&format!("{last}:")) || example.contains(&format!("or {last}\n")), "{key}");
    }
}

#[test]
fn the_document_names_the_defaults() {
    let mut checked = 0;
    for (key, cell) in rows() {
        let Some(default) = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else { continue };
        let key = key.trim_start_matches("tenants[].");
        match key.split_once('.') {
            Some(("group_by[]", key)) => groups::check_default(key, default),
            Some((section, key)) => check(&format!("{section}:\n  {key}: {default}"), |_| {}),
            None => check(&format!("{key}: {default}"), |_| {}),
        }
        checked += 1;
    }
    assert_eq!(
        checked, 17,
        "cloud, interval, min_coverage, request_budget, concurrency, group_by, min_group_size, five of users, five of it"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| -> PathBuf { directory.path().join(name) };
    let check = |name: &str, content: Option<&[u8]>, expected: &str| {
        if let Some(content) = content {
            std::fs::write(path(name), content).expect("a file");
        }
        let faults = Config::load(Some(&path(name)), &|_| None).expect_err(expected);
        let said: Vec<String> = faults.0.iter().map(ToString::to_string).collect();
        assert_eq!(said, [format!("{}: the configuration file {expected}", path(name).display())]);
    };
    check("missing.yml", None, "does not exist");
    check("", None, "is a directory");
    check("latin1.yml", Some(b"tenants: caf\xe9"), "is not UTF-8 text");
    check("large.yml", Some(&vec![b'#'; 1_048_577]), "is larger than 1048576 bytes; is it the right one?");
    check("empty.yml", Some(b""), "is empty; it needs at least one entry in tenants");
}

#[test]
fn with_a_file_the_azure_variables_are_not_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("config.yml");
    std::fs::write(&path, with("")).expect("a file");
    let config = Config::load(Some(&path), &|name| panic!("{name} was read")).expect("a good file");
    let source = SecretSource::File(directory.path().join("secret"));
    assert_eq!(config.tenants[0].credential, Credential::ClientSecret { source, expires: None });
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let levels = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let lines = levels.windows(2).map(|pair| {
        let twenty = vec![format!("*{}", pair[0]); 20].join(", ");
        format!("{0}: &{0} [{twenty}]", pair[1])
    });
    let text = std::iter::once("a: &a [x]".to_owned()).chain(lines).collect::<Vec<_>>().join("\n");
    let faults = parse(&text).expect_err("a bomb");
    let said: Vec<String> = faults.0.iter().map(ToString::to_string).collect();
    let expected = "no valid YAML: too deep, or too many anchors and aliases, for a configuration; write it out";
    assert!(said.len() == 1 && said[0].ends_with(expected), "{said:?}");
}

proptest! {
    #[test]
    fn no_text_upsets_the_reader(text in r#"(tenants:|  - |name: |\n|\n  |[\[\]{}&*!|>'"%@`?:,#-]|<<: |[a-z]|\PC){0,60}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn no_value_upsets_a_key(index in 0_usize..64, value in r"\PC{0,20}|[-0-9.eEx_]{0,12}|\[.{0,4}\]|\{.{0,4}\}") {
        let all: Vec<String> = keys::all().map(|(key, _)| key).collect();
        let key = all[index % all.len()].trim_start_matches("tenants[].");
        let line = match key.split_once('.') {
            Some(("group_by[]", key)) => format!("group_by: [{{{key}: {value}}}]"),
            Some((section, key)) => format!("{section}: {{{key}: {value}}}"),
            None => format!("{key}: {value}"),
        };
        let _ = parse(&with(&line));
    }
}
