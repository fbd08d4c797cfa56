//! Faults, as a client meets them, and the journal of calls.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use simulator::{Effect, Fault, Guid, Occurrence, Operation, Recording, Settings};

use crate::client::Client;
use crate::house::{House, small};

fn presence_fault(effect: Effect) -> House {
    let fault = Fault { operation: Operation::GetPresences, occurrence: Occurrence::Nth(1), effect };
    House::of(Settings { faults: vec![fault], ..small() })
}

fn listing_fault(effect: Effect) -> House {
    let fault = Fault { operation: Operation::ListUsers, occurrence: Occurrence::Nth(1), effect };
    House::of(Settings { faults: vec![fault], ..small() })
}

#[test]
fn the_third_presence_call_fails_with_503_and_no_other() {
    let mut house = House::of(small());
    house.simulator.inject(Fault::status(Operation::GetPresences, Occurrence::Nth(3), 503));
    let ids = house.ids(1);
    let statuses: Vec<u16> = (0..4).map(|_| house.presences(&ids).status).collect();
    assert_eq!(statuses, [200, 200, 503, 200]);
    house.simulator.inject(Fault::throttled(Operation::GetPresences, Occurrence::Always, "41"));
    let reply = house.presences(&ids);
    assert_eq!((reply.error().1.as_str(), reply.header("retry-after")), ("TooManyRequests", Some("41")));
    assert_eq!(house.simulator.fullest_window(), 5, "failed requests were made, too");
    house.simulator.clear_faults();
    assert_eq!(house.presences(&ids).status, 200);
}

#[test]
fn a_failing_entra_answers_in_entras_shape() {
    let mut house = House::of(small());
    house.simulator.inject(Fault::status(Operation::Token, Occurrence::Always, 503));
    let (status, body) = house.token(&[]);
    assert_eq!((status, body["error"].as_str()), (503, Some("temporarily_unavailable")));
}

#[test]
fn a_reset_breaks_the_connection_and_the_next_one_works() {
    let mut house = presence_fault(Effect::Reset);
    let target = "/v1.0/communications/getPresencesByUserId";
    let broken = house.client.send("POST", target, &[], b"{}").expect_err("a broken connection");
    assert_eq!(broken.kind(), ErrorKind::ConnectionReset);
    assert_eq!(house.simulator.calls().last().map(|call| call.status), Some(0));
    house.client = Client::connect(&house.simulator).expect("a connection");
    assert_eq!(house.presences(&house.ids(1)).status, 200);
}

#[test]
fn a_truncated_body_ends_before_its_promised_length() {
    let mut house = presence_fault(Effect::Truncate(100));
    let authorization = house.authorization.clone();
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
    let body = format!("{{\"ids\":[\"{}\"]}}", house.ids(1)[0]);
    let target = "/v1.0/communications/getPresencesByUserId";
    let broken = house.client.send("POST", target, &headers, body.as_bytes()).expect_err("a broken connection");
    assert_eq!(broken.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_body_may_stop_in_its_middle_and_say_no_more() {
    let mut house = presence_fault(Effect::Stall(100));
    house.client.lose_patience_after(Duration::from_millis(200)).expect("a time limit");
    let authorization = house.authorization.clone();
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
    let body = format!("{{\"ids\":[\"{}\"]}}", house.ids(1)[0]);
    let target = "/v1.0/communications/getPresencesByUserId";
    let silence = house.client.send("POST", target, &headers, body.as_bytes()).expect_err("silence");
    assert!(matches!(silence.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence}");
    house.client = Client::connect(&house.simulator).expect("a connection");
    assert_eq!(house.presences(&house.ids(1)).rows().len(), 1);
}

#[test]
fn a_body_may_come_in_drops() {
    let every = Duration::from_millis(2);
    let mut house = presence_fault(Effect::Drip { bytes: 10, every });
    let begun = Instant::now();
    let dripped = house.presences(&house.ids(1));
    let drops = u32::try_from(dripped.body.len().div_ceil(10)).expect("a few drops");
    assert!(begun.elapsed() >= every * (drops - 1), "{drops} drops in {:?}", begun.elapsed());
    assert_eq!(dripped.body, house.presences(&house.ids(1)).body);
}

#[test]
fn a_body_may_be_a_flood() {
    let mut house = presence_fault(Effect::Endless(5 << 30));
    let reply = house.presences(&house.ids(1));
    assert_eq!((reply.status, reply.header("content-length")), (200, None));
    assert!(reply.body.len() >= 4 << 20 && reply.body.starts_with(b"{\"value\":[ "));
    let mut house = presence_fault(Effect::Endless(3_000_000));
    assert_eq!(house.presences(&house.ids(1)).body.len(), 3_000_000);
}

#[test]
fn a_bomb_is_small_on_its_way_and_large_at_its_end() {
    let mut house = presence_fault(Effect::GzipBomb(10_000_000));
    let reply = house.presences(&house.ids(1));
    assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")));
    assert!(reply.body.len() < 100_000, "{} bytes", reply.body.len());
    let unpacked = std::io::copy(&mut GzDecoder::new(&reply.body[..]), &mut std::io::sink()).expect("gzip");
    assert_eq!(unpacked, 10_000_000);
}

#[test]
fn a_body_may_hold_what_is_hard_to_read() {
    let body = |effect| {
        let mut house = presence_fault(effect);
        let reply = house.presences(&house.ids(1));
        assert_eq!(reply.status, 200);
        (house, String::from_utf8_lossy(&reply.body).into_owned())
    };
    let (mut house, nested) = body(Effect::DeepNesting(100_000));
    let right = house.presences(&house.ids(1)).body;
    let right = String::from_utf8(right).expect("text");
    let depth = "[".repeat(100_000);
    assert_eq!(nested, format!("{{\"nested\":{depth}{},{}", depth.replace('[', "]"), &right[1..]));
    let (_, doubled) = body(Effect::DuplicateKeys);
    assert_eq!(doubled.matches("\"value\":").count(), 2);
    let (_, broken) = body(Effect::InvalidUtf8);
    assert!(broken.starts_with("{\"text\":\"\u{fffd}(\u{fffd}\",\"@odata"), "{broken}");
}

#[test]
fn headers_may_be_large_and_many() {
    let large = vec![("x-large".to_owned(), "x".repeat(1 << 20))];
    let reply = {
        let mut house = presence_fault(Effect::Headers(large));
        house.presences(&house.ids(1))
    };
    assert_eq!((reply.header("x-large").map(str::len), reply.rows().len()), (Some(1 << 20), 1));
    let many = (0..1_000).map(|number| (format!("x-{number}"), "x".to_owned())).collect();
    let mut house = presence_fault(Effect::Headers(many));
    assert!(house.presences(&house.ids(1)).headers.len() > 1_000);
}

#[test]
fn a_status_of_success_comes_with_an_error_or_with_nothing() {
    let mut house = House::of(small());
    house.simulator.inject(Fault::status(Operation::GetPresences, Occurrence::Nth(1), 200));
    house.simulator.inject(Fault::status(Operation::GetPresences, Occurrence::Nth(2), 204));
    assert_eq!(house.presences(&house.ids(1)).error(), (200, "UnknownError".to_owned(), String::new()));
    let reply = house.presences(&house.ids(1));
    assert_eq!((reply.status, reply.body.as_slice()), (204, [].as_slice()));
    assert_eq!(house.presences(&house.ids(1)).rows().len(), 1);
}

#[test]
fn who_is_offline_refuses_and_comes_back_where_it_was() {
    let mut house = House::of(small());
    let (origin, ca_pem) = (house.simulator.origin(), house.simulator.ca_pem().to_owned());
    for _ in 0..3 {
        house.simulator.go_offline().expect("offline");
        let cut = house.client.send("GET", "/v1.0/users", &[], b"").expect_err("no connection any more");
        assert!(matches!(cut.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe));
        let refused = Client::connect(&house.simulator).map(drop).expect_err("nobody there");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        house.simulator.go_offline().expect("still offline");
        house.simulator.go_online().expect("online");
        house.simulator.go_online().expect("still online");
        house.client = Client::connect(&house.simulator).expect("a connection");
        assert_eq!(house.presences(&house.ids(1)).status, 200, "the token is as good as it was");
    }
    assert_eq!((house.simulator.origin(), house.simulator.ca_pem()), (origin, ca_pem.as_str()));
}

#[test]
fn what_a_proxy_would_answer_is_answered() {
    let mut house = presence_fault(Effect::Html(502));
    let reply = house.presences(&house.ids(1));
    assert_eq!((reply.status, reply.header("content-type")), (502, Some("text/html; charset=utf-8")));
    let mut house = presence_fault(Effect::Redirect("https://elsewhere.example/".to_owned()));
    let reply = house.presences(&house.ids(1));
    assert_eq!((reply.status, reply.header("location")), (302, Some("https://elsewhere.example/")));
    let mut house = presence_fault(Effect::MalformedJson);
    let reply = house.presences(&house.ids(1));
    assert_eq!((reply.status, reply.json().is_null()), (200, true));
}

#[test]
fn rows_are_omitted_doubled_and_invented() {
    let rows = |effect| {
        let mut house = presence_fault(effect);
        house.presences(&house.ids(10)).rows().len()
    };
    assert_eq!(rows(Effect::OmitRows(3)), 7);
    assert_eq!(rows(Effect::DuplicateRows(2)), 12);
    assert_eq!(rows(Effect::ForeignRows(4)), 14);
    let mut house = presence_fault(Effect::OmitRows(usize::MAX));
    let effect = Effect::ForeignRows(2);
    house.simulator.inject(Fault { operation: Operation::GetPresences, occurrence: Occurrence::Nth(1), effect });
    let (ids, rows) = (house.ids(10), house.presences(&house.ids(10)).rows());
    assert!(rows.len() == 2 && rows.iter().all(|row| ids.iter().all(|id| row["id"] != id.as_str())), "{rows:?}");
    let listed = |effect| {
        let mut house = listing_fault(effect);
        house.get("/v1.0/users?$top=10").rows().len()
    };
    assert_eq!(listed(Effect::OmitRows(3)), 7);
    assert_eq!(listed(Effect::DuplicateRows(2)), 12);
    assert_eq!(listed(Effect::ForeignRows(4)), 14);
}

#[test]
fn poisoned_people_are_refused_singly_and_with_everybody_around_them() {
    let mut house = House::of(small());
    let ids = house.ids(10);
    let poisoned: Vec<Guid> = house.simulator.organisation().people().skip(3).take(2).map(|it| it.id).collect();
    for fault in Fault::poisoned(&poisoned) {
        house.simulator.inject(fault);
    }
    let single = |number: usize| format!("/v1.0/users/{}/presence", ids[number]);
    assert_eq!(house.presences(&ids).error().0, 400);
    assert_eq!(house.presences(&ids[..3]).rows().len(), 3);
    assert_eq!([2, 3, 4, 5].map(|number| house.get(&single(number)).status), [200, 400, 400, 200]);
    house.simulator.clear_faults();
    for fault in Fault::systemic() {
        house.simulator.inject(fault);
    }
    assert_eq!((house.presences(&ids[..3]).error().0, house.get(&single(2)).status), (400, 400));
}

#[test]
fn a_word_is_replaced_wherever_it_stands() {
    let mut house = presence_fault(Effect::Replace { from: "\"Offline\"".to_owned(), to: "null".to_owned() });
    let rows = house.presences(&house.ids(200)).rows();
    assert!(rows.iter().any(|row| row["availability"].is_null()));
    assert!(rows.iter().all(|row| row["availability"] != "Offline"));
}

#[test]
fn links_lead_astray_where_they_should() {
    let link = |effect| {
        let mut house = listing_fault(effect);
        let page = house.get("/v1.0/users?$top=10");
        (house, page.json()["@odata.nextLink"].as_str().expect("a link").to_owned())
    };
    let (_, elsewhere) = link(Effect::NextLinkElsewhere("https://elsewhere.example".to_owned()));
    assert!(elsewhere.starts_with("https://elsewhere.example/v1.0/users?$top=10&$skiptoken="));
    let (mut house, looping) = link(Effect::NextLinkLoop);
    let target = looping.strip_prefix(&house.simulator.origin()).expect("a link to here").to_owned();
    assert_eq!(house.get(&target).rows(), house.get("/v1.0/users?$top=10").rows());
    let mut house = listing_fault(Effect::EmptyPage);
    assert_eq!(house.list("/v1.0/users?$top=50", &[]).len(), 300);
    assert_eq!(house.simulator.calls().iter().filter(|call| call.operation == Operation::ListUsers).count(), 7);
}

#[test]
fn latencies_and_delays_are_kept() {
    let wait = Duration::from_millis(80);
    let mut house = House::of(Settings { presence_latency: wait, listing_latency: wait, ..small() });
    let ids = house.ids(1);
    let begun = Instant::now();
    house.presences(&ids);
    assert!(begun.elapsed() >= wait);
    house.get("/v1.0/users");
    assert!(begun.elapsed() >= 2 * wait);
    let mut house = presence_fault(Effect::Delay(wait));
    let begun = Instant::now();
    assert_eq!(house.presences(&ids).status, 200);
    assert!(begun.elapsed() >= wait);
}

#[test]
fn calls_are_recorded_without_the_token_and_no_more_than_wanted() {
    let mut house = House::of(Settings { record_calls: Recording::Latest(2), ..small() });
    house.get_with("/v1.0/users?$top=3", &[("ConsistencyLevel", "eventual"), ("User-Agent", "test/1")]);
    house.presences(&house.ids(4));
    let calls = house.simulator.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(
        (calls[0].operation, calls[0].path.as_str(), calls[0].query.as_str()),
        (Operation::ListUsers, "/v1.0/users", "$top=3")
    );
    assert_eq!(
        (calls[0].consistency_level.as_deref(), calls[0].user_agent.as_deref()),
        (Some("eventual"), Some("test/1"))
    );
    assert_eq!((calls[1].operation, calls[1].ids, calls[1].authorized), (Operation::GetPresences, 4, true));
    let token = house.authorization.trim_start_matches("Bearer ").to_owned();
    assert!(!format!("{calls:?}").contains(&token));
    house.simulator.forget_calls();
    assert!(house.simulator.calls().is_empty());
    let mut house = House::of(Settings { record_calls: Recording::Nothing, ..small() });
    house.get("/v1.0/users");
    assert!(house.simulator.calls().is_empty());
}

#[test]
fn plain_http_is_not_answered() {
    use std::io::{Read as _, Write as _};
    let house = House::of(small());
    let mut socket = std::net::TcpStream::connect(house.simulator.address()).expect("a connection");
    socket.write_all(b"GET /v1.0/users HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    drop(socket.read_to_end(&mut answer));
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}
