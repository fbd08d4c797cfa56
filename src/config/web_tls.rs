//! The section `tls_server_config` of a web configuration: which files, which clients, which versions, suites and curves.
//!
//! What rustls cannot do is refused in words. Certificates are named here and looked at in `web`. The rest of the file is
//! read in `web_file`.

use std::path::Path;

use super::fault::{Report, Reported};
use super::keys::WEB_TLS;
use super::section::Section;
use super::tree::Node;
use super::web_config::{CipherSuite, ClientAuth, Curve, Pem, Tls, TlsVersion};
use super::{Secret, file, words};

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

/// How connections are encrypted; nothing if no certificate, key, CA or policy is named, as for every other exporter.
pub(super) fn read(node: &Node, directory: &Path, report: &mut Report) -> Result<Option<Tls>, Reported> {
    let section = Section::open(node, "tls_server_config", &WEB_TLS, report)?;
    let certificate = pem(&section, ["cert", "cert_file"], directory, report);
    let key = pem(&section, ["key", "key_file"], directory, report);
    let client_ca = pem(&section, ["client_ca", "client_ca_file"], directory, report);
    let client_auth = section.value("client_auth_type", report, client_auth);
    let sans = section.list("client_allowed_sans", report, |node| Ok(words::text(node, "a name")?.to_owned()));
    let oldest = section.value("min_version", report, version);
    let newest = section.value("max_version", report, version);
    let cipher_suites = section.list("cipher_suites", report, suite);
    let curves = section.list("curve_preferences", report, curve);
    let prefer = section.value("prefer_server_cipher_suites", report, words::truth_of_yaml_1_1);
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
    let text = section.value(inline, report, |node| Ok(words::text(node, "PEM")?.to_owned()))?;
    let text = text.filter(|text| !text.is_empty());
    let path = section.value(by_file, report, |node| match words::text(node, "the path of a file")? {
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
