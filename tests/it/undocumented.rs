//! What Graph's documentation leaves open (the known unknowns): the counts are right whichever way it is.
//!
//! One simulated tenant for each way, all of them watched by one exporter. Whom a tenant really has is counted by
//! `harness::Census`; what the service makes of these people in each case is said here.

use simulator::{
    Activity, Availability, Duplicates, Effect, EmptyPages, Fault, FilteredPaging, Occurrence, Operation, Order,
    Person, Presence, Shape, Spelling, Switches, TooManyIds, Unauthorized, UnknownId, Unlicensed,
};

use crate::harness::{
    Census, EVERYBODY, Exporter, MORNING, PRESENCE_FAMILIES, Seen, Tenant, assert_same_lines, enabled_member, frozen,
};

/// A tenant, and what the page must come to say of it.
struct Case {
    tenant: Tenant,
    expected: Census,
}

/// A tenant with these switches and faults, whose people are answered about as the documentation has it.
fn tenant(name: &str, people: u32, switches: Switches, faults: &[(Operation, Effect)]) -> Tenant {
    let always = |(operation, effect): &(Operation, Effect)| Fault {
        operation: *operation,
        occurrence: Occurrence::Always,
        effect: effect.clone(),
    };
    let faults = faults.iter().map(always).collect();
    Tenant::start(name, simulator::Settings { switches, faults, ..frozen(people, MORNING) })
}

fn usual(tenant: Tenant) -> Case {
    let expected = Census::usual(&tenant.simulator);
    Case { tenant, expected }
}

fn check(cases: &[Case]) {
    let tenants: Vec<&Tenant> = cases.iter().map(|case| &case.tenant).collect();
    let exporter = Exporter::start(&tenants);
    for Case { tenant, expected } in cases {
        let Tenant { name, simulator, .. } = tenant;
        let tracked = [expected.people, 0, 0, expected.left_out];
        let wanted = |page: &crate::harness::Page| page.up(name) && page.tracked(name) == tracked;
        let page = exporter.wait_until(&format!("{name} up, {tracked:?} tracked"), wanted);
        assert_same_lines(&page.of(name, &PRESENCE_FAMILIES), &expected.lines(), name);
        page.assert_sums_agree(name);
        assert!(simulator.calls().iter().all(|call| call.ids <= 650), "{name}: more than 650 ids in a request");
    }
}

#[test]
fn an_id_that_is_nobodys_costs_nobody_else_a_count() {
    let strangers = 3;
    let case = |unknown_id: &UnknownId| {
        let name = format!("{unknown_id:?}");
        let switches = Switches { unknown_id: *unknown_id, ..Switches::default() };
        // The directory lags behind: it lists people who are gone.
        let Case { tenant, mut expected } =
            usual(tenant(&name, 300, switches, &[(Operation::ListUsers, Effect::ForeignRows(strangers))]));
        for _ in 0..strangers {
            match unknown_id {
                UnknownId::PresenceUnknown => expected.add(Seen::unknown()),
                UnknownId::Absent | UnknownId::NotFound | UnknownId::BadRequest => expected.left_out += 1,
            }
        }
        Case { tenant, expected }
    };
    check(&UnknownId::ALL.iter().map(case).collect::<Vec<_>>());
}

#[test]
fn who_has_no_presence_is_counted_as_graph_answers_or_not_at_all() {
    let case = |unlicensed: Unlicensed, of: &str, filter: &str, selected: fn(&Person) -> bool| {
        let switches = Switches { unlicensed, ..Switches::default() };
        let name = format!("{unlicensed:?} of {of}");
        let keys = format!("interval: 5s\nusers: {{filter: \"{filter}\"}}");
        let tenant = tenant(&name, 400, switches, &[]).with(&keys);
        let seen = |person: &Person, presence: Presence| match unlicensed {
            _ if person.has_teams() => Some(presence.into()),
            Unlicensed::PresenceUnknown => Some(presence.into()),
            Unlicensed::Offline => Some(Seen { availability: "Offline", activity: "Offline", ..presence.into() }),
            Unlicensed::Absent => None,
        };
        let expected = Census::of(&tenant.simulator, selected, seen);
        Case { tenant, expected }
    };
    let default = "accountEnabled eq true and userType eq 'Member'";
    let both = |unlicensed: &Unlicensed| {
        [case(*unlicensed, "members", default, enabled_member), case(*unlicensed, "everybody", "", EVERYBODY)]
    };
    check(&Unlicensed::ALL.iter().flat_map(both).collect::<Vec<_>>());
}

#[test]
fn every_spelling_is_read_and_what_is_new_has_its_own_name() {
    let case = |spelling: &Spelling| {
        let switches = Switches { spelling: *spelling, ..Switches::default() };
        let tenant = tenant(&format!("{spelling:?}"), 400, switches, &[]);
        let seen = |person: &Person, presence: Presence| {
            let usual = Seen::from(presence);
            Some(match spelling {
                Spelling::NewestPage => newest_page(presence),
                Spelling::NewValue if is_new(person, presence) => {
                    Seen { availability: "Hibernating", activity: "Daydreaming", ..usual }
                }
                Spelling::PascalCase | Spelling::CamelCase | Spelling::NewValue => usual,
            })
        };
        let expected = Census::of(&tenant.simulator, enabled_member, seen);
        Case { tenant, expected }
    };
    check(&Spelling::ALL.iter().map(case).collect::<Vec<_>>());
}

/// The lists of the newest page look swapped, and it knows no idle stages (facts/graph.md 1.11).
fn newest_page(presence: Presence) -> Seen {
    let plain = match presence.availability {
        Availability::AvailableIdle => "Available",
        Availability::BusyIdle => "Busy",
        other => other.word(),
    };
    let (availability, activity) = match presence.activity {
        Activity::Focusing => ("Focusing", plain),
        Activity::InACall | Activity::InAConferenceCall => ("InACall", plain),
        Activity::InAMeeting => ("InAMeeting", plain),
        Activity::Presenting => ("Presenting", plain),
        Activity::OutOfOffice => (plain, "OutOfOffice"),
        _ => (plain, plain),
    };
    Seen { availability, activity, ..presence.into() }
}

/// Whether the simulated tenant gives this person the new words: one of eight who are not offline.
fn is_new(person: &Person, presence: Presence) -> bool {
    let first = u8::from_str_radix(&person.id.to_string()[..2], 16).unwrap();
    let away = matches!(presence.availability, Availability::Offline | Availability::PresenceUnknown);
    first.is_multiple_of(8) && !away
}

#[test]
fn a_property_that_no_answer_carries_is_absent_and_not_zero() {
    let case = |shape: &Shape| {
        let switches = Switches { shape: *shape, ..Switches::default() };
        let tenant = tenant(&format!("{shape:?}"), 300, switches, &[]);
        let seen = |_: &Person, presence: Presence| {
            let usual = Seen::from(presence);
            let smaller = Seen { work_location: None, is_out_of_office: None, ..usual };
            Some(match shape {
                Shape::Full | Shape::Typed => usual,
                Shape::Government => smaller,
                Shape::Bleu => Seen { is_out_of_office: None, ..usual },
                Shape::Sparse => Seen { has_status_message: Some(false), ..smaller },
            })
        };
        let expected = Census::of(&tenant.simulator, enabled_member, seen);
        Case { tenant, expected }
    };
    check(&Shape::ALL.iter().map(case).collect::<Vec<_>>());
}

#[test]
fn order_repetition_and_moods_of_the_answers_change_no_count() {
    let switches = Switches::default();
    let shuffled = Switches { order: Order::Shuffled, duplicates: Duplicates::RepeatedRows, ..switches };
    let unsteady = Switches { unauthorized: Unauthorized::NowAndThen, ..switches };
    let speechless = Switches { too_many_ids: TooManyIds::WithoutMessage, order: Order::Shuffled, ..switches };
    let pages = Switches { empty_pages: EmptyPages::Interleaved, filtered_paging: FilteredPaging::Expires, ..switches };
    let cases = [
        usual(tenant("shuffled", 300, shuffled, &[(Operation::GetPresences, Effect::DuplicateRows(50))])),
        usual(tenant("strangers", 300, shuffled, &[(Operation::GetPresences, Effect::ForeignRows(50))])),
        usual(tenant("moody", 2_000, unsteady, &[])),
        usual(tenant("more than 650", 2_000, speechless, &[])),
        usual(tenant("pages", 3_000, pages, &[(Operation::ListUsers, Effect::DuplicateRows(20))])),
    ];
    check(&cases);
    for Case { tenant: Tenant { name, simulator, .. }, .. } in &cases {
        let calls = simulator.calls();
        let tokens = calls.iter().filter(|call| call.operation == Operation::Token).count();
        assert_eq!(tokens, 1, "{name}: a mood of the presence service is no matter of tokens");
        let listings = calls.iter().filter(|call| call.operation == Operation::ListUsers);
        for call in listings {
            // The link to the next page does not carry headers (facts/graph.md 3.4).
            assert_eq!(call.consistency_level.as_deref(), Some("eventual"), "{name}: {}", call.query);
        }
    }
    let moods = cases[2].tenant.simulator.calls();
    assert!(moods.iter().any(|call| call.status == 401), "the moody tenant was never moody");
}
