//! The clouds: where a tenant's tokens and its Graph are.
//!
//! A token of one cloud is worth nothing in another. The presence API exists in three of them; that it does not in
//! the others is said here, where it can still be read, and not by a 404 later. Source: Graph's national cloud
//! deployments, facts 6.

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
const KNOWN_AS: [(&str, &str); 11] = [
    ("azure", "global"),
    ("azurecloud", "global"),
    ("azurepublic", "global"),
    ("commercial", "global"),
    ("public", "global"),
    ("gcc", "global"),
    ("gcchigh", "us_gov"),
    ("usgov", "us_gov"),
    ("azureusgovernment", "us_gov"),
    ("dod", "us_gov_dod"),
    ("usgovdod", "us_gov_dod"),
];

/// Names of clouds without presence, written as those of [`KNOWN_AS`].
const WITHOUT_PRESENCE: [&str; 11] = [
    "china", "cn", "21vianet", "azurechina", "azurechinacloud", "mooncake", "bleu", "delos", "govsg", "usnat", "ussec",
];

/// What the hosts of the cloud in China end in.
const CHINA: [&str; 2] = [".chinacloudapi.cn", ".partner.microsoftonline.cn"];

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

    /// The cloud of that name, or why it is none.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        if let Some((_, authority, graph)) = NAMED.iter().find(|(known, ..)| *known == name) {
            return Ok(Self::at(authority, graph));
        }
        let plain = name.to_lowercase().replace(['_', '-', ' '], "");
        if WITHOUT_PRESENCE.contains(&plain.as_str()) {
            return Err(NO_PRESENCE.into());
        }
        let hint = KNOWN_AS.iter().find(|(alias, _)| *alias == plain).map_or_else(
            || "write global, us_gov, us_gov_dod or {authority: https://..., graph: https://...}".into(),
            |(_, meant)| format!("write {meant}"),
        );
        Err(format!("is not the name of a cloud; {hint}"))
    }

    /// The cloud that a host of Entra belongs to, or why it is none. The two American ones share theirs: it is `us_gov`.
    pub(super) fn of_authority(host: &str) -> Result<Self, String> {
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

/// Refuses a host of a cloud that has no presence.
pub(super) fn no_presence_at(host: &str) -> Result<(), String> {
    if CHINA.iter().any(|end| host.ends_with(end)) {
        return Err(format!("belongs to the cloud in China, which {NO_PRESENCE}"));
    }
    Ok(())
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
}
