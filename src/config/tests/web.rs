//! The web configuration and its document: keys, defaults, suites, examples. What is refused, in which words, is held
//! against promtool in `tests/it/web_config`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::documented;
use crate::config::keys::{Keys, WEB_HTTP, WEB_RATE_LIMIT, WEB_ROOT, WEB_TLS};
use crate::config::{ClientAuth, Curve, Faults, Path, Pem, RateLimit, TlsVersion, WebConfig, web_file, web_tls};

const DOCUMENT: &str = include_str!("../../../docs/CONFIGURATION.md");
const EXAMPLE: &str = include_str!("../../../examples/web.yml");

fn parse(text: &str) -> Result<WebConfig, Faults> {
    web_file::parse(Path::new("/etc/exporter/web.yml"), text)
}

/// The keys of these tables that hold a value.
fn keys() -> BTreeSet<String> {
    let sections = ["tls_server_config", "http_server_config", "rate_limit"];
    let path =
        |keys: &Keys, key: &str| if keys.path.is_empty() { key.to_owned() } else { format!("{}.{key}", keys.path) };
    let tables: [&Keys; 4] = [&WEB_ROOT, &WEB_TLS, &WEB_HTTP, &WEB_RATE_LIMIT];
    let all = tables.into_iter().flat_map(|keys| keys.known.iter().map(move |(key, _)| path(keys, key)));
    all.filter(|key| !sections.contains(&key.as_str())).collect()
}

#[test]
fn the_document_names_the_keys_that_there_are_and_no_others() {
    let (_, section) = DOCUMENT.split_once("## Web configuration").expect("a section");
    let (section, _) = section.split_once("\n## ").expect("an end");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    assert_eq!(rows.map(|(key, _)| key.to_owned()).collect::<BTreeSet<_>>(), keys());
}

#[test]
fn the_document_lists_the_suites_that_can_be_had_and_no_others() {
    let (_, section) = DOCUMENT.split_once("### Cipher suites").expect("a section");
    let (section, _) = section.split_once("\n### ").expect("an end");
    let listed = section.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`'));
    assert_eq!(listed.collect::<Vec<_>>(), web_tls::SUITES);
}

#[test]
fn the_example_of_the_document_is_good_and_leaves_the_rest_as_the_document_says() {
    let [text] = documented("tls_server_config:")[..] else { panic!("one example") };
    let config = parse(text).expect(text);
    let tls = config.tls.as_ref().expect("TLS");
    assert_eq!(tls.certificate, Pem::File("/etc/exporter/server.crt".into()));
    assert_eq!(tls.key, Pem::File("/etc/exporter/server.key".into()));
    assert_eq!((tls.client_auth, &tls.client_ca), (ClientAuth::NoClientCert, &None));
    assert_eq!((tls.min_version, tls.max_version), (TlsVersion::Tls12, TlsVersion::Tls13));
    assert!(tls.client_allowed_sans.is_empty() && tls.cipher_suites.is_empty() && tls.curves.is_empty());
    assert!(tls.prefer_server_cipher_suites && config.http2 && config.headers.is_empty());
    assert_eq!(config.rate_limit, None);
    let [user] = &config.users[..] else { panic!("one user") };
    assert_eq!(user.name, "prometheus");
    assert!(bcrypt::verify("change-me", user.hash.expose()).expect("a hash"), "the password that the document names");
}

#[test]
fn every_key_of_the_full_example_reaches_its_setting() {
    for key in
        keys().iter().filter(|key| !["cert", "key", "client_ca"].iter().any(|it| key.ends_with(&format!(".{it}"))))
    {
        let key = key.rsplit('.').next().unwrap_or(key);
        assert!(EXAMPLE.contains(&format!("{key}:")), "examples/web.yml has no {key}");
    }
    let config = parse(EXAMPLE).expect("the example is good");
    let tls = config.tls.as_ref().expect("TLS");
    assert_eq!(tls.client_auth, ClientAuth::RequireAndVerifyClientCert);
    assert_eq!(tls.client_ca, Some(Pem::File("/etc/exporter/clients-ca.crt".into())));
    assert_eq!(tls.client_allowed_sans, ["prometheus.example.org"]);
    assert_eq!(tls.curves, [Curve::X25519, Curve::P256, Curve::P384]);
    assert_eq!(tls.cipher_suites.len(), 4);
    assert_eq!(config.headers.len(), 3);
    assert_eq!(config.rate_limit, Some(RateLimit { interval: Duration::from_millis(100), burst: 100 }));
}

#[test]
fn texts_of_yaml_1_1_for_true_and_false_are_read_as_other_exporters_read_them() {
    let http2 = |text: &str| parse(&format!("http_server_config: {{http2: {text}}}")).map(|config| config.http2).ok();
    for text in ["true", "True", "TRUE", "yes", "Yes", "on", "ON", "y"] {
        assert_eq!(http2(text), Some(true), "{text}");
    }
    for text in ["false", "False", "FALSE", "no", "NO", "off", "Off", "n"] {
        assert_eq!(http2(text), Some(false), "{text}");
    }
    for text in ["1", "0", "enabled", "ye", "[]"] {
        assert_eq!(http2(text), None, "{text}");
    }
}
