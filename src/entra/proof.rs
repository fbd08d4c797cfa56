//! Proofs: what an application proves itself with, as it stands in files and variables at this moment.
//!
//! What it says prints nowhere. Whether Entra takes it is not known here.

use std::sync::Arc;

use super::certificate::Certificate;
use crate::config::{Credential, FEDERATED_TOKEN, Secret, SecretFault, SecretSource};
use crate::domain::advice::Advice;

/// What an application proves itself with now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Proof {
    /// The value of a client secret.
    Secret(Secret),
    /// A certificate with its key.
    Certificate(Arc<Certificate>),
    /// What a federated issuer says of us.
    FederatedToken(Secret),
    /// Nothing: the machine is known, and of its identities it is the one of this client id, or its own.
    Machine(Option<String>),
}

impl Proof {
    /// Reads it. May take a while: files may hang, and keys may be encrypted so that opening them takes effort.
    ///
    /// # Errors
    /// What cannot be read, and what to do.
    pub(super) fn read(credential: &Credential) -> Result<Self, Advice> {
        let advice = |source: &SecretSource, fault: SecretFault, of_a_file: fn(String) -> Advice| match source {
            SecretSource::File(_) => of_a_file(fault.to_string()),
            SecretSource::Environment(_) => Advice::variable(fault.to_string()),
        };
        match credential {
            Credential::ClientSecret { source, .. } => {
                let secret = source.read("secret", &environment);
                Ok(Self::Secret(secret.map_err(|fault| advice(source, fault, Advice::secret))?))
            }
            Credential::Certificate { file, key_file, password } => {
                let read = |source: &SecretSource| {
                    source.read("password", &environment).map_err(|fault| advice(source, fault, Advice::password))
                };
                let password = password.as_ref().map(read).transpose()?;
                let certificate = Certificate::read(file, key_file.as_deref(), password.as_ref())?;
                Ok(Self::Certificate(Arc::new(certificate)))
            }
            Credential::WorkloadIdentity { .. } => {
                let file = credential.files(&environment).pop().unwrap_or_else(|| FEDERATED_TOKEN.1.into());
                let source = SecretSource::File(file);
                let token = source.read("token", &environment);
                Ok(Self::FederatedToken(token.map_err(|fault| advice(&source, fault, Advice::federated_token))?))
            }
            Credential::ManagedIdentity { client_id } => Ok(Self::Machine(client_id.clone())),
        }
    }

    /// When it expires, in seconds since 1970, as far as that is known beforehand.
    pub(super) fn expires(&self, credential: &Credential) -> Option<u64> {
        match (self, credential) {
            (Self::Certificate(certificate), _) => Some(certificate.expires()),
            (_, Credential::ClientSecret { expires, .. }) => *expires,
            _ => None,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a secret named by an environment variable is read where it is used")]
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_never_prints() {
        let secret = || Secret::new("hunter2".into());
        let certificate = Proof::Certificate(Arc::new(super::super::certificate::tests::good()));
        let printed = format!("{:?}", [Proof::Secret(secret()), Proof::FederatedToken(secret()), certificate]);
        let expected = "[Secret(Secret(****)), FederatedToken(Secret(****)), Certificate(Certificate(..))]";
        assert_eq!(printed, expected);
    }
}
