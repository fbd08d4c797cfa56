//! What a reader chooses to see: one tenant of several, one dimension, a page that stands still.
//!
//! It comes in the query of the address and goes out in links. Whatever else stands in a query is ignored, and what names
//! nothing chooses nothing: an address that was kept may outlive the configuration.

use std::borrow::Cow;
use std::fmt;

use url::form_urlencoded::{Serializer, parse};

use super::text::Escaped;
use crate::board::Tenant;
use crate::domain::dimension::Dimension;

/// What a reader chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::web) struct Choice<'a> {
    /// The name of a tenant.
    pub(super) tenant: Option<Cow<'a, str>>,
    /// The name of a dimension.
    pub(super) dimension: Option<Cow<'a, str>>,
    /// That the page is not to refresh itself.
    pub(in crate::web) still: bool,
}

/// What was chosen, and among how many tenants.
pub(super) struct Among<'a> {
    pub(super) choice: &'a Choice<'a>,
    /// The tenants on the page.
    pub(super) tenants: usize,
}

/// A link to the page of a choice, for an attribute.
pub(super) struct Link(String);

impl<'a> Choice<'a> {
    /// The choice in the query of an address.
    pub(in crate::web) fn parse(query: &'a str) -> Self {
        let mut choice = Self::default();
        for (key, value) in parse(query.as_bytes()) {
            match &*key {
                "tenant" => choice.tenant = Some(value),
                "dimension" => choice.dimension = Some(value),
                "refresh" => choice.still = value == "off",
                _ => {}
            }
        }
        choice
    }

    /// The chosen one of these tenants. A single one needs no choice.
    pub(super) fn of<'t>(&self, tenants: &'t [Tenant]) -> Option<&'t Tenant> {
        let is_it = |tenant: &&Tenant| self.tenant.as_deref() == Some(tenant.snapshot.terms.tenant.as_str());
        tenants.iter().find(is_it).filter(|_| tenants.len() > 1)
    }

    /// Whether a tenant was chosen that is not among these.
    pub(super) fn is_of_nobody(&self, tenants: &[Tenant]) -> bool {
        let is_it = |tenant: &Tenant| self.tenant.as_deref() == Some(tenant.snapshot.terms.tenant.as_str());
        self.tenant.is_some() && !tenants.iter().any(is_it)
    }

    /// The choice without a dimension that none of these tenants has: no link is to drag it along, for each tenant anew.
    pub(super) fn known(&self, tenants: &[Tenant]) -> Self {
        let is_it = |of: &Dimension| self.dimension.as_deref() == Some(of.name.as_str());
        let known = tenants.iter().any(|tenant| tenant.snapshot.terms.dimensions.iter().any(is_it));
        Self { dimension: self.dimension.clone().filter(|_| known), ..self.clone() }
    }

    /// The choice where so many tenants are on the page.
    pub(super) fn among(&'a self, tenants: usize) -> Among<'a> {
        Among { choice: self, tenants }
    }

    /// A link to its page.
    pub(super) fn link(&self) -> Link {
        let mut query = Serializer::new(String::new());
        for (key, value) in [("tenant", &self.tenant), ("dimension", &self.dimension)] {
            if let Some(value) = value {
                query.append_pair(key, value);
            }
        }
        if self.still {
            query.append_pair("refresh", "off");
        }
        let query = query.finish();
        // A dot is this folder: an empty address would keep the query that there is.
        Link(if query.is_empty() { ".".to_owned() } else { ["?", &query].concat() })
    }
}

impl Among<'_> {
    /// The number of the dimension whose groups are shown: that of the chosen name, else, with a page of its own, the first.
    pub(super) fn dimension(&self, dimensions: &[Dimension]) -> Option<usize> {
        let named = |name: &str| dimensions.iter().position(|dimension| dimension.name.as_str() == name);
        let chosen = self.choice.dimension.as_deref().and_then(named);
        chosen.or_else(|| (self.tenants == 1 && !dimensions.is_empty()).then_some(0))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_what_was_chosen_whatever_it_is_called() {
        for name in ["office", "R & D", "a=b&c=d#e?f", "100 %", "\u{202e}שלום", "🌍", "\"'<>", "+"] {
            let name = Some(Cow::Borrowed(name));
            let choice = Choice { tenant: name.clone(), dimension: name, still: true };
            let link = choice.link().to_string().replace("&amp;", "&");
            assert_eq!(Choice::parse(link.trim_start_matches('?')), choice, "{link}");
        }
        assert_eq!(Choice::default().link().to_string(), ".");
    }

    #[test]
    fn whatever_else_stands_in_a_query_chooses_nothing() {
        for query in ["", "&&", "=", "verbose", "refresh", "refresh=on", "x=1&y=%ff%"] {
            assert_eq!(Choice::parse(query), Choice::default(), "{query}");
        }
    }
}
