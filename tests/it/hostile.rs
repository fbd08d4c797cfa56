//! Hostile clients: whatever they do, a scrape is answered and memory is bounded.
//!
//! The attacks are those of `make hostile`, which tells how they fare in numbers; here they are fewer and shorter, and
//! nothing is measured but what must hold on any machine.

#[path = "../../benches/hostile/attacks.rs"]
mod attacks;
#[path = "../../benches/hostile/client.rs"]
mod client;

use std::fs;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::harness::Exporter;
use attacks::{ATTACKS, Attack, GUESSES};
use client::{Stream, Target};

/// How much memory an attack may cost, in KiB.
const MOST: u64 = 64 * 1024;

/// An exporter and how to reach it.
struct Besieged {
    exporter: Exporter,
    target: Target,
}

impl Besieged {
    /// The demo with a web configuration, over TLS or not.
    fn start(secure: bool, lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tls = secure.then(|| client::secure(folder.path(), lines, &["h2", "http/1.1"]));
        let file = folder.path().join("web.yml");
        if !secure {
            fs::write(&file, lines).unwrap();
        }
        let exporter = Exporter::demo(&["--web.config.file", file.to_str().unwrap()]);
        let target = Target { address: exporter.address(), tls, from: Ipv4Addr::LOCALHOST };
        Self { exporter, target }
    }

    /// How a scraper reaches it: HTTP/1.1, from an address of its own.
    fn scraped(&self) -> Target {
        let tls = self.target.tls.as_ref().map(|tls| {
            let mut tls = (**tls).clone();
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(tls)
        });
        Target { tls, from: Ipv4Addr::new(127, 0, 0, 2), ..self.target.clone() }
    }

    /// The most memory that it ever had, in KiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.exporter.pid())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Attacks it, scrapes meanwhile, and looks at its memory.
    fn withstands(&self, attack: Attack, connections: usize, headers: &str) {
        let (target, before) = (self.scraped(), self.peak());
        let attackers = attack.start(self.target.clone(), connections, Duration::from_millis(5));
        let mut scrapes = 0;
        while scrapes < 10 || attackers.made() < connections {
            let status = target.scrape(headers).unwrap_or_else(|error| panic!("{}: {error}", attack.name));
            assert_eq!(status, 200, "{}", attack.name);
            scrapes += 1;
        }
        let grown = self.peak().saturating_sub(before);
        assert!(grown < MOST, "{}: it took {grown} KiB more", attack.name);
    }
}

/// So many connections that some have to go where they cost nobody much, else few: this is no measurement.
fn connections(attack: Attack) -> usize {
    if attack.name.contains("idle") || attack.name == "slow heads" { 600 } else { 8 }
}

fn withstands_all(secure: bool) {
    let besieged = Besieged::start(secure, "");
    assert_eq!(besieged.scraped().scrape("").unwrap(), 200);
    for attack in ATTACKS.into_iter().filter(|attack| attack.secure == secure) {
        besieged.withstands(attack, connections(attack), "");
    }
    assert_eq!(besieged.exporter.stop().status.code(), Some(0), "it ends as it should");
}

#[test]
fn scrapes_go_on_while_clients_send_too_little_too_much_or_nonsense() {
    withstands_all(false);
}

#[test]
fn scrapes_go_on_while_clients_misuse_tls_and_http2() {
    withstands_all(true);
}

#[test]
fn whoever_has_shown_the_password_is_not_held_up_by_guesses() {
    let hash = bcrypt::hash("right", 4).unwrap();
    let besieged = Besieged::start(false, &format!("basic_auth_users: {{known: '{hash}'}}\n"));
    // known:right
    let headers = "Authorization: Basic a25vd246cmlnaHQ=\r\n";
    assert_eq!(besieged.scraped().scrape("").unwrap(), 401);
    assert_eq!(besieged.scraped().scrape(headers).unwrap(), 200);
    besieged.withstands(GUESSES, 20, headers);
}

/// What the two sides agree to speak, of what the client offers.
fn agreed(target: &Target) -> Option<Vec<u8>> {
    match target.connect().unwrap() {
        Stream::Plain(_) => None,
        Stream::Secure(stream) => stream.conn.alpn_protocol().map(<[u8]>::to_vec),
    }
}

#[test]
fn http2_is_spoken_over_tls_unless_it_is_withheld() {
    let offered = Besieged::start(true, "");
    assert_eq!(agreed(&offered.target).unwrap(), b"h2");
    assert_eq!(agreed(&offered.scraped()).unwrap(), b"http/1.1");
    let withheld = Besieged::start(true, "http_server_config: {http2: false}\n");
    assert_eq!(agreed(&withheld.target).unwrap(), b"http/1.1");
    assert_eq!(withheld.scraped().scrape("").unwrap(), 200);
}
