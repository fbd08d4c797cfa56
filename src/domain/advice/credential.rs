//! Advice about credentials: what an application proves itself with, and what keeps it from doing so.
//!
//! Sentences name files and variables, never what is in them. What Entra thinks of a credential is in `aadsts`.

use std::time::Duration;

use super::{Advice, Reason};
use crate::domain::moment::Day;

/// What can be the matter with a certificate and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is neither PEM nor PFX, or broken.
    Unintelligible,
    /// There is no certificate.
    NoCertificate,
    /// There is no private key.
    NoKey,
    /// The key is encrypted, and there is no password.
    NoPassword,
    /// The password is another one.
    WrongPassword,
    /// It is encrypted as nobody should any more.
    OldEncryption,
    /// It is encrypted so that opening it is more work than a key is worth.
    Costly,
    /// It is no RSA key.
    NotRsa,
    /// It is an RSA key that is too short, too long or broken.
    UnsuitableKey,
    /// Key and certificate are of two pairs.
    NotOfOnePair,
    /// The certificate expired on this day.
    Expired(Day),
    /// The certificate is not valid before this day.
    NotYetValid(Day),
}

/// How a key and a certificate are made that Entra and the exporter take.
const MAKE_ONE: &str = "Make an RSA key of 2048 to 4096 bits and its certificate (openssl req -x509 -newkey rsa:3072 -nodes \
                        -keyout app.key -out app.crt -days 365 -subj /CN=teams-presence-exporter), upload the certificate to \
                        the app registration and put both in place";

const NAME_THE_PASSWORD: &str = "Name its password's file in client_certificate_password_file, or a variable that holds it in \
                                 client_certificate_password_env";

impl Advice {
    /// A secret that could not be read; `what` names its file.
    #[must_use]
    pub fn secret(what: String) -> Self {
        let action =
            "Put the client secret's value there, readable for the exporter; it is read again at every attempt";
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// A variable of the environment that should hold a secret or a password and does not; `what` names it.
    #[must_use]
    pub fn variable(what: String) -> Self {
        let action = "Set it where the exporter is started (export it, or Environment= of systemd), and start the exporter again";
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// A file of a certificate or its key that could not be read; `what` names it.
    #[must_use]
    pub fn certificate_file(what: String) -> Self {
        let action =
            "Put the certificate and its key there, readable for the exporter; it is read again at every attempt";
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// The password of a certificate that could not be read; `what` names its file.
    #[must_use]
    pub fn password(what: String) -> Self {
        let action =
            "Put the certificate's password there, readable for the exporter; it is read again at every attempt";
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// A file of the credential that is not read to its end within this time.
    #[must_use]
    pub fn credential_hangs(limit: Duration) -> Self {
        let what = format!(
            "the credential cannot be read to its end within {} s; is its file system hanging, or is it a pipe?",
            limit.as_secs()
        );
        Self { reason: Reason::Token, what, action: "Put it on a file system that answers".into() }
    }

    /// A federated token that could not be read; `what` names its file.
    #[must_use]
    pub fn federated_token(what: String) -> Self {
        let action = "Check that Kubernetes puts a token there (label azure.workload.identity/use on the pod, client id on its \
                      service account), or name its file in workload_identity.token_file";
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// A certificate, or its key, that nothing can be proved with. `file` is where the fault is.
    #[must_use]
    pub fn certificate(flaw: Flaw, file: &str) -> Self {
        let (what, action) = match flaw {
            Flaw::Unintelligible => (
                format!("the file {file} is neither PEM nor PFX that can be read here"),
                "Export it again, with its private key: as PEM, or as PFX encrypted with AES or Triple DES",
            ),
            Flaw::NoCertificate => (
                format!("the file {file} holds no certificate"),
                "Put the application's certificate into it, in PEM beside its key or as PFX",
            ),
            Flaw::NoKey => (
                format!("the file {file} holds no private key"),
                "Put the certificate's key into it as well, or name the key's file in client_certificate_key_file",
            ),
            Flaw::NoPassword => {
                (format!("the key in {file} is encrypted, and no password is configured"), NAME_THE_PASSWORD)
            }
            Flaw::WrongPassword => (
                format!("the password does not open the key in {file}"),
                "Put the password that this file was made with where the configuration says that it is",
            ),
            Flaw::OldEncryption => (
                format!("the key in {file} is encrypted in an old way that is not read here"),
                "Convert it: openssl pkcs8 -topk8 -v2 aes256 -in old.pem -out new.pem",
            ),
            Flaw::Costly => (
                format!("opening {file} would take more time or memory than the exporter spends on a key"),
                "Encrypt the key again with fewer rounds: openssl pkcs8 -topk8 -v2 aes256 -in old.pem -out new.pem",
            ),
            Flaw::NotRsa => (format!("the key in {file} is no RSA key, and Entra takes no other"), MAKE_ONE),
            Flaw::UnsuitableKey => (format!("the RSA key in {file} is broken, or not of 2048 to 4096 bits"), MAKE_ONE),
            Flaw::NotOfOnePair => (
                format!("no certificate in {file} belongs to the private key"),
                "Put the certificate and the key of one pair in place",
            ),
            Flaw::Expired(day) => (
                format!("the certificate in {file} has expired, on {day}"),
                "Make a new one, upload it under App registrations > your app > Certificates & secrets > Certificates, and put \
                 it in place with its key",
            ),
            Flaw::NotYetValid(day) => (
                format!("the certificate in {file} is not valid yet, but from {day} on"),
                "Check this machine's clock; else put one in place that is valid now",
            ),
        };
        Self { reason: Reason::Token, what, action: action.into() }
    }

    /// A new credential does not work, for this reason, while the one before it does.
    #[must_use]
    pub fn credential_kept(why: &Self) -> Self {
        let what =
            format!("the credential has changed and does not work, so the one before stays in use: {}", why.what);
        Self { what, ..why.clone() }
    }

    /// The token is one of another tenant than the configured one, as that of a machine can be.
    #[must_use]
    pub fn other_tenant() -> Self {
        let what = "the token is for another tenant than tenant_id names";
        let action = "Check tenant_id: it is the directory (tenant) ID of the application's overview; a managed identity is \
                      always one of the tenant that its machine belongs to";
        Self { reason: Reason::Token, what: what.to_owned(), action: action.into() }
    }

    /// This machine has no endpoint that could give a managed identity's token: nobody is there.
    #[must_use]
    pub fn no_identity_endpoint() -> Self {
        let what = "nobody gives tokens of a managed identity here, so this is no Azure machine that has one";
        let action = "Run the exporter on an Azure machine, App Service or container app that has a managed identity, or use \
                      another kind of credential";
        Self { reason: Reason::Unavailable, what: what.to_owned(), action: action.into() }
    }

    /// What should be the endpoint of managed identities is not asked.
    #[must_use]
    pub fn foreign_identity_endpoint() -> Self {
        let what = "the endpoint of managed identities is none that can be asked safely";
        let action = "Check the variable IDENTITY_ENDPOINT: only this machine, link-local and private addresses are asked; \
                      Azure Arc, Azure ML, Cloud Shell and Service Fabric are not supported";
        Self { reason: Reason::Token, what: what.to_owned(), action: action.into() }
    }

    /// The endpoint of managed identities knows no identity as it was asked for, with this HTTP status. `by_id`: by a client
    /// id, not the machine's own.
    #[must_use]
    pub fn no_such_identity(by_id: bool, status: u16) -> Self {
        let (what, action) = if by_id {
            (
                "no managed identity with this client id is assigned to this machine",
                "Assign it (Identity > User assigned > Add on the machine's page in the Azure portal), or check \
                 managed_identity.client_id",
            )
        } else {
            (
                "this machine has no managed identity of its own",
                "Switch it on (Identity > System assigned on the machine's page in the Azure portal), or name a user-assigned \
                 one in managed_identity.client_id",
            )
        };
        Self { reason: Reason::Token, what: format!("{what} (HTTP {status})"), action: action.into() }
    }

    /// The endpoint of managed identities could not serve, with this HTTP status.
    #[must_use]
    pub fn identity_unavailable(status: u16) -> Self {
        let what = format!("the endpoint of managed identities could not give a token now (HTTP {status})");
        Self { reason: Reason::Unavailable, what, action: "Nothing: it is tried again".into() }
    }

    /// What answered in place of the endpoint of managed identities is none.
    #[must_use]
    pub fn identity_unintelligible(status: u16) -> Self {
        let what = format!("the endpoint of managed identities did not answer as one does (HTTP {status})");
        let action = "Check the variable IDENTITY_ENDPOINT, and what else answers at its address";
        Self { reason: Reason::Unintelligible, what, action: action.into() }
    }

    /// The endpoint of managed identities refused otherwise, with this HTTP status.
    #[must_use]
    pub fn identity_refused(status: u16) -> Self {
        let what = format!("the endpoint of managed identities refused a token (HTTP {status})");
        let action = "Check that the machine has a managed identity, and that cloud is the one in which it runs";
        Self { reason: Reason::Token, what, action: action.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_names_the_file_and_what_to_do() {
        let day = Day::of_unix_seconds(86_400);
        let check = |flaw, what: &str, action: &str| {
            let advice = Advice::certificate(flaw, "app.pem");
            assert_eq!(advice.what, what);
            assert!(advice.action.starts_with(action), "{}", advice.action);
        };
        check(Flaw::NoKey, "the file app.pem holds no private key", "Put the certificate's key into it as well");
        check(
            Flaw::NoPassword,
            "the key in app.pem is encrypted, and no password is configured",
            "Name its password's file",
        );
        check(Flaw::Expired(day), "the certificate in app.pem has expired, on 1970-01-02", "Make a new one, upload it");
        check(
            Flaw::NotRsa,
            "the key in app.pem is no RSA key, and Entra takes no other",
            "Make an RSA key of 2048 to 4096 bits",
        );
    }
}
