//! What can be looked at without asking anybody: what was understood of the configuration, and the credential's files.
//!
//! That the configuration holds has been seen to by `config`; here it is told back, so that an operator sees what was
//! meant by what was written.

use super::questions;
use super::tenant::Subject;
use crate::clock;
use crate::config::{Cloud, Credential, SecretSource, Tenant, Users, duration};
use crate::domain::advice::Finding;
use crate::domain::moment::Day;
use crate::domain::series::Counted;
use crate::entra;
use crate::transport;

/// Seconds in a day.
pub(super) const DAY: u64 = 24 * 3600;

/// Days before its expiry from which on something should be replaced: more than those of the alerts, so that whoever checks
/// in time never meets them.
pub(super) const SOON: u64 = 30;

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
        Credential::Certificate { .. } => "certificate",
        Credential::WorkloadIdentity { .. } => "workload identity",
        Credential::ManagedIdentity { client_id: None } => "managed identity of the machine",
        Credential::ManagedIdentity { client_id: Some(_) } => "managed identity that client_id names",
    }
}

/// Who is counted.
fn who(users: &Users) -> String {
    let Users { filter, teams_plan_only, groups, exclude_groups, ids_file, .. } = users;
    if let Some(file) = ids_file {
        return format!("users in {}", file.display());
    }
    let number = |groups: usize| Counted::of(groups, "group", "groups");
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

/// Looks whether the credential can be read, and when it expires. Returns whether it is worth showing to anybody.
pub(super) async fn credential(it: &mut Subject<'_>) -> bool {
    const STEP: &str = "credential";
    let credential = it.tenant.credential.clone();
    if let Credential::ManagedIdentity { .. } = &credential {
        it.section.ok(STEP, found(&credential));
        return true;
    }
    let read = questions::read("the credential", {
        let credential = credential.clone();
        move || entra::look_at(&credential)
    });
    let expires = match read.await.and_then(|read| read.map_err(Finding::from)) {
        Err(finding) => {
            it.section.fail(STEP, finding);
            return false;
        }
        Ok(expires) => expires,
    };
    let place = found(&credential);
    let Some(at) = expires else {
        let unknown = match credential {
            Credential::ClientSecret { .. } => "; client_secret_expires is not set",
            _ => "",
        };
        it.section.ok(STEP, format!("{place}{unknown}"));
        return true;
    };
    let now = clock::now().unix_millis / 1000;
    match at.checked_sub(now).map(|left| left / DAY) {
        // The date of a secret is what somebody wrote, and Entra may not agree with it.
        None => it.section.warn(STEP, Finding::secret_overdue((now - at) / DAY)),
        Some(days) if days < SOON => {
            it.section.warn(STEP, Finding::expires_soon(&format!("the {}", kind(&credential)), days));
        }
        _ => it.section.ok(STEP, format!("{place}; it expires on {}", Day::of_unix_seconds(at))),
    }
    true
}

/// What was found of a credential that can be read.
fn found(credential: &Credential) -> String {
    match credential {
        Credential::ClientSecret { source: SecretSource::File(path), .. } => {
            format!("the secret file {} holds a secret", path.display())
        }
        Credential::ClientSecret { source: SecretSource::Environment(name), .. } => {
            format!("the environment variable {name} holds a secret")
        }
        Credential::Certificate { file, .. } => {
            format!("the certificate file {} holds a certificate, and its key is there", file.display())
        }
        Credential::WorkloadIdentity { .. } => "the token of the workload can be read".to_owned(),
        Credential::ManagedIdentity { .. } => "none is kept here: the machine proves itself".to_owned(),
    }
}
