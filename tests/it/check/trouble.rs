//! What is found of permissions, users and presence, each with its cause.

use std::time::Duration;

use simulator::{Effect, Fault, Occurrence, Operation, Person, RetryAfter, Settings, Shape, Switches};

use super::credentials::{struck, well};
use super::run::{self, Stage};
use crate::harness::{MORNING, Tenant, frozen};

const GRANT: &str = "In the Entra admin center open App registrations > your app > API permissions > Add a permission > \
                     Microsoft Graph > Application permissions, choose ";

/// A tenant whose application has these roles.
fn with_roles(roles: &[&str]) -> Tenant {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    Tenant::start("contoso", Settings { roles, ..frozen(60, MORNING) })
}

fn status(status: u16) -> Effect {
    Effect::Status { status, headers: Vec::new(), body: None }
}

fn replaced(from: &str, to: &str) -> Effect {
    Effect::Replace { from: from.to_owned(), to: to.to_owned() }
}

#[test]
fn without_any_role_it_is_told_which_to_grant_and_what_is_not_tried() {
    run::json(&with_roles(&[]))
        .finds(
            "roles",
            "failure",
            "the token holds no permission at all: none was added, or nobody consented, or they are Delegated ones",
            &format!("{GRANT}Presence.Read.All and User.Read.All and click Grant admin consent"),
        )
        .says("users", "skipped", "not tried: User.Read.All is not granted")
        .says("presence", "skipped", "not tried: it is not known who is tracked")
        .ends_with(1);
}

#[test]
fn a_role_that_is_missing_is_told_with_where_to_click() {
    run::json(&with_roles(&["User.Read.All"]))
        .finds(
            "roles",
            "failure",
            "the application permission Presence.Read.All is not granted",
            &format!("{GRANT}Presence.Read.All and click Grant admin consent"),
        )
        .ends_with(1);
}

#[test]
fn an_application_that_may_do_too_much_is_a_warning() {
    let what = "the application may do more than it needs to: Presence.ReadWrite.All where Presence.Read.All is enough; \
                Mail.Read, which nothing here needs; 1 role whose names are none of Microsoft Graph";
    let run = run::json(&with_roles(&["User.Read.All", "Presence.ReadWrite.All", "Mail.Read", "anna mueller"]));
    let action = "In the Entra admin center open App registrations > your app > API permissions, grant Presence.Read.All, \
                  then choose Revoke admin consent and Remove permission in the menu of each that is not needed";
    run.finds("roles", "warning", what, action);
    assert!(!run.stdout.contains("anna"), "{}", run.stdout);
    run.ends_with(0);
}

#[test]
fn a_filter_that_matches_nobody_is_a_failure() {
    let tenant = well().with("users: {filter: \"department eq 'Nowhere'\"}");
    run::json(&tenant)
        .finds(
            "users",
            "failure",
            "0 users matched, so there is nobody whose presence could be read",
            "Check users.filter and users.groups, and grant User.Read.All: without it the default filter matches nobody",
        )
        .ends_with(1);
}

#[test]
fn a_filter_that_graph_rejects_is_told_with_its_code() {
    let tenant = well().with("users: {filter: 'nonsense'}");
    let run = run::json(&tenant);
    let steps = run.steps();
    let step = steps.iter().find(|step| step.name == "users").unwrap();
    assert!(step.what.starts_with("Graph rejected a request as wrong (HTTP 400, "), "{step:?}");
    assert_eq!(step.action.as_deref(), Some("Check users.filter"));
    run.ends_with(1);
}

#[test]
fn users_whom_graph_does_not_count_are_told_as_such() {
    let tenant = struck(Operation::ListUsers, replaced("@odata.count", "@odata.other"));
    let users = tenant.simulator.people().iter().filter(|person| person.is_enabled_member()).count();
    run::json(&tenant)
        .finds(
            "users",
            "warning",
            &format!("the filter matches people, {users} on the first page; Graph does not say how many"),
            "Check that no proxy answers in Graph's place or takes parameters out of requests",
        )
        .ends_with(0);
}

#[test]
fn a_graph_that_cannot_serve_or_throttles_or_is_silent_is_told_from_each_other() {
    let place = |tenant: &Tenant| format!("Graph at {}", tenant.simulator.origin().trim_start_matches("https://"));
    run::json(&struck(Operation::GetPresences, status(500))).finds(
        "presence",
        "failure",
        "Graph could not serve a request (HTTP 500)",
        "Run the check again; see Microsoft 365 service health",
    );
    let wait = Effect::Throttled { retry_after: RetryAfter::Integer, wait: Duration::from_mins(10) };
    let steps = run::json(&struck(Operation::ListUsers, wait)).steps();
    let step = steps.iter().find(|step| step.name == "users").unwrap();
    assert!(step.what.starts_with("Graph throttles this application and asked for silence, "), "{step:?}");
    let tenant = struck(Operation::GetPresences, Effect::Stall(0));
    run::json(&tenant)
        .finds(
            "presence",
            "failure",
            &format!("{} did not answer in time", place(&tenant)),
            "Check the network path to it, the proxy included",
        )
        .says("properties", "skipped", "not known: nobody was answered")
        .ends_with(1);
}

#[test]
fn a_fault_that_passes_is_no_finding() {
    let tenant = well();
    for operation in [Operation::ListUsers, Operation::GetPresences] {
        tenant.simulator.inject(Fault { operation, occurrence: Occurrence::Nth(1), effect: status(503) });
    }
    let run = run::json(&tenant);
    run.ends_with(0);
    assert!(run.steps().iter().all(|step| step.mark != "failure"), "{}", run.stdout);
}

#[test]
fn a_permission_that_policy_takes_back_is_told_as_such() {
    run::json(&struck(Operation::GetPresences, status(403))).finds(
        "presence",
        "failure",
        "Graph refuses the request although the token holds Presence.Read.All",
        "Check Conditional Access policies for workload identities, and that the tenant has Teams",
    );
}

#[test]
fn accounts_without_a_teams_plan_are_a_warning() {
    let tenant = Tenant::start("contoso", frozen(300, MORNING));
    run::json(&tenant)
        .finds(
            "teams_plan",
            "warning",
            "11 of the 263 have no enabled Teams plan: service and room accounts, most likely, whose PresenceUnknown and \
             Offline dilute every ratio",
            "Set users.teams_plan_only: true, unless they are to be counted",
        )
        .ends_with(0);
    let nobody = replaced("\"@odata.count\":", "\"@odata.count\":0,\"was\":");
    tenant.simulator.inject(Fault { operation: Operation::ListUsers, occurrence: Occurrence::Nth(2), effect: nobody });
    run::json(&tenant).finds(
        "teams_plan",
        "warning",
        "nobody who matches has the usual Teams plan; those of governments and schools are other ones, which cannot be told \
         here",
        "Leave users.teams_plan_only: false; if nobody has Teams at all, there is no presence to read",
    );
}

#[test]
fn presence_that_nobody_knows_is_a_failure_and_of_many_a_warning() {
    let unknown =
        |word: &str| replaced(&format!("\"availability\":\"{word}"), "\"availability\":\"PresenceUnknown\",\"was\":\"");
    let tenant = struck(Operation::GetPresences, unknown(""));
    let users = tenant.simulator.people().iter().filter(|person| person.is_enabled_member()).count();
    run::json(&tenant)
        .finds(
            "presence",
            "failure",
            &format!("Graph answered PresenceUnknown for all {users} users"),
            "Check that they use Teams and have a mailbox in the cloud, and that Presence.Read.All is granted to the \
             application; users who never signed in to Teams are unknown",
        )
        .ends_with(1);
    let tenant = struck(Operation::GetPresences, unknown("Busy"));
    let steps = run::json(&tenant).steps();
    let step = steps.iter().find(|step| step.name == "presence").unwrap();
    assert_eq!(step.mark, "warning", "{step:?}");
    let (before, after) = step.what.split_once(" for ").unwrap();
    assert!(before == "Graph answered PresenceUnknown" && after.ends_with(&format!(" of {users} users")), "{step:?}");
    let action = "They are left out of every ratio; narrow users.filter or set users.teams_plan_only: true, if they do not use Teams";
    assert_eq!(step.action.as_deref(), Some(action));
}

#[test]
fn users_who_are_left_out_of_the_answer_are_a_warning() {
    let tenant = struck(Operation::GetPresences, Effect::OmitRows(3));
    let users = tenant.simulator.people().iter().filter(|person| person.is_enabled_member()).count();
    run::json(&tenant)
        .finds(
            "presence",
            "warning",
            &format!("Graph answered for {} of {users} users only", users - 3),
            "Run the check again; users whom Graph never answers soon stop to count against coverage",
        )
        .ends_with(0);
}

#[test]
fn properties_that_no_answer_carries_are_told_with_what_will_be_absent() {
    let switches = Switches { shape: Shape::Government, ..Switches::default() };
    let tenant = Tenant::start("contoso", Settings { switches, ..frozen(60, MORNING) });
    run::json(&tenant)
        .finds(
            "properties",
            "warning",
            "no answer carried workLocation and outOfOfficeSettings, so teams_presence_work_location_users and \
             teams_presence_out_of_office_users will be absent",
            "Nothing, if the tenant is one of the US Government; else check that no proxy answers in Graph's place",
        )
        .ends_with(0);
}

#[test]
fn a_file_of_ids_is_read_and_nobody_is_listed() {
    let tenant = with_roles(&["Presence.Read.All"]).with("users: {ids_file: people}");
    let members = tenant.simulator.people().into_iter().filter(Person::is_enabled_member);
    let ids: String = members.take(20).map(|person| person.id.to_string() + "\n").collect();
    let stage = Stage::of(&[&tenant]).write("people", &ids);
    let run = stage.json();
    run.says("users", "ok", "the ids_file people names 20 object ids; nobody is listed").says(
        "teams_plan",
        "skipped",
        "not asked: users.ids_file says who is counted",
    );
    run.ends_with(0);
    assert!(tenant.simulator.calls().iter().all(|call| call.operation != Operation::ListUsers));
    stage
        .write("people", "anna\n")
        .json()
        .finds(
            "users",
            "failure",
            "the ids_file people holds no object id on line 1",
            "Put the object ids of users there, one a line, readable for the exporter; it is read again at every attempt",
        )
        .ends_with(1);
}

#[test]
fn so_few_users_that_nothing_is_shown_are_a_warning_and_how_they_are_is_not_told() {
    for (number, what) in [(1, "user is tracked"), (2, "users are tracked")] {
        let tenant = well().with("users: {ids_file: people}");
        let members = tenant.simulator.people().into_iter().filter(Person::is_enabled_member);
        let ids: String = members.take(number).map(|person| person.id.to_string() + "\n").collect();
        Stage::of(&[&tenant])
            .write("people", &ids)
            .json()
            .finds(
                "users",
                "warning",
                &format!("only {number} {what}, fewer than min_group_size: 5, so no presence will be shown"),
                "Track more users; min_group_size is 3 at the least",
            )
            .says("presence", "ok", "Graph answers; of so few users no more is told")
            .ends_with(0);
    }
}

#[test]
fn a_batch_that_is_refused_for_somebody_in_it_is_a_warning() {
    let tenant = well();
    let users: Vec<Person> = tenant.simulator.people().into_iter().filter(Person::is_enabled_member).collect();
    let refused = Effect::RefuseIds(vec![users[0].id]);
    tenant.simulator.inject(Fault {
        operation: Operation::GetPresences,
        occurrence: Occurrence::Always,
        effect: refused,
    });
    let run = run::json(&tenant);
    let half = users.len() / 2;
    let steps = run.steps();
    let step = steps.iter().find(|step| step.name == "presence" && step.mark == "warning").unwrap();
    let what = |part: usize| {
        format!("Graph rejects a batch of {} users as wrong, but answers for {part} of them", users.len())
    };
    assert!([half, users.len() - half].into_iter().any(|part| step.what == what(part)), "{step:?}");
    let action =
        "Nothing, if few are at fault: the exporter finds them and asks without them; else narrow users.filter";
    assert_eq!(step.action.as_deref(), Some(action));
    run.ends_with(0);
    let everybody = users.iter().map(|person| person.id).collect();
    let effect = Effect::RefuseIds(everybody);
    tenant.simulator.inject(Fault { operation: Operation::GetPresences, occurrence: Occurrence::Always, effect });
    run::json(&tenant)
        .tells("presence", "failure", "Graph rejected a request as wrong (HTTP 400, BadRequest)", "Report")
        .ends_with(1);
}
