//! What may be typed: flags, each with a twin in the environment, and a subcommand.
//!
//! A flag wins over its variable, the variable over the default; an empty variable is one that is not set. What cannot
//! be understood is refused with a text and an exit code, so that nothing here prints or ends the process. `typed` is
//! the command line as clap sees it, `values` reads what was given.

mod typed;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::assets::Existing;
use crate::config::{ListenAddress, Log, LogFormat, LogLevel, Web};
use typed::{Flags, Subcommand, Typed};
use values::Given;

/// The exit code for what was typed wrongly.
const MISTYPED: u8 = 64;

/// Looks up an environment variable.
type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// A command line that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Cli {
    /// What to do.
    pub command: Command,
    /// `--config.file`; without one the configuration comes from the `AZURE_*` variables.
    pub config_file: Option<PathBuf>,
    /// `--web.*`.
    pub web: Web,
    /// `--log.*`.
    pub log: Log,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Export the presence of the configured tenants.
    Serve,
    /// Say what works and what to fix.
    Check(Check),
    /// Export the presence of a simulated tenant.
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Write the bundled dashboards, rules and examples.
    Assets(Assets),
}

/// What is checked, and how that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// How far it goes.
    pub reach: Reach,
    /// The shape of the report.
    pub format: ReportFormat,
}

/// How far a check goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Entra and Graph are asked.
    Network,
    /// Only files are looked at, and nothing is sent.
    Offline,
}

/// The shape of the report of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// One JSON object, for machines.
    Json,
}

/// Where the bundled files go.
#[derive(Debug, Clone, PartialEq)]
pub struct Assets {
    /// The folder below which they are written.
    pub folder: PathBuf,
    /// What becomes of files that are there already.
    pub existing: Existing,
}

/// The simulated tenant of the demo.
#[cfg(feature = "demo")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demo {
    /// How many users it has, 1 to 1000000; default 5000.
    pub users: u32,
    /// What its dice begin with: the same seed makes the same people; default 1.
    pub seed: u64,
    /// How many times faster than ours its days go by, more than 0 and at most 3600; default 1.
    pub speed: f64,
    /// Which trouble comes and goes, one of [`SCENARIOS`]; default calm.
    pub scenario: &'static str,
}

/// The names of scenarios; what happens in them is the simulated tenant's affair.
#[cfg(feature = "demo")]
pub const SCENARIOS: [&str; 14] = [
    "calm", "throttled", "counts-ids", "flaky", "outage", "slow", "hostile", "poisoned", "systemic", "token-trouble",
    "refused", "shrinking", "long-listing", "random",
];

/// Why there is no command line to follow: a mistake, or a question that is answered by the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What to print, without the last line break: to the standard output where the exit code is 0, else to the standard error.
    pub text: String,
    /// 0 for help and version, 64 for a mistake.
    pub exit_code: u8,
    /// The mistakes one by one, where a check was asked for that tells in JSON.
    pub for_machines: Option<Vec<String>>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}

/// Reads the arguments, the first of which is the program's name, and the environment of this process.
///
/// # Errors
///
/// Help and version, where they were asked for; all that is wrong with the flags and variables.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, Refusal> {
    #[expect(clippy::disallowed_methods, reason = "every flag has a twin in the environment")]
    let environment = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    parse_within(args, &environment)
}

fn parse_within(args: impl IntoIterator<Item = OsString>, env: Environment) -> Result<Cli, Refusal> {
    let args: Vec<OsString> = args.into_iter().collect();
    let typed = Typed::command().try_get_matches_from(&args).and_then(|matches| Typed::from_arg_matches(&matches));
    let Typed { flags, command } = typed.map_err(|error| unreadable(&error, &args, env))?;
    if flags.version {
        return Err(Refusal { text: version(), exit_code: 0, for_machines: None });
    }
    let mut given = Given::new(env);
    let cli = understood(flags, command, &mut given);
    let is_for_machines = matches!(cli.command, Command::Check(Check { format: ReportFormat::Json, .. }));
    given.conclude(cli, is_for_machines)
}

/// A command line of which not even the flags are known. Where it looks like that of a check that tells in JSON, it is.
fn unreadable(error: &clap::Error, args: &[OsString], env: Environment) -> Refusal {
    let text = error.render().to_string().trim_end().to_owned();
    if !error.use_stderr() {
        return Refusal { text, exit_code: 0, for_machines: None };
    }
    let is_typed = args.iter().any(|arg| arg == "--format=json")
        || args.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    let is_json = is_typed || env("TEAMS_PRESENCE_CHECK_FORMAT").is_some_and(|format| format == "json");
    let is_for_machines = is_json && args.iter().any(|arg| arg == "check");
    let first = text.split("\n\n").next().unwrap_or_default();
    let fault = first.strip_prefix("error: ").unwrap_or(first).split_whitespace().collect::<Vec<_>>().join(" ");
    Refusal { text, exit_code: MISTYPED, for_machines: is_for_machines.then(|| vec![fault]) }
}

fn understood(flags: Flags, subcommand: Option<Subcommand>, given: &mut Given) -> Cli {
    let command = command(subcommand, flags.config_file.is_some(), given);
    let usual = Web::default();
    let addresses = usual.listen_addresses.clone();
    let web = Web {
        listen_addresses: given.list("--web.listen-address", flags.web_listen_address, addresses, values::addresses),
        telemetry_path: given.one(
            "--web.telemetry-path",
            flags.web_telemetry_path,
            usual.telemetry_path.clone(),
            values::path,
        ),
        max_requests: given.one("--web.max-requests", flags.web_max_requests, usual.max_requests, values::max_requests),
        config_file: given.file("--web.config.file", flags.web_config_file),
        systemd_socket: given.is_set("--web.systemd-socket", flags.web_systemd_socket.or(flags.no_web_systemd_socket)),
        health_listen_addresses: given.list(
            "--web.health-listen-address",
            flags.web_health_listen_address,
            usual.health_listen_addresses,
            values::addresses,
        ),
        enable_lifecycle: given
            .is_set("--web.enable-lifecycle", flags.web_enable_lifecycle.or(flags.no_web_enable_lifecycle)),
    };
    if let Some(both) = listened_to_twice(&web) {
        given.fault(format!(
            "--web.health-listen-address: {both} is --web.listen-address too, where health is answered anyway; leave it \
             out or give it a port of its own"
        ));
    }
    let log = Log {
        level: given.one("--log.level", flags.log_level, LogLevel::Info, values::level),
        format: given.one("--log.format", flags.log_format, LogFormat::Logfmt, values::format),
    };
    Cli { command, config_file: given.file("--config.file", flags.config_file), web, log }
}

/// An address where everything is to be served and health alone as well.
fn listened_to_twice(web: &Web) -> Option<&ListenAddress> {
    let taken = |address: &&ListenAddress| !address.is_any() && web.listen_addresses.contains(address);
    web.health_listen_addresses.iter().find(taken).filter(|_| !web.systemd_socket)
}

fn command(subcommand: Option<Subcommand>, file_typed: bool, given: &mut Given) -> Command {
    match subcommand {
        None | Some(Subcommand::Serve) => {}
        #[cfg(feature = "demo")]
        Some(Subcommand::Demo(flags)) => {
            if file_typed {
                given.fault("--config.file: the demo brings a tenant of its own; leave the flag out");
            }
            return Command::Demo(Demo {
                users: given.one("demo --users", flags.users, 5000, values::users),
                seed: given.one("demo --seed", flags.seed, 1, values::seed),
                speed: given.one("demo --speed", flags.speed, 1.0, values::speed),
                scenario: given.one("demo --scenario", flags.scenario, SCENARIOS[0], values::scenario),
            });
        }
        Some(Subcommand::Check(flags)) => {
            let offline = given.is_set("check --offline", flags.offline.then_some(true));
            let reach = if offline { Reach::Offline } else { Reach::Network };
            let format = given.one("check --format", flags.format, ReportFormat::Text, values::report_format);
            return Command::Check(Check { reach, format });
        }
        Some(Subcommand::Assets(flags)) => {
            if file_typed {
                given.fault("--config.file: assets are the same whatever the configuration; leave the flag out");
            }
            let force = given.is_set("assets --force", flags.force.then_some(true));
            let existing = if force { Existing::Replace } else { Existing::Keep };
            return Command::Assets(Assets { folder: flags.folder, existing });
        }
        Some(Subcommand::Completions(_)) => given.fault("completions: not yet supported"),
    }
    Command::Serve
}

/// What `--version` prints, in the shape of Prometheus's own tools.
fn version() -> String {
    format!(
        "teams-presence-exporter, version {} (revision {})\n  rust version:     {}\n  platform:         {}/{}",
        env!("CARGO_PKG_VERSION"),
        env!("TEAMS_PRESENCE_REVISION"),
        env!("TEAMS_PRESENCE_RUST_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
}

#[cfg(test)]
mod tests;
