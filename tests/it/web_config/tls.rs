//! TLS as the web configuration says: certificates of server and clients, versions, suites, curves, protocols, sessions.

use rustls::crypto::ring::kx_group;
use rustls::{CipherSuite, HandshakeKind, NamedGroup, ProtocolVersion, version};

use super::certificates::{Authority, Folder, Pair, der, mail, names, uri};
use super::client::{Client, ask, get};
use crate::web::served::{Served, serve_by};

/// Serves by a section `tls_server_config` with the usual certificate and these keys.
fn serve(folder: &Folder, keys: &str) -> Served {
    let text = format!("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  {keys}\n");
    serve_by(&folder.write("web.yml", text))
}

/// Whether a client is answered.
#[track_caller]
fn check(client: Client, served: &Served, answered: bool, what: &str) {
    match client.get(served.address) {
        Ok(talk) => assert!(answered && talk.reply.status == 200, "{what}: {}", talk.reply.text()),
        Err(said) => assert!(!answered, "{what}: {said}"),
    }
}

#[test]
fn the_certificate_stands_in_files_or_in_the_configuration_itself() {
    let folder = Folder::new();
    let quoted = |name| serde_json::to_string(&folder.read(name)).unwrap();
    let by_file = serve(&folder, "");
    let inline = format!("tls_server_config:\n  cert: {}\n  key: {}\n", quoted("server.crt"), quoted("server.key"));
    let inline = serve_by(&folder.write("inline.yml", inline));
    for served in [by_file, inline] {
        let talk = Client::trusting(&folder.authority).get(served.address).unwrap();
        assert_eq!((talk.reply.status, talk.reply.text()), (200, "Healthy\n"));
        assert_eq!(talk.certificate, der(&folder.read("server.crt")).to_vec());
        check(Client::trusting(&folder.of_clients), &served, false, "a client that trusts somebody else");
    }
}

#[test]
fn an_rsa_key_does_as_well() {
    let folder = Folder::new();
    folder.write("rsa.pem", include_str!("rsa.pem"));
    let served = serve_by(&folder.write("web.yml", "tls_server_config: {cert_file: rsa.pem, key_file: rsa.pem}\n"));
    // Nobody vouches for it, so the client goes; it has seen the certificate then, and has not been let down before.
    let said = Client::trusting(&folder.authority).get(served.address).err().unwrap();
    assert!(said.contains("invalid peer certificate"), "{said}");
}

#[test]
fn each_policy_believes_the_certificates_of_clients_that_it_says() {
    let folder = Folder::new();
    let good = folder.of_clients.client(names(&["prometheus.example"]));
    let unknown = Authority::new("Somebody").client(names(&["prometheus.example"]));
    // Of the same authority, but made for a server.
    let of_server = folder.of_clients.server();
    let ca = ", client_ca_file: ca.crt";
    for (policy, ca, expected) in [
        ("NoClientCert", "", [true, true, true, true]),
        ("RequestClientCert", "", [true, true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true, true]),
        ("RequireClientCert", "", [false, true, true, true]),
        ("VerifyClientCertIfGiven", ca, [true, false, true, false]),
        ("RequireAndVerifyClientCert", ca, [false, false, true, false]),
    ] {
        let ca = ca.replace(", ", "\n  ");
        let served = serve(&folder, &format!("client_auth_type: {policy}{ca}"));
        for version in [&version::TLS12, &version::TLS13] {
            let shown: [Option<&Pair>; 4] = [None, Some(&unknown), Some(&good), Some(&of_server)];
            for (number, (shown, expected)) in shown.into_iter().zip(expected).enumerate() {
                let client = Client::trusting(&folder.authority).of_version(version);
                let client = shown.map_or(client.clone(), |pair| client.showing(pair));
                check(client, &served, expected, &format!("{policy}, {:?}, client {number}", version.version));
            }
        }
    }
}

#[test]
fn a_client_has_to_hold_the_key_of_what_it_shows() {
    let folder = Folder::new();
    let good = folder.of_clients.client(names(&["prometheus.example"]));
    let stolen = Pair { key: folder.of_clients.client(Vec::new()).key, ..good };
    for policy in ["RequestClientCert", "RequireAnyClientCert", "RequireAndVerifyClientCert\n  client_ca_file: ca.crt"]
    {
        let served = serve(&folder, &format!("client_auth_type: {policy}"));
        for version in [&version::TLS12, &version::TLS13] {
            let client = Client::trusting(&folder.authority).of_version(version).showing(&stolen);
            check(client, &served, false, policy);
        }
    }
}

#[test]
fn a_client_has_one_of_the_allowed_names_whole_and_of_any_kind() {
    let folder = Folder::new();
    let allowed = "[prometheus.example, sre@example.org, 192.0.2.7, \"2001:db8::7\", \"spiffe://example.org/prom\"]";
    let keys = format!(
        "client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  client_allowed_sans: {allowed}"
    );
    let served = serve(&folder, &keys);
    let client = |names| Client::trusting(&folder.authority).showing(&folder.of_clients.client(names));
    for good in [
        names(&["prometheus.example"]),
        names(&["other.example", "prometheus.example"]),
        names(&["192.0.2.7"]),
        names(&["2001:db8::7"]),
        vec![mail("sre@example.org")],
        vec![uri("spiffe://example.org/prom")],
    ] {
        let what = format!("{good:?}");
        check(client(good), &served, true, &what);
    }
    for bad in [
        Vec::new(),
        names(&["rometheus.example"]),
        names(&["prometheus.example.org", "192.0.2.8"]),
        vec![mail("sre@example.com")],
        vec![uri("spiffe://example.org/prometheus")],
    ] {
        let what = format!("{bad:?}");
        check(client(bad), &served, false, &what);
    }
    let unknown = Authority::new("Somebody").client(names(&["prometheus.example"]));
    check(Client::trusting(&folder.authority).showing(&unknown), &served, false, "a name that nobody vouches for");
    check(Client::trusting(&folder.authority), &served, false, "no certificate");
}

#[test]
fn versions_outside_of_the_bounds_are_refused() {
    let folder = Folder::new();
    let old = || Client::trusting(&folder.authority).of_version(&version::TLS12);
    let new = || Client::trusting(&folder.authority).of_version(&version::TLS13);
    for (keys, old_one, new_one) in
        [("", true, true), ("min_version: TLS13", false, true), ("max_version: TLS12", true, false)]
    {
        let served = serve(&folder, keys);
        check(old(), &served, old_one, keys);
        check(new(), &served, new_one, keys);
    }
    let talk = Client::trusting(&folder.authority).get(serve(&folder, "").address).unwrap();
    assert_eq!(talk.version, ProtocolVersion::TLSv1_3, "the newest that both have");
}

const AES_128: CipherSuite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
const AES_256: CipherSuite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
const CHACHA20: CipherSuite = CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256;

/// A client of TLS 1.2 with these suites.
fn old(folder: &Folder, suites: &[CipherSuite]) -> Client {
    Client::trusting(&folder.authority).of_version(&version::TLS12).with_suites(suites)
}

#[test]
fn suites_of_tls_1_2_are_those_that_are_listed() {
    let folder = Folder::new();
    let served = serve(&folder, "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]");
    let talk = old(&folder, &[AES_128, AES_256, CHACHA20]).get(served.address).unwrap();
    assert_eq!(talk.suite, AES_256);
    check(old(&folder, &[AES_128, CHACHA20]), &served, false, "suites that are not listed");
    // As with Go, the list is about TLS 1.2 alone.
    let talk = Client::trusting(&folder.authority).get(served.address).unwrap();
    assert_eq!(talk.version, ProtocolVersion::TLSv1_3);
}

#[test]
fn the_order_of_suites_is_the_servers_unless_the_client_is_preferred() {
    let folder = Folder::new();
    let suites =
        "cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]";
    for (prefer, expected) in [("true", CHACHA20), ("false", AES_128)] {
        let served = serve(&folder, &format!("{suites}\n  prefer_server_cipher_suites: {prefer}"));
        assert_eq!(old(&folder, &[AES_128, CHACHA20]).get(served.address).unwrap().suite, expected, "{prefer}");
    }
}

#[test]
fn curves_are_those_that_are_listed() {
    let folder = Folder::new();
    let served = serve(&folder, "curve_preferences: [CurveP384]");
    for version in [&version::TLS12, &version::TLS13] {
        let client = || Client::trusting(&folder.authority).of_version(version);
        assert_eq!(client().get(served.address).unwrap().group, Some(NamedGroup::secp384r1));
        check(client().with_curve(kx_group::X25519), &served, false, "a curve that is not listed");
    }
}

#[test]
fn http_2_is_offered_unless_it_is_switched_off() {
    let folder = Folder::new();
    let tls = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n";
    let off = serve_by(&folder.write("off.yml", format!("{tls}http_server_config: {{http2: false}}\n")));
    let talk = Client::trusting(&folder.authority).offering(&["h2", "http/1.1"]).get(off.address).unwrap();
    assert_eq!((&*talk.protocol, talk.reply.status), ("http/1.1", 200));
    check(Client::trusting(&folder.authority).offering(&["h2"]), &off, false, "HTTP/2 alone");
    let on = serve_by(&folder.write("on.yml", tls));
    let talk = Client::trusting(&folder.authority).offering(&["http/1.1"]).get(on.address).unwrap();
    assert_eq!((&*talk.protocol, talk.reply.status), ("http/1.1", 200));
}

#[test]
fn a_client_that_comes_again_resumes_unless_it_has_to_show_a_certificate() {
    let folder = Folder::new();
    let good = folder.of_clients.client(names(&["prometheus.example"]));
    let ca = "\n  client_ca_file: ca.crt";
    for (policy, ca, expected) in [
        ("NoClientCert", "", HandshakeKind::Resumed),
        ("RequestClientCert", "", HandshakeKind::Full),
        ("RequireAnyClientCert", "", HandshakeKind::Full),
        ("VerifyClientCertIfGiven", ca, HandshakeKind::Full),
        ("RequireAndVerifyClientCert", ca, HandshakeKind::Full),
    ] {
        let served = serve(&folder, &format!("client_auth_type: {policy}{ca}"));
        for version in [&version::TLS12, &version::TLS13] {
            let client = Client::trusting(&folder.authority).of_version(version).showing(&good).config();
            let kind = || ask(served.address, &client, &get("/-/healthy", "")).unwrap().kind;
            assert_eq!((kind(), kind()), (HandshakeKind::Full, expected), "{policy}, {:?}", version.version);
        }
    }
}
