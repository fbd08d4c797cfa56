//! Access tokens: made and checked here, JWT-shaped and opaque to clients.
//!
//! The signature is an HMAC with a key of this process, so that a forged or altered token is found out. Roles
//! are those of the moment of issue, as with Entra: granting one later needs a new token.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{hmac, rand};
use serde_json::{Value, json};

use crate::answer::Refusal;

/// Makes and checks the tokens of one tenant.
#[derive(Debug)]
pub(crate) struct Mint {
    key: hmac::Key,
    lifetime: Duration,
    /// Tokens of an earlier generation are revoked.
    generation: AtomicU64,
}

/// For whom a token is made.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) roles: &'a [String],
    /// The client declared that it understands continuous access evaluation (`xms_cc` = `cp1`).
    pub(crate) understands_challenges: bool,
    /// Unique to this token.
    pub(crate) unique: String,
    /// How long it is good.
    pub(crate) lifetime: Duration,
}

/// What a good token allows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    roles: Vec<String>,
}

impl Access {
    /// Whether one of these application roles was granted.
    pub(crate) fn has_any(&self, roles: &[&str]) -> bool {
        self.roles.iter().any(|role| roles.contains(&role.as_str()))
    }
}

impl Mint {
    pub(crate) fn new(lifetime: Duration) -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new());
        let key = key.unwrap_or_else(|_| hmac::Key::new(hmac::HMAC_SHA256, b"no randomness, no secrets either"));
        Self { key, lifetime, generation: AtomicU64::new(0) }
    }

    /// How long tokens live if nothing else is said.
    pub(crate) const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token (`header.payload.signature`, base64url without padding).
    pub(crate) fn issue(&self, subject: &Subject<'_>, now: SystemTime) -> String {
        let issued = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let expiry = issued + subject.lifetime;
        let mut claims = json!({
            "aud": subject.audience,
            "iss": format!("https://sts.windows.net/{}/", subject.tenant_id),
            "iat": issued.as_secs(),
            "nbf": issued.as_secs(),
            "exp": expiry.as_secs(),
            "app_displayname": "presence",
            "appid": subject.client_id,
            "appidacr": "1",
            "idtyp": "app",
            "tid": subject.tenant_id,
            "uti": subject.unique,
            "ver": "1.0",
            "x_expires_ms": u64::try_from(expiry.as_millis()).unwrap_or(u64::MAX),
            "x_generation": self.generation.load(Ordering::Relaxed),
        });
        if !subject.roles.is_empty() {
            claims["roles"] = json!(subject.roles);
        }
        if subject.understands_challenges {
            claims["xms_cc"] = json!(["cp1"]);
        }
        let header = URL_SAFE_NO_PAD.encode(json!({"typ": "JWT", "alg": "HS256"}).to_string());
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = hmac::sign(&self.key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What the header `Authorization` allows, or 401 `InvalidAuthenticationToken` in Graph's words.
    pub(crate) fn check(&self, authorization: Option<&str>, now: SystemTime) -> Result<Access, Refusal> {
        let scheme = authorization.and_then(|header| header.split_once(' '));
        let token =
            scheme.filter(|(name, _)| name.eq_ignore_ascii_case("bearer")).map_or("", |(_, token)| token.trim());
        if token.is_empty() {
            return Err(unauthorized("Access token is empty."));
        }
        let claims = self.claims(token)?;
        let number = |claim: &str| claims[claim].as_u64().unwrap_or(0);
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        if now >= Duration::from_millis(number("x_expires_ms")) {
            return Err(unauthorized("Lifetime validation failed, the token is expired."));
        }
        if number("x_generation") < self.generation.load(Ordering::Relaxed) {
            let challenge = claims.get("xms_cc").is_some();
            return Err(if challenge { challenged(now) } else { unauthorized("Access token has been revoked.") });
        }
        let roles = claims["roles"].as_array().into_iter().flatten();
        Ok(Access { roles: roles.filter_map(|role| role.as_str().map(str::to_owned)).collect() })
    }

    /// Refuses all tokens that were issued so far.
    pub(crate) fn revoke(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    fn claims(&self, token: &str) -> Result<Value, Refusal> {
        let unreadable = || unauthorized("CompactToken parsing failed with error code: 80049217");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(unreadable)?;
        let (_, payload) = signed.split_once('.').ok_or_else(unreadable)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| unreadable())?;
        hmac::verify(&self.key, signed.as_bytes(), &signature)
            .map_err(|_| unauthorized("Access token validation failure. Invalid signature."))?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| unreadable())?;
        serde_json::from_slice(&payload).map_err(|_| unreadable())
    }
}

const REALM: &str = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
                     client_id=\"00000003-0000-0000-c000-000000000000\"";

fn unauthorized(message: &str) -> Refusal {
    Refusal::new(401, "InvalidAuthenticationToken", message).header("WWW-Authenticate", REALM)
}

/// The challenge of continuous access evaluation (facts of the page "app resilience with CAE").
fn challenged(now: Duration) -> Refusal {
    let claims = json!({"access_token": {"nbf": {"essential": true, "value": now.as_secs().to_string()}}});
    let challenge =
        format!("{REALM}, error=\"insufficient_claims\", claims=\"{}\"", STANDARD.encode(claims.to_string()));
    let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
                   TokenIssuedBeforeRevocationTimestamp";
    Refusal::new(401, "InvalidAuthenticationToken", message).header("WWW-Authenticate", challenge)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Mint, Subject, SystemTime};

    fn issued(mint: &Mint, now: SystemTime) -> String {
        let roles = ["Presence.Read.All".to_owned()];
        let subject = Subject {
            tenant_id: "t",
            client_id: "c",
            audience: "https://localhost",
            roles: &roles,
            understands_challenges: false,
            unique: "1".to_owned(),
            lifetime: mint.lifetime(),
        };
        format!("Bearer {}", mint.issue(&subject, now))
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_not_after() {
        let (mint, now) = (Mint::new(Duration::from_mins(1)), SystemTime::now());
        let token = issued(&mint, now);
        let message = |at| mint.check(Some(&token), at).map_err(|refusal| refusal.message);
        let access = message(now + Duration::from_millis(59_900)).expect("a good token");
        assert!(access.has_any(&["Presence.Read.All"]) && !access.has_any(&["User.Read.All"]));
        let expired = message(now + Duration::from_mins(1)).expect_err("an expired token");
        assert_eq!(expired, "Lifetime validation failed, the token is expired.");
    }

    #[test]
    fn forged_foreign_empty_and_revoked_tokens_are_refused() {
        let (mint, now) = (Mint::new(Duration::from_mins(1)), SystemTime::now());
        let token = issued(&mint, now);
        let foreign = issued(&Mint::new(Duration::from_mins(1)), now);
        let forged = token.replace("Bearer ", "Bearer x");
        for bad in [None, Some("Bearer "), Some("Basic x"), Some("Bearer a.b"), Some(&foreign), Some(&forged)] {
            let refusal = mint.check(bad, now).expect_err("a refusal");
            assert_eq!((refusal.status, refusal.code), (401, "InvalidAuthenticationToken"), "{bad:?}");
        }
        mint.revoke();
        assert!(mint.check(Some(&token), now).is_err());
        assert!(mint.check(Some(&issued(&mint, now)), now).is_ok());
    }
}
