//! Scenarios over the wire: each does what its name says, is calm while its scene is, and tests have the last word.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;
use simulator::{Fault, Occurrence, Operation, Scenario, Settings, Switches};

use crate::client::{Client, Reply};
use crate::house::{House, small};

/// A tenant so many seconds into a scenario.
fn within(scenario: Scenario, seconds: u64) -> House {
    House::of(Settings { scenario, scenario_skipped: Duration::from_secs(seconds), ..small() })
}

/// What becomes of a request for the presence of these people; on a new connection if the old one broke.
fn asked(house: &mut House, ids: &[String]) -> io::Result<Reply> {
    let headers = [("Authorization", house.authorization.as_str()), ("Content-Type", "application/json")];
    let body = json!({ "ids": ids }).to_string();
    let reply = house.client.send("POST", "/v1.0/communications/getPresencesByUserId", &headers, body.as_bytes());
    if reply.is_err() {
        house.client = Client::connect(&house.simulator).expect("a connection");
    }
    reply
}

/// The statuses of so many such requests; 0 for a connection that broke.
fn statuses(house: &mut House, many: usize) -> Vec<u16> {
    let ids = house.ids(20);
    (0..many).map(|_| asked(house, &ids).map_or(0, |reply| reply.status)).collect()
}

#[test]
fn every_scenario_that_is_written_down_begins_with_right_answers() {
    for scenario in Scenario::ALL.into_iter().filter(|scenario| *scenario != Scenario::Random) {
        let mut house = within(scenario, 0);
        assert_eq!(house.get("/v1.0/users?$top=999").rows().len(), 300, "{scenario}");
        assert_eq!(house.presences(&house.ids(300)).rows().len(), 300, "{scenario}");
    }
}

#[test]
fn an_outage_is_one_of_everything_and_is_ended_for_good_by_calm() {
    let mut house = within(Scenario::Outage, 60);
    assert_eq!(house.simulator.scene().name(), "all answers 503");
    assert_eq!((house.token(&[]).0, house.get("/v1.0/users").status), (503, 503));
    assert_eq!(statuses(&mut house, 3), [503, 503, 503]);
    house.simulator.set_scenario(Scenario::Calm);
    house.sign_in();
    assert!(house.simulator.scene().is_calm());
    assert_eq!(statuses(&mut house, 3), [200, 200, 200]);

    let mut house = House::of(small());
    house.simulator.set_scenario(Scenario::Outage);
    assert_eq!(statuses(&mut house, 3), [200, 200, 200], "a scenario that is set begins with its first scene");
}

#[test]
fn throttling_asks_for_a_pause_in_every_form() {
    let forms = [(60, Some("3")), (80, Some("3.249")), (100, Some("0,3")), (140, None), (160, Some("soon"))];
    for (seconds, form) in forms {
        let mut house = within(Scenario::Throttled, seconds);
        assert_eq!(statuses(&mut house, 2), [200, 200]);
        let refused = house.presences(&house.ids(1));
        assert_eq!((refused.status, refused.header("retry-after")), (429, form));
    }
    let mut house = within(Scenario::Throttled, 120);
    statuses(&mut house, 2);
    let refused = house.presences(&house.ids(1));
    assert!(refused.header("retry-after").is_some_and(|date| date.ends_with(" GMT")));
}

#[test]
fn the_limit_counts_ids_from_the_beginning_and_for_good() {
    let mut house = within(Scenario::CountsIds, 0);
    let ids = house.ids(300);
    let statuses: Vec<u16> = (0..6).map(|_| house.presences(&ids).status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    assert_eq!(house.simulator.switches(), Switches::default(), "no test has set it");
}

#[test]
fn a_flaky_graph_fails_in_many_ways_and_mostly_does_not() {
    let mut house = within(Scenario::Flaky, 60);
    let statuses = statuses(&mut house, 100);
    let many = |status| statuses.iter().filter(|answered| **answered == status).count();
    assert!(many(200) > 80, "{statuses:?}");
    for status in [0, 401, 500, 502] {
        assert!((1..8).contains(&many(status)), "{status} in {statuses:?}");
    }
    let mut house = within(Scenario::Flaky, 60);
    let ids = house.ids(300);
    let rows: Vec<usize> = (0..12).map(|_| house.presences(&ids).rows().len()).collect();
    assert_eq!((rows[0], rows[9], rows[10], rows[11]), (300, 300, 260, 300));
}

#[test]
fn slow_answers_are_right_in_the_end() {
    for seconds in [60, 80] {
        let mut house = within(Scenario::Slow, seconds);
        let begun = Instant::now();
        assert_eq!(house.presences(&house.ids(10)).rows().len(), 10);
        assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", house.simulator.scene());
    }
    let mut house = within(Scenario::Slow, 100);
    house.client.lose_patience_after(Duration::from_millis(200)).expect("a time limit");
    let ids = house.ids(10);
    assert!(asked(&mut house, &ids).is_ok());
    assert_eq!(asked(&mut house, &ids).expect_err("silence").kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn hostile_answers_are_no_answers_or_wrong_ones_or_lead_elsewhere() {
    let mut house = within(Scenario::Hostile, 60);
    let ids = house.ids(10);
    assert_eq!(house.presences(&ids).rows().len(), 10);
    let answers: Vec<_> = (0..8).map(|_| asked(&mut house, &ids)).collect();
    let of_all = |answer: &io::Result<Reply>| answer.as_ref().is_ok_and(|reply| reply.rows().len() == 10);
    // Headers that are too long and keys that stand twice do not keep the rows from being there.
    assert_eq!(answers.iter().filter(|answer| of_all(answer)).count(), 2);

    let mut house = within(Scenario::Hostile, 80);
    let rows: Vec<_> = (0..5).map(|_| house.presences(&ids).rows()).collect();
    assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [60, 20, 0, 0, 10]);
    assert!(rows[4].iter().all(|row| row["availability"].is_null()));

    let mut house = within(Scenario::Hostile, 100);
    assert_eq!(statuses(&mut house, 2), [302, 200]);
    let mut house = within(Scenario::Hostile, 120);
    assert_eq!(asked(&mut house, &ids).expect("an answer").body.len() / 1_000_000, 4, "more than anybody reads");
}

#[test]
fn three_people_poison_their_batches_and_no_others() {
    let mut house = within(Scenario::Poisoned, 60);
    let refused = house.ids(300).into_iter().filter(|id| house.presences(std::slice::from_ref(id)).status == 400);
    let refused: Vec<String> = refused.collect();
    assert_eq!(refused.len(), 3);
    let listed = house.list("/v1.0/users?$top=999&$filter=accountEnabled eq true and userType eq 'Member'", &[]);
    let is_listed = |id: &String| listed.iter().any(|row| row["id"] == **id);
    assert!(refused.iter().all(is_listed));
    let good: Vec<String> = house.ids(300).into_iter().filter(|id| !refused.contains(id)).collect();
    assert_eq!(house.presences(&good).rows().len(), 297);
    assert_eq!(house.presences(&house.ids(300)).status, 400);
}

#[test]
fn a_systemic_refusal_spares_nobody() {
    let mut house = within(Scenario::Systemic, 60);
    assert_eq!(statuses(&mut house, 3), [400, 400, 400]);
    let id = house.ids(1).remove(0);
    assert_eq!(house.get(&format!("/v1.0/users/{id}/presence")).status, 400);
    assert_eq!(house.get("/v1.0/users").status, 200);
}

#[test]
fn tokens_fail_in_every_way_one_after_the_other() {
    assert_eq!(within(Scenario::TokenTrouble, 60).token(&[]).0, 503);
    let (status, body) = within(Scenario::TokenTrouble, 200).token(&[]);
    assert_eq!((status, body["error_codes"][0].as_u64()), (401, Some(7_000_222)));
    let (status, body) = within(Scenario::TokenTrouble, 300).token(&[]);
    assert_eq!((status, body["expires_in"].as_u64()), (200, Some(12)));
}

#[test]
fn some_listings_lack_most_people_and_some_all() {
    let listed = |seconds| {
        let (scenario, scenario_skipped) = (Scenario::Shrinking, Duration::from_secs(seconds));
        let mut house = House::of(Settings { people: 1_500, scenario, scenario_skipped, ..small() });
        house.list("/v1.0/users?$top=999", &[]).len()
    };
    assert_eq!([0, 60, 120, 180].map(listed), [1_500, 99, 1_500, 0]);
}

#[test]
fn page_tokens_expire_before_they_can_be_used() {
    let mut house = within(Scenario::LongListing, 270);
    let first = house.get("/v1.0/users?$top=100").json();
    let next = first["@odata.nextLink"].as_str().expect("a link").to_owned();
    let next = house.get(next.strip_prefix(&house.simulator.origin()).expect("a link to here"));
    assert_eq!((next.status, next.error().1.as_str()), (400, "Directory_ExpiredPageToken"));
}

#[test]
fn what_a_test_injects_wins_over_the_scenario_and_is_forgotten_alone() {
    let mut house = within(Scenario::Outage, 60);
    house.simulator.inject(Fault::status(Operation::GetPresences, Occurrence::Nth(1), 502));
    assert_eq!(statuses(&mut house, 2), [502, 503]);
    house.simulator.clear_faults();
    assert_eq!(statuses(&mut house, 1), [503]);
}
