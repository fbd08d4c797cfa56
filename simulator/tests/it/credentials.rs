//! What stands in for a secret: assertions signed with a certificate's key, and tokens of an issuer that is trusted.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use simulator::{Assertions, Cloud, REFUSALS, Settings, Switches};

use crate::house::{House, small};
use crate::signing::{Assertion, Signer, now};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl House {
    /// What a token request with this assertion instead of a secret comes to: the status and the code, 0 for none.
    fn assert(&mut self, assertion: &str) -> (u16, u64) {
        let changes = [("client_secret", ""), ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
        let (status, body) = self.token(&changes);
        (status, body["error_codes"][0].as_u64().unwrap_or(0))
    }

    fn with(switches: Switches) -> Self {
        Self::of(Settings { switches, ..small() })
    }

    /// The client and the audience that an assertion names.
    fn parties(&self) -> (String, String) {
        let endpoint = format!("{}/{}/oauth2/v2.0/token", self.simulator.origin(), self.simulator.tenant_id());
        (self.simulator.client_id().to_owned(), endpoint)
    }
}

#[test]
fn a_certificate_that_is_registered_buys_a_token_in_the_new_way_and_the_old() {
    let (mut house, signer) = (House::of(small()), Signer::new());
    let (client, endpoint) = house.parties();
    let assertions = [signer.modern(&client, &endpoint), signer.legacy(&client, &endpoint)].map(|it| signer.sign(&it));
    for assertion in &assertions {
        assert_eq!(house.assert(assertion), (401, 700_027), "nothing is registered yet");
    }
    house.simulator.register_certificate(&Signer::other().certificate);
    house.simulator.register_certificate(&signer.certificate);
    for assertion in &assertions {
        assert_eq!(house.assert(assertion), (200, 0));
    }
    // The same assertion is good again: MSAL uses one for nine minutes.
    assert_eq!(house.assert(&assertions[0]), (200, 0));
    house.simulator.forget_certificates();
    assert_eq!(house.assert(&assertions[0]), (401, 700_027));
}

#[test]
fn nothing_of_an_assertion_is_taken_on_trust() {
    let (mut house, signer) = (House::of(small()), Signer::new());
    house.simulator.register_certificate(&signer.certificate);
    let (client, endpoint) = house.parties();
    let modern = || signer.modern(&client, &endpoint);
    let legacy = || signer.legacy(&client, &endpoint);
    let (stranger, elsewhere) = ("00000000-0000-4000-8000-000000000000", "https://login.example/t/oauth2/v2.0/token");
    let cases: Vec<(&str, Assertion, u64)> = vec![
        ("another issuer", modern().claiming("iss", json!(stranger)), 700_021),
        ("another subject", modern().claiming("sub", json!(stranger)), 700_021),
        ("no subject", modern().claiming("sub", Value::Null), 700_021),
        ("another audience", modern().claiming("aud", json!(elsewhere)), 700_023),
        ("the origin alone", modern().claiming("aud", json!(house.simulator.origin())), 700_023),
        ("no id", modern().claiming("jti", Value::Null), 50_027),
        ("expired", modern().claiming("exp", json!(now() - 1)).claiming("nbf", json!(now() - 300)), 700_024),
        ("not yet good", modern().claiming("nbf", json!(now() + 60)), 700_024),
        ("no end", modern().claiming("exp", Value::Null), 700_024),
        ("good for an hour", modern().claiming("exp", json!(now() + 3_600)), 700_024),
        ("good for an hour, the old way", legacy().claiming("exp", json!(now() + 3_600)), 700_024),
        ("another algorithm", modern().headed("alg", json!("none")), 700_027),
        ("the other algorithm's name", modern().headed("alg", json!("RS256")), 700_027),
        ("another thumbprint", modern().headed("x5t#S256", json!("AAAA")), 700_027),
        ("one of two thumbprints wrong", modern().headed("x5t", json!("AAAA")), 700_027),
        ("no thumbprint", modern().headed("x5t#S256", Value::Null), 700_027),
        (
            "the old thumbprint with the new algorithm",
            Assertion { padding: modern().padding, ..legacy() }.headed("alg", json!("PS256")),
            700_027,
        ),
    ];
    for (what, assertion, code) in cases {
        assert_eq!(house.assert(&signer.sign(&assertion)).1, code, "{what}");
    }
    // Its thumbprint is no secret: another key signs under it.
    assert_eq!(house.assert(&Signer::other().sign(&modern())), (401, 700_027));
    let good = signer.sign(&modern());
    for (what, assertion) in [("cut off", &good[..good.len() - 4]), ("no token", "x.y.z"), ("words", "secret")] {
        let (status, code) = house.assert(assertion);
        assert!(matches!((status, code), (400, 50_027) | (401, 700_027)), "{what}: {status} {code}");
    }
    let (status, body) = house.token(&[("client_secret", ""), ("client_assertion", &good)]);
    assert_eq!((status, body["error_codes"][0].as_u64()), (400, Some(900_144)), "its type is missing");
}

#[test]
fn a_certificate_that_has_expired_is_no_good_though_it_is_registered() {
    let (mut house, signer) = (House::of(small()), Signer::expired());
    house.simulator.register_certificate(&signer.certificate);
    let (client, endpoint) = house.parties();
    let assertion = signer.sign(&signer.modern(&client, &endpoint));
    assert_eq!(house.assert(&assertion), (401, 700_027));
}

#[test]
fn a_switch_leaves_only_one_of_the_two_algorithms() {
    for (assertions, modern_code, legacy_code) in
        [(Assertions::OnlyRs256, 700_027, 0), (Assertions::OnlyPs256, 0, 700_027)]
    {
        let (mut house, signer) = (House::with(Switches { assertions, ..Switches::default() }), Signer::new());
        house.simulator.register_certificate(&signer.certificate);
        let (client, endpoint) = house.parties();
        let modern = signer.sign(&signer.modern(&client, &endpoint));
        let legacy = signer.sign(&signer.legacy(&client, &endpoint));
        assert_eq!((house.assert(&modern).1, house.assert(&legacy).1), (modern_code, legacy_code), "{assertions:?}");
    }
}

#[test]
fn a_token_of_an_issuer_that_is_trusted_buys_a_token_and_nobody_elses_does() {
    const ISSUER: &str = "https://oidc.example/cluster";
    const SUBJECT: &str = "system:serviceaccount:monitoring:teams-presence";
    let mut house = House::of(small());
    let minute = Duration::from_mins(1);
    let good = house.simulator.federated_token(ISSUER, SUBJECT, minute);
    assert_eq!(house.assert(&good), (401, 700_211), "nobody is trusted yet");
    house.simulator.trust_issuer(ISSUER, SUBJECT);
    assert_eq!(house.assert(&good), (200, 0));
    let mint = |issuer, subject, lifetime| house.simulator.federated_token(issuer, subject, lifetime);
    let with_slash = format!("{ISSUER}/");
    let (signed, _) = good.rsplit_once('.').expect("a token");
    let strange = with_slash.repeat(3);
    let forged = URL_SAFE_NO_PAD.encode(&strange.as_bytes()[..64]);
    let cases = [
        ("an issuer with a slash more", mint(&with_slash, SUBJECT, minute), 700_211),
        ("another subject", mint(ISSUER, "system:serviceaccount:default:teams-presence", minute), 700_213),
        ("another spelling", mint(ISSUER, &SUBJECT.to_uppercase(), minute), 700_213),
        ("expired", mint(ISSUER, SUBJECT, Duration::ZERO), 700_024),
        (
            "for somebody else",
            house.simulator.federated_token_for("https://vault.example", ISSUER, SUBJECT, minute),
            700_212,
        ),
        ("forged", format!("{signed}.{forged}"), 700_027),
    ];
    for (what, token, code) in cases {
        assert_eq!(house.assert(&token).1, code, "{what}");
    }
    house.simulator.forget_issuers();
    assert_eq!(house.assert(&good), (401, 700_211));
}

#[test]
fn each_cloud_has_a_graph_of_its_own_and_tokens_for_no_other() {
    let hosts = ["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us"];
    for (cloud, own) in Cloud::ALL.iter().zip(hosts) {
        let mut house = House::with(Switches { cloud: *cloud, ..Switches::default() });
        for host in hosts {
            let (_, body) = house.token(&[("scope", &format!("https://{host}/.default"))]);
            let expected = if host == own { None } else { Some(500_011) };
            assert_eq!(body["error_codes"][0].as_u64(), expected, "{host} in {cloud:?}");
        }
    }
}

#[test]
fn every_refusal_can_be_played_and_ends_when_told() {
    let mut house = House::of(small());
    for known in REFUSALS {
        house.simulator.refuse_tokens(Some(known.code));
        let (status, body) = house.token(&[]);
        assert_eq!((status, body["error"].as_str()), (known.status, Some(known.error)), "{}", known.code);
        assert_eq!(body["error_codes"], json!([known.code]));
        let description = body["error_description"].as_str().expect("a description");
        assert!(
            description.starts_with(&format!("AADSTS{}: {}\r\nTrace ID: ", known.code, known.text)),
            "{description}"
        );
    }
    house.simulator.refuse_tokens(Some(123_456));
    assert_eq!(house.token(&[]).1["error_codes"], json!([123_456]));
    house.simulator.refuse_tokens(None);
    assert_eq!(house.token(&[]).0, 200);
}
