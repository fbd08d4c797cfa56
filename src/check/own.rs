//! What can be looked at without asking anybody: what was understood of the configuration, and the credential's files.
//!
//! That the configuration holds has been seen to by `config`; here it is told back, so that an operator sees what was
//! meant by what was written.

use super::questions;
use super::tenant::Subject;
use crate::clock;
use crate::config::{Cloud, Credential, SecretSource, Tenant, Users, duration};
use crate::domain::advice::{Advice, Finding};
use crate::domain::moment::Day;
use crate::domain::series::Counted;
use crate::transport;

/// Seconds in a day.
const DAY: u64 = 24 * 3600;

/// Days before its expiry from which on a credential should be replaced.
const SOON: u64 = 30;

/// Tells what was understood of the configuration.
pub(super) fn configuration(it: &mut Subject<'_>) {
    let Tenant { cloud, interval, users, group_by, .. } = &it.tenant;
    let mut parts = vec![
        self::cloud(cloud),
        kind(&it.tenant.credential).to_owned(),
        format!("presence every {}", duration::write(*interval)),
        who(users),
    ];
    if !group_by.is_empty() {
        let names: Vec<&str> = group_by.iter().map(|dimension| dimension.name.as_str()).collect();
        parts.push(format!("counted by {}", names.join(", ")));
    }
    let what = parts.join("; ");
    it.section.ok("configuration", what);
}

fn cloud(cloud: &Cloud) -> String {
    match cloud.name() {
        Some(name) => format!("cloud {name}"),
        None => format!("Entra at {}, Graph at {}", transport::place(&cloud.authority), transport::place(&cloud.graph)),
    }
}

fn kind(credential: &Credential) -> &'static str {
    match credential {
        Credential::ClientSecret { .. } => "client secret",
    }
}

/// Who is counted.
fn who(users: &Users) -> String {
    let Users { filter, teams_plan_only, groups, exclude_groups, ids_file, .. } = users;
    if let Some(file) = ids_file {
        return format!("users in {}", file.display());
    }
    let number = |groups: usize| Counted(u64::try_from(groups).unwrap_or(u64::MAX), "group", "groups");
    // What a filter says is not repeated: it may name people.
    let whom = match filter {
        filter if filter.is_empty() => "all users",
        filter if *filter == Users::default().filter => "enabled members",
        _ => "users whom users.filter matches",
    };
    let plan = if *teams_plan_only { " and a Teams plan" } else { "" };
    let inside = if groups.is_empty() { String::new() } else { format!(" in {}", number(groups.len())) };
    let outside = match exclude_groups.len() {
        0 => String::new(),
        groups => format!(" without those of {}", number(groups)),
    };
    format!("{whom}{plan}{inside}{outside}")
}

/// Looks whether the credential can be read, and when it expires.
pub(super) async fn credential(it: &mut Subject<'_>) {
    let Credential::ClientSecret { source, expires } = it.tenant.credential.clone();
    let place = match &source {
        SecretSource::File(path) => format!("the secret file {}", path.display()),
        SecretSource::Environment(name) => format!("the environment variable {name}"),
    };
    let read = questions::read(&place, move || source.read(&environment)).await;
    match read.and_then(|read| read.map_err(|fault| Advice::secret(fault.to_string()).into())) {
        Err(finding) => it.section.fail("credential", finding),
        Ok(_) => match expires {
            None => it.section.ok("credential", format!("{place} holds a secret; client_secret_expires is not set")),
            Some(at) => dated(it, &format!("{place} holds a secret"), "the client secret", at),
        },
    }
}

/// Tells when a credential expires, at so many seconds since 1970.
fn dated(it: &mut Subject<'_>, readable: &str, what: &str, at: u64) {
    let now = clock::now().unix_millis / 1000;
    match at.checked_sub(now).map(|left| left / DAY) {
        None => it.section.warn("credential", Finding::expired(what, (now - at) / DAY)),
        Some(days) if days < SOON => it.section.warn("credential", Finding::expires_soon(what, days)),
        Some(_) => it.section.ok("credential", format!("{readable}; it expires on {}", Day::of_unix_seconds(at))),
    }
}

#[expect(clippy::disallowed_methods, reason = "a secret named by an environment variable is read where it is used")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
