//! Laws of both configurations: what holds of a YAML file, and of what is said about it, whatever stands in it.
//!
//! The fuzz target calls this with texts that nobody thought of, the unit tests with the seeds of fuzz/seeds. Next:
//! `fuzzing`, which lists it.

use std::collections::HashSet;
use std::hash::Hash;
use std::path::Path;
use std::time::Duration;

use super::{ClientAuth, Config, Faults, Tenant, Tls, Users, WebConfig, file, web_file, written};
use crate::domain::dimension::{ByAttribute, ByEntraGroups, Dimension, Label, Source};
use crate::domain::value;

const NAME: &str = "config.yml";

/// A text as the YAML file: either a configuration that keeps the rules of docs/CONFIGURATION.md, or faults, each with a
/// place that is in the file, in the order of the file; and a key too many does not go unnoticed.
///
/// # Panics
/// If one of these does not hold.
pub fn config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let check = |config: &Config| {
        check_rules(config);
        check_written(config);
    };
    check_file(text, |text| file::parse(Path::new(NAME), text), check);
}

/// A text as the file of a web configuration: the same.
///
/// # Panics
/// If one of these does not hold.
pub fn web_config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    check_file(text, |text| web_file::parse(Path::new(NAME), text), check_web_rules);
}

fn check_file<T>(text: &str, parse: impl Fn(&str) -> Result<T, Faults>, check: impl Fn(&T)) {
    match parse(text) {
        Ok(config) => {
            check(&config);
            let longer = format!("{text}\nsurprise: 1\n");
            assert!(parse(&longer).is_err(), "an unknown key went unnoticed");
        }
        Err(faults) => {
            let faults: Vec<String> = faults.0.iter().map(ToString::to_string).collect();
            let places: Vec<_> = faults.iter().map(|fault| place(fault, text)).collect();
            assert!(!faults.is_empty() && places.is_sorted(), "{faults:?}");
        }
    }
}

fn check_web_rules(config: &WebConfig) {
    let WebConfig { tls, headers, users, rate_limit, .. } = config;
    tls.iter().for_each(check_tls);
    assert!(unique(headers.iter().map(|(name, _)| name)), "{headers:?}");
    let printable = |value: &str| value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
    assert!(headers.iter().all(|(_, value)| printable(value)), "{headers:?}");
    assert!(unique(users.iter().map(|user| &user.name)), "{users:?}");
    let printed = format!("{config:?}");
    for user in users {
        let cost = user.hash.expose().parse::<bcrypt::HashParts>().map(|parts| parts.get_cost());
        assert!(cost.is_ok_and(|cost| (4..=16).contains(&cost)), "{users:?}");
        assert!(!printed.contains(user.hash.expose()), "a hash was printed");
    }
    assert!(rate_limit.is_none_or(|limit| !limit.interval.is_zero() && limit.burst > 0), "{rate_limit:?}");
}

fn check_tls(tls: &Tls) {
    let verified =
        matches!(tls.client_auth, ClientAuth::VerifyClientCertIfGiven | ClientAuth::RequireAndVerifyClientCert);
    assert!(!verified || tls.client_ca.is_some(), "verified by nobody");
    assert!(tls.client_ca.is_none() || tls.client_auth != ClientAuth::NoClientCert, "verified, and not asked for");
    assert!(tls.client_allowed_sans.is_empty() || verified, "believed, and not verified");
    assert!(tls.min_version <= tls.max_version, "{tls:?}");
}

fn check_rules(config: &Config) {
    let names: HashSet<&str> = config.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
    assert!(!names.is_empty() && names.len() == config.tenants.len(), "no name twice");
    let tenants =
        config.tenants.iter().map(|tenant| (tenant.cloud.authority.as_str(), tenant.tenant_id.to_lowercase()));
    assert_eq!(tenants.collect::<HashSet<_>>().len(), config.tenants.len(), "no tenant twice");
    for tenant in &config.tenants {
        check_groups(tenant);
        let Tenant {
            cloud,
            interval,
            max_age,
            min_coverage,
            request_budget,
            concurrency,
            users,
            min_group_size,
            proxy,
            ..
        } = tenant;
        assert!((Duration::from_secs(5)..=Duration::from_hours(1)).contains(interval), "{interval:?}");
        assert!(*max_age >= *interval * 2, "{max_age:?}");
        assert!(*min_coverage > 0.0 && *min_coverage <= 1.0, "{min_coverage}");
        assert!((1..=1400).contains(request_budget) && (1..=64).contains(concurrency));
        assert!(users.refresh_interval >= Duration::from_mins(1), "{:?}", users.refresh_interval);
        assert!((3..=1_000_000).contains(min_group_size), "{min_group_size}");
        let is_plain = |url: &url::Url| !url.as_str().contains('@') && url.path() == "/" && url.query().is_none();
        assert!(
            proxy.as_ref().is_none_or(|url| ["http", "https"].contains(&url.scheme()) && is_plain(url)),
            "{proxy:?}"
        );
        assert!([&cloud.authority, &cloud.graph].iter().all(|url| url.scheme() == "https"), "{cloud:?}");
    }
}

/// What is shown of a configuration reads again as the same, but for what may name somebody.
fn check_written(config: &Config) {
    let written = config.to_string();
    let mut expected = config.clone();
    for Tenant { users, .. } in &mut expected.tenants {
        users.filter = written::discreet(&users.filter);
    }
    assert_eq!(file::parse(Path::new(NAME), &written), Ok(expected), "{written}");
}

fn check_groups(tenant: &Tenant) {
    let Tenant { users, group_by, .. } = tenant;
    let selection: Vec<_> = users.groups.iter().chain(&users.exclude_groups).collect();
    assert!(users.groups.len() <= 100 && users.exclude_groups.len() <= 100 && unique(&selection), "{selection:?}");
    assert!(group_by.len() <= 16 && unique(group_by.iter().map(|it| value::key(it.name.as_str()))), "{group_by:?}");
    let by_attribute = group_by.iter().any(|it| matches!(it.source, Source::Attribute(_)));
    let unlisted = users.filter == Users::default().filter && !users.teams_plan_only && selection.is_empty();
    assert!(users.ids_file.is_none() || (unlisted && !by_attribute), "{tenant:?}");
    for Dimension { source, metrics, .. } in group_by {
        assert!(!metrics.is_empty() && unique(metrics), "{metrics:?}");
        match source {
            Source::Attribute(ByAttribute { map, max_groups, .. }) => {
                assert!(
                    (1..=1000).contains(max_groups) && map.keys().all(|it| !value::key(it).is_empty()),
                    "{source:?}"
                );
                assert!(map.values().all(|name| is_group_name(name)), "{map:?}");
            }
            Source::EntraGroups(ByEntraGroups { groups, duty }) => {
                assert!((1..=200).contains(&groups.len()) && unique(groups.iter().map(|group| group.id)), "{groups:?}");
                assert!(unique(groups.iter().map(|group| value::key(group.name.as_str()))), "{groups:?}");
                assert!(groups.iter().all(|group| is_group_name(group.name.as_str())), "{groups:?}");
                assert!(duty.is_none_or(|duty| (1..=1_000_000).contains(&duty.min_reachable)), "{duty:?}");
            }
        }
    }
}

fn is_group_name(name: &str) -> bool {
    Label::parse(name).is_ok_and(|label| label.as_str() == name) && !["(none)", "(other)"].contains(&&*value::key(name))
}

fn unique<T: Hash + Eq>(all: impl IntoIterator<Item = T>) -> bool {
    let mut met = HashSet::new();
    all.into_iter().all(|it| met.insert(it))
}

/// Where a fault says that it is, which must be in the file; nothing, if it is about the file as a whole.
fn place(fault: &str, text: &str) -> Option<(usize, usize)> {
    let rest = fault.strip_prefix(NAME).and_then(|rest| rest.strip_prefix(':')).expect("the name of the file");
    let place = rest.split_once(": ").and_then(|(place, _)| place.split_once(':'));
    let (line, column) = place.and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)))?;
    // YAML breaks lines at a carriage return, with a line feed or alone; behind its last line is the end of the file.
    let breaks_alike = text.replace("\r\n", "\n");
    let lines: Vec<&str> = breaks_alike.split(['\n', '\r']).collect();
    assert!((1..=lines.len() + 1).contains(&line), "{fault}\nof {} lines", lines.len());
    let length = lines.get(line - 1).map_or(0, |line| line.chars().count());
    assert!((1..=length + 1).contains(&column), "{fault}\nof {length} columns");
    Some((line, column))
}
