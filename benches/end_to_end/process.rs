//! The processes of a bench: started, looked at in /proc, ended by their pid.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use simulator::{Settings, Simulator};
use tempfile::TempDir;

/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(5);

/// A process that ends with its owner.
pub(crate) struct Child(pub(crate) std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The pause between looks at a process that has little to do but to be measured.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// The files of a tenant that the exporter shall read.
pub(crate) struct Tenant {
    folder: TempDir,
}

impl Tenant {
    /// A tenant at a simulator, whose presence is read once an interval.
    fn new(origin: &str, tenant: &str, client: &str, secret: &str, ca: &str, interval: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("secret"), secret).expect("a secret");
        fs::write(folder.path().join("ca.pem"), ca).expect("a CA");
        let config = format!(
            "tenants:\n  - name: bench\n    tenant_id: {tenant}\n    client_id: {client}\n    \
             credential: {{client_secret_file: secret}}\n    cloud: {{authority: '{origin}', graph: '{origin}'}}\n    \
             ca_file: ca.pem\n    interval: {interval}\n    users: {{filter: ''}}\n"
        );
        fs::write(folder.path().join("config.yml"), config).expect("a configuration");
        Self { folder }
    }

    /// Adds lines to the configuration of the tenant, indented as its keys are.
    pub(crate) fn add(&self, lines: &str) {
        let path = self.folder.path().join("config.yml");
        let config = fs::read_to_string(&path).expect("a configuration");
        fs::write(path, config + lines).expect("a configuration");
    }

    /// A tenant whose secret is not there, so that nothing is asked.
    pub(crate) fn unreachable() -> Self {
        let id = "00000000-0000-4000-8000-000000000000";
        let tenant = Self::new("https://localhost:9", id, id, "", "", "1h");
        fs::remove_file(tenant.folder.path().join("ca.pem")).expect("a file");
        tenant
    }
}

/// The real binary, running.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
}

impl Exporter {
    /// Starts it and waits until it listens.
    pub(crate) fn start(tenant: &Tenant) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_teams-presence-exporter"));
        command.arg("--config.file").arg(tenant.folder.path().join("config.yml"));
        command.args(["--web.listen-address", "127.0.0.1:0"]).stderr(Stdio::piped());
        let mut child = Child(command.spawn().expect("the exporter"));
        let mut log = BufReader::new(child.0.stderr.take().expect("its log")).lines().map_while(Result::ok);
        let listening = log.find_map(|line| line.split_once("address=").map(|(_, address)| address.trim().to_owned()));
        let address = listening.and_then(|address| address.parse().ok()).expect("an address in the log");
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// One scrape, without gzip.
    pub(crate) fn scrape(&self) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").expect("a request");
        let mut page = String::new();
        stream.read_to_string(&mut page).expect("a page");
        page
    }

    /// Waits for the end of so many cycles, with this pause between looks: they cost CPU too.
    pub(crate) fn page_after_cycles(&self, cycles: u32, pause: Duration) -> String {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let page = self.scrape();
            if value(&page, "teams_presence_cycles_total{") >= f64::from(cycles) {
                return page;
            }
            #[expect(clippy::disallowed_methods, reason = "nobody else waits in this thread")]
            std::thread::sleep(pause);
        }
        panic!("the cycles did not end");
    }

    /// The CPU time of all threads, as the scheduler counts it.
    pub(crate) fn cpu(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.0.id())).expect("its threads");
        let nanoseconds = tasks.filter_map(Result::ok).filter_map(|task| {
            let counted = fs::read_to_string(task.path().join("schedstat")).ok()?;
            counted.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// The most memory that was resident at any time.
    pub(crate) fn peak_mebibytes(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.0.id())).expect("its status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
        let kibibytes: f64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
        kibibytes / 1024.0
    }
}

/// A simulated tenant in another process, this program started again with `simulate` and the number of people.
pub(crate) fn simulated(people: u32, interval: &str) -> (Child, Tenant) {
    simulation(&["simulate", &people.to_string()], interval)
}

/// The same, but nobody without a licence is ever answered about.
pub(crate) fn simulated_in_part(people: u32, interval: &str) -> (Child, Tenant) {
    simulation(&["simulate", &people.to_string(), "in-part"], interval)
}

fn simulation(arguments: &[&str], interval: &str) -> (Child, Tenant) {
    let myself = std::env::current_exe().expect("a path");
    let mut command = Command::new(myself);
    command.args(arguments).stdout(Stdio::piped()).stdin(Stdio::piped());
    let mut child = Child(command.spawn().expect("a simulator"));
    let lines = BufReader::new(child.0.stdout.take().expect("its output")).lines();
    let lines: Vec<String> = lines.map_while(Result::ok).take_while(|line| line != "ready").collect();
    let [origin, tenant, client, secret, ca @ ..] = lines.as_slice() else { panic!("the simulator did not start") };
    (child, Tenant::new(origin, tenant, client, secret, &ca.join("\n"), interval))
}

/// Serves a simulated tenant until its input ends.
pub(crate) fn simulate(settings: Settings) {
    let simulator = Simulator::start(settings).expect("a simulator");
    println!(
        "{}\n{}\n{}\n{}",
        simulator.origin(),
        simulator.tenant_id(),
        simulator.client_id(),
        simulator.client_secret()
    );
    println!("{}ready", simulator.ca_pem());
    let mut end = String::new();
    // Whatever ends the input ends the simulation.
    drop(std::io::stdin().read_line(&mut end));
}

/// The value of the first sample that begins so.
pub(crate) fn value(page: &str, sample: &str) -> f64 {
    let line = page.lines().find(|line| line.starts_with(sample));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0.0)
}
