//! The section `web_users`: which users of the web configuration see what.
//!
//! It is ours alone and stands in our own file, so the web configuration stays that of every exporter. Where it is, a user
//! whom it does not name sees nothing, so that nobody sees more by a slip. Who a user is, and which page shows what, is
//! `web`'s affair.

use std::collections::BTreeMap;

use super::fault::{Report, Reported};
use super::section::Section;
use super::tree::{Node, Value};
use super::words;
use crate::domain::tenant::TenantName;

/// What each user sees, by the names in the web configuration.
pub type WebUsers = BTreeMap<String, Sight>;

/// What a user sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Everything that there is.
    Everything,
    /// The pages of these tenants alone, at least one.
    Tenants(Vec<TenantName>),
}

const WHAT: &str = "all, or a list of names of tenants";

/// Reads the section, if it is there, in a file with these tenants; `None` if their names are not all known, as one is at
/// fault.
pub(super) fn read(
    root: &Section,
    tenants: Option<&[TenantName]>,
    report: &mut Report,
) -> Result<Option<WebUsers>, Reported> {
    let Some(entries) = root.entries("web_users", "a mapping of users to what they see", report)? else {
        return Ok(None);
    };
    let mut met: BTreeMap<&str, u64> = BTreeMap::new();
    let mut users = Ok(WebUsers::new());
    for (number, (_, entry)) in entries.iter().enumerate() {
        // By their number: names of users may be names of people, and faults are logged.
        let (path, name) = (&format!("web_users[{number}]"), entry.key.as_str());
        let sight = match met.get(name) {
            Some(first) => {
                Err(report.fault(entry.place, path, &format!("given twice, first on line {first}; keep one of them")))
            }
            None if name.is_empty() => {
                Err(report.fault(entry.place, path, "is no name of a user; write it before the colon"))
            }
            None => sight(&entry.node, path, tenants, report),
        };
        met.entry(name).or_insert(entry.place.line);
        match (&mut users, sight) {
            (Ok(users), Ok(sight)) => drop(users.insert(name.to_owned(), sight)),
            (users, Err(reported)) => *users = Err(reported),
            (Err(_), Ok(_)) => {}
        }
    }
    users.map(Some)
}

fn sight(node: &Node, path: &str, tenants: Option<&[TenantName]>, report: &mut Report) -> Result<Sight, Reported> {
    let list = match &node.value {
        Value::Text(text) if text == "all" => return Ok(Sight::Everything),
        Value::List(list) if !list.is_empty() => list,
        Value::List(_) => {
            let message = format!("is empty; write {WHAT}, or leave the user out, who then sees nothing");
            return Err(report.fault(node.place, path, &message));
        }
        other => return Err(report.fault(node.place, path, &format!("expected {WHAT}, found {}", other.kind()))),
    };
    let read = |(index, node): (usize, &Node)| {
        tenant(node, tenants).map_err(|message| report.fault(node.place, &format!("{path}[{index}]"), &message))
    };
    let named: Vec<_> = list.iter().enumerate().map(read).collect();
    named.into_iter().collect::<Result<_, _>>().map(Sight::Tenants)
}

fn tenant(node: &Node, tenants: Option<&[TenantName]>) -> Result<TenantName, String> {
    let typed = words::text(node, "the name of a tenant")?;
    let Some(tenants) = tenants else { return TenantName::parse(typed) };
    let is_it = |name: &&TenantName| name.as_str() == typed;
    let unknown = || format!("{} is the name of no tenant; write one of those in tenants", words::quoted(typed));
    tenants.iter().find(is_it).cloned().ok_or_else(unknown)
}
