//! Presence: what is answered about whom, and every switch that concerns it.

use std::io::Read as _;

use serde_json::{Value, json};
use simulator::{
    Batch, Budget, Clock, Duplicates, EmptyIds, MalformedId, MissingRole, Order, RetryAfter, Settings, Shape, Spelling,
    Switches, TooManyIds, Unauthorized, UnknownId, Unlicensed, Wrapping,
};

use crate::house::{House, monday, small};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn switched(change: impl FnOnce(&mut Switches)) -> House {
    let mut switches = Switches::default();
    change(&mut switches);
    House::of(Settings { switches, ..small() })
}

#[test]
fn the_answer_is_what_the_seed_says_of_each_person_at_that_instant() {
    let mut house = House::of(small());
    let reply = house.presences(&house.ids(300));
    assert_eq!(reply.status, 200);
    let rows = reply.rows();
    assert_eq!(rows.len(), 300);
    for (row, person) in rows.iter().zip(house.simulator.organisation().people()) {
        let presence = house.simulator.presence_of(&person, monday());
        assert_eq!(row["id"], person.id.to_string());
        assert_eq!(row["availability"], presence.availability.word());
        assert_eq!(row["activity"], presence.activity.word());
        assert_eq!(row["sequenceNumber"], presence.sequence_number.to_string());
        assert_eq!(row["outOfOfficeSettings"]["isOutOfOffice"], presence.is_out_of_office);
        assert_eq!(row["outOfOfficeSettings"]["message"].as_str(), presence.out_of_office_message);
        assert_eq!(row["statusMessage"]["message"]["content"].as_str(), presence.status_message);
        assert_eq!(row["workLocation"]["source"], presence.work_location.source.word());
        assert_eq!(row["workLocation"]["workLocationType"], presence.work_location.kind.word());
    }
    let available = rows.iter().filter(|row| row["availability"] == "Available").count();
    assert!((50..200).contains(&available), "{available} of 300 are available on a Monday morning");
}

#[test]
fn one_presence_is_the_same_as_in_bulk_under_both_paths() {
    let mut house = House::of(small());
    let id = house.ids(5).pop().expect("an id");
    let bulk = house.presences(std::slice::from_ref(&id)).rows().remove(0);
    for target in [format!("/v1.0/users/{id}/presence"), format!("/v1.0/communications/presences/{id}")] {
        let mut one = house.get(&target).json();
        assert!(one.as_object_mut().expect("an object").remove("@odata.context").is_some());
        assert_eq!(one, bulk);
    }
    assert_eq!(house.get(&format!("/v1.0/users/{NOBODY}/presence")).error().1, "Request_ResourceNotFound");
    let mut house = switched(|switches| switches.wrapping = Wrapping::InValue);
    assert_eq!(house.get(&format!("/v1.0/communications/presences/{id}")).rows(), [bulk]);
}

#[test]
fn a_frozen_clock_repeats_itself_and_a_moved_one_does_not() {
    let mut house = House::of(small());
    let first = house.presences(&house.ids(200)).rows();
    assert_eq!(house.presences(&house.ids(200)).rows(), first);
    house.simulator.set_clock(Clock::Frozen(monday() + std::time::Duration::from_hours(5)));
    assert_ne!(house.presences(&house.ids(200)).rows(), first);
}

#[test]
fn a_compressed_answer_is_the_same_answer() {
    let mut house = House::of(small());
    let plain = house.presences(&house.ids(300)).body;
    let body = json!({"ids": house.ids(300)}).to_string();
    let authorization = house.authorization.clone();
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/json"),
        ("Accept-Encoding", "deflate, gzip;q=1.0"),
    ];
    let target = "/v1.0/communications/getPresencesByUserId";
    let reply = house.client.send("POST", target, &headers, body.as_bytes()).expect("a reply");
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(reply.body.as_slice()).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain);
    assert!(reply.body.len() * 3 < plain.len());
}

#[test]
fn more_than_650_ids_are_refused() {
    let mut house = House::of(Settings { people: 700, ..small() });
    assert_eq!(house.presences(&house.ids(650)).rows().len(), 650);
    let refused = |house: &mut House| house.presences(&house.ids(651)).error();
    assert!(matches!(refused(&mut house), (400, _, message) if message.contains("650")));
    house.simulator.set_switches(Switches { too_many_ids: TooManyIds::WithoutMessage, ..Switches::default() });
    assert!(matches!(refused(&mut house), (400, _, message) if message.is_empty()));
    assert_eq!(house.simulator.calls().last().map(|call| (call.ids, call.status)), Some((651, 400)));
}

#[test]
fn a_request_beyond_all_reason_is_too_large() {
    let mut house = House::of(small());
    let ids = vec![NOBODY.to_owned(); 200_000];
    assert_eq!(house.presences(&ids).error().0, 413);
}

#[test]
fn a_million_people_are_there_at_once() {
    let mut house = House::of(Settings { people: 1_000_000, ..small() });
    let last = house.simulator.organisation().person(999_999);
    let rows = house.presences(&[last.id.to_string()]).rows();
    assert_eq!(rows[0]["activity"], house.simulator.presence_of(&last, monday()).activity.word());
    assert_eq!(house.get_eventually("/v1.0/users/$count").body, b"1000000");
}

#[test]
fn unknown_ids_are_answered_as_the_switch_says() {
    for (position, expected) in [
        (UnknownId::PresenceUnknown, Ok(2)),
        (UnknownId::Absent, Ok(1)),
        (UnknownId::NotFound, Err(404)),
        (UnknownId::BadRequest, Err(400)),
    ] {
        let mut house = switched(|switches| switches.unknown_id = position);
        let ids = [house.ids(1).remove(0), NOBODY.to_owned()];
        let reply = house.presences(&ids);
        let got = if reply.status == 200 { Ok(reply.rows().len()) } else { Err(reply.error().0) };
        assert_eq!(got, expected, "{position:?}");
    }
}

#[test]
fn malformed_empty_and_missing_ids_are_answered_as_the_switches_say() {
    let mut house = House::of(small());
    let target = "/v1.0/communications/getPresencesByUserId";
    let malformed = vec!["zoe@brightwater.example".to_owned()];
    assert_eq!(house.presences(&malformed).error().0, 400);
    for body in [json!({"ids": []}), json!({"ids": null}), json!({}), json!([]), json!({"ids": [1]})] {
        assert_eq!(house.post(target, &body).error().0, 400, "{body}");
    }
    let (malformed_id, empty_ids) = (MalformedId::AsUnknown, EmptyIds::EmptyValue);
    house.simulator.set_switches(Switches { malformed_id, empty_ids, ..Switches::default() });
    let rows = house.presences(&malformed).rows();
    assert_eq!(
        (rows[0]["id"].as_str(), rows[0]["availability"].as_str()),
        (Some(malformed[0].as_str()), Some("PresenceUnknown"))
    );
    assert_eq!(house.post(target, &json!({"ids": []})).json()["value"], json!([]));
}

#[test]
fn order_and_duplicates_are_as_the_switches_say() {
    let ids_of = |rows: &[Value]| rows.iter().map(|row| row["id"].as_str().expect("id").to_owned()).collect::<Vec<_>>();
    let mut house = House::of(small());
    let ids = house.ids(50);
    let twice: Vec<String> = ids.iter().chain(&ids).cloned().collect();
    assert_eq!(ids_of(&house.presences(&twice).rows()), ids);
    house.simulator.set_switches(Switches { duplicates: Duplicates::RepeatedRows, ..Switches::default() });
    assert_eq!(ids_of(&house.presences(&twice).rows()), twice);
    house.simulator.set_switches(Switches { order: Order::Shuffled, ..Switches::default() });
    let mut shuffled = ids_of(&house.presences(&ids).rows());
    assert_ne!(shuffled, ids);
    shuffled.sort();
    let mut sorted = ids;
    sorted.sort();
    assert_eq!(shuffled, sorted);
}

#[test]
fn people_without_teams_are_answered_as_the_switch_says() {
    let of_guest = |position| {
        let mut house = switched(|switches| switches.unlicensed = position);
        let guest = house.simulator.organisation().people().find(|person| !person.has_teams()).expect("a guest");
        let rows = house.presences(&[guest.id.to_string()]).rows();
        rows.first().map(|row| row["availability"].as_str().expect("a word").to_owned())
    };
    assert_eq!(of_guest(Unlicensed::PresenceUnknown).as_deref(), Some("PresenceUnknown"));
    assert_eq!(of_guest(Unlicensed::Offline).as_deref(), Some("Offline"));
    assert_eq!(of_guest(Unlicensed::Absent), None);
}

#[test]
fn words_are_spelled_as_the_switch_says() {
    let words = |position, field: &str| {
        let mut house = switched(|switches| switches.spelling = position);
        let mut words: Vec<String> = Vec::new();
        for row in house.presences(&house.ids(300)).rows() {
            words.push(row[field].as_str().expect("a word").to_owned());
        }
        words.sort();
        words.dedup();
        words
    };
    assert!(words(Spelling::PascalCase, "activity").contains(&"InAMeeting".to_owned()));
    assert!(words(Spelling::CamelCase, "activity").contains(&"inAMeeting".to_owned()));
    assert!(words(Spelling::NewestPage, "availability").contains(&"inAMeeting".to_owned()));
    assert!(!words(Spelling::NewestPage, "activity").contains(&"inAMeeting".to_owned()));
    assert!(words(Spelling::NewValue, "availability").contains(&"Hibernating".to_owned()));
}

#[test]
fn smaller_shapes_have_fewer_properties() {
    let properties = |position| {
        let mut house = switched(|switches| switches.shape = position);
        let rows = house.presences(&house.ids(1)).rows();
        rows[0].as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let least = "activity availability id";
    let (small, full) = ("statusMessage", "outOfOfficeSettings sequenceNumber statusMessage workLocation");
    for (shape, expected) in [
        (Shape::Full, format!("{least} {full}")),
        (Shape::Typed, format!("@odata.type {least} {full}")),
        (Shape::Sparse, format!("{least} {small}")),
        (Shape::Government, format!("{least} {small}")),
        (Shape::Bleu, format!("{least} {small} workLocation")),
    ] {
        assert_eq!(properties(shape), expected, "{shape:?}");
    }
}

#[test]
fn without_a_role_presence_is_forbidden() {
    let mut house = House::with_roles(&["User.Read.All"]);
    let (status, code, message) = house.presences(&house.ids(1)).error();
    assert_eq!((status, code.as_str()), (403, "Forbidden"));
    assert!(!message.is_empty());
    house.simulator.set_switches(Switches { missing_role: MissingRole::WithoutMessage, ..Switches::default() });
    assert_eq!(house.presences(&house.ids(1)).error().2, "");
    let mut house = House::with_roles(&["Presence.ReadWrite.All"]);
    assert_eq!(house.presences(&house.ids(1)).status, 200);
}

#[test]
fn the_1501st_request_is_throttled_and_told_when_to_come_again() {
    let mut house = House::of(small());
    let id = house.ids(1);
    for _ in 0..1500 {
        assert_eq!(house.presences(&id).status, 200);
    }
    let reply = house.presences(&id);
    assert_eq!(reply.error().1, "TooManyRequests");
    let seconds: u64 = reply.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=30).contains(&seconds));
    assert_eq!(house.simulator.fullest_window(), 1501);
    let mut written = |retry_after| {
        house.simulator.set_switches(Switches { retry_after, ..Switches::default() });
        house.presences(&id).header("retry-after").map(str::to_owned)
    };
    assert!(written(RetryAfter::Fractional).is_some_and(|text| text.ends_with(".249")));
    assert!(written(RetryAfter::Duplicated).is_some_and(|text| text.starts_with("0,")));
    assert!(written(RetryAfter::Date).is_some_and(|text| text.ends_with(" GMT")));
    assert_eq!(written(RetryAfter::Absent), None);
}

#[test]
fn where_ids_count_the_third_full_request_is_throttled() {
    let mut house = switched(|switches| switches.budget = Budget::PerId);
    let ids = house.ids(300);
    let statuses: Vec<u16> = (0..6).map(|_| house.presences(&ids).status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
}

#[test]
fn a_moody_back_end_refuses_good_tokens_now_and_then() {
    let mut house = switched(|switches| switches.unauthorized = Unauthorized::NowAndThen);
    let id = house.ids(1);
    let codes: Vec<u16> = (0..6).map(|_| house.presences(&id).status).collect();
    assert_eq!(codes, [200, 200, 401, 200, 200, 401]);
}

#[test]
fn a_batch_answers_its_parts_each_for_itself() {
    let mut house = House::of(Settings { presence_limit: Some(1), ..small() });
    let id = house.ids(1).remove(0);
    let part = |number: u32| json!({"id": number.to_string(), "method": "GET", "url": format!("/users/{id}/presence")});
    let reply = house.post("/v1.0/$batch", &json!({"requests": [part(1), part(2)]}));
    let responses = reply.json()["responses"].clone();
    assert_eq!(
        (reply.status, responses[0]["status"].as_u64(), responses[1]["status"].as_u64()),
        (200, Some(200), Some(429))
    );
    assert_eq!(responses[0]["body"]["id"], id);
    assert!(responses[1]["headers"]["Retry-After"].is_string());
    house.simulator.set_switches(Switches { batch: Batch::Outer424, ..Switches::default() });
    assert_eq!(house.post("/v1.0/$batch", &json!({"requests": [part(1)]})).error().0, 424);
    let many: Vec<Value> = (0..21).map(part).collect();
    assert_eq!(house.post("/v1.0/$batch", &json!({"requests": many})).error().0, 400);
    assert_eq!(house.post("/v1.0/$batch", &json!({"requests": [part(1), part(1)]})).error().0, 400);
}
