//! Attempts: from a credential as it is configured to a token.
//!
//! Each attempt begins with what the files hold now. If that does not work where what brought the last token still may, the
//! old one is used once more and somebody is told, once for each change: a rotation that went wrong costs no token. Entra
//! is asked twice in an attempt at the most. Who needs a token, and when, is not known here.

use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use super::assertion::Signing;
use super::proof::{self, Proof};
use super::refusal::Denial;
use super::{Token, Tokens, request};
use crate::clock;
use crate::domain::advice::Advice;
use crate::watched::Watched;

/// How long reading the credential may take, its key's encryption included.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the files held, and how they stood just before.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) found: Result<Proof, Advice>,
    pub(super) stood: Watched,
}

/// What was said of a new credential that does not work.
#[derive(Debug)]
pub(super) struct Complaint {
    why: Advice,
    /// How its files stood.
    stood: Watched,
}

/// What brought the last token.
#[derive(Debug, Clone)]
pub(super) struct Proven {
    pub(super) proof: Proof,
    /// How it signed, if it did.
    signing: Signing,
}

impl Tokens {
    /// A token by what the files hold now, or else by what brought the last one.
    pub(super) async fn obtain(&self) -> Result<Arc<Token>, Denial> {
        let newest = self.newest().await;
        let denial = match &newest.found {
            Ok(proof) => match self.prove(proof).await {
                Ok(token) => return Ok(token),
                Err(denial) => denial,
            },
            Err(advice) => advice.clone().into(),
        };
        let kept = self.held().proven.clone().map(|proven| proven.proof);
        let Some(kept) = kept.filter(|kept| denial.is_verdict() && newest.found.as_ref().ok() != Some(kept)) else {
            return Err(denial);
        };
        match self.prove(&kept).await {
            Ok(token) => {
                self.complain(denial.advice, newest.stood);
                Ok(token)
            }
            Err(of_kept) => {
                if of_kept.is_verdict() {
                    self.held().proven = None;
                }
                Err(denial.after(&of_kept))
            }
        }
    }

    /// What the files hold now. One that hangs is a fault of theirs as any other.
    pub(super) async fn newest(&self) -> Reading {
        let mut under_way = self.reading.lock().await;
        // One that ended when nobody waited for it any more may have seen what is no longer there.
        under_way.take_if(|(reading, _)| reading.is_finished());
        let (reading, since) = under_way.get_or_insert_with(|| {
            let credential = self.tenant.credential.clone();
            // Elsewhere: a file system may hang.
            let reading = tokio::task::spawn_blocking(move || {
                // Seen before they are read: what changes meanwhile is another matter.
                let stood = Watched::of(credential.files(&proof::environment));
                Reading { stood, found: Proof::read(&credential) }
            });
            (reading, clock::moment())
        });
        let failed = |advice| Reading { stood: Watched::default(), found: Err(advice) };
        let left = PATIENCE.saturating_sub(clock::moment().since(*since));
        let Ok(read) = clock::timeout(left, reading).await else {
            return failed(Advice::credential_hangs(PATIENCE));
        };
        *under_way = None;
        drop(under_way);
        let reading = read.unwrap_or_else(|_| failed(Advice::panic("reading of the credential")));
        if let (Ok(proof), None) = (&reading.found, &self.held().proven) {
            self.show_expiry(proof);
        }
        reading
    }

    /// Asks for a token with this proof, and keeps both if it comes. How Entra wants assertions to be signed is found out
    /// once; a proof that may be given up for the one before is not worth a second request for that.
    pub(super) async fn prove(&self, proof: &Proof) -> Result<Arc<Token>, Denial> {
        let proven = self.held().proven.clone();
        let signing = proven.as_ref().map_or(Signing::Ps256, |proven| proven.signing);
        let send = |signing| request::send(&self.tenant, &self.transport, proof, signing, Token::new);
        let (signing, result) = match send(signing).await {
            Err(denial)
                if matches!(proof, Proof::Certificate(_))
                    && denial.is_of_form()
                    && proven.as_ref().is_none_or(|proven| proven.proof == *proof) =>
            {
                (signing.other(), send(signing.other()).await)
            }
            result => (signing, result),
        };
        let token = result?;
        if self.is_of_another_tenant(&token) {
            return Err(Denial::by_machine(Advice::other_tenant(), None, true));
        }
        Ok(self.keep(token, Proven { proof: proof.clone(), signing }))
    }

    /// Whether a token says that it is for another tenant than the one that was meant, where that is given by its id: the
    /// identity of a machine belongs to the machine's tenant, whatever is asked for, and its people are not to be counted under
    /// somebody else's name.
    fn is_of_another_tenant(&self, token: &Token) -> bool {
        let id = self.tenant.tenant_id.to_ascii_lowercase();
        let is_id = id.len() == 36 && !id.contains('.');
        is_id && token.tenant.as_ref().is_some_and(|tenant| *tenant != id)
    }

    /// Keeps a token, and what brought it.
    fn keep(&self, token: Token, proven: Proven) -> Arc<Token> {
        let token = Arc::new(token);
        let now = clock::now();
        if let Some(review) = self.telemetry.token(now.unix_seconds(token.expires), token.roles.as_deref()) {
            self.tell(&review);
        }
        self.show_expiry(&proven.proof);
        let mut held = self.held();
        let changed = held.proven.as_ref().is_some_and(|before| before.proof != proven.proof);
        held.token = Some(Arc::clone(&token));
        (held.failure, held.asked, held.failures) = (None, false, 0);
        held.proven = Some(proven);
        if changed {
            held.complaint = None;
        }
        drop(held);
        if changed {
            self.telemetry.credential_kept(None);
            info!(tenant = %self.tenant.name, "the credential has changed and works");
        }
        token
    }

    /// Says that a new credential does not work and the one before is used, once for each change of it.
    pub(super) fn complain(&self, why: Advice, stood: Watched) {
        let mut held = self.held();
        if held.complaint.as_ref().is_some_and(|last| last.why == why && last.stood == stood) {
            return;
        }
        let advice = Advice::credential_kept(&why);
        held.complaint = Some(Complaint { why, stood });
        drop(held);
        self.telemetry.credential_kept(Some(advice.clone()));
        warn!(tenant = %self.tenant.name, reason = advice.reason.label(), advice = %advice.action, "{}", advice.what);
    }

    fn show_expiry(&self, proof: &Proof) {
        if let Some(expires) = proof.expires(&self.tenant.credential) {
            self.telemetry.credential_expiry(std::time::Duration::from_secs(expires).as_secs_f64());
        }
    }
}
