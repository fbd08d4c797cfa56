//! Entra's error codes: the numbers after `AADSTS`, of which some are worth words of their own.
//!
//! Meanings and advice are those of facts/graph.md 4.11, and of the page "Microsoft Entra authentication and authorization
//! error codes". What is advised fits every kind of credential that can meet the code: a secret, a certificate, a
//! federated token. Codes and texts may change at any time, so an unknown one leads to where Entra explains it. The
//! simulated Entra refuses with these codes and no others; docs/OPERATIONS.md has the same table for readers.

/// Where a page of the application's registration is.
macro_rules! registration {
    ($before:literal, $page:literal, $after:literal) => {
        concat!($before, "Entra admin center > App registrations > your app > ", $page, $after)
    };
    ($before:literal, $page:literal) => {
        registration!($before, $page, "")
    };
}

/// Codes that mean the same, what they mean, and what to do about it.
type Row = (&'static [u32], &'static str, &'static str);

const REFUSALS: &[Row] = &[
    (
        &[7_000_215],
        "the client secret is wrong",
        registration!(
            "Paste the secret's value, not its id: ",
            "Certificates & secrets > Client secrets",
            " shows the value once, when the secret is made"
        ),
    ),
    (
        &[7_000_222],
        "the client secret has expired",
        registration!(
            "Make a new one under ",
            "Certificates & secrets > Client secrets > New client secret",
            " and put its value in place; a certificate is better"
        ),
    ),
    (
        &[7_000_216, 7_000_218],
        "no credential was sent",
        "Check that the file or variable of the credential is not empty",
    ),
    (
        &[700_016],
        "the application is not known in this tenant",
        "Check client_id, tenant_id and cloud, and that an administrator of the tenant consented to the application: it \
         stands under Entra admin center > Enterprise applications then",
    ),
    (
        &[7_000_112, 70_001],
        "the application is disabled",
        "Enable it: Entra admin center > Enterprise applications > your app > Properties > Enabled for users to sign in",
    ),
    (
        &[700_025],
        "the application is registered as a public client",
        registration!("Turn it off: ", "Authentication > Allow public client flows"),
    ),
    (
        &[700_027, 50_013],
        "the signature fits no certificate of the application",
        registration!(
            "Upload the certificate that the exporter has: ",
            "Certificates & secrets > Certificates > Upload certificate",
            "; if it stands there, it may have expired, or the private key is another's; with a federated token, check that \
             its issuer publishes its keys"
        ),
    ),
    (
        &[700_021],
        "what was signed names another application",
        "Check client_id: it must be that of the application which has the certificate; if it is, report this with the log",
    ),
    (
        &[700_023],
        "what was signed is meant for another token endpoint",
        "Check tenant_id and cloud.authority, and that no proxy sends the request elsewhere; otherwise report this with the log",
    ),
    (
        &[700_024],
        "what was signed is not yet good, or no longer",
        "Set this machine's clock, best by NTP; with a federated token, check that its file is still renewed",
    ),
    (
        &[700_030, 50_012],
        "the certificate's subject or its chain is not trusted",
        registration!(
            "Upload the certificate itself: ",
            "Certificates & secrets > Certificates > Upload certificate",
            "; or mend the application's trusted issuers and subject names"
        ),
    ),
    (
        &[50_027],
        "what was signed can not be read",
        "Check that the file of the federated token holds one whole token; with a certificate, report this with the log",
    ),
    (
        &[70_021],
        "no federated credential of the application fits the token",
        registration!(
            "Compare the token's issuer, subject and audience with ",
            "Certificates & secrets > Federated credentials"
        ),
    ),
    (
        &[700_211],
        "no federated credential of the application has the token's issuer",
        registration!(
            "Compare it, to the last slash, with the issuer under ",
            "Certificates & secrets > Federated credentials",
            "; on Kubernetes it is the cluster's OIDC issuer URL"
        ),
    ),
    (
        &[700_212],
        "no federated credential of the application has the token's audience",
        registration!(
            "Have the token made for api://AzureADTokenExchange, and compare it with the audience under ",
            "Certificates & secrets > Federated credentials"
        ),
    ),
    (
        &[700_213, 7_002_138],
        "no federated credential of the application has the token's subject",
        registration!(
            "Compare it, small letters and capitals too, with the subject under ",
            "Certificates & secrets > Federated credentials",
            "; on Kubernetes it is system:serviceaccount:NAMESPACE:SERVICE_ACCOUNT"
        ),
    ),
    (&[70_011, 28_002, 700_022, 1_002_012], "the scope is wrong", "Check cloud.graph: its host makes the scope"),
    (
        &[500_011],
        "Graph is not known in this tenant",
        "Check cloud: cloud.graph is the Graph of another cloud than the tenant's",
    ),
    (
        &[650_056, 650_057],
        "the application asks for no permission of Microsoft Graph",
        registration!(
            "Add them: ",
            "API permissions > Add a permission > Microsoft Graph > Application permissions",
            ", then Grant admin consent"
        ),
    ),
    (&[90_002], "the tenant is not known", "Check tenant_id for a typing error, and that cloud is the tenant's"),
    (
        &[90_038, 900_382, 900_432],
        "the tenant lives in another cloud",
        "Set cloud to the tenant's cloud; the application must be registered there",
    ),
    (&[9_001_023], "the tenant id is none of one tenant", "Give tenant_id as a GUID or a verified domain"),
    (
        &[900_144, 90_014],
        "a field was missing in the request",
        "Check that no proxy changes requests to Entra; otherwise report this with the log",
    ),
    (
        &[70_003],
        "the kind of the request is not supported",
        "Check that no proxy changes requests to Entra; otherwise report this with the log",
    ),
    (
        &[53_003, 530_032],
        "a Conditional Access policy blocks the application",
        "Check the policies for workload identities under Entra admin center > Conditional Access: this machine's address, \
         and the application's risk",
    ),
];

/// Codes that say that Entra can not serve now, whatever HTTP status comes with them: nobody is refused, it is tried again.
const PASSING: [u32; 6] = [90_006, 90_012, 90_024, 90_033, 90_055, 90_090];

/// What a code means, and what to do about it.
pub(super) fn meaning(code: u32) -> (&'static str, &'static str) {
    match REFUSALS.iter().find(|(codes, ..)| codes.contains(&code)) {
        Some((_, meaning, action)) => (meaning, action),
        None => ("it gave no reason that is known here", "Look the code up at https://login.microsoftonline.com/error"),
    }
}

/// Whether a code refuses nobody, but says that Entra can not serve now.
#[must_use]
pub fn is_passing(code: u32) -> bool {
    PASSING.contains(&code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{PASSING, REFUSALS};

    #[test]
    fn the_codes_with_words_of_their_own_are_those_that_entra_is_known_to_refuse_with() {
        let all: Vec<u32> = REFUSALS.iter().flat_map(|(codes, ..)| *codes).chain(&PASSING).copied().collect();
        let known: BTreeSet<u32> = all.iter().copied().collect();
        assert_eq!(all.len(), known.len(), "a code stands twice");
        assert_eq!(known, simulator::REFUSALS.iter().map(|refusal| refusal.code).collect());
    }
}
