//! How many presences a second one core of the simulator answers, over TLS, plain and compressed.
//!
//! `cargo run -p simulator --release --example throughput [people] [seconds]`. CPU time is that of the serving
//! threads only, read from /proc, so that the clients' own work does not count.

use std::fs;
use std::io;
use std::time::{Duration, Instant, UNIX_EPOCH};

use simulator::{Clock, Recording, Settings, Simulator};

#[path = "../tests/it/client.rs"]
mod client;

use client::Client;

/// 2026-11-16T10:00:00Z, when most people of most offices are at work.
const MONDAY: Duration = Duration::from_hours(498_562);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let people = arguments.next().unwrap_or(1_000_000);
    let seconds = arguments.next().unwrap_or(5);
    let begun = Instant::now();
    let simulator = Simulator::start(Settings {
        people,
        clock: Clock::Frozen(UNIX_EPOCH + MONDAY),
        presence_limit: None,
        record_calls: Recording::Nothing,
        ..Settings::default()
    })?;
    println!("start: {:?} for {people} people", begun.elapsed());
    let authorization = authorization(&simulator)?;
    for (name, coding) in [("identity", "identity"), ("gzip", "gzip")] {
        let duration = Duration::from_secs(seconds.into());
        measure(&simulator, &authorization, name, coding, duration)?;
    }
    list(&simulator, &authorization)?;
    println!("resident: {} kB", resident()?);
    Ok(())
}

fn measure(simulator: &Simulator, authorization: &str, name: &str, coding: &str, duration: Duration) -> io::Result<()> {
    let mut client = Client::connect(simulator)?;
    let organisation = simulator.organisation();
    let headers = [("Authorization", authorization), ("Content-Type", "application/json"), ("Accept-Encoding", coding)];
    let bodies: Vec<Vec<u8>> = (0..(organisation.len() / 650).clamp(1, 40))
        .map(|batch| {
            let ids = (0..650.min(organisation.len())).map(|n| (batch * 650 + n) % organisation.len());
            let ids: Vec<String> = ids.map(|number| format!("\"{}\"", organisation.person(number).id)).collect();
            format!("{{\"ids\":[{}]}}", ids.join(",")).into_bytes()
        })
        .collect();
    let (cpu, begun) = (serving()?, Instant::now());
    let (mut presences, mut bytes) = (0_u32, 0);
    for body in bodies.iter().cycle() {
        let reply = client.send("POST", "/v1.0/communications/getPresencesByUserId", &headers, body)?;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        presences += 650;
        bytes += reply.body.len();
        if begun.elapsed() >= duration {
            break;
        }
    }
    let (cpu, wall) = (serving()?.saturating_sub(cpu), begun.elapsed());
    let per_core = f64::from(presences) / cpu.as_secs_f64();
    let per_second = f64::from(presences) / wall.as_secs_f64();
    println!(
        "{name}: {per_core:.0} presences/s of CPU, {per_second:.0}/s of wall time, {} bytes each",
        bytes / presences as usize
    );
    Ok(())
}

/// The usual listing of everybody whom an exporter tracks, page by page.
fn list(simulator: &Simulator, authorization: &str) -> io::Result<()> {
    let mut client = Client::connect(simulator)?;
    let headers = [("Authorization", authorization), ("Accept-Encoding", "identity")];
    let filter = "accountEnabled%20eq%20true%20and%20userType%20eq%20'Member'";
    let mut target = format!("/v1.0/users?$select=id,department,officeLocation&$top=999&$filter={filter}");
    let (cpu, begun, mut users) = (serving()?, Instant::now(), 0);
    loop {
        let reply = client.send("GET", &target, &headers, b"")?;
        let page: serde_json::Value = serde_json::from_slice(&reply.body)?;
        users += page["value"].as_array().map_or(0, Vec::len);
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        next.trim_start_matches(&simulator.origin()).clone_into(&mut target);
    }
    let cpu = serving()?.saturating_sub(cpu);
    println!("listing: {users} users in {:?}, {cpu:?} of CPU", begun.elapsed());
    Ok(())
}

fn authorization(simulator: &Simulator) -> io::Result<String> {
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
        simulator.client_id(),
        simulator.client_secret(),
        simulator.origin()
    );
    let target = format!("/{}/oauth2/v2.0/token", simulator.tenant_id());
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = Client::connect(simulator)?.send("POST", &target, &headers, form.as_bytes())?;
    let body: serde_json::Value = serde_json::from_slice(&reply.body)?;
    Ok(format!("Bearer {}", body["access_token"].as_str().unwrap_or_default()))
}

/// CPU time of the serving threads so far: fields 14 and 15 of stat (`man 5 proc_pid_stat`), in ticks of 10 ms.
fn serving() -> io::Result<Duration> {
    let mut ticks = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let stat = fs::read_to_string(task?.path().join("stat"))?;
        let Some((name, rest)) = stat.rsplit_once(") ") else { continue };
        if name.contains("(simulator-") {
            ticks += rest.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        }
    }
    Ok(Duration::from_millis(ticks * 10))
}

fn resident() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.unwrap_or_default().trim().trim_end_matches(" kB").to_owned())
}
