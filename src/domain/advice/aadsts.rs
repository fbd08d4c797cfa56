//! Entra's error codes: the numbers after `AADSTS`, of which some are worth words of their own.
//!
//! Meanings and advice are those of facts/graph.md 4.11. Codes and texts may change at any time, so an unknown one leads to
//! where Entra explains it.

/// What a code means, and what to do about it.
pub(super) fn meaning(code: u32) -> (&'static str, &'static str) {
    match code {
        7_000_215 => (
            "the client secret is wrong",
            "Paste the secret's value, not its id: App registrations > your app > Certificates & secrets shows the \
             value once, when the secret is made",
        ),
        7_000_222 => (
            "the client secret has expired",
            "Make a new one under App registrations > your app > Certificates & secrets and put its value in place",
        ),
        7_000_216 | 7_000_218 => ("no credential was sent", "Check that the secret's file or variable is not empty"),
        700_016 => (
            "the application is not known in this tenant",
            "Check client_id, tenant_id and cloud, and that an administrator of the tenant consented to the application",
        ),
        7_000_112 | 70_001 => (
            "the application is disabled",
            "Enable it: Enterprise applications > your app > Properties > Enabled for users to sign in",
        ),
        700_025 => (
            "the application is registered as a public client",
            "Turn it off: App registrations > your app > Authentication > Allow public client flows",
        ),
        70_011 | 28_002 | 700_022 => ("the scope is wrong", "Check cloud.graph: its host makes the scope"),
        500_011 => ("Graph is not known in this tenant", "Check cloud: cloud.graph belongs to another cloud"),
        650_056 | 650_057 => (
            "the application asks for no permission of Microsoft Graph",
            "Add them under App registrations > your app > API permissions and grant admin consent",
        ),
        90_002 => ("the tenant is not known", "Check tenant_id for a typing error, and that cloud is the tenant's"),
        90_038 | 900_382 | 900_432 => ("the tenant lives in another cloud", "Set cloud to the tenant's cloud"),
        9_001_023 => ("the tenant id is none of one tenant", "Give tenant_id as a GUID or a verified domain"),
        53_003 | 530_032 => (
            "a Conditional Access policy blocks the application",
            "Check policies for workload identities: this machine's address, and the application's risk",
        ),
        90_006 | 90_012 | 90_024 | 90_033 | 90_055 | 90_090 => {
            ("Entra can not serve now", "Nothing: it is tried again")
        }
        _ => ("it gave no reason that is known here", "Look the code up at https://login.microsoftonline.com/error"),
    }
}
