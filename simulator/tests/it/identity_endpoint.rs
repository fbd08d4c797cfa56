//! The identity endpoint of App Service: plain http, a header that must be right, and errors in a shape of its own.

use std::net::TcpStream;

use serde_json::Value;
use simulator::{Effect, Fault, Occurrence, Operation, Simulator};

use crate::client::{Client, Reply};
use crate::house::{House, small};

/// A request as App Service's page has it, but for these changes to its query and another header, if any.
fn ask(simulator: &Simulator, query: &str, header: Option<&str>) -> Reply {
    let endpoint = simulator.identity_endpoint();
    let rest = endpoint.strip_prefix("http://127.0.0.1:").expect("plain http on loopback");
    let (port, path) = rest.split_once('/').expect("a path");
    let mut client = connect(port);
    let headers: Vec<(&str, &str)> = header.map(|header| ("X-IDENTITY-HEADER", header)).into_iter().collect();
    client.send("GET", &format!("/{path}?{query}"), &headers, b"").expect("a reply")
}

fn connect(port: &str) -> Client {
    let address = format!("127.0.0.1:{port}");
    let socket = TcpStream::connect(&address).expect("a connection");
    let stream = Box::new(socket.try_clone().expect("a handle"));
    Client::over(stream, socket, address).expect("a client")
}

fn usual(simulator: &Simulator) -> String {
    format!("api-version=2019-08-01&resource={}", simulator.origin())
}

#[test]
fn the_machine_has_a_token_for_its_own_identity_and_for_the_one_that_it_was_given() {
    let mut house = House::of(small());
    let simulator = &house.simulator;
    for (more, id) in [
        (String::new(), simulator.system_assigned_id()),
        (format!("&client_id={}", simulator.user_assigned_id()), simulator.user_assigned_id()),
    ] {
        let before = std::time::SystemTime::now();
        let reply = ask(simulator, &(usual(simulator) + &more), Some(simulator.identity_header()));
        let body = reply.json();
        assert_eq!(reply.status, 200, "{body}");
        assert_eq!((body["token_type"].as_str(), body["client_id"].as_str()), (Some("Bearer"), Some(id)));
        assert_eq!(body["resource"], simulator.origin());
        let expires: u64 = body["expires_on"].as_str().and_then(|text| text.parse().ok()).expect("seconds as text");
        let now = before.duration_since(std::time::UNIX_EPOCH).expect("a time after 1970").as_secs();
        assert!((3_598..3_700).contains(&(expires - now)), "{expires}");
        house.authorization = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
    }
    assert_eq!(house.get("/v1.0/users").status, 200);
}

#[test]
fn it_is_strict_about_all_that_it_is_told() {
    let house = House::of(small());
    let (simulator, header) = (&house.simulator, house.simulator.identity_header());
    let (usual, origin) = (usual(simulator), simulator.origin());
    let version = "api-version=2019-08-01";
    for (query, header, status, message) in [
        (usual.clone(), None, 401, "X-IDENTITY-HEADER"),
        (usual.clone(), Some("wrong"), 401, "X-IDENTITY-HEADER"),
        (format!("resource={origin}"), Some(header), 400, "api-version is missing"),
        (format!("api-version=2017-09-01&resource={origin}"), Some(header), 400, "api-version is not supported"),
        (version.to_owned(), Some(header), 400, "resource is missing"),
        (format!("{version}&scope={origin}/.default"), Some(header), 400, "resource is missing"),
        (format!("{version}&resource={origin}/.default"), Some(header), 500, "An unexpected error occured"),
        (format!("{version}&resource=https://graph.microsoft.us"), Some(header), 500, "An unexpected error occured"),
        (format!("{usual}&client_id={}", simulator.client_id()), Some(header), 400, "No User Assigned or Delegated"),
        (format!("{usual}&mi_res_id=/subscriptions/x"), Some(header), 400, "No User Assigned or Delegated"),
    ] {
        let reply = ask(simulator, &query, header);
        let body = reply.json();
        assert_eq!(reply.status, status, "{query}: {body}");
        assert_eq!(body["statusCode"].as_u64(), Some(status.into()));
        assert!(body["message"].as_str().is_some_and(|told| told.contains(message)), "{query}: {body}");
        assert_eq!(body["correlationId"].as_str().map(str::len), Some(36));
    }
}

#[test]
fn what_entra_refuses_is_an_unexpected_error_there() {
    let house = House::of(small());
    let simulator = &house.simulator;
    simulator.refuse_tokens(Some(700_016));
    let reply = ask(simulator, &usual(simulator), Some(simulator.identity_header()));
    assert_eq!((reply.status, reply.json()["statusCode"].as_u64()), (500, Some(500)));
    assert!(!String::from_utf8_lossy(&reply.body).contains("AADSTS"));
}

#[test]
fn its_calls_are_recorded_and_faults_strike_them_alone() {
    let mut house = House::of(small());
    let strike = |effect| Fault { operation: Operation::IdentityToken, occurrence: Occurrence::Nth(1), effect };
    let asked =
        |house: &House| ask(&house.simulator, &usual(&house.simulator), Some(house.simulator.identity_header()));
    house.simulator.forget_calls();
    house.simulator.inject(strike(Effect::Status { status: 503, headers: Vec::new(), body: None }));
    assert_eq!(house.token(&[]).0, 200);
    let reply = asked(&house);
    assert_eq!((reply.status, reply.json()["statusCode"].as_u64()), (503, Some(503)));
    for (effect, expected) in [
        (Effect::Html(200), "<!DOCTYPE html>"),
        (Effect::MalformedJson, "{\"@odata.context\":\"https://graph.micro"),
        (Effect::Endless(1 << 30), "{\"value\":["),
    ] {
        house.simulator.clear_faults();
        house.simulator.inject(strike(effect));
        let body = asked(&house).body;
        assert!(body.starts_with(expected.as_bytes()), "{}", String::from_utf8_lossy(&body[..60]));
        assert_eq!(asked(&house).status, 200);
    }
    let calls = house.simulator.calls();
    let of = |operation| calls.iter().filter(|call| call.operation == operation).count();
    assert_eq!((of(Operation::Token), of(Operation::IdentityToken)), (1, 7));
    let shown = format!("{calls:?}");
    assert!(calls[1].path == "/msi/token" && !shown.contains(house.simulator.identity_header()), "{shown}");
}

#[test]
fn neither_door_leads_into_the_other_room() {
    let mut house = House::of(small());
    let endpoint = house.simulator.identity_endpoint();
    assert_eq!(endpoint, house.simulator.identity_endpoint(), "it is opened once");
    assert_eq!(house.get("/msi/token?api-version=2019-08-01").status, 400);
    let port = endpoint.trim_start_matches("http://127.0.0.1:").trim_end_matches("/msi/token");
    let mut client = connect(port);
    let token = format!("/{}/oauth2/v2.0/token", house.simulator.tenant_id());
    for (method, target) in [("POST", token.as_str()), ("POST", "/msi/token"), ("GET", "/v1.0/users")] {
        let reply = client.send(method, target, &[], b"").expect("a reply");
        assert_eq!((reply.status, reply.json()["error"].clone()), (404, Value::Null), "{method} {target}");
    }
}
