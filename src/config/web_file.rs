//! From a file to a web configuration, in the format of Prometheus's exporter-toolkit.
//!
//! Every key is read before anything is given up, so that one run shows all the faults. A section without a value counts
//! as left out, as it does for every other exporter. The section about TLS is read in `web_tls`.

use std::collections::HashMap;
use std::path::Path;

use super::fault::{Report, Reported};
use super::keys::{WEB_HTTP, WEB_RATE_LIMIT, WEB_ROOT};
use super::section::Section;
use super::tree::{self, Entry, Node, Value};
use super::web_config::{RateLimit, User, WebConfig};
use super::{Faults, Secret, go_duration, text_file, web_tls, words};

/// The largest file that is taken for a web configuration, in bytes: certificates may stand in it.
const LARGEST: u64 = 1024 * 1024;

/// The highest cost of a hash: a password takes seconds then.
const COSTLIEST: u32 = 16;

/// The headers that may be set, each with the values that it may have; none for any.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

/// Reads the file at `path`.
pub(super) fn load(path: &Path) -> Result<WebConfig, Faults> {
    match text_file::read(path, LARGEST) {
        Ok(text) => parse(path, &text),
        Err(reason) => Err(Faults::one(format!("{}: the web configuration file {reason}", path.display()))),
    }
}

/// Reads the text of the file at `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<WebConfig, Faults> {
    let mut report = Report::new(path);
    let directory = path.parent().unwrap_or(Path::new(""));
    let config = match tree::parse(text) {
        Err(fault) => Err(report.fault(fault.place, "", &fault.message)),
        Ok(Node { value: Value::Nothing, .. }) => Ok(WebConfig::default()),
        Ok(node) => web_config(&node, directory, &mut report),
    };
    report.conclude(config)
}

fn web_config(node: &Node, directory: &Path, report: &mut Report) -> Result<WebConfig, Reported> {
    let root = Section::open(node, "", &WEB_ROOT, report)?;
    let tls = root.given("tls_server_config").map(|node| web_tls::read(node, directory, report)).transpose();
    let http = root.given("http_server_config").map(|node| http(node, report)).transpose();
    let users = users(&root, report);
    let limit = root.given("rate_limit").map(|node| rate_limit(node, report)).transpose();
    root.all_keys_used()?;
    let (http2, headers) = http?.unwrap_or((true, Vec::new()));
    Ok(WebConfig { tls: tls?.flatten(), http2, headers, users: users?, rate_limit: limit?.flatten() })
}

type Http = (bool, Vec<(&'static str, String)>);

fn http(node: &Node, report: &mut Report) -> Result<Http, Reported> {
    let section = Section::open(node, "http_server_config", &WEB_HTTP, report)?;
    let http2 = section.value("http2", report, words::truth_of_yaml_1_1);
    let headers = headers(&section, report);
    section.all_keys_used()?;
    Ok((http2?.unwrap_or(true), headers?))
}

fn headers(http: &Section, report: &mut Report) -> Result<Vec<(&'static str, String)>, Reported> {
    let path = |_, entry: &Entry| format!("http_server_config.headers[{}]", words::quoted(&entry.key));
    let entries = own_entries(http, "headers", "a mapping of headers to values", path, report)?;
    let read =
        |(path, entry): (String, &Entry)| header(entry).map_err(|message| report.fault(entry.place, &path, &message));
    entries.into_iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn header(entry: &Entry) -> Result<(&'static str, String), String> {
    let Some((name, values)) = HEADERS.into_iter().find(|(name, _)| *name == entry.key) else {
        let names = HEADERS.map(|(name, _)| name).join(", ");
        return Err(format!("no header that may be set; these may: {names}"));
    };
    let typed = match &entry.node.value {
        // X-XSS-Protection: 0
        Value::Whole(number) => number.to_string(),
        _ => words::text(&entry.node, "the value of the header")?.to_owned(),
    };
    if !values.is_empty() && !values.contains(&typed.as_str()) {
        return Err(format!("{} does not fit; write {}", words::quoted(&typed), values.join(" or ")));
    }
    if !typed.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return Err("holds a character that has no place in a header; take it out".to_owned());
    }
    Ok((name, typed))
}

fn users(root: &Section, report: &mut Report) -> Result<Vec<User>, Reported> {
    // By their number: names of users may be names of people, and faults are logged.
    let path = |number, _: &Entry| format!("basic_auth_users[{number}]");
    let entries = own_entries(root, "basic_auth_users", "a mapping of names to bcrypt hashes", path, report)?;
    let read = |(path, entry): (String, &Entry)| {
        let hash = words::text(&entry.node, "a bcrypt hash").and_then(hash);
        let hash = hash.map_err(|message| report.fault(entry.node.place, &path, &message))?;
        Ok(User { name: entry.key.clone(), hash })
    };
    entries.into_iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

/// A bcrypt hash; what was typed instead may be a password, and is not shown.
fn hash(typed: &str) -> Result<Secret, String> {
    match typed.parse::<bcrypt::HashParts>().map(|parts| parts.get_cost()) {
        Ok(cost @ ..32) if cost > COSTLIEST => Err(format!(
            "has the cost {cost}, which takes minutes of CPU for one password; make one of 10 to {COSTLIEST}"
        )),
        Ok(4..=COSTLIEST) => Ok(Secret::new(typed.to_owned())),
        _ => Err("is no bcrypt hash; make one with htpasswd -nBC 10 NAME, and take what follows the colon".to_owned()),
    }
}

fn rate_limit(node: &Node, report: &mut Report) -> Result<Option<RateLimit>, Reported> {
    let section = Section::open(node, "rate_limit", &WEB_RATE_LIMIT, report)?;
    let interval = section.value("interval", report, go_duration::read);
    let burst = section.value("burst", report, |node| words::whole(node, &(0..=1_000_000)));
    section.all_keys_used()?;
    let (Some(interval), burst) = (interval?.filter(|interval| !interval.is_zero()), burst?) else {
        return Ok(None);
    };
    match burst.unwrap_or(0) {
        0 => Err(section.fault("burst", "must be at least 1, or nobody would ever be let in", report)),
        burst => Ok(Some(RateLimit { interval, burst })),
    }
}

/// The entries of a mapping whose keys are the user's own, each key once, with the path by which each is known.
fn own_entries<'n>(
    section: &Section<'n>,
    key: &str,
    what: &str,
    path: impl Fn(usize, &Entry) -> String,
    report: &mut Report,
) -> Result<Vec<(String, &'n Entry)>, Reported> {
    if section.given(key).is_none() {
        return Ok(Vec::new());
    }
    let entries = section.entries(key, what, report)?.unwrap_or_default().into_iter().enumerate();
    let (mut met, mut once) = (HashMap::new(), Vec::new());
    for (number, (_, entry)) in entries {
        let path = path(number, entry);
        once.push(match met.entry(entry.key.as_str()).or_insert(entry.place) {
            first if *first == entry.place => Ok((path, entry)),
            first => {
                let message = format!("given twice, first on line {}; keep one of them", first.line);
                Err(report.fault(entry.place, &path, &message))
            }
        });
    }
    once.into_iter().collect()
}
