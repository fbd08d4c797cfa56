//! The simulated tenants of the bench, all of them in one other process.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use simulator::{Settings, Simulator};

use crate::process::Child;

/// Starts them, by this program with `simulate`. The configuration is in the folder then.
pub(crate) fn start(folder: &Path, tenants: u32, interval: Duration) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.arg("simulate").arg(folder).arg(tenants.to_string()).arg(format!("{}s", interval.as_secs()));
    let mut child = Child(command.stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().expect("the simulators"));
    let mut lines = BufReader::new(child.0.stdout.take().expect("its output")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "ready"), "the simulators did not start");
    child
}

/// Serves so many simulated tenants until the input ends, and writes the configuration of an exporter for them.
pub(crate) fn simulate(folder: &Path, tenants: u32, people: u32, interval: &str) {
    let mut config = String::from("tenants:\n");
    let simulators: Vec<Simulator> = (0..tenants)
        .map(|number| {
            let settings = Settings { people, seed: u64::from(number), ..Settings::default() };
            let simulator = Simulator::start(settings).expect("a simulator");
            let origin = simulator.origin();
            fs::write(folder.join(format!("secret-{number}")), simulator.client_secret()).expect("a secret");
            fs::write(folder.join(format!("ca-{number}.pem")), simulator.ca_pem()).expect("a CA");
            write!(
                config,
                "  - name: tenant-{number}\n    tenant_id: {}\n    client_id: {}\n    \
                 credential: {{client_secret_file: secret-{number}}}\n    \
                 cloud: {{authority: '{origin}', graph: '{origin}'}}\n    ca_file: ca-{number}.pem\n    \
                 interval: {interval}\n    users: {{filter: ''}}\n",
                simulator.tenant_id(),
                simulator.client_id(),
            )
            .expect("memory takes all");
            simulator
        })
        .collect();
    fs::write(folder.join("config.yml"), config).expect("a configuration");
    println!("ready");
    let mut end = String::new();
    // Whatever ends the input ends the simulation.
    drop(std::io::stdin().read_line(&mut end));
    drop(simulators);
}
