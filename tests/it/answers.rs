//! Answers that are odd in themselves: rows that contradict each other, ids that are none, a bulk call that never works.
//!
//! What the simulated tenant would not say by itself is put into its mouth, row by row.

use simulator::{Effect, Fault, Occurrence, Operation, Person, Settings, Switches, Wrapping};

use crate::harness::{Census, Exporter, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, enabled_member, frozen};

/// A small tenant to which this always happens.
fn tenant(name: &str, people: u32, switches: Switches, operation: Operation, effect: Effect) -> Tenant {
    let fault = Fault { operation, occurrence: Occurrence::Always, effect };
    Tenant::start(name, Settings { switches, faults: vec![fault], ..frozen(people, MORNING) })
}

fn check(tenant: &Tenant, expected: &Census) -> Exporter {
    let exporter = Exporter::start(&[tenant]);
    let page = exporter.wait_until("up", |page| page.up(&tenant.name));
    assert_same_lines(&page.of(&tenant.name, &PRESENCE_FAMILIES), &expected.lines(), &tenant.name);
    assert_eq!(page.tracked(&tenant.name), [expected.people, 0, 0, 0]);
    exporter
}

/// An answer that tells two stories about everybody: an old one, with everything in it that may be counted, and the
/// truth. Which of the two comes first changes from person to person.
fn two_stories(tenant: &Tenant) -> String {
    let row = |number: usize, person: Person| {
        let presence = tenant.simulator.presence_of(&person, tenant.simulator.now());
        let old = format!(
            r#"{{"id":"{}","availability":"DoNotDisturb","activity":"Presenting","sequenceNumber":"A0129311063",
            "outOfOfficeSettings":{{"isOutOfOffice":true}},"statusMessage":{{"message":{{"content":"old"}}}},
            "workLocation":{{"workLocationType":"timeOff"}}}}"#,
            person.id
        );
        let status = presence.status_message.map_or("null".to_owned(), |_| r#"{"message":{"content":"x"}}"#.to_owned());
        // The case of an id means nothing, and keys come in any order.
        let new = format!(
            r#"{{"workLocation":{{"source":"none","workLocationType":"{}"}},"activity":"{}","availability":"{}",
            "statusMessage":{status},"outOfOfficeSettings":{{"isOutOfOffice":{}}},
            "sequenceNumber":"A0129311064","id":"{}"}}"#,
            presence.work_location.kind.word(),
            presence.activity.word(),
            presence.availability.word(),
            presence.is_out_of_office,
            person.id.to_string().to_uppercase()
        );
        if number.is_multiple_of(2) { format!("{old},{new}") } else { format!("{new},{old}") }
    };
    let people = tenant.simulator.organisation().people().filter(enabled_member).enumerate();
    let rows: Vec<String> = people.map(|(number, person)| row(number, person)).collect();
    format!(r#"{{"value":[{}]}}"#, rows.join(","))
}

#[test]
fn of_two_rows_about_one_user_the_higher_sequence_number_wins() {
    let tenant = Tenant::start("two stories", frozen(60, MORNING));
    let effect = Effect::Status { status: 200, headers: Vec::new(), body: Some(two_stories(&tenant)) };
    tenant.simulator.inject(Fault { operation: Operation::GetPresences, occurrence: Occurrence::Always, effect });
    check(&tenant, &Census::usual(&tenant.simulator));
}

#[test]
fn a_row_of_the_listing_without_an_object_id_is_left_out_and_told() {
    let settings = frozen(300, MORNING);
    let organisation = simulator::Organisation::new(settings.seed, settings.people);
    let nobody = organisation.people().find(Person::is_enabled_member).unwrap();
    let effect = Effect::Replace { from: nobody.id.to_string(), to: "someone@example.com".to_owned() };
    let tenant = tenant("no id", settings.people, settings.switches, Operation::ListUsers, effect);
    let others = |person: &Person| enabled_member(person) && person.id != nobody.id;
    let exporter = check(&tenant, &Census::of(&tenant.simulator, others, |_, presence| Some(presence.into())));
    let line = exporter.wait_for_log(&["level=WARN", "without an object id", "rows=1"]);
    assert!(!line.contains("someone"), "{line}");
}

#[test]
fn users_whom_no_bulk_call_can_carry_are_asked_about_one_by_one() {
    for wrapping in Wrapping::ALL {
        let switches = Switches { wrapping: *wrapping, ..Switches::default() };
        let effect = Effect::Status { status: 400, headers: Vec::new(), body: None };
        let tenant = tenant(&format!("{wrapping:?}"), 12, switches, Operation::GetPresences, effect);
        check(&tenant, &Census::usual(&tenant.simulator));
    }
}

#[test]
fn nobody_is_never_asked_about() {
    let tenant = Tenant::start("nobody", frozen(100, MORNING));
    let tenant = tenant.with("interval: 5s\nusers: {filter: \"department eq 'Alchemy'\"}");
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_for_cycles(&tenant, 2);
    assert_eq!(page.of("nobody", &["up"]), "up 0\n");
    assert_eq!(page.tracked("nobody"), [0, 0, 0, 0]);
    assert_eq!(page.of("nobody", &PRESENCE_FAMILIES), "");
    assert!(page.value(r#"teams_presence_directory_failures_total{reason="no_users",tenant="nobody"}"#) >= Some(1.0));
    let calls = tenant.simulator.calls();
    assert!(!calls.iter().any(|call| call.operation == Operation::GetPresences), "{calls:?}");
}
