//! Permissions that are missing, narrower than needed, or granted while the exporter runs; and filters that match nobody.
//!
//! A token keeps the roles with which it was issued. Where a test grants one, tokens live for seconds, so that a renewal
//! brings it: with Entra's own lifetimes a token that Graph refuses is replaced once a minute at most, which is longer
//! than a test should take.

use std::time::Duration;

use simulator::{ReadBasic, Settings, Switches};

use super::{Patient, World};
use crate::harness::{Census, MORNING, frozen};

/// A tenant that granted these application permissions, and whose tokens live this long.
fn granted(roles: &[&str], token_lifetime: Duration) -> World {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    World::new(Settings { roles, token_lifetime, ..frozen(200, MORNING) })
}

/// As long as Entra's.
const LONG: Duration = Duration::from_hours(1);

/// As short as a test's patience, and renewed after three quarters of it.
const SHORT: Duration = Duration::from_secs(8);

fn where_to_click(permission: &str) -> String {
    format!(
        "In the Entra admin center open App registrations > your app > API permissions > Add a permission > Microsoft \
         Graph > Application permissions, choose {permission} and click Grant admin consent; a managed \
         identity has no such page: docs/REGISTRATION.md has the commands"
    )
}

fn missing(permission: &str) -> String {
    format!("Graph refuses the request: the application permission {permission} is missing")
}

#[track_caller]
fn check_granted(patient: &Patient, presence: u8, users: u8) {
    assert_eq!(
        patient.exporter.scrape().of("contoso", &["permission_granted"]),
        format!(
            "permission_granted{{permission=\"Presence.Read.All\"}} {presence}\n\
             permission_granted{{permission=\"User.Read.All\"}} {users}\n"
        )
    );
}

#[test]
fn without_presence_read_all_its_name_and_where_to_click_are_told_and_a_grant_is_taken_up() {
    let patient = granted(&["User.Read.All"], SHORT).start();
    patient.check_reading("forbidden", &missing("Presence.Read.All"), &where_to_click("Presence.Read.All"));
    check_granted(&patient, 0, 1);
    // The first cycle has ended, though badly.
    patient.wait_for_readiness();
    let people = Census::usual(patient.simulator()).people;
    assert_eq!(patient.exporter.scrape().tracked("contoso"), [0, 0, people, 0]);
    patient.simulator().set_roles(&["User.Read.All", "Presence.Read.All"]);
    patient.wait_for_recovery();
    check_granted(&patient, 1, 1);
}

#[test]
fn without_user_read_all_its_name_and_where_to_click_are_told_and_a_grant_is_taken_up() {
    let patient = granted(&["Presence.Read.All"], SHORT).start();
    patient.check_listing("forbidden", &missing("User.Read.All"), &where_to_click("User.Read.All"));
    check_granted(&patient, 1, 0);
    patient.simulator().set_roles(&["User.Read.All", "Presence.Read.All"]);
    patient.wait_for_recovery();
    check_granted(&patient, 1, 1);
}

#[test]
fn without_any_permission_both_are_told_to_be_missing() {
    let patient = granted(&[], LONG).start();
    patient.check_listing("forbidden", &missing("User.Read.All"), &where_to_click("User.Read.All"));
    check_granted(&patient, 0, 0);
}

#[test]
fn wider_permissions_are_enough() {
    let patient = granted(&["Directory.Read.All", "Presence.ReadWrite.All"], LONG).start();
    patient.wait_for_recovery();
    check_granted(&patient, 1, 1);
}

#[test]
fn user_read_basic_all_matches_nobody_and_the_advice_says_why() {
    let patient = granted(&["User.ReadBasic.All", "Presence.Read.All"], LONG).start();
    patient.check_listing("no_users", NOBODY, CHECK_THE_FILTER);
    check_granted(&patient, 1, 0);
}

#[test]
fn user_read_basic_all_is_told_to_be_too_little_where_graph_refuses_it() {
    let world = granted(&["User.ReadBasic.All", "Presence.Read.All"], LONG);
    world.tenant.simulator.set_switches(Switches { read_basic: ReadBasic::Forbidden, ..Switches::default() });
    let patient = world.start();
    patient.check_listing("forbidden", &missing("User.Read.All"), &where_to_click("User.Read.All"));
}

#[test]
fn a_filter_that_matches_nobody_is_a_fault_and_not_a_zero() {
    let keys = "interval: 5s\n    users: {filter: \"department eq 'Nowhere'\"}";
    let patient = World::good().changed("interval: 5s", keys).start();
    patient.check_listing("no_users", NOBODY, CHECK_THE_FILTER);
}

#[test]
fn a_filter_that_graph_rejects_is_told_to_be_one() {
    let keys = "interval: 5s\n    users: {filter: \"accountEnabled equals true\"}";
    let patient = World::good().changed("interval: 5s", keys).start();
    patient.check_listing("rejected", "Graph rejected a request as wrong (HTTP 400, BadRequest)", "Check users.filter");
}

const NOBODY: &str = "0 users matched, so there is nobody whose presence could be read";

const CHECK_THE_FILTER: &str =
    "Check users.filter and users.groups, and grant User.Read.All: without it the default filter matches nobody";
