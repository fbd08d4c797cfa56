//! Tenants that are not well: each finding about tokens, permissions, users and presence, with its cause.

use simulator::{Effect, Fault, Occurrence, Operation, Settings, Shape, Switches, Unlicensed};

use super::run::{self, Run};
use crate::harness::{MORNING, Tenant, frozen};

/// A tenant that is well but for what these settings say.
fn tenant(settings: Settings) -> Tenant {
    Tenant::start("contoso", settings)
}

fn well() -> Settings {
    frozen(60, MORNING)
}

/// A step of this name and mark says these words, and to do that.
#[track_caller]
fn check(run: &Run, name: &str, mark: &str, what: &str, action: &str) {
    run.assert_step(name, mark, what, Some(action));
}

#[test]
fn without_any_role_it_is_told_which_to_grant_and_what_is_not_tried() {
    let run = run::json(&tenant(Settings { roles: Vec::new(), ..well() }));
    check(
        &run,
        "roles",
        "failure",
        "the token holds no permission at all: none was added, or nobody consented, or they are Delegated ones",
        "In the Entra admin center open App registrations > your app > API permissions > Add a permission > Microsoft Graph \
         > Application permissions, choose Presence.Read.All and User.Read.All and click Grant admin consent",
    );
    run.assert_step("users", "skipped", "not tried: User.Read.All is not granted", None);
    run.assert_step("presence", "skipped", "not tried: it is not known who is tracked", None);
    assert_eq!(run.code, Some(1));
}
