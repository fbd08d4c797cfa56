//! Permissions: what is missing is told, nothing is counted, and a grant is enough to mend it.

use std::time::Duration;

use simulator::{MissingRole, Operation, ReadBasic, Settings, Switches};

use crate::harness::{Census, EVERYBODY, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, frozen};

/// A tenant whose application has these roles, in tokens of so many seconds.
fn tenant(name: &str, roles: &[&str], switches: Switches, token_lifetime: u64) -> Tenant {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let token_lifetime = Duration::from_secs(token_lifetime);
    Tenant::start(name, Settings { roles, switches, token_lifetime, ..frozen(200, MORNING) })
}

const HOUR: u64 = 3_600;

#[test]
fn without_the_presence_role_nothing_is_counted_until_it_is_granted() {
    let case = |missing_role: &MissingRole| {
        let switches = Switches { missing_role: *missing_role, ..Switches::default() };
        // Tokens keep the roles with which they were issued: short ones, so that a grant soon shows.
        tenant(&format!("{missing_role:?}"), &["User.Read.All"], switches, 6)
    };
    let tenants: Vec<Tenant> = MissingRole::ALL.iter().map(case).collect();
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for Tenant { name, simulator, .. } in &tenants {
        let forbidden = format!(r#"teams_presence_cycle_failures_total{{reason="forbidden",tenant="{name}"}}"#);
        let page = exporter.wait_until("forbidden", |page| page.value(&forbidden) >= Some(1.0));
        let people = Census::usual(simulator).people;
        assert_eq!(page.of(name, &PRESENCE_FAMILIES), "");
        assert_eq!(page.tracked(name), [0, 0, people, 0]);
        assert_eq!(
            page.of(name, &["up", "permission_granted"]),
            "up 0\npermission_granted{permission=\"Presence.Read.All\"} 0\n\
             permission_granted{permission=\"User.Read.All\"} 1\n"
        );
        exporter.wait_for_log(&["level=WARN", name.as_str(), "Presence.Read.All", "reason=forbidden"]);
        simulator.set_roles(&["User.Read.All", "Presence.Read.All"]);
    }
    for Tenant { name, simulator, .. } in &tenants {
        let page = exporter.wait_until("granted", |page| page.up(name));
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &Census::usual(simulator).lines(), name);
        let asked = simulator.calls().iter().filter(|call| call.operation == Operation::Token).count();
        assert!(asked <= 4, "{asked} token requests for a 403");
    }
}

#[test]
fn the_basic_role_lists_everybody_where_graph_lets_it() {
    let roles = ["User.ReadBasic.All", "Presence.Read.All"];
    let start = |name: &str, read_basic| tenant(name, &roles, Switches { read_basic, ..Switches::default() }, HOUR);
    let works = start("works", ReadBasic::Works).with("interval: 5s\nusers: {filter: \"\"}");
    // A filter on what may not be read matches nobody (facts/graph.md 3.14).
    let filtered = start("filtered", ReadBasic::Works);
    let forbidden = start("forbidden", ReadBasic::Forbidden).with("interval: 5s\nusers: {filter: \"\"}");
    let exporter = Exporter::start(&[&works, &filtered, &forbidden]);

    let page = exporter.wait_until("up", |page| page.up("works"));
    let expected = Census::of(&works.simulator, EVERYBODY, |_, presence| Some(presence.into()));
    assert_same_lines(&page.of("works", &PRESENCE_FAMILIES), &expected.lines(), "works");

    for (tenant, reason) in [("filtered", "no_users"), ("forbidden", "forbidden")] {
        let failures = format!(r#"teams_presence_directory_failures_total{{reason="{reason}",tenant="{tenant}"}}"#);
        let page = exporter.wait_until(reason, |page| page.value(&failures) >= Some(1.0));
        assert_eq!(page.of(tenant, &["up"]), "up 0\n");
        assert_eq!(page.of(tenant, &PRESENCE_FAMILIES), "");
        let tenant = format!("tenant={tenant}");
        exporter.wait_for_log(&["level=WARN", &tenant, &format!("reason={reason}"), "User.Read.All"]);
    }
}

#[test]
fn exactly_the_permissions_that_a_configuration_needs_are_shown() {
    const GROUP: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let roles = ["Presence.Read.All", "Group.Read.All"];
    let start = |name: &str, keys: String| tenant(name, &roles, Switches::default(), HOUR).with(&keys);
    let plain = start("plain", "group_by: [{dimension: city, attribute: city}]".into());
    let teams = start("teams", format!("group_by: [{{dimension: team, entra_groups: {{a: {GROUP}}}}}]"));
    let ids = start("ids", "users: {ids_file: ids.txt}".into());
    let exporter = Exporter::start(&[&plain, &teams, &ids]);
    let check = |name: &str, expected: &str| {
        let presence =
            format!(r#"teams_presence_permission_granted{{permission="Presence.Read.All",tenant="{name}"}}"#);
        let page = exporter.wait_until("a token", |page| page.value(&presence).is_some());
        assert_eq!(page.of(name, &["permission_granted"]), expected, "{name}");
    };
    check(
        "plain",
        "permission_granted{permission=\"Presence.Read.All\"} 1\npermission_granted{permission=\"User.Read.All\"} 0\n",
    );
    check(
        "teams",
        "permission_granted{permission=\"GroupMember.Read.All\"} 1\n\
         permission_granted{permission=\"Presence.Read.All\"} 1\n\
         permission_granted{permission=\"User.Read.All\"} 0\n",
    );
    check("ids", "permission_granted{permission=\"Presence.Read.All\"} 1\n");
}

#[test]
fn a_missing_permission_costs_one_request_a_cycle_and_cycles_become_rare() {
    let start = |name| {
        let roles = vec!["User.Read.All".to_owned()];
        let token_lifetime = Duration::from_secs(6);
        Tenant::start(name, Settings { roles, token_lifetime, ..frozen(6_500, MORNING) })
    };
    let (missing, granted) = (start("missing"), start("granted"));
    let exporter = Exporter::start(&[&missing, &granted]);
    let asked = |tenant: &Tenant| {
        let calls = tenant.simulator.calls().into_iter();
        calls.filter(|call| call.operation == Operation::GetPresences).collect::<Vec<_>>()
    };
    exporter.wait_for_cycles(&missing, 1);
    let first = asked(&missing).len();
    assert!(first <= 8, "{first} requests of the first cycle");

    exporter.wait_for_cycles(&granted, 1);
    granted.simulator.set_roles(&["User.Read.All", "Presence.Read.All"]);
    let page = exporter.wait_until("granted", |page| page.up("granted"));
    assert_same_lines(&page.of("granted", &PRESENCE_FAMILIES), &Census::usual(&granted.simulator).lines(), "granted");

    let page = exporter.wait_for_cycles(&missing, 4);
    let refused = asked(&missing);
    assert_eq!(page.sum("missing", "cycle_failures_total"), Some(4.0));
    assert_eq!(refused.len(), first + 3, "one request in each of three cycles");
    let gap = refused[first + 2].at.duration_since(refused[first + 1].at).unwrap();
    assert!(gap >= Duration::from_secs(9), "the fourth cycle came after {gap:?}, with an interval of five seconds");
}

#[test]
fn an_application_that_may_do_more_than_it_needs_to_is_told_of_once_in_the_log_and_on_the_status_page() {
    let roles = ["Presence.ReadWrite.All", "User.Read.All", "Mail.Read", "anna.mueller"];
    // Tokens are renewed again and again, and tell the same each time.
    let wide = tenant("wide", &roles, Switches::default(), 4);
    let exporter = Exporter::start(&[&wide]);
    let told = "the application may do more than it needs to: Presence.ReadWrite.All where Presence.Read.All is enough; \
                Mail.Read, which nothing here needs; 1 role whose names are none of Microsoft Graph";
    exporter.wait_for_log(&["level=WARN", "tenant=wide", told, "Revoke admin consent and Remove permission"]);
    exporter.wait_until("up", |page| page.up("wide"));
    let page = exporter.get("/").body;
    assert!(page.contains(&format!("Presence.Read.All and User.Read.All granted; {told}")), "{page}");
    exporter.wait_for_cycles(&wide, 2);
    let log = exporter.log();
    assert_eq!(log.matches("may do more than").count(), 1, "{log}");
    assert!(!log.contains("anna") && !page.contains("anna"), "{log}");
}

#[test]
fn what_is_not_granted_is_told_as_soon_as_there_is_a_token() {
    let narrow = tenant("narrow", &["Presence.Read.All"], Switches::default(), HOUR);
    let exporter = Exporter::start(&[&narrow]);
    exporter.wait_for_log(&[
        "level=WARN",
        "the application permission User.Read.All is not granted",
        "Application permissions, choose User.Read.All and click Grant admin consent",
    ]);
    let page = exporter.get("/").body;
    assert!(page.contains("Presence.Read.All granted, User.Read.All not"), "{page}");
}
