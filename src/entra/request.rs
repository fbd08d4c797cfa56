//! Requests: one request for a token, with one proof, made by `azure_identity` and carried by our courier.
//!
//! The library's own cache renews late, under a lock, and cannot forget a token that Graph refuses; so each request is made
//! by a fresh credential. Its own errors are not looked at: they cannot tell what the courier knows.

use std::fmt::Debug;
use std::sync::Arc;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{AccessToken, Secret as CoreSecret, TokenCredential};
use azure_core::http::{ClientMethodOptions, ClientOptions, RetryOptions, Transport as CoreTransport};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};

use super::assertion::{self, Signing};
use super::courier::{Courier, Server};
use super::identity;
use super::proof::Proof;
use super::refusal::Denial;
use crate::clock;
use crate::config::{Credential, Secret, Tenant};
use crate::domain::advice::Advice;
use crate::transport::{self, Transport};

/// Asks for a token. `make` takes what came, if it can be used; a certificate signs by `signing`.
pub(super) async fn send<T>(
    tenant: &Tenant,
    transport: &Transport,
    proof: &Proof,
    signing: Signing,
    make: impl FnOnce(&AccessToken) -> Option<T>,
) -> Result<T, Denial> {
    let server = if matches!(proof, Proof::Machine(_)) { Server::Machine } else { Server::Entra };
    let courier = Arc::new(Courier::new(transport.clone(), server));
    let credential = credential(tenant, &courier, proof, signing)?;
    let scope = format!("{}/.default", tenant.cloud.graph.as_str().trim_end_matches('/'));
    let result = credential.get_token(&[&scope], None).await;
    let denial = || {
        let (outcome, now) = (courier.take_outcome(), clock::now());
        match proof {
            Proof::Machine(id) => identity::denial(outcome.as_ref(), id.is_some(), now),
            _ => Denial::of(outcome.as_ref(), &place(tenant), now),
        }
    };
    result.ok().and_then(|token| make(&token)).ok_or_else(denial)
}

/// Who is asked for a token, and where, for people.
pub(super) fn place(tenant: &Tenant) -> String {
    match tenant.credential {
        Credential::ManagedIdentity { .. } => identity::ENDPOINT.to_owned(),
        _ => format!("Entra at {}", transport::place(&tenant.cloud.authority)),
    }
}

/// The library's credential for one request.
fn credential(
    tenant: &Tenant,
    courier: &Arc<Courier>,
    proof: &Proof,
    signing: Signing,
) -> Result<Arc<dyn TokenCredential>, Advice> {
    let client_options = options(tenant, courier);
    let (tenant_id, client_id) = (tenant.tenant_id.as_str(), tenant.client_id.clone().unwrap_or_default());
    let asserted = |assertion: Secret, client_options| {
        let options = Some(ClientAssertionCredentialOptions { client_options });
        ClientAssertionCredential::new(tenant_id.to_owned(), client_id.clone(), Assertion(assertion), options)
            .map(|credential| credential as Arc<dyn TokenCredential>)
            .map_err(|_| Advice::no_credential())
    };
    match proof {
        Proof::Secret(secret) => {
            let (secret, options) =
                (CoreSecret::new(secret.expose().to_owned()), ClientSecretCredentialOptions { client_options });
            ClientSecretCredential::new(tenant_id, client_id, secret, Some(options))
                .map(|credential| credential as Arc<dyn TokenCredential>)
                .map_err(|_| Advice::no_credential())
        }
        Proof::Certificate(certificate) => {
            let now = clock::now().unix_millis / 1000;
            certificate.valid(now)?;
            let endpoint = tenant.cloud.authority.join(&format!("/{tenant_id}/oauth2/v2.0/token"));
            let endpoint = endpoint.map_err(|_| Advice::no_credential())?;
            let assertion = assertion::signed(certificate, signing, &client_id, endpoint.as_str(), now);
            asserted(assertion.ok_or_else(Advice::no_credential)?, client_options)
        }
        Proof::FederatedToken(token) => asserted(token.clone(), client_options),
        Proof::Machine(id) => {
            let user_assigned_id = id.clone().map(UserAssignedId::ClientId);
            let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
            ManagedIdentityCredential::new(Some(options))
                .map(|credential| credential as Arc<dyn TokenCredential>)
                .map_err(|_| Advice::foreign_identity_endpoint())
        }
    }
}

fn options(tenant: &Tenant, courier: &Arc<Courier>) -> ClientOptions {
    let mut custom = CustomConfiguration::default();
    tenant.cloud.authority.as_str().trim_end_matches('/').clone_into(&mut custom.authority_host);
    ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(CoreTransport::new(Arc::clone(courier) as Arc<_>)),
        cloud: Some(Arc::new(custom.into())),
        ..ClientOptions::default()
    }
}

/// An assertion that was made already.
#[derive(Debug)]
struct Assertion(Secret);

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.expose().to_owned())
    }
}
