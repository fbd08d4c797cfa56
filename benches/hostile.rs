//! Hostile clients against the real binary: a table of what each attack costs, and how scrapes fare meanwhile.
//!
//! Every attack has an exporter of its own, on the demo's simulated tenant, and ends by itself. All of it stays on
//! loopback. Nothing here passes or fails: machines differ and are shared; `tests/it/hostile.rs` holds what must hold.
//! `make hostile` takes about three minutes; SECONDS=60 gives each attack longer, ONLY=h2 leaves all others out.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own that attacks and measures from outside: it reads clocks, opens sockets and prints"
)]

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

#[path = "hostile/attacks.rs"]
mod attacks;
#[path = "hostile/client.rs"]
mod client;
#[path = "hostile/process.rs"]
mod process;

use attacks::{ATTACKS, Attack, UnderAttack};
use client::Target;
use process::Exporter;

/// How long each attack lasts, unless told otherwise.
const SECONDS: u64 = 10;

/// How often somebody scrapes meanwhile.
const RHYTHM: Duration = Duration::from_millis(50);

/// Where scrapes come from: the attackers' own address, or another.
const SAME: Ipv4Addr = Ipv4Addr::LOCALHOST;
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(SECONDS);
    let only = arguments.iter().find(|argument| argument.parse::<u64>().is_err());
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only.as_str()));
    let most = raise_limit();
    println!("\nHostile clients, {seconds} s each; scrapes on connections of their own, 20 a second\n");
    println!(
        "{:<32} {:>6} {:>8} {:>7} {:>9} {:>8} {:>9} {:>8} {:>8}",
        "attack", "at once", "made", "CPU s", "idle MiB", "peak MiB", "scrapes", "p50 ms", "p99 ms"
    );
    if wanted("nobody") {
        for (name, secure) in [("nobody", false), ("nobody, TLS", true)] {
            row(name, &Siege::new(secure, ""), None, "", SAME, seconds);
        }
    }
    for attack in ATTACKS.into_iter().filter(|attack| wanted(attack.name)) {
        let siege = Siege::new(attack.secure, "");
        row(attack.name, &siege, Some((attack, connections(attack).min(most))), "", OTHER, seconds);
    }
    if wanted("passwords") {
        guesses(seconds);
    }
    println!();
}

/// How many connections an attack has at once.
fn connections(attack: Attack) -> usize {
    match attack.name {
        "idle connections" | "slow heads" => 10_000,
        "half-open TLS" => 5_000,
        "idle TLS" => 1_000,
        "slow reads" => 200,
        _ => 50,
    }
}

/// An exporter to be attacked, and how it is spoken to.
struct Siege {
    exporter: Exporter,
    target: Target,
    /// Its web configuration.
    _folder: TempDir,
}

impl Siege {
    /// With TLS or without, and with these lines in the web configuration.
    fn new(secure: bool, lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tls = secure.then(|| client::secure(folder.path(), lines, &["h2"]));
        let file: PathBuf = folder.path().join("web.yml");
        if !secure {
            std::fs::write(&file, lines).expect("written");
        }
        let exporter = Exporter::start(Some(&file));
        let target = Target { address: exporter.address, tls, from: SAME };
        Self { exporter, target, _folder: folder }
    }

    /// How a scraper speaks to it: HTTP/1.1, from some address.
    fn scraped_from(&self, from: Ipv4Addr) -> Target {
        let tls = self.target.tls.as_ref().map(|tls| {
            let mut tls = (**tls).clone();
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            tls.into()
        });
        Target { tls, from, ..self.target.clone() }
    }
}

/// Attacks for so long, scrapes meanwhile, and prints what was seen.
fn row(name: &str, siege: &Siege, attack: Option<(Attack, usize)>, headers: &str, from: Ipv4Addr, seconds: u64) {
    let (exporter, scraped) = (&siege.exporter, siege.scraped_from(from));
    let (before, idle) = (exporter.cpu(), exporter.memory("VmRSS"));
    let attackers: Option<UnderAttack> =
        attack.map(|(attack, connections)| attack.start(siege.target.clone(), connections, Duration::from_millis(1)));
    let (begun, mut answered, mut tried) = (Instant::now(), Vec::new(), 0);
    while begun.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep((RHYTHM * tried).saturating_sub(begun.elapsed()));
        let asked = Instant::now();
        tried += 1;
        if scraped.scrape(headers).is_ok_and(|status| status == 200) {
            answered.push(asked.elapsed());
        }
    }
    let made = attackers.as_ref().map_or(0, UnderAttack::made);
    let (cpu, peak) = (exporter.cpu().saturating_sub(before), exporter.memory("VmHWM"));
    drop(attackers);
    answered.sort_unstable();
    let at = |percent: usize| {
        let time = answered.get(answered.len().saturating_sub(1) * percent / 100).copied();
        time.map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e3))
    };
    println!(
        "{name:<32} {:>7} {made:>8} {:>7.1} {idle:>9.1} {peak:>8.1} {:>9} {:>8} {:>8}",
        attack.map_or(0, |(_, connections)| connections),
        cpu.as_secs_f64(),
        format!("{}/{tried}", answered.len()),
        at(50),
        at(99),
    );
}

/// 50 clients guess passwords while one scrapes whose password was seen before, and others whose was not.
fn guesses(seconds: u64) {
    let hash = bcrypt::hash("right", 10).expect("a hash");
    let users = format!("basic_auth_users: {{known: '{hash}', same: '{hash}', other: '{hash}'}}\n");
    let siege = Siege::new(false, &users);
    let credentials = |name: &str| format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{name}:right")));
    let seen = siege.scraped_from(SAME).scrape(&credentials("known")).expect("an answer");
    assert_eq!(seen, 200, "the password is right");
    let under_attack = |name: &str, user, from| {
        row(name, &siege, Some((attacks::GUESSES, 50)), &credentials(user), from, seconds);
    };
    under_attack("passwords, seen before", "known", SAME);
    under_attack("passwords, new, same address", "same", SAME);
    under_attack("passwords, new, other address", "other", OTHER);
}

/// Permits itself as many files as it may have. Returns how many connections it can make.
fn raise_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // What is not permitted stays as it is.
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).ok();
    let files = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok());
    files.map_or(usize::MAX, |files| files.saturating_sub(200))
}
