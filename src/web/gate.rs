//! The gate: who may come in, by the web configuration in force.
//!
//! Every connection asks it for the terms of TLS, every request whether it may go on. It looks every few seconds whether
//! the file, or a file that it names, has changed, and replaces the whole by what they say; where that is broken, what was
//! in force stays so, and the log and a metric tell. How TLS is made of it is in `tls`, who is let in is in `authentication`,
//! how many are in `rate`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use hyper::Request;
use hyper::header::{HeaderName, HeaderValue};
use tokio::task;
use tracing::{info, warn};

use super::authentication::{Users, Visitor};
use super::examiner::Examiner;
use super::rate::Limiter;
use super::routes::Answer;
use super::tls::{self, Http2};
use super::watched::Watched;
use crate::clock;
use crate::config::{Faults, Pem, WebConfig};
use crate::telemetry::Telemetry;

/// How often it looks whether the files have changed.
const GLANCE: Duration = Duration::from_secs(2);

/// Who may come in.
pub struct Gate {
    /// The web configuration; without one everybody comes in.
    file: Option<PathBuf>,
    rules: ArcSwap<Rules>,
    /// From the start to the end: what was spent stays spent.
    limiter: Limiter,
    examiner: Arc<Examiner>,
    /// The files as they were when they were last read, well or badly. Held while they are read.
    watched: Mutex<Watched>,
    telemetry: Arc<Telemetry>,
}

/// What a web configuration comes down to.
struct Rules {
    config: WebConfig,
    tls: Option<Arc<rustls::ServerConfig>>,
    /// When the server's certificate expires, in seconds since 1970.
    expires: Option<f64>,
    users: Users,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Gate {
    /// The gate of the web configuration in a file; without one everybody comes in.
    ///
    /// # Errors
    /// Everything that is wrong with the file, and the certificates that it names.
    pub fn open(file: Option<&Path>, telemetry: Arc<Telemetry>) -> Result<Self, Faults> {
        let examiner = Arc::new(Examiner::new());
        let (rules, watched) = match file {
            None => (Rules::of(WebConfig::default(), &examiner).map_err(Faults::several)?, Watched::default()),
            Some(file) => {
                // Seen before they are read: what changes meanwhile is read again.
                let config = WebConfig::load(file)?;
                let watched = Watched::of(files(file, Some(&config)));
                let rules = Rules::of(config, &examiner).map_err(|faults| of_file(file, faults))?;
                telemetry.web_config_loaded(rules.expires);
                warn_of_expiry(&rules);
                (rules, watched)
            }
        };
        let limiter = Limiter::new(rules.config.rate_limit);
        let rules = ArcSwap::from_pointee(rules);
        Ok(Self { file: file.map(Path::to_owned), rules, limiter, examiner, watched: Mutex::new(watched), telemetry })
    }

    /// The names of the users who may come in; none if everybody may.
    pub fn users(&self) -> Vec<String> {
        self.rules.load().config.users.iter().map(|user| user.name.clone()).collect()
    }

    /// A gate that stands open to everybody, over plain HTTP.
    pub(super) fn wide(telemetry: Arc<Telemetry>) -> Self {
        let examiner = Arc::new(Examiner::new());
        let users = Users::new(&[], Arc::clone(&examiner));
        let rules = Rules { config: WebConfig::default(), tls: None, expires: None, users, headers: Vec::new() };
        let (rules, limiter) = (ArcSwap::from_pointee(rules), Limiter::new(None));
        Self { file: None, rules, limiter, examiner, watched: Mutex::default(), telemetry }
    }

    /// The terms of TLS for a new connection; `None` for plain HTTP.
    pub(super) fn tls(&self) -> Option<Arc<rustls::ServerConfig>> {
        self.rules.load().tls.clone()
    }

    /// Who asks, from where; or what is answered to somebody who may not.
    pub(super) async fn admit<B>(&self, request: &Request<B>, from: Option<IpAddr>) -> Result<Visitor, Answer> {
        if let Some(refusal) = self.limiter.refusal() {
            return Err(refusal);
        }
        let rules = self.rules.load_full();
        rules.users.admit(request.headers(), from).await
    }

    /// The answer with the headers that every answer carries.
    pub(super) fn dress(&self, mut answer: Answer) -> Answer {
        for (name, value) in &self.rules.load().headers {
            answer.headers_mut().insert(name, value.clone());
        }
        answer
    }

    /// Looks for ever whether the files have changed, and takes up what they say.
    pub(super) async fn keep_watch(self: Arc<Self>) {
        if self.file.is_none() {
            return;
        }
        loop {
            clock::sleep(GLANCE).await;
            let gate = Arc::clone(&self);
            // Elsewhere: a file system may hang. What is wrong has been told there.
            drop(task::spawn_blocking(move || gate.glance()).await);
        }
    }

    /// Reads the files again, changed or not.
    ///
    /// # Errors
    /// Everything that is wrong with them; what was in force before stays so.
    pub async fn look_again(self: Arc<Self>) -> Result<(), Faults> {
        let read = task::spawn_blocking(move || {
            let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            self.read(&mut watched)
        });
        read.await.unwrap_or_else(|_| Err(Faults::several(["reading the web configuration failed".to_owned()])))
    }

    fn glance(&self) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.changed() {
            // Told where it was met.
            drop(self.read(&mut watched));
        }
    }

    /// Reads the files and puts them in force.
    fn read(&self, watched: &mut Watched) -> Result<(), Faults> {
        let Some(file) = &self.file else { return Ok(()) };
        let (seen, rules) = self.rules_of(file);
        *watched = seen;
        match rules {
            Ok(rules) => {
                self.telemetry.web_config_loaded(rules.expires);
                let (tls, users) = (rules.tls.is_some(), rules.config.users.len());
                info!(tls, users, "the web configuration was read again and is in force");
                self.tell_of_what_stays(&rules.config);
                warn_of_expiry(&rules);
                self.rules.store(Arc::new(rules));
                Ok(())
            }
            Err(faults) => {
                self.telemetry.web_config_refused();
                for fault in faults.iter() {
                    warn!("the web configuration in force stays so, as the new one is broken: {fault}");
                }
                Err(faults)
            }
        }
    }

    /// What the files say now, and how they stood just before they were read.
    fn rules_of(&self, file: &Path) -> (Watched, Result<Rules, Faults>) {
        let in_force = self.rules.load();
        let before = Watched::of(files(file, Some(&in_force.config)));
        let config = match WebConfig::load(file) {
            Ok(config) => config,
            Err(faults) => return (before, Err(faults)),
        };
        let watched = Watched::of(files(file, Some(&config)));
        (watched, Rules::of(config, &self.examiner).map_err(|faults| of_file(file, faults)))
    }

    /// Says what of a new web configuration has to wait.
    fn tell_of_what_stays(&self, new: &WebConfig) {
        let old = self.rules.load();
        if new.rate_limit != old.config.rate_limit {
            warn!("rate_limit has changed in the web configuration, which takes effect at a restart");
        }
    }
}

impl Rules {
    fn of(config: WebConfig, examiner: &Arc<Examiner>) -> Result<Self, Vec<String>> {
        let http2 = if config.http2 { Http2::Offered } else { Http2::Withheld };
        let terms = config.tls.as_ref().map(|tls| tls::terms(tls, http2)).transpose()?;
        let headers = config.headers.iter().filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
        });
        Ok(Self {
            expires: terms.as_ref().map(|terms| terms.expires),
            tls: terms.map(|terms| terms.server),
            users: Users::new(&config.users, Arc::clone(examiner)),
            headers: headers.collect(),
            config,
        })
    }
}

/// The faults of the files that a web configuration names.
fn of_file(file: &Path, faults: Vec<String>) -> Faults {
    Faults::several(faults.into_iter().map(|fault| format!("{}: {fault}", file.display())))
}

/// The file itself and those that it names.
fn files(file: &Path, config: Option<&WebConfig>) -> Vec<PathBuf> {
    let tls = config.and_then(|config| config.tls.as_ref());
    let named = tls.into_iter().flat_map(|tls| [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()]);
    let named = named.flatten().filter_map(|pem| match pem {
        Pem::File(path) => Some(path.clone()),
        Pem::Inline(_) => None,
    });
    std::iter::once(file.to_owned()).chain(named).collect()
}

/// Says that the certificate in force has expired, if it has: it is served all the same.
fn warn_of_expiry(rules: &Rules) {
    let now = clock::now();
    if rules.expires.is_some_and(|expires| expires < now.unix_seconds(now.moment)) {
        warn!("the certificate of the web configuration has expired; clients will refuse it, renew it");
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gate").field("file", &self.file).finish_non_exhaustive()
    }
}
