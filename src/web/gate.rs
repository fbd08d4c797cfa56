//! The gate: who may come in, by the web configuration in force.
//!
//! Every connection asks it for the terms of TLS, every request whether it may go on. It looks every few seconds whether
//! the file, or a file that it names, has changed, and replaces the whole by what they say once they stand still; where
//! that is broken, what was in force stays so, and the log and a metric tell. How TLS is made of it is in `tls`, who is
//! let in is in `authentication`, how many are in `rate`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use hyper::Request;
use hyper::header::{HeaderName, HeaderValue};
use tokio::sync::Mutex;
use tokio::task;
use tracing::{info, warn};

use super::answer::Answer;
use super::authentication::{Users, Visitor};
use super::examiner::Examiner;
use super::rate::Limiter;
use super::tls::{self, Http2};
use crate::clock;
use crate::config::{Faults, Pem, WebConfig};
use crate::telemetry::Telemetry;
use crate::watched::{Watch, Watched};

/// How often it looks whether the files have changed.
const GLANCE: Duration = Duration::from_secs(2);

/// How long reading the files of a configuration may take until it is told.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What is told then of what is read.
pub const HANGS: &str = "cannot be read to its end within 20 seconds; is its file system hanging, or is it a pipe?";

/// Who may come in.
pub struct Gate {
    /// The web configuration; without one everybody comes in.
    file: Option<PathBuf>,
    rules: ArcSwap<Rules>,
    /// From the start to the end: what was spent stays spent.
    limiter: Limiter,
    examiner: Arc<Examiner>,
    /// Held while the files are read.
    watch: Arc<Mutex<Watch>>,
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
        let Some(file) = file else { return Ok(Self::wide(telemetry)) };
        let examiner = Arc::new(Examiner::new());
        // Each is seen before it is read: what changes meanwhile is read again.
        let watched = Watched::of([file.to_owned()]);
        let config = WebConfig::load(file)?;
        let watched = watched.and(named(&config));
        let rules = Rules::of(config, &examiner).map_err(|faults| of_file(file, faults))?;
        telemetry.web_config_loaded(rules.expires);
        warn_of_expiry(&rules);
        let limiter = Limiter::new(rules.config.rate_limit);
        let rules = ArcSwap::from_pointee(rules);
        let watch = Arc::new(Mutex::new(Watch::new(watched)));
        Ok(Self { file: Some(file.to_owned()), rules, limiter, examiner, watch, telemetry })
    }

    /// Logs how the web configuration guards what is served, if there is one.
    pub fn announce(&self) {
        if self.file.is_some() {
            let rules = self.rules.load();
            info!(tls = rules.tls.is_some(), users = rules.config.users.len(), "the web configuration is in force");
        }
    }

    /// The names of the users who may come in; none if everybody may.
    pub fn users(&self) -> Vec<String> {
        self.rules.load().config.users.iter().map(|user| user.name.clone()).collect()
    }

    /// When the certificate that the exporter shows expires, in seconds since 1970, if it speaks TLS.
    pub fn certificate_expires(&self) -> Option<f64> {
        self.rules.load().expires
    }

    /// A gate that stands open to everybody, over plain HTTP.
    pub(super) fn wide(telemetry: Arc<Telemetry>) -> Self {
        let examiner = Arc::new(Examiner::new());
        let users = Users::new(&[], Arc::clone(&examiner));
        let rules = Rules { config: WebConfig::default(), tls: None, expires: None, users, headers: Vec::new() };
        let (rules, limiter) = (ArcSwap::from_pointee(rules), Limiter::new(None));
        Self { file: None, rules, limiter, examiner, watch: Arc::default(), telemetry }
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
            let (gate, mut watch) = (Arc::clone(&self), Arc::clone(&self.watch).lock_owned().await);
            // Elsewhere: a file system may hang. What is wrong is told there.
            let mut glancing = task::spawn_blocking(move || gate.glance(&mut watch));
            if clock::timeout(PATIENCE, &mut glancing).await.is_err() {
                self.telemetry.web_config_refused();
                warn!("the web configuration in force stays so, as the file {HANGS}");
                drop(glancing.await);
            }
        }
    }

    /// Reads the files again, changed or not.
    ///
    /// # Errors
    /// Everything that is wrong with them, or that they cannot be read in time; what was in force before stays so.
    pub async fn look_again(self: Arc<Self>) -> Result<(), Faults> {
        let gate = Arc::clone(&self);
        let reading = async move {
            let mut watch = Arc::clone(&gate.watch).lock_owned().await;
            task::spawn_blocking(move || gate.read(&mut watch)).await
        };
        let Ok(read) = clock::timeout(PATIENCE, reading).await else {
            self.telemetry.web_config_refused();
            return Err(Faults::several([format!("the web configuration {HANGS}")]));
        };
        read.unwrap_or_else(|_| Err(Faults::several(["reading the web configuration failed".to_owned()])))
    }

    /// Reads the files again if they have changed: half of one may leave the users out, so once they stand still.
    fn glance(&self, watch: &mut Watch) {
        if watch.settled() {
            for fault in self.read(watch).err().iter().flat_map(Faults::iter) {
                warn!("the web configuration in force stays so, as the new one is broken: {fault}");
            }
        }
    }

    /// Reads the files and puts them in force. What is wrong with them is for the caller to tell.
    fn read(&self, watch: &mut Watch) -> Result<(), Faults> {
        let Some(file) = &self.file else { return Ok(()) };
        let (read, rules) = self.rules_of(file);
        *watch = Watch::new(read);
        match rules {
            Ok(rules) => {
                let rules = Arc::new(rules);
                let before = self.rules.swap(Arc::clone(&rules));
                // From here on it is true.
                self.telemetry.web_config_loaded(rules.expires);
                let (tls, users) = (rules.tls.is_some(), rules.config.users.len());
                info!(tls, users, "the web configuration was read again and is in force");
                if rules.config.users.is_empty() && !before.config.users.is_empty() {
                    warn!(
                        "no users are left in the web configuration: nobody is asked for a password; was that meant?"
                    );
                }
                if rules.config.rate_limit != before.config.rate_limit {
                    warn!("rate_limit has changed in the web configuration, which takes effect at a restart");
                }
                warn_of_expiry(&rules);
                Ok(())
            }
            Err(faults) => {
                self.telemetry.web_config_refused();
                Err(faults)
            }
        }
    }

    /// What the files say now, and how they stood just before they were read.
    fn rules_of(&self, file: &Path) -> (Watched, Result<Rules, Faults>) {
        let in_force = self.rules.load();
        let watched = Watched::of([file.to_owned()]);
        let config = match WebConfig::load(file) {
            Ok(config) => config,
            Err(faults) => return (watched.and(named(&in_force.config)), Err(faults)),
        };
        let watched = watched.and(named(&config));
        let rules = if is_opened(&in_force.config, &config) {
            Err(vec!["says nothing any more, which would let everybody in; write it anew, or restart".to_owned()])
        } else {
            Rules::of(config, &self.examiner)
        };
        (watched, rules.map_err(|faults| of_file(file, faults)))
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

/// Whether a guarded door would stand open because the file is empty: an editor or a full disk has emptied it, nobody
/// opens a door like that.
fn is_opened(old: &WebConfig, new: &WebConfig) -> bool {
    *new == WebConfig::default() && (old.tls.is_some() || !old.users.is_empty())
}

/// The faults of the files that a web configuration names.
fn of_file(file: &Path, faults: Vec<String>) -> Faults {
    Faults::several(faults.into_iter().map(|fault| format!("{}: {fault}", file.display())))
}

/// The files that a web configuration names.
fn named(config: &WebConfig) -> Vec<PathBuf> {
    let tls = config.tls.iter();
    let named = tls.flat_map(|tls| [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()]).flatten();
    let files = named.filter_map(|pem| match pem {
        Pem::File(path) => Some(path.clone()),
        Pem::Inline(_) => None,
    });
    files.collect()
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::telemetry::Build;

    #[test]
    fn a_file_that_is_being_written_is_read_once_it_stands_still() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("web.yml");
        let user = |name: &str| format!("  {name}: $2y$04$cKHxYtPGJOYd1BU5VJQq7uG8251MVL.aeRQeGfsWAkyF7N/QLTbEW\n");
        let users = |users: &[&str]| users.iter().map(|name| user(name)).collect::<String>();
        let write =
            |rest: &str| fs::write(&file, format!("http_server_config: {{http2: false}}\n{rest}")).expect("written");
        write(&format!("basic_auth_users:\n{}", users(&["alice"])));
        let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
        let gate = Gate::open(Some(&file), telemetry).expect("a gate");
        let glance = || {
            gate.glance(&mut gate.watch.try_lock().expect("nobody else reads"));
            gate.users()
        };
        assert_eq!(glance(), ["alice"]);
        // Well-formed, and open to everybody.
        write("");
        assert_eq!(glance(), ["alice"]);
        write(&format!("basic_auth_users:\n{}", users(&["alice", "bob"])));
        assert_eq!(glance(), ["alice"]);
        assert_eq!(glance(), ["alice", "bob"]);
        write("");
        assert_eq!(glance(), ["alice", "bob"]);
        assert_eq!(glance(), Vec::<String>::new(), "it stands still, so it is meant");
    }
}
