//! The command: a simulated tenant as a process, for tests of other programs and for trying things out.

use std::fmt::{Debug, Display};
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use simulator::{Clock, Cloud, Recording, Scenario, Settings, Shape, Simulator, Switches};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

/// A simulated Microsoft Entra ID and Graph over HTTPS on loopback.
#[derive(Debug, Parser)]
#[command(version, term_width = 80)]
struct Arguments {
    /// Number of accounts.
    #[arg(long, default_value_t = 5_000)]
    people: u32,
    /// From which people, days and credentials follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulated seconds per real second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Milliseconds that every presence request takes at least.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    presence_latency: u64,
    /// Milliseconds that every page of a listing takes at least.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    listing_latency: u64,
    /// Seconds that access tokens live.
    #[arg(long, default_value_t = 3_599, value_name = "SECONDS")]
    token_lifetime: u64,
    /// Presence requests allowed in any 30 seconds; 0 for any number.
    #[arg(long, default_value_t = 1_500, value_name = "REQUESTS")]
    presence_limit: u32,
    /// Which trouble comes and goes.
    #[arg(long, default_value_t = Scenario::Calm, value_parser = scenarios())]
    scenario: Scenario,
    /// The cloud that the tenant lives in, which decides whose Graph there are tokens for.
    #[arg(long, default_value = "global", value_parser = |typed: &str| position(Cloud::ALL, typed))]
    cloud: Cloud,
    /// How much of presence is answered.
    #[arg(long, default_value = "full", value_parser = |typed: &str| position(Shape::ALL, typed))]
    shape: Shape,
    /// An application permission that is granted; may be given several times.
    #[arg(long, value_name = "PERMISSION", default_values = ROLES)]
    role: Vec<String>,
    /// A file with a certificate (PEM) that the application has; may be given several times.
    #[arg(long, value_name = "FILE")]
    certificate: Vec<PathBuf>,
    /// An issuer, an https:// URL, that the application trusts about `--federated-subject`; a token of it is written.
    #[arg(long, value_name = "URL", requires = "federated_subject")]
    federated_issuer: Option<String>,
    /// Whom that issuer's tokens are about.
    #[arg(long, value_name = "SUBJECT", requires = "federated_issuer")]
    federated_subject: Option<String>,
    /// Opens an identity endpoint of App Service.
    #[arg(long)]
    identity_endpoint: bool,
    /// Refuses every request for a token with this AADSTS code.
    #[arg(long, value_name = "CODE")]
    refuse: Option<u32>,
    /// Where to write ca.pem, client-secret, and what else a client must have.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
    /// Number of threads that serve.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// What the application may do unless that is said: all that a client can make use of, the members of groups included.
const ROLES: [&str; 3] = ["User.Read.All", "Presence.Read.All", "GroupMember.Read.All"];

/// Reads a scenario's name; the help lists them all.
fn scenarios() -> impl TypedValueParser<Value = Scenario> {
    let value = |scenario: Scenario| PossibleValue::new(scenario.name()).help(scenario.description());
    PossibleValuesParser::new(Scenario::ALL.map(value)).try_map(|name| name.parse::<Scenario>())
}

/// The position of a switch by its name, in any case, or which there are.
fn position<T: Debug + Copy>(all: &[T], typed: &str) -> Result<T, String> {
    let names: Vec<String> = all.iter().map(|position| format!("{position:?}").to_lowercase()).collect();
    let found = names.iter().position(|name| *name == typed.to_lowercase());
    found.map(|at| all[at]).ok_or_else(|| format!("there are {}", names.join(", ")))
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "simulator: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = {
        let _context = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let Clock::Running { from, .. } = Clock::real() else { return Ok(()) };
    let simulator = Simulator::start(Settings {
        seed: arguments.seed,
        people: arguments.people,
        clock: Clock::Running { from, speed: arguments.speed },
        token_lifetime: Duration::from_secs(arguments.token_lifetime),
        presence_latency: Duration::from_millis(arguments.presence_latency),
        listing_latency: Duration::from_millis(arguments.listing_latency),
        presence_limit: (arguments.presence_limit > 0).then_some(arguments.presence_limit),
        scenario: arguments.scenario,
        record_calls: Recording::Nothing,
        listen: arguments.listen,
        threads: arguments.threads,
        roles: arguments.role.clone(),
        switches: Switches { cloud: arguments.cloud, shape: arguments.shape, ..Switches::default() },
        ..Settings::default()
    })?;
    register(arguments, &simulator)?;
    announce(arguments, &simulator)?;
    runtime.block_on(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
    Ok(())
}

/// Gives the application what it has besides its secret.
fn register(arguments: &Arguments, simulator: &Simulator) -> io::Result<()> {
    for path in &arguments.certificate {
        let named = |error: &dyn Display| io::Error::other(format!("{}: {error}", path.display()));
        let pem = fs::read(path).map_err(|error| named(&error))?;
        let certificate = CertificateDer::from_pem_slice(&pem).map_err(|error| named(&error))?;
        simulator.register_certificate(&certificate);
    }
    simulator.refuse_tokens(arguments.refuse);
    Ok(())
}

/// How long the federated token that is written is good: longer than anybody tries things out.
const FEDERATED: Duration = Duration::from_hours(24 * 30);

/// Writes the files, and a `key=value` line for each thing that a client must know; `ready` comes last.
fn announce(arguments: &Arguments, simulator: &Simulator) -> io::Result<()> {
    fs::create_dir_all(&arguments.directory)?;
    let directory = arguments.directory.canonicalize()?;
    let (ca, secret) = (directory.join("ca.pem"), directory.join("client-secret"));
    fs::write(&ca, simulator.ca_pem())?;
    fs::write(&secret, simulator.client_secret())?;
    let mut out = io::stdout().lock();
    writeln!(out, "origin={}", simulator.origin())?;
    writeln!(out, "tenant_id={}", simulator.tenant_id())?;
    writeln!(out, "client_id={}", simulator.client_id())?;
    writeln!(out, "ca_file={}", ca.display())?;
    writeln!(out, "client_secret_file={}", secret.display())?;
    if let (Some(issuer), Some(subject)) = (&arguments.federated_issuer, &arguments.federated_subject) {
        simulator.trust_issuer(issuer, subject);
        let file = directory.join("federated-token");
        fs::write(&file, simulator.federated_token(issuer, subject, FEDERATED))?;
        writeln!(out, "federated_token_file={}", file.display())?;
    }
    if arguments.identity_endpoint {
        let file = directory.join("identity-header");
        fs::write(&file, simulator.identity_header())?;
        writeln!(out, "identity_endpoint={}", simulator.identity_endpoint())?;
        writeln!(out, "identity_header_file={}", file.display())?;
        writeln!(out, "system_assigned_id={}", simulator.system_assigned_id())?;
        writeln!(out, "user_assigned_id={}", simulator.user_assigned_id())?;
    }
    for group in simulator.groups() {
        writeln!(out, "group={} {}", group.id, group.name)?;
    }
    writeln!(out, "ready")?;
    out.flush()
}
