//! Identities without a secret of our own: a pod's federated token, and a machine's managed identity.

use std::time::Duration;

use simulator::{Operation, Settings, Switches};

use super::{ISSUER, SUBJECT, check_counts, tenant, tokens};
use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// Starts an exporter on a machine whose identity endpoint is at this address.
fn on_machine(tenants: &[&Tenant], endpoint: &str, header: &str) -> Exporter {
    // IMDS and its like must never be asked through a proxy: this one would be one that nobody answers at.
    let proxies = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:9"));
    let variables = [&[("IDENTITY_ENDPOINT", endpoint), ("IDENTITY_HEADER", header)], &proxies[..]].concat();
    Exporter::start_within(tenants, &[], &variables)
}

#[test]
fn a_managed_identity_brings_counts_without_a_client_id_and_past_any_proxy() {
    let own = tenant("own", "{managed_identity: {}}", Switches::default());
    let id = own.simulator.user_assigned_id().to_owned();
    let exporter = on_machine(&[&own], &own.simulator.identity_endpoint(), own.simulator.identity_header());
    check_counts(&exporter.wait_until("counts", |page| page.up("own")), &own);

    let assigned = tenant("assigned", &format!("{{managed_identity: {{client_id: {id}}}}}"), Switches::default());
    let endpoint = assigned.simulator.identity_endpoint();
    let exporter = on_machine(&[&assigned], &endpoint, assigned.simulator.identity_header());
    check_counts(&exporter.wait_until("counts", |page| page.up("assigned")), &assigned);
    for tenant in [&own, &assigned] {
        let asked: Vec<_> = tokens(tenant).iter().map(|call| (call.operation, call.status)).collect();
        assert_eq!(asked, [(Operation::IdentityToken, 200)], "{}: Entra was asked, or the machine again", tenant.name);
    }
    let page = exporter.scrape();
    assert_eq!(page.sum("assigned", "credential_expiry_timestamp_seconds"), None);
    let asked = "teams_presence_graph_requests_total{code=\"200\",operation=\"token\",tenant=\"assigned\"}";
    assert_eq!(page.value(asked), Some(1.0));
}

#[test]
fn what_a_managed_identity_may_not_do_is_granted_by_commands_and_on_no_page() {
    let machine = tenant("machine", "{managed_identity: {}}", Switches::default());
    machine.simulator.set_roles(&["User.Read.All", "Mail.Read"]);
    let exporter = on_machine(&[&machine], &machine.simulator.identity_endpoint(), machine.simulator.identity_header());
    let assign = "advice=\"Assign Presence.Read.All of Microsoft Graph to the managed identity by the commands";
    exporter.wait_for_log(&["Presence.Read.All is not granted", "level=WARN", assign]);
    exporter.wait_for_log(&[
        "Mail.Read, which nothing here needs",
        "level=WARN",
        "advice=\"By the commands in docs/REGISTRATION.md",
    ]);
    exporter.wait_for_log(&["Graph refuses the request", "level=WARN", assign]);
    let page = exporter.get("/").body;
    assert!(page.contains("What to do: Assign Presence.Read.All") && !page.contains("App registrations"), "{page}");
}

#[test]
fn a_machine_of_another_tenant_counts_nobody_under_a_wrong_name() {
    let machine = Tenant::start("machine", Settings { seed: 2, ..frozen(100, MORNING) });
    let meant = tenant("meant", "{managed_identity: {}}", Switches::default());
    let exporter = on_machine(&[&meant], &machine.simulator.identity_endpoint(), machine.simulator.identity_header());
    exporter.wait_for_log(&[
        "level=WARN",
        "the token is for another tenant than tenant_id names",
        "a managed identity is always one of the tenant that its machine belongs to",
    ]);
    let page = exporter.scrape();
    assert_eq!(page.sum("meant", "token_expiry_timestamp_seconds"), None);
    let asked = meant.simulator.calls().into_iter().filter(|call| call.operation != Operation::Token);
    assert_eq!(asked.count(), 0, "Graph was asked with it");
}

#[test]
fn a_managed_identity_is_renewed_like_any_token() {
    let settings = Settings { token_lifetime: Duration::from_secs(8), ..frozen(100, MORNING) };
    let machine = Tenant::start("machine", settings).proving("{managed_identity: {}}");
    let exporter = on_machine(&[&machine], &machine.simulator.identity_endpoint(), machine.simulator.identity_header());
    exporter.wait_until("two renewals", |_| tokens(&machine).len() >= 3);
    assert_eq!(exporter.scrape().sum("machine", "cycle_failures_total"), Some(0.0), "{}", exporter.log());
}

/// What is said of a machine whose endpoint is here; nothing is said of the header.
fn check_machine(credential: &str, endpoint: Option<&str>, header: &str, what: &str, action: &str) {
    let machine = tenant("machine", credential, Switches::default());
    let endpoint = endpoint.map_or_else(|| machine.simulator.identity_endpoint(), ToOwned::to_owned);
    let header = if header.is_empty() { machine.simulator.identity_header() } else { header };
    let exporter = on_machine(&[&machine], &endpoint, header);
    let line = exporter.wait_for_log(&[&format!("level=WARN msg=\"listing users failed: {what}\" tenant=machine")]);
    assert!(line.contains(&format!("advice=\"{action}")), "{line}");
    exporter.wait_for("the sentence on the status page", || exporter.get("/").body.contains(what));
    let (log, page) = (exporter.log(), exporter.get("/").body);
    assert!(!page.contains(header) && !log.contains(header), "{log}\n{page}");
}

#[test]
fn a_machine_without_the_identity_is_told_what_to_click() {
    let other = "{managed_identity: {client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}}";
    check_machine(
        other,
        None,
        "",
        "no managed identity with this client id is assigned to this machine (HTTP 400)",
        "Assign it (Identity > User assigned > Add on the machine's page in the Azure portal)",
    );
    check_machine(
        "{managed_identity: {}}",
        None,
        "another header",
        "the endpoint of managed identities refused a token (HTTP 401)",
        "Check that the machine has a managed identity",
    );
}

#[test]
fn where_there_is_no_endpoint_there_is_no_identity() {
    // Nobody listens at the discard port.
    check_machine(
        "{managed_identity: {}}",
        Some("http://127.0.0.1:9/msi/token"),
        "",
        "nobody gives tokens of a managed identity here, so this is no Azure machine that has one",
        "Run the exporter on an Azure machine",
    );
    for far in ["http://identity.example/msi/token", "no address"] {
        let what = "the endpoint of managed identities is none that can be asked safely";
        check_machine("{managed_identity: {}}", Some(far), "", what, "Check the variable IDENTITY_ENDPOINT");
    }
}

#[test]
fn a_pod_whose_token_is_missing_or_not_trusted_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    let pod =
        tenant("pod", &format!("{{workload_identity: {{token_file: '{}'}}}}", token.display()), Switches::default());
    let exporter = Exporter::start(&[&pod]);
    let told = format!("listing users failed: the token file {} does not exist", token.display());
    let line = exporter.wait_for_log(&["level=WARN", &told]);
    assert!(line.contains("advice=\"Check that Kubernetes puts a token there"), "{line}");

    let minted = |subject| pod.simulator.federated_token(ISSUER, subject, Duration::from_hours(1));
    std::fs::write(&token, minted("system:serviceaccount:default:default")).unwrap();
    exporter.wait_for_log(&["level=WARN", "listing users failed: ", "(AADSTS700213, "]);
    std::fs::write(&token, minted(SUBJECT)).unwrap();
    check_counts(&exporter.wait_until("counts", |page| page.up("pod")), &pod);
    assert!(!exporter.log().contains("eyJ") && !exporter.log().contains("default:default"), "{}", exporter.log());
}
