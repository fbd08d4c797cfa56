//! Credentials: what an application proves itself with, and how that is read off the file.
//!
//! A credential is of one kind, and of none of them is more here than where it is to be found: what is in a file is read
//! by `entra`, again and again. So what is in it, or missing, is no fault of the configuration. Next: `secret`.

use std::path::{Path, PathBuf};

use super::fault::{Report, Reported};
use super::keys::{CREDENTIAL, MANAGED_IDENTITY, WORKLOAD_IDENTITY};
use super::section::Section;
use super::{SecretSource, file, words};
use crate::domain::permission::Grantee;

/// Where a pod finds its federated token: a variable that names a file, and the file if it is not set.
pub const FEDERATED_TOKEN: (&str, &str) =
    ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/azure/tokens/azure-identity-token");

/// What an application proves itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A client secret.
    ClientSecret {
        /// Where it is read, each time it is needed.
        source: SecretSource,
        /// When it expires, in seconds since 1970: midnight UTC at the start of the day that was given.
        expires: Option<u64>,
    },
    /// A certificate, whose key signs what is sent.
    Certificate {
        /// PEM or PFX, with the key in it unless that has a file of its own.
        file: PathBuf,
        /// The key in PEM.
        key_file: Option<PathBuf>,
        /// What the key is encrypted with.
        password: Option<SecretSource>,
    },
    /// A token of somebody whom Entra was told to believe: of a Kubernetes cluster, or any OIDC issuer.
    WorkloadIdentity {
        /// Where it is read, each time it is needed; none: where the pod says.
        token_file: Option<PathBuf>,
    },
    /// The identity that Azure gives the machine.
    ManagedIdentity {
        /// The GUID of a user-assigned one; none: the system-assigned one.
        client_id: Option<String>,
    },
}

impl Credential {
    /// The files that it is read from. `env` looks up an environment variable.
    #[must_use]
    pub fn files(&self, env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
        let in_file = |source: &SecretSource| match source {
            SecretSource::File(file) => Some(file.clone()),
            SecretSource::Environment(_) => None,
        };
        match self {
            Self::ClientSecret { source, .. } => in_file(source).into_iter().collect(),
            Self::Certificate { file, key_file, password } => {
                let password = password.as_ref().and_then(in_file);
                [Some(file.clone()), key_file.clone(), password].into_iter().flatten().collect()
            }
            Self::WorkloadIdentity { token_file } => vec![token_file.clone().unwrap_or_else(|| federated(env))],
            Self::ManagedIdentity { .. } => Vec::new(),
        }
    }

    /// To whom the permissions of what it proves are granted.
    #[must_use]
    pub const fn grantee(&self) -> Grantee {
        match self {
            Self::ManagedIdentity { .. } => Grantee::ManagedIdentity,
            Self::ClientSecret { .. } | Self::Certificate { .. } | Self::WorkloadIdentity { .. } => {
                Grantee::Application
            }
        }
    }
}

/// The file of a pod's federated token.
fn federated(env: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let (variable, usual) = FEDERATED_TOKEN;
    env(variable).filter(|value| !value.trim().is_empty()).map_or_else(|| usual.into(), |value| value.trim().into())
}

/// The keys of each kind, of which the first stands for the kind.
const KINDS: [&[&str]; 4] = [
    &["client_secret_file", "client_secret_env", "client_secret_expires"],
    &[
        "client_certificate_file",
        "client_certificate_key_file",
        "client_certificate_password_file",
        "client_certificate_password_env",
    ],
    &["workload_identity"],
    &["managed_identity"],
];

/// The key `credential` of a tenant.
pub(super) fn read(tenant: &Section, directory: &Path, report: &mut Report) -> Result<Credential, Reported> {
    let Some(node) = tenant.node("credential", report)? else {
        return Err(tenant.missing("credential", report));
    };
    let section = Section::open(node, &tenant.at("credential"), &CREDENTIAL, report)?;
    let secret = client_secret(&section, directory, report);
    let certificate = certificate(&section, directory, report);
    let workload_identity = workload_identity(&section, directory, report);
    let managed_identity = managed_identity(&section, report);
    one_kind(&section, report)?;
    let found = [secret?, certificate?, workload_identity?, managed_identity?];
    if let Some(credential) = found.into_iter().flatten().next() {
        return Ok(credential);
    }
    section.all_keys_used()?;
    let message = "holds no credential; write client_certificate_file, client_secret_file, client_secret_env, \
                   workload_identity or managed_identity";
    Err(tenant.fault("credential", message, report))
}

/// Notes the first key of a second kind.
fn one_kind(section: &Section, report: &mut Report) -> Result<(), Reported> {
    let given = |kind: &&[&'static str]| kind.iter().find(|key| section.has(key)).copied();
    let mut kinds = KINDS.iter().filter_map(given);
    let (Some(first), Some(second)) = (kinds.next(), kinds.next()) else { return Ok(()) };
    let message = format!("given besides {first}; a credential is of one kind, so keep one of them");
    Err(section.fault(second, &message, report))
}

fn client_secret(section: &Section, directory: &Path, report: &mut Report) -> Result<Option<Credential>, Reported> {
    let source = source(section, ["client_secret_file", "client_secret_env"], directory, report);
    let expires = section.optional("client_secret_expires", report, words::day);
    match (source?, expires?) {
        (Some(source), expires) => Ok(Some(Credential::ClientSecret { source, expires })),
        (None, Some(_)) if !KINDS[1..].iter().any(|kind| kind.iter().any(|key| section.has(key))) => {
            let message = "given without a secret; write client_secret_file or client_secret_env as well";
            Err(section.fault("client_secret_expires", message, report))
        }
        (None, _) => Ok(None),
    }
}

fn certificate(section: &Section, directory: &Path, report: &mut Report) -> Result<Option<Credential>, Reported> {
    let file = section.optional("client_certificate_file", report, |node| file::path(node, directory));
    let key_file = section.optional("client_certificate_key_file", report, |node| file::path(node, directory));
    let password = ["client_certificate_password_file", "client_certificate_password_env"];
    let password = source(section, password, directory, report);
    if let Some(file) = file? {
        return Ok(Some(Credential::Certificate { file, key_file: key_file?, password: password? }));
    }
    let Some(alone) = KINDS[1].iter().find(|key| section.has(key)) else { return Ok(None) };
    Err(section.fault(alone, "given without a certificate; write client_certificate_file as well", report))
}

fn workload_identity(section: &Section, directory: &Path, report: &mut Report) -> Result<Option<Credential>, Reported> {
    let Some(node) = section.node("workload_identity", report)? else { return Ok(None) };
    let section = Section::open(node, &section.at("workload_identity"), &WORKLOAD_IDENTITY, report)?;
    let token_file = section.optional("token_file", report, |node| file::path(node, directory))?;
    Ok(Some(Credential::WorkloadIdentity { token_file }))
}

fn managed_identity(section: &Section, report: &mut Report) -> Result<Option<Credential>, Reported> {
    let Some(node) = section.node("managed_identity", report)? else { return Ok(None) };
    let section = Section::open(node, &section.at("managed_identity"), &MANAGED_IDENTITY, report)?;
    let client_id = section.optional("client_id", report, |node| words::client_id(words::filled(node, "a GUID")?))?;
    Ok(Some(Credential::ManagedIdentity { client_id }))
}

/// A secret from one of two keys: a file, or a variable.
fn source(
    section: &Section,
    [file, variable]: [&'static str; 2],
    directory: &Path,
    report: &mut Report,
) -> Result<Option<SecretSource>, Reported> {
    let in_file = section.optional(file, report, |node| file::path(node, directory).map(SecretSource::File));
    let in_variable = section.optional(variable, report, |node| words::variable(node).map(SecretSource::Environment));
    match (in_file?, in_variable?) {
        (Some(_), Some(_)) => Err(section.fault(variable, &format!("given besides {file}; keep one of them"), report)),
        (one, other) => Ok(one.or(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_credential_are_those_that_it_names_and_of_a_pod_those_that_it_is_told() {
        let check = |credential: &Credential, variable: Option<&str>, expected: &[&str]| {
            let env = |name: &str| (name == FEDERATED_TOKEN.0).then(|| variable.map(Into::into)).flatten();
            assert_eq!(credential.files(&env), expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        };
        let file = |name: &str| SecretSource::File(name.into());
        check(&Credential::ClientSecret { source: file("a"), expires: None }, None, &["a"]);
        let source = SecretSource::Environment("A".into());
        check(&Credential::ClientSecret { source, expires: None }, None, &[]);
        let password = Some(file("c"));
        check(
            &Credential::Certificate { file: "a".into(), key_file: Some("b".into()), password },
            None,
            &["a", "b", "c"],
        );
        check(&Credential::WorkloadIdentity { token_file: Some("a".into()) }, Some("b"), &["a"]);
        check(&Credential::WorkloadIdentity { token_file: None }, Some("b"), &["b"]);
        check(&Credential::WorkloadIdentity { token_file: None }, Some(" "), &[FEDERATED_TOKEN.1]);
        check(&Credential::ManagedIdentity { client_id: None }, None, &[]);
    }
}
