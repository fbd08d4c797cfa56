//! The gate: who may come in, by the web configuration in force.
//!
//! Every connection asks it for the terms of TLS, every request whether it may go on. The configuration is replaced whole
//! when its file changes; one that is broken changes nothing. How TLS is made of it is in `tls`, who is let in is in
//! `authentication`, how many are in `rate`.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use hyper::Request;
use hyper::header::{HeaderName, HeaderValue};

use super::authentication::{Users, Visitor};
use super::rate::Limiter;
use super::routes::Answer;
use crate::config::{Faults, WebConfig};

/// Who may come in.
pub struct Gate {
    rules: ArcSwap<Rules>,
    /// From the start to the end: what was spent stays spent.
    limiter: Limiter,
}

/// What a web configuration comes down to.
struct Rules {
    tls: Option<Arc<rustls::ServerConfig>>,
    users: Users,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Gate {
    /// The gate of the web configuration in a file; without one everybody comes in.
    ///
    /// # Errors
    /// Everything that is wrong with the file, and the certificates that it names.
    pub fn open(file: Option<&Path>) -> Result<Self, Faults> {
        debug_assert!(file.is_none(), "no flag names one yet");
        let config = WebConfig::default();
        let rules = Rules { tls: None, users: Users::new(config.users), headers: Vec::new() };
        Ok(Self { rules: ArcSwap::from_pointee(rules), limiter: Limiter::new(config.rate_limit) })
    }

    /// The terms of TLS for a new connection; `None` for plain HTTP.
    pub(super) fn tls(&self) -> Option<Arc<rustls::ServerConfig>> {
        self.rules.load().tls.clone()
    }

    /// Who asks; or what is answered to somebody who may not.
    pub(super) async fn admit<B>(&self, request: &Request<B>) -> Result<Visitor, Answer> {
        if let Some(refusal) = self.limiter.refusal() {
            return Err(refusal);
        }
        let rules = self.rules.load_full();
        rules.users.admit(request.headers()).await
    }

    /// The answer with the headers that every answer carries.
    pub(super) fn dress(&self, mut answer: Answer) -> Answer {
        for (name, value) in &self.rules.load().headers {
            answer.headers_mut().insert(name, value.clone());
        }
        answer
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gate").finish_non_exhaustive()
    }
}
