//! Rotation: a credential whose files change is tried at once, so that whoever changed them learns within seconds whether it
//! works, and not at the next renewal.
//!
//! The token in hand stays in use meanwhile, whatever comes of it. Entra that cannot be reached says nothing about the
//! credential: then it is tried again. What is done with a new one that does not work is in `attempt`.

use std::convert::Infallible;
use std::future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task;
use tracing::info;

use super::Tokens;
use super::proof::{self, Proof};
use crate::clock;
use crate::domain::advice::{Advice, Reason};
use crate::watched::{Watch, Watched};

/// How often it is looked whether the files have changed.
const GLANCE: Duration = Duration::from_secs(5);

impl Tokens {
    /// Tries the credential for ever, whenever its files have changed and stand still.
    pub async fn keep_credential(&self) -> Infallible {
        let files = self.tenant.credential.files(&proof::environment);
        if files.is_empty() {
            return future::pending().await;
        }
        let first = files.clone();
        // Elsewhere, here and below: a file system may hang.
        let watch = task::spawn_blocking(move || Watch::new(Watched::of(first))).await.unwrap_or_default();
        let watch = Arc::new(Mutex::new(watch));
        let mut untried = false;
        // Many tenants glance one after the other.
        clock::sleep(GLANCE.mul_f64(fastrand::f64())).await;
        loop {
            clock::sleep(GLANCE).await;
            let (files, watch) = (files.clone(), Arc::clone(&watch));
            let glance = task::spawn_blocking(move || {
                let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
                let settled = watch.settled();
                if settled {
                    *watch = Watch::new(Watched::of(files));
                }
                settled
            });
            untried |= glance.await.unwrap_or(false);
            if untried && !self.is_left_alone() {
                untried = !self.try_newest().await;
            }
        }
    }

    /// Tries what the files hold now, unless it is what is in use. Returns whether it is known now what it is worth.
    async fn try_newest(&self) -> bool {
        let _fetching = self.fetching.lock().await;
        let newest = self.newest().await;
        let is_proof = |proof: &Proof| self.held().proven.as_ref().is_some_and(|proven| proven.proof == *proof);
        if newest.found.as_ref().is_ok_and(is_proof) {
            if self.held().complaint.take().is_some() {
                self.telemetry.credential_kept(None);
                info!(tenant = %self.tenant.name, "the credential is again the one in use");
            }
            return true;
        }
        if self.good().is_none() {
            // Somebody needs a token, even of the credential before. If there is none, it is that which is tried again.
            self.fetch().await.ok();
            return true;
        }
        let denial = match newest.found {
            Ok(proof) => match self.prove(&proof).await {
                Ok(_) => return true,
                Err(denial) => denial,
            },
            Err(advice) => advice.into(),
        };
        if denial.is_verdict() {
            self.complain(denial.advice, newest.stood);
            return true;
        }
        self.note(&denial);
        false
    }

    /// Whether Entra is left alone for a while: it could not serve, or not be reached.
    fn is_left_alone(&self) -> bool {
        let held = self.held();
        let unable = |advice: &Advice| advice.reason != Reason::Token;
        held.failure.as_ref().is_some_and(|(advice, until)| unable(advice) && *until > clock::moment())
    }
}
