//! The keys of the file: which there are, which will be, and which was probably meant.
//!
//! The tables are the one list of keys: `section` refuses what is not in them, and a test holds docs/CONFIGURATION.md
//! against them.

use Standing::{NotYet, Refused, Supported};

use super::nearest;

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is read.
    Supported,
    /// It is documented for a later version and refused until then.
    NotYet,
    /// It will never be read; the reason is told.
    Refused(&'static str),
}

/// The keys of one mapping.
#[derive(Debug)]
pub(super) struct Keys {
    /// Where the mapping is: `tenants[].users`, or nothing for the whole file.
    pub(super) path: &'static str,
    pub(super) known: &'static [(&'static str, Standing)],
}

pub(super) static ROOT: Keys = Keys { path: "", known: &[("tenants", Supported), ("web_users", Supported)] };

pub(super) static WEB_ROOT: Keys = Keys {
    path: "",
    known: &[
        ("tls_server_config", Supported),
        ("http_server_config", Supported),
        ("basic_auth_users", Supported),
        ("rate_limit", Supported),
    ],
};

pub(super) static WEB_TLS: Keys = Keys {
    path: "tls_server_config",
    known: &[
        ("cert", Supported),
        ("cert_file", Supported),
        ("key", Supported),
        ("key_file", Supported),
        ("client_ca", Supported),
        ("client_ca_file", Supported),
        ("client_auth_type", Supported),
        ("client_allowed_sans", Supported),
        ("min_version", Supported),
        ("max_version", Supported),
        ("cipher_suites", Supported),
        ("curve_preferences", Supported),
        ("prefer_server_cipher_suites", Supported),
    ],
};

pub(super) static WEB_HTTP: Keys =
    Keys { path: "http_server_config", known: &[("http2", Supported), ("headers", Supported)] };

pub(super) static WEB_RATE_LIMIT: Keys =
    Keys { path: "rate_limit", known: &[("interval", Supported), ("burst", Supported)] };

pub(super) static TENANT: Keys = Keys {
    path: "tenants[]",
    known: &[
        ("name", Supported),
        ("tenant_id", Supported),
        ("client_id", Supported),
        ("credential", Supported),
        ("cloud", Supported),
        ("ca_file", Supported),
        ("interval", Supported),
        ("max_age", Supported),
        ("min_coverage", Supported),
        ("request_budget", Supported),
        ("concurrency", Supported),
        ("users", Supported),
        ("group_by", Supported),
        ("min_group_size", Supported),
        ("proxy", NotYet),
    ],
};

pub(super) static CREDENTIAL: Keys = Keys {
    path: "tenants[].credential",
    known: &[
        ("client_secret_file", Supported),
        ("client_secret_env", Supported),
        ("client_secret_expires", Supported),
        (
            "client_secret",
            Refused("secrets come from files or the environment; use client_secret_file or client_secret_env"),
        ),
        ("client_certificate_file", Supported),
        ("client_certificate_key_file", Supported),
        ("client_certificate_password_file", Supported),
        ("client_certificate_password_env", Supported),
        (
            "client_certificate_password",
            Refused(
                "secrets come from files or the environment; use client_certificate_password_file or \
                 client_certificate_password_env",
            ),
        ),
        ("workload_identity", Supported),
        ("managed_identity", Supported),
    ],
};

pub(super) static WORKLOAD_IDENTITY: Keys =
    Keys { path: "tenants[].credential.workload_identity", known: &[("token_file", Supported)] };

pub(super) static MANAGED_IDENTITY: Keys =
    Keys { path: "tenants[].credential.managed_identity", known: &[("client_id", Supported)] };

pub(super) static CLOUD: Keys =
    Keys { path: "tenants[].cloud", known: &[("authority", Supported), ("graph", Supported)] };

pub(super) static USERS: Keys = Keys {
    path: "tenants[].users",
    known: &[
        ("refresh_interval", Supported),
        ("filter", Supported),
        ("teams_plan_only", Supported),
        ("groups", Supported),
        ("exclude_groups", Supported),
        ("ids_file", Supported),
    ],
};

pub(super) static GROUP_BY: Keys = Keys {
    path: "tenants[].group_by[]",
    known: &[
        ("dimension", Supported),
        ("attribute", Supported),
        ("map", Supported),
        ("max_groups", Supported),
        ("entra_groups", Supported),
        ("duty", Supported),
        ("min_reachable", Supported),
        ("metrics", Supported),
    ],
};

/// The tables of the configuration.
static ALL: [&Keys; 8] =
    [&ROOT, &TENANT, &CREDENTIAL, &WORKLOAD_IDENTITY, &MANAGED_IDENTITY, &CLOUD, &USERS, &GROUP_BY];

/// Those of the web configuration, which is another file: a key of one has no place in the other.
static WEB: [&Keys; 4] = [&WEB_ROOT, &WEB_TLS, &WEB_HTTP, &WEB_RATE_LIMIT];

/// Every key by its path, such as `tenants[].users.filter`, and its standing.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (String, Standing)> {
    ALL.iter().flat_map(|keys| {
        let path = if keys.path.is_empty() { String::new() } else { format!("{}.", keys.path) };
        keys.known.iter().map(move |(key, standing)| (format!("{path}{key}"), *standing))
    })
}

impl Keys {
    /// The key as the table has it, and its standing.
    pub(super) fn find(&self, key: &str) -> Option<(&'static str, Standing)> {
        self.known.iter().find(|(known, _)| *known == key).copied()
    }

    /// What may be meant by a key that is none: a hint that ends the sentence, or nothing.
    pub(super) fn hint(&self, typed: &str) -> String {
        let file = if WEB.iter().any(|keys| std::ptr::eq(*keys, self)) { &WEB[..] } else { &ALL[..] };
        let mut others = file.iter().filter(|keys| keys.path != self.path);
        if let Some((keys, standing)) = others.find_map(|keys| Some((keys, keys.find(typed)?.1))) {
            return match standing {
                Refused(reason) => format!("; {reason}"),
                _ if keys.path.is_empty() => "; it belongs at the top of the file".into(),
                _ => format!("; it belongs in {}", keys.path),
            };
        }
        let usable = self.known.iter().filter(|(_, standing)| !matches!(standing, Refused(_)));
        if let Some(known) = nearest(typed, usable.map(|(known, _)| *known)) {
            return format!("; did you mean {known}?");
        }
        let supported = self.known.iter().filter(|(_, standing)| *standing == Supported);
        format!("; known here: {}", supported.map(|(known, _)| *known).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_key_is_told_what_was_meant() {
        let check = |keys: &Keys, typed, expected: &str| assert_eq!(keys.hint(typed), expected, "{typed}");
        check(&TENANT, "intervall", "; did you mean interval?");
        check(&TENANT, "tenant-id", "; did you mean tenant_id?");
        check(&TENANT, "tenantId", "; did you mean tenant_id?");
        check(&TENANT, "maxage", "; did you mean max_age?");
        check(&CREDENTIAL, "client_secert_file", "; did you mean client_secret_file?");
        check(&TENANT, "filter", "; it belongs in tenants[].users");
        check(&USERS, "interval", "; it belongs in tenants[]");
        check(&TENANT, "groupby", "; did you mean group_by?");
        check(&TENANT, "attribute", "; it belongs in tenants[].group_by[]");
        check(&TENANT, "tenants", "; it belongs at the top of the file");
        check(
            &USERS,
            "colour",
            "; known here: refresh_interval, filter, teams_plan_only, groups, exclude_groups, ids_file",
        );
    }

    #[test]
    fn of_a_key_of_the_web_configuration_it_is_told_where_in_that_file_it_belongs() {
        let check = |keys: &Keys, typed, expected: &str| assert_eq!(keys.hint(typed), expected, "{typed}");
        check(&WEB_ROOT, "cert_file", "; it belongs in tls_server_config");
        check(&WEB_TLS, "headers", "; it belongs in http_server_config");
        check(&WEB_TLS, "basic_auth_users", "; it belongs at the top of the file");
        let known = "; known here: tls_server_config, http_server_config, basic_auth_users, rate_limit";
        for other in ["interval", "users", "client_secret", "tenants"] {
            check(&WEB_ROOT, other, if other == "interval" { "; it belongs in rate_limit" } else { known });
        }
        check(&ROOT, "cert_file", "; known here: tenants, web_users");
    }
}
