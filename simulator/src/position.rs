//! Positions in a listing, and the opaque, short-lived skip tokens that carry them from page to page.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::answer::{Refusal, Request};
use crate::dice::Dice;
use crate::faults::Effect;
use crate::query;
use crate::tenant::Tenant;

/// Where a page begins; what a skip token hides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    pub(crate) number: u32,
    /// The page before it was left empty on purpose.
    pub(crate) was_empty: bool,
}

impl Position {
    /// The nextLink: the query as it was sent, with a skip token. It leads elsewhere if a fault says so.
    pub(crate) fn link(self, tenant: &Tenant, request: &Request) -> String {
        let elsewhere = request.effects.iter().find_map(|effect| match effect {
            Effect::NextLinkElsewhere(origin) => Some(origin.clone()),
            _ => None,
        });
        let origin = elsewhere.unwrap_or_else(|| request.origin());
        let mut query = query::without_skip_token(&request.query);
        if !query.is_empty() {
            query.push('&');
        }
        format!("{origin}{}?{query}$skiptoken={}", request.path, self.encode(tenant, request))
    }

    fn encode(self, tenant: &Tenant, request: &Request) -> String {
        let expiry = request.at.duration_since(UNIX_EPOCH).unwrap_or_default() + tenant.page_lifetime();
        let expiry = u64::try_from(expiry.as_millis()).unwrap_or(u64::MAX);
        let mut bytes = b"RSpt".to_vec();
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.push(u8::from(self.was_empty));
        bytes.extend_from_slice(&expiry.to_be_bytes());
        let seal = seal(tenant, request, &bytes);
        bytes.extend_from_slice(&seal.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a skip token, or refuses it in Graph's words.
    pub(crate) fn decode(tenant: &Tenant, request: &Request, token: &str) -> Result<Self, Refusal> {
        let bad = || Refusal::new(400, "Request_BadRequest", "The specified page token value is not valid.");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
        let bytes: [u8; 25] = bytes.try_into().map_err(|_| bad())?;
        let (open, sealed) = bytes.split_at(17);
        if seal(tenant, request, open).to_be_bytes() != sealed {
            return Err(bad());
        }
        let number = open[4..8].iter().fold(0, |number, byte| (number << 8) | u32::from(*byte));
        let expiry = open[9..17].iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        if request.at >= UNIX_EPOCH + Duration::from_millis(expiry) {
            return Err(expired());
        }
        Ok(Self { number, was_empty: open[8] != 0 })
    }
}

/// Binds a token to this tenant, path and query, so that one of another listing is refused.
fn seal(tenant: &Tenant, request: &Request, bytes: &[u8]) -> u64 {
    let query = query::pairs(&query::without_skip_token(&request.query));
    let words = query.iter().flat_map(|(name, value)| [name, value]).chain([&request.path, &tenant.client_secret]);
    let mut dice = Dice::new(0);
    for byte in words.flat_map(|word| word.as_bytes().iter().chain(&[0])).chain(bytes) {
        dice = dice.on(u64::from(*byte));
    }
    dice.number()
}

/// What Graph says of a skip token that has outlived its use.
pub(crate) fn expired() -> Refusal {
    let message = "The specified page token value has expired and can no longer be included in your request.";
    Refusal::new(400, "Directory_ExpiredPageToken", message)
}
