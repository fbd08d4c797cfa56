//! The machine: what the exporter would find around it in Azure or in a cluster, as callers of the simulator hold it.
//!
//! The credentials that are no secret: certificates that the application has uploaded, issuers that it trusts, and the
//! identity endpoint of App Service. The other half of [`Simulator`]'s doors; who is believed is decided in `entra`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use crate::app_service;
use crate::assertion::Certificate;
use crate::issuer::{self, Trusted};
use crate::server::{self, Server};
use crate::simulator::Simulator;

/// The identity endpoint, once somebody has asked for it.
#[derive(Debug)]
pub(crate) struct Machine {
    address: SocketAddr,
    /// Held for its `Drop`.
    _server: Server,
}

impl Simulator {
    /// The application has this certificate from now on, besides those that it has; DER, with an RSA key of at least
    /// 2048 bits. What is signed with its key stands in for the secret.
    ///
    /// # Panics
    /// If it is no certificate.
    pub fn register_certificate(&self, der: &[u8]) {
        let certificate = Certificate::read(der).unwrap_or_else(|| panic!("these bytes are no certificate in DER"));
        self.tenant.registration().certificates.push(certificate);
    }

    /// The application has this client secret from now on, besides those that it has. It does not expire with the first.
    pub fn register_secret(&self, secret: &str) {
        self.tenant.registration().secrets.push(secret.to_owned());
    }

    /// The application has no certificate any more.
    pub fn forget_certificates(&self) {
        self.tenant.registration().certificates.clear();
    }

    /// The application trusts tokens of this issuer about this subject from now on: a federated credential.
    pub fn trust_issuer(&self, issuer: &str, subject: &str) {
        let trusted = Trusted { issuer: issuer.to_owned(), subject: subject.to_owned() };
        self.tenant.registration().trusted.push(trusted);
    }

    /// The application trusts no issuer any more.
    pub fn forget_issuers(&self) {
        self.tenant.registration().trusted.clear();
    }

    /// A token of this issuer, an `https://` URL, about this subject, trusted or not; good from now on for so long, in whole
    /// seconds. Its audience is Entra.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn federated_token(&self, issuer: &str, subject: &str, lifetime: Duration) -> String {
        self.federated_token_for(issuer::AUDIENCE, issuer, subject, lifetime)
    }

    /// The same for another audience.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn federated_token_for(&self, audience: &str, issuer: &str, subject: &str, lifetime: Duration) -> String {
        let token = self.tenant.issuer.mint(issuer, subject, audience, lifetime);
        token.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The URL of an identity endpoint of App Service, `IDENTITY_ENDPOINT`: plain http on a port of its own, opened when it
    /// is first asked for. [`Self::go_offline`] does not reach it, for it is on the client's machine.
    ///
    /// # Panics
    /// If no port can be opened.
    #[must_use]
    pub fn identity_endpoint(&self) -> String {
        let mut machine = self.machine();
        let open = || self.open().unwrap_or_else(|error| panic!("the identity endpoint can not be opened: {error}"));
        let address = machine.get_or_insert_with(open).address;
        format!("http://{address}{}", app_service::PATH)
    }

    /// What each call of it must bear, `IDENTITY_HEADER`; a function of the seed.
    #[must_use]
    pub fn identity_header(&self) -> &str {
        &self.tenant.identity_header
    }

    /// The client id of the machine's user-assigned identity, a UUID; a function of the seed.
    #[must_use]
    pub fn user_assigned_id(&self) -> &str {
        &self.tenant.user_assigned_id
    }

    /// The client id of the machine's system-assigned identity, a UUID; a function of the seed.
    #[must_use]
    pub fn system_assigned_id(&self) -> &str {
        &self.tenant.system_assigned_id
    }

    /// Refuses every request for a token with this code, as [`crate::REFUSALS`] has it, until told `None`. The identity
    /// endpoint then says that Entra gave it none. A code that is not in the table is answered with 400 `invalid_request`.
    pub fn refuse_tokens(&self, code: Option<u32>) {
        self.tenant.refuse(code);
    }

    fn open(&self) -> io::Result<Machine> {
        let socket = server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = socket.local_addr()?;
        Ok(Machine { address, _server: Server::start(socket, None, &self.tenant, 1)? })
    }

    fn machine(&self) -> MutexGuard<'_, Option<Machine>> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
