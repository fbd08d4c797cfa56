//! The clouds: where a tenant's tokens and its Graph are.
//!
//! A token of one cloud is worth nothing in another. The presence API exists in three of them; that it does not in
//! the others is said here, where it can still be read, and not by a 404 later. Sources: Graph's national cloud
//! deployments, and its schemas in each cloud (facts/graph.md 1.15 and 6); the hosts of the youngest clouds stand in the
//! environments of the PowerShell SDK of Graph. Bleu is none of the three, but its schema has presence: who gives its hosts
//! may try.

use url::Url;

/// Where a tenant lives: two roots, both `https://host[:port]/` without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// The root of Entra, which gives tokens.
    pub authority: Url,
    /// The root of Graph; the scope of a token is its `/.default`.
    pub graph: Url,
}

/// The clouds that can be named: the name, the authority's host and Graph's.
const NAMED: [(&str, &str, &str); 3] = [
    ("global", "login.microsoftonline.com", "graph.microsoft.com"),
    ("us_gov", "login.microsoftonline.us", "graph.microsoft.us"),
    ("us_gov_dod", "login.microsoftonline.us", "dod-graph.microsoft.us"),
];

/// Other names people know a cloud by, in lower case and without `_`, `-` and spaces.
const KNOWN_AS: [(&str, &str); 12] = [
    ("azure", "global"),
    ("azurecloud", "global"),
    ("azurepublic", "global"),
    ("commercial", "global"),
    ("public", "global"),
    ("gcc", "global"),
    ("gcchigh", "us_gov"),
    ("fairfax", "us_gov"),
    ("usgov", "us_gov"),
    ("azureusgovernment", "us_gov"),
    ("dod", "us_gov_dod"),
    ("usgovdod", "us_gov_dod"),
];

/// A cloud that has no presence.
struct Without {
    /// What it is called in a sentence.
    called: &'static str,
    /// Names people know it by, written as those of [`KNOWN_AS`].
    names: &'static [&'static str],
    /// What its hosts are, or end in.
    hosts: &'static [&'static str],
}

const WITHOUT_PRESENCE: [Without; 4] = [
    Without {
        called: "the cloud in China",
        names: &["china", "cn", "21vianet", "azurechina", "azurechinacloud", "mooncake"],
        hosts: &["chinacloudapi.cn", "microsoftonline.cn"],
    },
    Without {
        called: "the cloud Delos in Germany",
        names: &["delos", "deloscloud"],
        hosts: &["sovcloud-identity.de", "sovcloud.de"],
    },
    Without {
        called: "the government cloud in Singapore",
        names: &["govsg", "govsgcloud"],
        hosts: &["sovcloud-identity.sg", "sovcloud.sg"],
    },
    Without {
        called: "the cloud in Germany that was closed in 2021",
        names: &["germany", "azuregermany", "azuregermancloud", "blackforest"],
        hosts: &["microsoftonline.de", "graph.microsoft.de", "cloudapi.de"],
    },
];

/// Clouds whose schema has presence, and that have no name here: their names, and what to write.
const BY_THEIR_HOSTS: [(&[&str], &str); 2] = [
    (&["bleu", "bleucloud"], "{authority: https://login.sovcloud-identity.fr, graph: https://graph.svc.sovcloud.fr}"),
    (&["usnat", "ussec"], "{authority: https://..., graph: https://...} with the hosts that you were given"),
];

const NO_PRESENCE: &str = "has no presence API: Graph offers it in global, us_gov and us_gov_dod alone";

impl Cloud {
    /// The worldwide cloud, which GCC belongs to.
    #[must_use]
    pub fn global() -> Self {
        let [(_, authority, graph), ..] = NAMED;
        Self::at(authority, graph)
    }

    /// Its name, if it is one of those that have one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        let is_it = |(_, authority, graph): &&(&str, &str, &str)| *self == Self::at(authority, graph);
        NAMED.iter().find(is_it).map(|(name, ..)| *name)
    }

    /// Whether it is one of the US Government, whose answers carry fewer properties.
    #[must_use]
    pub fn is_us_government(&self) -> bool {
        matches!(self.name(), Some("us_gov" | "us_gov_dod"))
    }

    /// The cloud of that name, or why it is none.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        if let Some((_, authority, graph)) = NAMED.iter().find(|(known, ..)| *known == name) {
            return Ok(Self::at(authority, graph));
        }
        let plain = name.to_lowercase().replace(['_', '-', ' '], "");
        if let Some(cloud) = WITHOUT_PRESENCE.iter().find(|cloud| cloud.names.contains(&plain.as_str())) {
            return Err(format!("is {}, which {NO_PRESENCE}", cloud.called));
        }
        let by_hosts = BY_THEIR_HOSTS.iter().find(|(names, _)| names.contains(&plain.as_str())).map(|(_, hint)| *hint);
        let meant = KNOWN_AS.iter().find(|(alias, _)| *alias == plain).map(|(_, meant)| *meant);
        let all = "global, us_gov, us_gov_dod or {authority: https://..., graph: https://...}";
        Err(format!("is not the name of a cloud; write {}", by_hosts.or(meant).unwrap_or(all)))
    }

    /// The cloud that a host of Entra belongs to, or why it is none. The two American ones share theirs: it is `us_gov`.
    pub(super) fn of_authority(host: &str) -> Result<Self, String> {
        // The port and the dot at the end are there in some scripts, and change nothing.
        let host = host.strip_suffix(":443").unwrap_or(host).trim_end_matches('.');
        no_presence_at(host)?;
        match NAMED.iter().find(|(_, authority, _)| *authority == host) {
            Some((_, authority, graph)) => Ok(Self::at(authority, graph)),
            None => Err("belongs to no cloud this exporter knows; write a configuration file with \
                         cloud: {authority: https://..., graph: https://...}"
                .into()),
        }
    }

    fn at(authority: &str, graph: &str) -> Self {
        let root = |host: &str| Url::parse(&format!("https://{host}/")).expect("the table holds hosts");
        Self { authority: root(authority), graph: root(graph) }
    }
}

/// Refuses a host, in small letters, of a cloud that has no presence.
pub(super) fn no_presence_at(host: &str) -> Result<(), String> {
    let host = host.trim_end_matches('.');
    let is_of = |end: &&str| host.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'));
    match WITHOUT_PRESENCE.iter().find(|cloud| cloud.hosts.iter().any(is_of)) {
        Some(cloud) => Err(format!("belongs to {}, which {NO_PRESENCE}", cloud.called)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_to_the_hosts_of_its_cloud() {
        let check = |name, authority, graph| {
            let cloud = Cloud::named(name).expect("a known cloud");
            assert_eq!((cloud.authority.as_str(), cloud.graph.as_str()), (authority, graph));
        };
        check("global", "https://login.microsoftonline.com/", "https://graph.microsoft.com/");
        check("us_gov", "https://login.microsoftonline.us/", "https://graph.microsoft.us/");
        check("us_gov_dod", "https://login.microsoftonline.us/", "https://dod-graph.microsoft.us/");
        assert_eq!(Cloud::named("global"), Ok(Cloud::global()));
    }

    #[test]
    fn a_cloud_without_presence_is_refused_by_every_name_that_it_has() {
        let check = |name: &str, expected: &str| {
            assert_eq!(Cloud::named(name).expect_err("a refusal"), expected, "{name}");
        };
        for name in ["china", "China", "21Vianet", "AzureChinaCloud", "azure-china", "mooncake"] {
            check(name, &format!("is the cloud in China, which {NO_PRESENCE}"));
        }
        for name in ["delos", "DelosCloud"] {
            check(name, &format!("is the cloud Delos in Germany, which {NO_PRESENCE}"));
        }
        check("GovSG", &format!("is the government cloud in Singapore, which {NO_PRESENCE}"));
        check("AzureGermanCloud", &format!("is the cloud in Germany that was closed in 2021, which {NO_PRESENCE}"));
    }

    #[test]
    fn a_cloud_that_has_presence_and_no_name_here_is_told_what_to_write() {
        let check = |name: &str, hint: &str| {
            assert_eq!(Cloud::named(name).expect_err("a hint"), format!("is not the name of a cloud; write {hint}"));
        };
        check("Bleu", "{authority: https://login.sovcloud-identity.fr, graph: https://graph.svc.sovcloud.fr}");
        check("USNat", "{authority: https://..., graph: https://...} with the hosts that you were given");
        check("GCC High", "us_gov");
        check("mars", "global, us_gov, us_gov_dod or {authority: https://..., graph: https://...}");
    }

    #[test]
    fn a_host_of_a_cloud_without_presence_is_refused_whether_of_entra_or_of_graph() {
        for host in ["login.chinacloudapi.cn", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"] {
            let expected = format!("belongs to the cloud in China, which {NO_PRESENCE}");
            assert_eq!(no_presence_at(host), Err(expected.clone()), "{host}");
            assert_eq!(Cloud::of_authority(&format!("{host}.:443")), Err(expected));
        }
        for host in [
            "login.sovcloud-identity.de", "graph.svc.sovcloud.de", "login.sovcloud-identity.sg",
            "graph.svc.sovcloud.sg", "login.microsoftonline.de", "graph.microsoft.de",
        ] {
            assert!(no_presence_at(host).is_err_and(|reason| reason.ends_with(NO_PRESENCE)), "{host}");
        }
        for host in [
            "login.microsoftonline.us", "graph.microsoft.us", "login.sovcloud-identity.fr", "graph.svc.sovcloud.fr",
            "notchinacloudapi.cn", "chinacloudapi.cn.example",
        ] {
            assert_eq!(no_presence_at(host), Ok(()), "{host}");
        }
    }

    #[test]
    fn the_document_names_the_hosts_of_each_cloud() {
        let document = include_str!("../../docs/CONFIGURATION.md");
        for (name, authority, graph) in NAMED {
            let row = document.lines().find(|line| line.starts_with(&format!("| `{name}` | ")));
            let row = row.unwrap_or_else(|| panic!("{name} is missing"));
            assert!(row.ends_with(&format!("| `{authority}` | `{graph}` |")), "{row}");
        }
    }
}
