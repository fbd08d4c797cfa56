//! Entra: tokens through `azure_identity`, kept and renewed by us.
//!
//! The library's own cache renews late, under a lock, and cannot forget a token that Graph refuses; so each of our
//! fetches asks a fresh credential, and the token is kept here: renewed in the background ahead of its expiry, used for as
//! long as it is good even while Entra is down, replaced when Graph refuses it. The library cannot read Entra's real
//! error bodies either: our transport keeps them and `refusal` reads them. What the application proves itself with is read
//! anew for every fetch, and tried as soon as it changes: read on in `attempt`, then in `rotation`. This file does not know
//! what the token is used for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::AccessToken;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::clock;
use crate::config::{Credential, Tenant};
use crate::domain::advice::Advice;
use crate::domain::moment::Moment;
use crate::domain::permission::{Grantee, Permission, Review};
use crate::domain::schedule;
use crate::telemetry::TenantTelemetry;
use crate::transport::Transport;

mod rotation;
mod attempt;
mod request;
mod proof;
mod certificate;
mod assertion;
mod courier;
mod refusal;
mod identity;
mod roles;

use attempt::{Complaint, Proven, Reading};
use proof::Proof;
use refusal::Denial;

/// How long before its expiry a token is renewed, at most; at least a quarter of its life.
const AHEAD: Duration = Duration::from_mins(15);

/// Tokens that Graph refuses are replaced at most this often.
const REPLACEMENT_INTERVAL: Duration = Duration::from_mins(1);

/// The tokens of one tenant's application.
#[derive(Debug)]
pub struct Tokens {
    tenant: Tenant,
    transport: Transport,
    telemetry: TenantTelemetry,
    held: Mutex<Held>,
    /// Held by whoever fetches, so that many who need a token make one request.
    fetching: tokio::sync::Mutex<()>,
    /// The reading of the credential that is under way, and since when. There is one at a time: a thread that hangs is lost.
    reading: tokio::sync::Mutex<Option<(JoinHandle<Reading>, Moment)>>,
}

/// A token of Microsoft Graph.
pub struct Token {
    /// What the `Authorization` header holds, marked as sensitive.
    authorization: reqwest::header::HeaderValue,
    expires: Moment,
    renew: Moment,
    roles: Option<Vec<String>>,
    /// The id of the tenant that it is for, where it tells.
    tenant: Option<String>,
}

/// What is in hand.
#[derive(Debug, Default)]
struct Held {
    token: Option<Arc<Token>>,
    /// The last fetch, if it failed, and until when it is not repeated.
    failure: Option<(Advice, Moment)>,
    /// Whether that fetch asked Entra. What only our own file kept it from is looked at anew every time.
    asked: bool,
    failures: u32,
    /// When a token was last given in place of one that Graph refused.
    replaced: Option<Moment>,
    /// What brought the last token.
    proven: Option<Proven>,
    /// What was last said of a new credential that does not work.
    complaint: Option<Complaint>,
}

/// Reads a credential as it is now, and tells when it expires, in seconds since 1970, as far as that is known beforehand.
/// May take a while: files may hang.
///
/// # Errors
/// What cannot be read, or is of no use at this time, and what to do.
pub fn look_at(credential: &Credential) -> Result<Option<u64>, Advice> {
    let proof = Proof::read(credential)?;
    if let Proof::Certificate(certificate) = &proof {
        certificate.valid(clock::now().unix_millis / 1000)?;
    }
    Ok(proof.expires(credential))
}

impl Tokens {
    /// The tokens of a tenant; none is fetched yet.
    #[must_use]
    pub fn new(tenant: Tenant, transport: Transport, telemetry: TenantTelemetry) -> Self {
        if let Credential::ClientSecret { expires: Some(expires), .. } = &tenant.credential {
            telemetry.credential_expiry(Duration::from_secs(*expires).as_secs_f64());
        }
        let (held, fetching, reading) =
            (Mutex::default(), tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        Self { tenant, transport, telemetry, held, fetching, reading }
    }

    /// The token in hand, or a new one if there is none that is good.
    ///
    /// # Errors
    /// Why there is none. A fetch that failed is not repeated before its time; until then its fault is told again.
    pub async fn token(&self) -> Result<Arc<Token>, Advice> {
        if let Some(token) = self.good() {
            return Ok(token);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(token) = self.good() {
            return Ok(token);
        }
        if let Some(failure) = self.fresh_failure() {
            return Err(failure);
        }
        self.fetch().await
    }

    /// A token in place of `refused`, which Graph did not take; `None` if another was replaced less than a minute ago, for
    /// then whatever refused both would refuse the next one as well.
    ///
    /// # Errors
    /// Why there is none. A fetch that failed is not repeated before its time.
    pub async fn replacement(&self, refused: &Arc<Token>) -> Option<Result<Arc<Token>, Advice>> {
        let _fetching = self.fetching.lock().await;
        if let Some(token) = self.good().filter(|token| !Arc::ptr_eq(token, refused)) {
            return Some(Ok(token));
        }
        let recent = |replaced: Moment| clock::moment().since(replaced) < REPLACEMENT_INTERVAL;
        if self.held().replaced.is_some_and(recent) {
            return None;
        }
        if let Some(failure) = self.fresh_failure() {
            return Some(Err(failure));
        }
        let result = self.fetch().await;
        if result.is_ok() {
            self.held().replaced = Some(clock::moment());
        }
        Some(result)
    }

    /// Keeps a token in hand for ever: fetches the first, renews each ahead of its expiry. Each fetch that failed is told
    /// to `report`, unless it was the first: then whoever needed the token tells.
    pub async fn keep_fresh(&self, report: impl Fn(&Advice)) {
        loop {
            self.forget_expired(clock::moment());
            if self.due() {
                // Whoever fetched while this waited has done what is needed, or met what it would meet.
                let _fetching = self.fetching.lock().await;
                let renewing = self.good().is_some();
                if self.due()
                    && let Err(advice) = self.fetch().await
                    && renewing
                {
                    report(&advice);
                }
            }
            // Short sleeps: a machine may be suspended meanwhile. Never none: a token may be given for no time at all.
            clock::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Whether a token should be fetched now: there is none or it should be renewed, and no fetch has just failed.
    fn due(&self) -> bool {
        let (now, held) = (clock::moment(), self.held());
        let needed = held.token.as_ref().is_none_or(|token| token.renew <= now);
        needed && held.failure.as_ref().is_none_or(|(_, until)| *until <= now)
    }

    /// Whether the token in hand holds a permission; `None` if there is none or it cannot be read.
    #[must_use]
    pub fn granted(&self, permission: Permission) -> Option<bool> {
        let held = self.held();
        let roles = held.token.as_ref()?.roles.as_ref()?;
        Some(permission.granted(roles.iter().map(String::as_str)))
    }

    /// Who is asked for tokens, and where, for people.
    #[must_use]
    pub fn place(&self) -> String {
        request::place(&self.tenant)
    }

    /// To whom permissions are granted, so that tokens hold them.
    #[must_use]
    pub const fn grantee(&self) -> Grantee {
        self.tenant.credential.grantee()
    }

    /// The roles of the token in hand; `None` if there is none or it cannot be read.
    #[must_use]
    pub fn roles(&self) -> Option<Vec<String>> {
        self.held().token.as_ref()?.roles.clone()
    }

    /// When the token in hand expires.
    #[must_use]
    pub fn expires(&self) -> Option<Moment> {
        self.held().token.as_ref().map(|token| token.expires)
    }

    /// Asks Entra, and keeps what comes of it. Whoever calls holds `fetching`.
    async fn fetch(&self) -> Result<Arc<Token>, Advice> {
        self.obtain().await.map_err(|denial| {
            self.note(&denial);
            self.forget_expired(clock::moment());
            denial.advice
        })
    }

    /// Remembers a fetch that failed, and does not repeat it too soon.
    fn note(&self, denial: &Denial) {
        let Denial { advice, pause, asked, .. } = denial;
        let mut held = self.held();
        held.failures += u32::from(*asked);
        let wait = schedule::token_retry(advice.reason, held.failures.max(1), *pause, fastrand::f64());
        held.failure = Some((advice.clone(), clock::moment().plus(wait)));
        held.asked = *asked;
    }

    /// Tells what the application may not do although it has to, and what it may do although it need not.
    fn tell(&self, review: &Review) {
        let (tenant, whom) = (&self.tenant.name, self.grantee());
        let told = [Advice::not_granted(review, whom), Advice::over_privileged(review, whom)];
        for advice in told.into_iter().flatten() {
            warn!(%tenant, advice = %advice.action, "{}", advice.what);
        }
    }

    fn good(&self) -> Option<Arc<Token>> {
        self.held().token.clone().filter(|token| token.expires > clock::moment())
    }

    /// A token that has expired is none, and is not shown as one.
    fn forget_expired(&self, now: Moment) {
        let mut held = self.held();
        if held.token.as_ref().is_some_and(|token| token.expires <= now) {
            held.token = None;
            self.telemetry.no_token();
        }
    }

    fn fresh_failure(&self) -> Option<Advice> {
        let held = self.held();
        held.failure
            .as_ref()
            .filter(|(_, until)| held.asked && *until > clock::moment())
            .map(|(advice, _)| advice.clone())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Token {
    fn new(token: &AccessToken) -> Option<Self> {
        let text = token.token.secret();
        let mut authorization = reqwest::header::HeaderValue::try_from(format!("Bearer {text}")).ok()?;
        authorization.set_sensitive(true);
        let now = clock::now();
        let left = token.expires_on.unix_timestamp().saturating_mul(1000);
        let left = u64::try_from(left).unwrap_or(0).saturating_sub(now.unix_millis);
        let life = Duration::from_millis(left);
        if life.is_zero() {
            return None;
        }
        Some(Self {
            authorization,
            expires: now.moment.plus(life),
            renew: now.moment.plus(life.saturating_sub(AHEAD.min(life / 4))),
            roles: roles::read(text),
            tenant: roles::tenant(text),
        })
    }

    /// A token that nobody gave, for tests of what is done with one.
    #[cfg(test)]
    pub(crate) fn opaque() -> Self {
        let authorization = reqwest::header::HeaderValue::from_static("Bearer opaque");
        let start = Moment::from_millis(0);
        Self { authorization, expires: start, renew: start, roles: None, tenant: None }
    }

    /// What the `Authorization` header of a request holds.
    #[must_use]
    pub fn authorization(&self) -> reqwest::header::HeaderValue {
        self.authorization.clone()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(..)")
    }
}
