//! The token endpoint and what tokens open.

use std::time::Duration;

use simulator::{Settings, Simulator};

use crate::client::Client;
use crate::house::{House, small};

#[test]
fn a_secret_buys_a_token_whose_claims_name_the_application_and_its_roles() {
    let mut house = House::of(small());
    let (status, body) = house.token(&[]);
    assert_eq!((status, body["token_type"].as_str(), body["expires_in"].as_u64()), (200, Some("Bearer"), Some(3599)));
    let token = body["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(token.split('.').count(), 3);
    let claims = claims(&token);
    assert_eq!(claims["roles"], serde_json::json!(["User.Read.All", "Presence.Read.All"]));
    assert_eq!(claims["aud"], house.simulator.origin());
    assert_eq!(claims["tid"], house.simulator.tenant_id());
    assert_eq!(claims["appid"], house.simulator.client_id());
    assert_eq!(claims["exp"].as_u64().expect("exp") - claims["iat"].as_u64().expect("iat"), 3599);
}

#[test]
fn every_refusal_has_its_captured_status_error_and_code() {
    let mut house = House::of(small());
    let stranger = "00000000-0000-4000-8000-000000000000";
    for (changes, status, error, code) in [
        (("client_secret", "wrong"), 401, "invalid_client", 7_000_215),
        (("client_secret", ""), 401, "invalid_client", 7_000_218),
        (("client_id", stranger), 400, "unauthorized_client", 700_016),
        (("client_id", ""), 400, "invalid_request", 900_144),
        (("grant_type", ""), 400, "invalid_request", 900_144),
        (("grant_type", "password"), 400, "unsupported_grant_type", 70_003),
        (("scope", ""), 400, "invalid_request", 900_144),
        (("scope", "User.Read"), 400, "invalid_scope", 1_002_012),
        (("scope", "https://a/.default https://b/.default"), 400, "invalid_scope", 70_011),
        (("scope", "https://elsewhere.example/.default"), 400, "invalid_resource", 500_011),
    ] {
        let (got, body) = house.token(&[changes]);
        assert_eq!((got, body["error"].as_str(), body["error_codes"][0].as_u64()), (status, Some(error), Some(code)));
        let description = body["error_description"].as_str().expect("a description");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(description.contains("\r\nTrace ID: ") && description.contains("\r\nCorrelation ID: "));
        assert!(body["timestamp"].as_str().is_some_and(|at| at.len() == 20 && at.ends_with('Z') && at.contains(' ')));
    }
    let (status, body) = house.token_of(stranger, &[]);
    assert_eq!((status, body["error_codes"][0].as_u64()), (400, Some(90_002)));
    house.simulator.set_secret_expired(true);
    let (status, body) = house.token(&[]);
    assert_eq!((status, body["error_codes"][0].as_u64()), (401, Some(7_000_222)));
}

#[test]
fn an_expired_a_forged_and_a_revoked_token_are_refused_with_401() {
    let mut house = House::of(Settings { token_lifetime: Duration::from_millis(2500), ..small() });
    assert_eq!(house.get("/v1.0/users").status, 200);
    let good = house.authorization.clone();
    house.authorization.push('x');
    assert_eq!(house.get("/v1.0/users").error().1, "InvalidAuthenticationToken");
    house.authorization = good;
    while house.get("/v1.0/users").status == 200 {}
    let (status, code, message) = house.get("/v1.0/users").error();
    assert_eq!((status, code.as_str()), (401, "InvalidAuthenticationToken"));
    assert!(message.contains("expired"), "{message}");

    let mut house = House::of(small());
    house.simulator.revoke_tokens();
    let reply = house.get("/v1.0/users");
    assert_eq!(reply.error().0, 401);
    assert!(!reply.header("www-authenticate").expect("a challenge").contains("claims="));
    house.sign_in();
    assert_eq!(house.get("/v1.0/users").status, 200);
}

#[test]
fn a_client_that_understands_challenges_is_challenged_when_its_token_is_revoked() {
    let mut house = House::of(small());
    let (_, body) = house.token(&[("claims", "{\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]}}}")]);
    house.authorization = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
    house.simulator.revoke_tokens();
    let reply = house.get("/v1.0/users");
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("error=\"insufficient_claims\", claims=\""), "{challenge}");
}

#[test]
fn roles_are_those_of_the_moment_of_issue() {
    let mut house = House::with_roles(&[]);
    let (status, code, message) = house.get("/v1.0/users").error();
    assert_eq!((status, code.as_str()), (403, "Authorization_RequestDenied"));
    assert_eq!(message, "Insufficient privileges to complete the operation.");
    house.simulator.set_roles(&["Directory.Read.All"]);
    assert_eq!(house.get("/v1.0/users").status, 403);
    house.sign_in();
    assert_eq!(house.get("/v1.0/users").status, 200);
}

#[test]
fn the_credentials_are_a_function_of_the_seed_and_the_authority_is_not() {
    let start = |seed| Simulator::start(Settings { seed, ..small() }).expect("a simulator");
    let (one, again, other) = (start(1), start(1), start(2));
    let credentials = |simulator: &Simulator| {
        [simulator.tenant_id(), simulator.client_id(), simulator.client_secret()].map(str::to_owned)
    };
    assert_eq!(credentials(&one), credentials(&again));
    assert_ne!(credentials(&one), credentials(&other));
    assert_ne!(one.ca_pem(), again.ca_pem());
    assert!(Client::connect(&one).expect("a connection").send("GET", "/", &[], b"").is_ok());
}

fn claims(token: &str) -> serde_json::Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("a payload");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}
