//! Secrets that are missing, empty, wrong or too old, and ids that Entra does not know.

use std::time::Duration;

use simulator::Settings;

use super::{World, check_down};
use crate::harness::{Census, MORNING, PRESENCE_FAMILIES, assert_same_lines, frozen};

const PUT_IT_THERE: &str =
    "Put the client secret's value there, readable for the exporter; it is read again at every attempt";

const NOT_ITS_ID: &str = "Paste the secret's value, not its id: Entra admin center > App registrations > your app > \
                          Certificates & secrets > Client secrets shows the value once, when the secret is made";

#[test]
fn a_secret_file_that_is_missing_is_named_and_taken_up_once_it_is_there() {
    let world = World::good().without_file("secret-0");
    let what = format!("the secret file {} does not exist", world.path("secret-0"));
    let patient = world.start();
    patient.check_not_ready();
    patient.check_listing("token", &what, PUT_IT_THERE);
    patient.put("secret-0", patient.simulator().client_secret());
    let complaints = || patient.exporter.log().matches("does not exist").count();
    let before = complaints();
    patient.wait_for_recovery();
    patient.wait_for_readiness();
    assert_eq!(complaints(), before, "it is complained of though it is there:\n{}", patient.exporter.log());
}

#[test]
fn without_a_secret_it_is_ready_after_two_intervals_and_goes_on_complaining() {
    let patient = World::good().with_file("secret-0", " \n").start();
    let what = format!("the secret file {} is empty", patient.exporter.folder().join("secret-0").display());
    patient.check_not_ready();
    patient.check_listing("token", &what, PUT_IT_THERE);
    patient.wait_for_readiness();
    check_down(&patient.exporter.scrape());
    patient.check_listing("token", &what, PUT_IT_THERE);
}

#[test]
fn a_variable_that_should_hold_the_secret_is_named() {
    let world = World::good().changed("client_secret_file: secret-0", "client_secret_env: CONTOSO_SECRET");
    world.start().check_listing(
        "token",
        "the environment variable CONTOSO_SECRET, which should hold the secret, is not set",
        "Set it where the exporter is started (export it, or Environment= of systemd), and start the exporter again",
    );
}

#[test]
fn a_secret_in_a_variable_is_used() {
    let world = World::good().changed("client_secret_file: secret-0", "client_secret_env: CONTOSO_SECRET");
    let secret = world.tenant.simulator.client_secret().to_owned();
    world.start_within(&[("CONTOSO_SECRET", &secret)]).wait_for_recovery();
}

#[test]
fn whoever_pastes_the_secrets_id_is_told_to_paste_its_value() {
    let patient = World::good().with_file("secret-0", "0f0f0f0f-1e1e-2d2d-3c3c-4b4b4b4b4b4b\n").start();
    patient.check_listing(
        "token",
        "Entra refused a token: the client secret is wrong (AADSTS7000215, invalid_client, HTTP 401)",
        NOT_ITS_ID,
    );
}

#[test]
fn an_expired_secret_is_told_from_a_wrong_one() {
    World::new(Settings { secret_expired: true, ..frozen(200, MORNING) }).start().check_listing(
        "token",
        "Entra refused a token: the client secret has expired (AADSTS7000222, invalid_client, HTTP 401)",
        "Make a new one under Entra admin center > App registrations > your app > Certificates & secrets > Client secrets > \
         New client secret and put its value in place; a certificate is better",
    );
}

#[test]
fn a_secret_that_expires_under_way_is_told_before_the_token_is_and_counts_are_held() {
    let token_lifetime = Duration::from_secs(4);
    let patient = World::new(Settings { token_lifetime, ..frozen(200, MORNING) }).start();
    patient.wait_for_recovery();
    let census = Census::usual(patient.simulator());
    patient.simulator().set_secret_expired(true);
    let line = patient.exporter.wait_for_log(&["renewing the token failed"]);
    let told = "level=WARN msg=\"renewing the token failed: Entra refused a token: the client secret has expired \
                (AADSTS7000222, invalid_client, HTTP 401)\" tenant=contoso reason=token advice=\"Make a new one under";
    assert!(line.contains(told), "{line}");
    let page = patient.exporter.wait_until("a cycle without a token", |page| !page.up("contoso"));
    assert_eq!(page.tracked("contoso"), [0, census.people, 0, 0]);
    assert_same_lines(&page.of("contoso", &PRESENCE_FAMILIES), &census.lines(), "held counts");
    patient.simulator().set_secret_expired(false);
    patient.wait_for_recovery();
}

#[test]
fn a_tenant_that_entra_does_not_know_is_told() {
    let world = World::good();
    let id = format!("tenant_id: {}", world.tenant.simulator.tenant_id());
    world.changed(&id, "tenant_id: contoso.example").start().check_listing(
        "token",
        "Entra refused a token: the tenant is not known (AADSTS90002, invalid_request, HTTP 400)",
        "Check tenant_id for a typing error, and that cloud is the tenant's",
    );
}

#[test]
fn an_application_that_the_tenant_does_not_know_is_told() {
    let world = World::good();
    let id = format!("client_id: {}", world.tenant.simulator.client_id());
    world.changed(&id, "client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee").start().check_listing(
        "token",
        "Entra refused a token: the application is not known in this tenant (AADSTS700016, unauthorized_client, HTTP 400)",
        "Check client_id, tenant_id and cloud, and that an administrator of the tenant consented to the application: it \
         stands under Entra admin center > Enterprise applications then",
    );
}
