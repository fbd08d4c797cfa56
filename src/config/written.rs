//! The configuration as a file: what is in force, defaults included, so that it can be read again as the same.
//!
//! A secret is not in it, as none ever is: where it comes from is. Of a filter the texts that it compares with are left
//! out, as they may name somebody. Who gets to read it is not known here.

use std::fmt::{self, Display, Formatter, Write as _};

use super::{Cloud, Config, Credential, SecretSource, Sight, Tenant, Users, WebUsers, attribute, duration, group_by};
use crate::domain::dimension::{Dimension, GroupId, Source};
use crate::domain::moment::Day;

/// What is said first.
const PREFACE: &str = "\
# The configuration in force. Secrets are never part of it; in filters, texts
# that may name somebody are written as '***'.
";

/// What a filter may be compared with and shown: they name nobody.
const HARMLESS: [&str; 2] = ["'Member'", "'Guest'"];

impl Display for Config {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(PREFACE)?;
        f.write_str("tenants:\n")?;
        self.tenants.iter().try_for_each(|tenant| write_tenant(tenant, f))?;
        self.web_users.as_ref().map_or(Ok(()), |users| write_web_users(users, f))
    }
}

fn write_tenant(tenant: &Tenant, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "  - name: {}", Quoted(tenant.name.as_str()))?;
    writeln!(f, "    tenant_id: {}", Quoted(&tenant.tenant_id))?;
    if let Some(id) = &tenant.client_id {
        writeln!(f, "    client_id: {}", Quoted(id))?;
    }
    write_credential(&tenant.credential, f)?;
    write_cloud(&tenant.cloud, f)?;
    if let Some(file) = &tenant.ca_file {
        writeln!(f, "    ca_file: {}", Quoted(&file.to_string_lossy()))?;
    }
    writeln!(f, "    interval: {}", duration::write(tenant.interval))?;
    writeln!(f, "    max_age: {}", duration::write(tenant.max_age))?;
    writeln!(f, "    min_coverage: {}", tenant.min_coverage)?;
    writeln!(f, "    request_budget: {}", tenant.request_budget)?;
    writeln!(f, "    concurrency: {}", tenant.concurrency)?;
    write_users(&tenant.users, f)?;
    if !tenant.group_by.is_empty() {
        f.write_str("    group_by:\n")?;
        tenant.group_by.iter().try_for_each(|dimension| write_dimension(dimension, f))?;
    }
    writeln!(f, "    min_group_size: {}", tenant.min_group_size)
}

fn write_credential(credential: &Credential, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("    credential:\n")?;
    match credential {
        Credential::ClientSecret { source, expires } => {
            write_source("client_secret", source, f)?;
            let day = expires.map(Day::of_unix_seconds);
            day.map_or(Ok(()), |day| writeln!(f, "      client_secret_expires: \"{day}\""))
        }
        Credential::Certificate { file, key_file, password } => {
            writeln!(f, "      client_certificate_file: {}", Quoted(&file.to_string_lossy()))?;
            if let Some(file) = key_file {
                writeln!(f, "      client_certificate_key_file: {}", Quoted(&file.to_string_lossy()))?;
            }
            password.as_ref().map_or(Ok(()), |source| write_source("client_certificate_password", source, f))
        }
        Credential::WorkloadIdentity { token_file: None } => f.write_str("      workload_identity: {}\n"),
        Credential::WorkloadIdentity { token_file: Some(file) } => {
            writeln!(f, "      workload_identity: {{token_file: {}}}", Quoted(&file.to_string_lossy()))
        }
        Credential::ManagedIdentity { client_id: None } => f.write_str("      managed_identity: {}\n"),
        Credential::ManagedIdentity { client_id: Some(id) } => {
            writeln!(f, "      managed_identity: {{client_id: {}}}", Quoted(id))
        }
    }
}

/// Where a secret comes from; `key` is what its two keys begin with.
fn write_source(key: &str, source: &SecretSource, f: &mut Formatter<'_>) -> fmt::Result {
    match source {
        SecretSource::File(path) => writeln!(f, "      {key}_file: {}", Quoted(&path.to_string_lossy())),
        SecretSource::Environment(name) => writeln!(f, "      {key}_env: {}", Quoted(name)),
    }
}

fn write_cloud(cloud: &Cloud, f: &mut Formatter<'_>) -> fmt::Result {
    if let Some(name) = cloud.name() {
        return writeln!(f, "    cloud: {name}");
    }
    let [authority, graph] = [&cloud.authority, &cloud.graph].map(url::Url::as_str);
    writeln!(f, "    cloud: {{authority: {}, graph: {}}}", Quoted(authority), Quoted(graph))
}

fn write_users(users: &Users, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("    users:\n")?;
    writeln!(f, "      refresh_interval: {}", duration::write(users.refresh_interval))?;
    if let Some(file) = &users.ids_file {
        return writeln!(f, "      ids_file: {}", Quoted(&file.to_string_lossy()));
    }
    writeln!(f, "      filter: {}", Quoted(&discreet(&users.filter)))?;
    writeln!(f, "      teams_plan_only: {}", users.teams_plan_only)?;
    writeln!(f, "      groups: [{}]", listed(users.groups.iter().map(GroupId::to_string)))?;
    writeln!(f, "      exclude_groups: [{}]", listed(users.exclude_groups.iter().map(GroupId::to_string)))
}

fn write_dimension(Dimension { name, source, metrics }: &Dimension, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "      - dimension: {}", Quoted(name.as_str()))?;
    match source {
        Source::Attribute(by) => {
            writeln!(f, "        attribute: {}", attribute::name(by.attribute))?;
            writeln!(f, "        map: {{{}}}", mapped(by.map.iter().map(|(from, to)| (&**from, to.to_string()))))?;
            writeln!(f, "        max_groups: {}", by.max_groups)?;
        }
        Source::EntraGroups(by) => {
            let groups = by.groups.iter().map(|group| (group.name.as_str(), group.id.to_string()));
            writeln!(f, "        entra_groups: {{{}}}", mapped(groups))?;
            if let Some(duty) = by.duty {
                writeln!(f, "        duty: true\n        min_reachable: {}", duty.min_reachable)?;
            }
        }
    }
    let metrics: Vec<&str> = metrics.iter().map(|metric| group_by::name(*metric)).collect();
    writeln!(f, "        metrics: [{}]", metrics.join(", "))
}

fn write_web_users(users: &WebUsers, f: &mut Formatter<'_>) -> fmt::Result {
    if users.is_empty() {
        return f.write_str("web_users: {}\n");
    }
    f.write_str("web_users:\n")?;
    users.iter().try_for_each(|(user, sight)| match sight {
        Sight::Everything => writeln!(f, "  {}: all", Quoted(user)),
        Sight::Tenants(tenants) => {
            writeln!(f, "  {}: [{}]", Quoted(user), listed(tenants.iter().map(ToString::to_string)))
        }
    })
}

/// The items of a list.
fn listed(items: impl Iterator<Item = String>) -> String {
    items.map(|item| Quoted(&item).to_string()).collect::<Vec<_>>().join(", ")
}

/// The entries of a mapping.
fn mapped<'t>(entries: impl Iterator<Item = (&'t str, String)>) -> String {
    entries.map(|(key, value)| format!("{}: {}", Quoted(key), Quoted(&value))).collect::<Vec<_>>().join(", ")
}

/// A filter without the texts that it compares with; a quote within one is written twice (`OData` 4.01, ABNF).
pub(super) fn discreet(filter: &str) -> String {
    let (mut shown, mut rest) = (String::new(), filter);
    while let Some(start) = rest.find('\'') {
        let (before, literal) = rest.split_at(start);
        let mut end = literal.len();
        let mut quotes = literal.match_indices('\'').map(|(at, _)| at).skip(1).peekable();
        while let Some(quote) = quotes.next() {
            if quotes.next_if_eq(&(quote + 1)).is_none() {
                end = quote + 1;
                break;
            }
        }
        let (literal, after) = literal.split_at(end);
        shown.push_str(before);
        shown.push_str(if HARMLESS.contains(&literal) { literal } else { "'***'" });
        rest = after;
    }
    shown + rest
}

/// A text in double quotes, as YAML reads it: what cannot be seen is written by its number.
struct Quoted<'t>(&'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(f, "\\{letter}")?,
                _ if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                    write!(f, "\\u{:04x}", u32::from(letter))?;
                }
                _ => f.write_char(letter)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_shown_without_the_texts_that_may_name_somebody() {
        let check = |filter: &str, expected: &str| assert_eq!(discreet(filter), expected, "{filter}");
        check(&Users::default().filter, "accountEnabled eq true and userType eq 'Member'");
        check("userType eq 'Guest' and id ne 'x'", "userType eq 'Guest' and id ne '***'");
        check("surname eq 'O''Brien' or mail eq ''", "surname eq '***' or mail eq '***'");
        check("surname eq 'Member''s'", "surname eq '***'");
        check("startswith(mail,'ada", "startswith(mail,'***'");
        check("", "");
    }
}
