//! From a file to a configuration: the walk through its sections, and the rules between keys.
//!
//! Every key is read before anything is given up, so that one run shows all the faults. Paths in the file are relative
//! to the file. What single values may be is in `words`; the longer sections are in `users` and `group_by`.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::fault::{Report, Reported};
use super::keys::{CLOUD, ROOT, TENANT};
use super::section::Section;
use super::tree::{self, Node, Value};
use super::{Cloud, Config, Faults, Tenant, credential, duration, group_by, text_file, users, web_users, words};
use crate::domain::tenant::TenantName;

/// The largest file that is taken for a configuration, in bytes: some thousand tenants.
const LARGEST: u64 = 1024 * 1024;

const INTERVAL: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_hours(1);
const ANY_MAX_AGE: RangeInclusive<Duration> = Duration::ZERO..=Duration::MAX;

/// Reads the file at `path`.
pub(super) fn load(path: &Path) -> Result<Config, Faults> {
    match text_file::read(path, LARGEST) {
        Ok(text) => parse(path, &text),
        Err(reason) => Err(Faults::one(format!("{}: the configuration file {reason}", path.display()))),
    }
}

/// Reads the text of the file at `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<Config, Faults> {
    let mut report = Report::new(path);
    let directory = path.parent().unwrap_or(Path::new(""));
    let config = match tree::parse(text) {
        Err(fault) => Err(report.fault(fault.place, "", &fault.message)),
        Ok(Node { value: Value::Nothing, .. }) => {
            Err(report.fault(None, "", "the configuration file is empty; it needs at least one entry in tenants"))
        }
        Ok(node) => config(&node, directory, &mut report),
    };
    report.conclude(config)
}

fn config(node: &Node, directory: &Path, report: &mut Report) -> Result<Config, Reported> {
    let root = Section::open(node, "", &ROOT, report)?;
    let Some(node) = root.node("tenants", report)? else {
        root.all_keys_used()?;
        return Err(report.fault(None, "tenants", "is missing; the file needs at least one tenant"));
    };
    let list = match &node.value {
        Value::List(list) if list.is_empty() => {
            return Err(root.fault("tenants", "is empty; the file needs at least one tenant", report));
        }
        Value::List(list) => list,
        other => {
            let message = format!("expected a list of tenants, each beginning with \"- \", found {}", other.kind());
            return Err(root.fault("tenants", &message, report));
        }
    };
    let mut others = Others::default();
    let tenants: Vec<Result<Tenant, Reported>> = list
        .iter()
        .enumerate()
        .map(|(index, node)| {
            let section = Section::open(node, &format!("tenants[{index}]"), &TENANT, report)?;
            tenant(&section, directory, &mut others, report)
        })
        .collect();
    let names: Vec<TenantName> = others.names.into_iter().map(|(name, _)| name).collect();
    // Where a tenant's name is at fault, nobody can say that another is none.
    let known = (names.len() == list.len()).then_some(names.as_slice());
    let web_users = web_users::read(&root, known, report);
    Ok(Config { tenants: tenants.into_iter().collect::<Result<_, _>>()?, web_users: web_users? })
}

fn tenant(section: &Section, directory: &Path, others: &mut Others, report: &mut Report) -> Result<Tenant, Reported> {
    let name = section.required("name", report, |node| {
        let typed = words::text(node, "a name")?;
        TenantName::parse(typed).map_err(|reason| format!("{} {reason}", words::quoted(typed)))
    });
    let tenant_id = section
        .required("tenant_id", report, |node| words::tenant_id(words::filled(node, "a GUID or a verified domain")?));
    let client_id = client_id(section, report);
    let credential = credential::read(section, directory, report);
    let cloud = cloud(section, report);
    let ca_file = section.optional("ca_file", report, |node| path(node, directory));
    let interval = section.optional("interval", report, |node| words::duration(node, &INTERVAL));
    let max_age = section.optional("max_age", report, |node| max_age(node, interval));
    let min_coverage = section.optional("min_coverage", report, words::share);
    let request_budget = section.optional("request_budget", report, |node| words::whole(node, &(1..=1400)));
    let concurrency = section.optional("concurrency", report, |node| words::whole(node, &(1..=64)));
    let users = users::read(section, directory, report);
    let group_by = group_by::read(section, report);
    let min_group_size = section.optional("min_group_size", report, |node| words::whole(node, &(3..=1_000_000)));

    if let Ok(name) = &name {
        others.meet_name(name, section, report);
    }
    if let (Ok(cloud), Ok(tenant_id)) = (&cloud, &tenant_id) {
        others.meet_tenant(&cloud.authority, tenant_id, section, report);
    }
    let usual = Tenant::new(name?, tenant_id?, String::new(), credential?);
    let interval = interval?.unwrap_or(usual.interval);
    Ok(Tenant {
        client_id: client_id?,
        cloud: cloud?,
        ca_file: ca_file?,
        interval,
        max_age: max_age?.unwrap_or_else(|| Tenant::usual_max_age(interval)),
        min_coverage: min_coverage?.unwrap_or(usual.min_coverage),
        request_budget: request_budget?.unwrap_or(usual.request_budget),
        concurrency: concurrency?.unwrap_or(usual.concurrency),
        users: users?,
        group_by: group_by?,
        min_group_size: min_group_size?.unwrap_or(usual.min_group_size),
        ..usual
    })
}

/// The application's id, without which nothing but a managed identity can do.
fn client_id(tenant: &Section, report: &mut Report) -> Result<Option<String>, Reported> {
    let id = tenant.optional("client_id", report, |node| words::client_id(words::filled(node, "a GUID")?))?;
    if id.is_none() && !tenant.has_within("credential", "managed_identity") {
        return Err(tenant.missing("client_id", report));
    }
    Ok(id)
}

fn cloud(tenant: &Section, report: &mut Report) -> Result<Cloud, Reported> {
    let Some(node) = tenant.node("cloud", report)? else {
        return Ok(Cloud::global());
    };
    if !matches!(node.value, Value::Mapping(_)) {
        return words::text(node, "global, us_gov, us_gov_dod, or a mapping with authority and graph")
            .and_then(|name| Cloud::named(name).map_err(|reason| format!("{} {reason}", words::quoted(name))))
            .map_err(|message| tenant.fault("cloud", &message, report));
    }
    let section = Section::open(node, &tenant.at("cloud"), &CLOUD, report)?;
    let authority = section.required("authority", report, words::root_url);
    let graph = section.required("graph", report, words::root_url);
    Ok(Cloud { authority: authority?, graph: graph? })
}

/// `max_age`, held against the interval unless that has a fault of its own.
fn max_age(node: &Node, interval: Result<Option<Duration>, Reported>) -> Result<Duration, String> {
    let max_age = words::duration(node, &ANY_MAX_AGE)?;
    let Ok(interval) = interval else {
        return Ok(max_age);
    };
    let least = interval.unwrap_or(Tenant::USUAL_INTERVAL) * 2;
    if max_age < least {
        let (typed, least) = (duration::write(max_age), duration::write(least));
        return Err(format!("{typed} is less than two intervals; it must be at least {least}"));
    }
    Ok(max_age)
}

/// A path, from the directory of the file.
pub(super) fn path(node: &Node, directory: &Path) -> Result<PathBuf, String> {
    Ok(directory.join(words::filled(node, "the path of a file")?))
}

/// The tenants met so far, for what must not be there twice.
#[derive(Default)]
struct Others {
    names: Vec<(TenantName, String)>,
    tenants: Vec<(Url, String, String)>,
}

impl Others {
    fn meet_name(&mut self, name: &TenantName, section: &Section, report: &mut Report) {
        let path = section.at("name");
        if let Some((_, other)) = self.names.iter().find(|(known, _)| known == name) {
            let message =
                format!("{} is also {other}; give each tenant a name of its own", words::quoted(name.as_str()));
            section.fault("name", &message, report);
        }
        self.names.push((name.clone(), path));
    }

    /// One tenant twice would share one budget without knowing, and two selections of it could be subtracted from each
    /// other until single persons remain.
    fn meet_tenant(&mut self, authority: &Url, id: &str, section: &Section, report: &mut Report) {
        let path = section.at("tenant_id");
        let id = id.to_lowercase();
        if let Some((.., other)) = self.tenants.iter().find(|(at, known, _)| (at, known) == (authority, &id)) {
            let message = format!("the same tenant as {other}; a tenant may be asked by one entry alone");
            section.fault("tenant_id", &message, report);
        }
        self.tenants.push((authority.clone(), id, path));
    }
}
