//! What was meant: YAML or environment -> [`Config`], or all that is wrong with it at once.
//!
//! The contract is docs/CONFIGURATION.md. A configuration that was read is sound: every rule of that document has been
//! checked, and no fault is left for later but those of the world (a secret that cannot be read, a tenant that does not
//! answer). Nothing here knows Graph, or opens a socket. Read on in `tenant`, then in `file`; how a file becomes
//! a tree with places is in `tree`, how keys are read off it in `section`.

mod tenant;
mod cloud;
mod secret;
mod credential;
mod ids_file;
mod process;
mod web_config;
mod web_file;
mod web_tls;
mod go_duration;
mod file;
mod users;
mod group_by;
mod attribute;
mod web_users;
mod environment;
mod section;
mod keys;
mod spelling;
mod words;
pub mod duration;
mod tree;
mod text_file;
mod fault;
mod written;
#[cfg(any(test, fuzzing))]
pub(crate) mod laws;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use cloud::Cloud;
pub use credential::{Credential, FEDERATED_TOKEN};
pub use fault::{Fault, Faults, wrapped};
pub use ids_file::{IdsFault, read_ids};
pub use process::{LONGEST_PATH, ListenAddress, Log, LogFormat, LogLevel, NetworkAddress, Web};
pub use secret::{Secret, SecretFault, SecretSource};
pub(crate) use spelling::nearest;
pub use tenant::{Tenant, Users};
pub use text_file::read_bytes;
pub use web_config::{CipherSuite, ClientAuth, Curve, Pem, RateLimit, Tls, TlsVersion, User, WebConfig};
pub use web_users::{Sight, WebUsers};

/// Everything the exporter is told about whom to ask, and whom to show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Whom to ask: at least one, no name twice, no tenant twice.
    pub tenants: Vec<Tenant>,
    /// What users of the web configuration see; key `web_users`, default everything.
    pub web_users: Option<WebUsers>,
}

impl Config {
    /// Reads the configuration from `file`, or where there is none from the `AZURE_*` variables, which `env` looks up.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with what was typed, in the order of the file: the exit code for it is 64.
    pub fn load(file: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        match file {
            Some(path) => file::load(path),
            None => environment::load(env),
        }
    }
}
