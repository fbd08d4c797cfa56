//! Addresses: where the metrics page of a single tenant is, below that of all.
//!
//! A tenant may be called anything that fits a label, so its name stands there percent-encoded, as one segment of the path
//! (RFC 3986, 2.1). Whether there is a tenant of that name is not known here.

/// The name of the tenant whose page has this path; `None` if it is no such path.
pub(super) fn tenant(telemetry_path: &str, path: &str) -> Option<String> {
    let name = path.strip_prefix(telemetry_path.trim_end_matches('/'))?.strip_prefix('/')?;
    if name.is_empty() || name.contains('/') {
        return None;
    }
    String::from_utf8(decoded(name.as_bytes())?).ok()
}

/// The path of a tenant's page.
pub(super) fn page(telemetry_path: &str, tenant: &str) -> String {
    let encoded = tenant.bytes().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    [telemetry_path.trim_end_matches('/'), "/"].into_iter().map(str::to_owned).chain(encoded).collect()
}

/// Bytes without their percent-encoding; `None` if there is a `%` that encodes nothing.
fn decoded(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut letters = encoded.iter().copied();
    while let Some(letter) = letters.next() {
        bytes.push(if letter == b'%' { 16 * digit(letters.next()?)? + digit(letters.next()?)? } else { letter });
    }
    Some(bytes)
}

/// The value of a hexadecimal digit.
fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tenant_is_one_segment_below_the_page_of_all() {
        let check =
            |path: &str, expected: Option<&str>| assert_eq!(tenant("/metrics", path).as_deref(), expected, "{path}");
        check("/metrics/contoso", Some("contoso"));
        check("/metrics/%63on%74oso", Some("contoso"));
        check("/metrics/Contoso%20%26%20S%C3%B6hne%2F%25", Some("Contoso & Söhne/%"));
        check("/metrics/a+b", Some("a+b"));
        check("/metrics/-", Some("-"));
        for path in
            ["/", "/metrics", "/metrics/", "/metricsx", "/metricsx/a", "/metrics/a/", "/metrics//a", "/Metrics/a"]
        {
            check(path, None);
        }
        for path in ["/metrics/%", "/metrics/%4", "/metrics/%zz", "/metrics/%+4", "/metrics/%ff"] {
            check(path, None);
        }
    }

    proptest! {
        #[test]
        fn the_page_of_every_tenant_is_found(
            name in "\\PC{1,128}|[/%+. a]{1,8}", telemetry_path in "/[a-z]{1,8}(/[a-z]{1,8}){0,2}/?",
        ) {
            let path = page(&telemetry_path, &name);
            prop_assert!(path.parse::<hyper::Uri>().is_ok(), "{}", path);
            prop_assert_eq!(tenant(&telemetry_path, &path), Some(name));
        }

        #[test]
        fn any_path_is_that_of_a_tenant_or_not(path in "(/metrics/)?[\\x20-\\x7e]{0,30}") {
            if let Some(name) = tenant("/metrics", &path) {
                prop_assert_eq!(tenant("/metrics", &page("/metrics", &name)), Some(name));
            }
        }
    }
}
