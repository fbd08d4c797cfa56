//! From a file to a web configuration, in the format of Prometheus's exporter-toolkit.
//!
//! Every key is read before anything is given up, so that one run shows all the faults. What rustls cannot do is refused
//! in words, never left out in silence. Certificates are named here and looked at in `web`. A section without a value counts as
//! left out, as it does for every other exporter.

use std::path::Path;

use super::fault::{Report, Reported};
use super::keys::{WEB_HTTP, WEB_RATE_LIMIT, WEB_ROOT, WEB_TLS};
use super::section::Section;
use super::tree::{self, Entry, Node, Value};
use super::web_config::{CipherSuite, ClientAuth, Curve, Pem, RateLimit, Tls, TlsVersion, User, WebConfig};
use super::{Faults, Secret, file, go_duration, text_file, words};

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

/// The suites of Go that rustls has as well.
pub(super) const SUITES: [&str; 9] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
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
    let tls = root.given("tls_server_config").map(|node| tls(node, directory, report)).transpose();
    let http = root.given("http_server_config").map(|node| http(node, report)).transpose();
    let users = users(&root, report);
    let limit = root.given("rate_limit").map(|node| rate_limit(node, report)).transpose();
    root.all_keys_used()?;
    let (http2, headers) = http?.unwrap_or((true, Vec::new()));
    Ok(WebConfig { tls: tls?.flatten(), http2, headers, users: users?, rate_limit: limit?.flatten() })
}

/// How connections are encrypted; nothing if no certificate, key, CA or policy is named, as for every other exporter.
fn tls(node: &Node, directory: &Path, report: &mut Report) -> Result<Option<Tls>, Reported> {
    let section = Section::open(node, "tls_server_config", &WEB_TLS, report)?;
    let certificate = pem(&section, ["cert", "cert_file"], directory, report);
    let key = pem(&section, ["key", "key_file"], directory, report);
    let client_ca = pem(&section, ["client_ca", "client_ca_file"], directory, report);
    let client_auth = value(&section, "client_auth_type", report, client_auth);
    let sans = list(&section, "client_allowed_sans", report, |node| Ok(words::text(node, "a name")?.to_owned()));
    let oldest = value(&section, "min_version", report, version);
    let newest = value(&section, "max_version", report, version);
    let cipher_suites = list(&section, "cipher_suites", report, suite);
    let curves = list(&section, "curve_preferences", report, curve);
    let prefer = value(&section, "prefer_server_cipher_suites", report, truth);
    section.all_keys_used()?;

    let (min_version, max_version) = (oldest?.unwrap_or(TlsVersion::Tls12), newest?.unwrap_or(TlsVersion::Tls13));
    if min_version > max_version {
        let message = "is newer than max_version; no client could connect, correct one of them";
        return Err(section.fault("min_version", message, report));
    }
    let (certificate, key, client_ca, client_auth) = (certificate?, key?, client_ca?, client_auth?);
    let (client_allowed_sans, cipher_suites, curves, prefer) = (sans?, cipher_suites?, curves?, prefer?);
    possible(&section, max_version, &cipher_suites, report)?;
    if certificate.is_none() && key.is_none() && client_ca.is_none() && client_auth.is_none() {
        return Ok(None);
    }
    let certificate = certificate.ok_or_else(|| missing(&section, "cert", report));
    let key = key.ok_or_else(|| missing(&section, "key", report));
    let client_auth = client_auth.unwrap_or(ClientAuth::NoClientCert);
    trust(&section, client_auth, client_ca.as_ref(), &client_allowed_sans, report)?;
    Ok(Some(Tls {
        certificate: certificate?,
        key: key?,
        client_auth,
        client_ca,
        client_allowed_sans,
        min_version,
        max_version,
        cipher_suites,
        curves,
        prefer_server_cipher_suites: prefer.unwrap_or(true),
    }))
}

fn missing(section: &Section, key: &str, report: &mut Report) -> Reported {
    let message = format!("is missing; TLS needs a certificate and its key, write {key} or {key}_file");
    section.fault(key, &message, report)
}

/// Whether there is a suite for the newest version: the list is about TLS 1.2, and those of TLS 1.3 are always there.
fn possible(
    section: &Section,
    newest: TlsVersion,
    suites: &[CipherSuite],
    report: &mut Report,
) -> Result<(), Reported> {
    let old = |CipherSuite(name): &CipherSuite| name.starts_with("TLS_ECDHE_");
    if newest == TlsVersion::Tls12 && !suites.is_empty() && !suites.iter().any(old) {
        let message =
            "holds suites of TLS 1.3 alone, and max_version is TLS12; no client could connect, correct one of them";
        return Err(section.fault("cipher_suites", message, report));
    }
    Ok(())
}

/// The rules between the policy for clients' certificates, the CA and the names.
fn trust(
    section: &Section,
    policy: ClientAuth,
    ca: Option<&Pem>,
    sans: &[String],
    report: &mut Report,
) -> Result<(), Reported> {
    let verified = matches!(policy, ClientAuth::VerifyClientCertIfGiven | ClientAuth::RequireAndVerifyClientCert);
    if ca.is_some() && policy == ClientAuth::NoClientCert {
        let message =
            "a client CA is named, but no certificate is asked for; set it, e.g. to RequireAndVerifyClientCert";
        return Err(section.fault("client_auth_type", message, report));
    }
    if verified && ca.is_none() {
        let message = "clients' certificates are to be verified, but nobody says by which CA; write client_ca_file";
        return Err(section.fault("client_auth_type", message, report));
    }
    if sans.is_empty() && section.given("client_allowed_sans").is_some() {
        // Other exporters let nobody in then; somebody may mean everybody.
        return Err(section.fault("client_allowed_sans", "names nobody; write a name, or leave the key out", report));
    }
    if !sans.is_empty() && !verified {
        let message = "names are believed only of certificates that are verified; set client_auth_type to \
                       RequireAndVerifyClientCert";
        return Err(section.fault("client_allowed_sans", message, report));
    }
    Ok(())
}

/// The certificate or key that stands in the file, or in the file that it names.
fn pem(
    section: &Section,
    [inline, by_file]: [&str; 2],
    directory: &Path,
    report: &mut Report,
) -> Result<Option<Pem>, Reported> {
    let text = value(section, inline, report, |node| Ok(words::text(node, "PEM")?.to_owned()))?;
    let text = text.filter(|text| !text.is_empty());
    let path = value(section, by_file, report, |node| match words::text(node, "the path of a file")? {
        "" => Ok(None),
        _ => file::path(node, directory).map(Some),
    })?;
    match (text, path.flatten()) {
        (Some(_), Some(_)) => Err(section.fault(by_file, &format!("given besides {inline}; keep one of them"), report)),
        (Some(text), None) => Ok(Some(Pem::Inline(Secret::new(text)))),
        (None, path) => Ok(path.map(Pem::File)),
    }
}

fn client_auth(node: &Node) -> Result<ClientAuth, String> {
    Ok(match words::text(node, "a policy")? {
        "" | "NoClientCert" => ClientAuth::NoClientCert,
        "RequestClientCert" => ClientAuth::RequestClientCert,
        "RequireAnyClientCert" | "RequireClientCert" => ClientAuth::RequireAnyClientCert,
        "VerifyClientCertIfGiven" => ClientAuth::VerifyClientCertIfGiven,
        "RequireAndVerifyClientCert" => ClientAuth::RequireAndVerifyClientCert,
        other => {
            return Err(format!(
                "{} is no policy; write NoClientCert, RequestClientCert, RequireAnyClientCert, \
                 VerifyClientCertIfGiven or RequireAndVerifyClientCert",
                words::quoted(other)
            ));
        }
    })
}

fn version(node: &Node) -> Result<TlsVersion, String> {
    match words::text(node, "TLS12 or TLS13")? {
        "TLS12" => Ok(TlsVersion::Tls12),
        "TLS13" => Ok(TlsVersion::Tls13),
        old @ ("TLS10" | "TLS11") => Err(format!("{old} is broken and cannot be had here; write TLS12 or TLS13")),
        other => Err(format!("{} is no version; write TLS12 or TLS13", words::quoted(other))),
    }
}

fn suite(node: &Node) -> Result<CipherSuite, String> {
    let typed = words::text(node, "the name of a cipher suite")?;
    if let Some(name) = SUITES.into_iter().find(|name| *name == typed) {
        return Ok(CipherSuite(name));
    }
    let reason = if typed.contains("_CBC_") || typed.contains("_RC4_") {
        "is weak and cannot be had here; write one that ends in _GCM_SHA256, _GCM_SHA384 or _POLY1305_SHA256"
    } else if typed.starts_with("TLS_RSA_WITH_") {
        "keeps no secret once the key is known and cannot be had here; write one that begins with TLS_ECDHE_"
    } else {
        "is no cipher suite that can be had here; docs/CONFIGURATION.md lists them"
    };
    Err(format!("{} {reason}", words::quoted(typed)))
}

fn curve(node: &Node) -> Result<Curve, String> {
    match words::text(node, "the name of a curve")? {
        "CurveP256" => Ok(Curve::P256),
        "CurveP384" => Ok(Curve::P384),
        "X25519" => Ok(Curve::X25519),
        "CurveP521" => Err("CurveP521 cannot be had here; write CurveP256, CurveP384 or X25519".to_owned()),
        other => Err(format!("{} is no curve; write CurveP256, CurveP384 or X25519", words::quoted(other))),
    }
}

type Http = (bool, Vec<(&'static str, String)>);

fn http(node: &Node, report: &mut Report) -> Result<Http, Reported> {
    let section = Section::open(node, "http_server_config", &WEB_HTTP, report)?;
    let http2 = value(&section, "http2", report, truth);
    let headers = headers(&section, report);
    section.all_keys_used()?;
    Ok((http2?.unwrap_or(true), headers?))
}

fn headers(http: &Section, report: &mut Report) -> Result<Vec<(&'static str, String)>, Reported> {
    let mut headers = Ok(Vec::new());
    for (path, entry) in own_entries(http, "headers", "a mapping of headers to values", report)? {
        match header(entry) {
            Ok(header) => headers = headers.map(|headers: Vec<_>| [headers, vec![header]].concat()),
            Err(message) => headers = Err(report.fault(entry.place, &path, &message)),
        }
    }
    headers
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
    let mut users = Ok(Vec::new());
    for (path, entry) in own_entries(root, "basic_auth_users", "a mapping of names to bcrypt hashes", report)? {
        match words::text(&entry.node, "a bcrypt hash").and_then(hash) {
            Ok(hash) => {
                let user = User { name: entry.key.clone(), hash };
                users = users.map(|users: Vec<_>| [users, vec![user]].concat());
            }
            Err(message) => users = Err(report.fault(entry.node.place, &path, &message)),
        }
    }
    users
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
    let interval = value(&section, "interval", report, go_duration::read);
    let burst = value(&section, "burst", report, |node| words::whole(node, &(0..=1_000_000)));
    section.all_keys_used()?;
    let (Some(interval), burst) = (interval?.filter(|interval| !interval.is_zero()), burst?) else {
        return Ok(None);
    };
    match burst.unwrap_or(0) {
        0 => Err(section.fault("burst", "must be at least 1, or nobody would ever be let in", report)),
        burst => Ok(Some(RateLimit { interval, burst })),
    }
}

/// True or false, in the words that YAML 1.1 has for them, which other exporters read.
fn truth(node: &Node) -> Result<bool, String> {
    match &node.value {
        Value::Text(typed) => match typed.to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" => Ok(true),
            "n" | "no" | "off" => Ok(false),
            _ => words::truth(node),
        },
        _ => words::truth(node),
    }
}

/// The value of a key, unless it has none.
fn value<'n, T>(
    section: &Section<'n>,
    key: &str,
    report: &mut Report,
    read: impl FnOnce(&'n Node) -> Result<T, String>,
) -> Result<Option<T>, Reported> {
    let Some(node) = section.given(key) else { return Ok(None) };
    read(node).map(Some).map_err(|message| section.fault(key, &message, report))
}

/// The items of a list, each of which is read before anything is given up.
fn list<T>(
    section: &Section,
    key: &str,
    report: &mut Report,
    read: impl Fn(&Node) -> Result<T, String>,
) -> Result<Vec<T>, Reported> {
    if section.given(key).is_none() {
        return Ok(Vec::new());
    }
    let items = section.items(key, "a list", report)?.unwrap_or_default();
    let read = |(path, node): (String, &Node)| read(node).map_err(|message| report.fault(node.place, &path, &message));
    // All of them, so that all faults are told.
    items.into_iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

/// The entries of a mapping whose keys are the user's own, each key once.
fn own_entries<'n>(
    section: &Section<'n>,
    key: &str,
    what: &str,
    report: &mut Report,
) -> Result<Vec<(String, &'n Entry)>, Reported> {
    if section.given(key).is_none() {
        return Ok(Vec::new());
    }
    let entries = section.entries(key, what, report)?.unwrap_or_default();
    let mut once: Result<Vec<(String, &Entry)>, Reported> = Ok(Vec::new());
    for (path, entry) in &entries {
        let first = entries.iter().find(|(_, other)| other.key == entry.key).map(|(_, first)| first.place);
        if let Some(first) = first.filter(|first| *first != entry.place) {
            let message = format!("given twice, first on line {}; keep one of them", first.line);
            once = Err(report.fault(entry.place, path, &message));
        }
    }
    once.as_mut().map(|once| once.extend(entries)).map_err(|reported| *reported)?;
    once
}
