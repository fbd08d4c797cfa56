//! The command line as clap sees it: which flags there are, and the help.
//!
//! Every value is text here, and nothing has a default: what a flag may be is said by `values`, and its twin in the
//! environment has to be read in the same way. A flag that is yes or no has a hidden form with `no-`, and the last one
//! counts. What is documented for a later version is known, so that it can be refused by name, but hidden.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser};

const AFTER_HELP: &str = "\
Every flag has a twin in the environment: --web.listen-address is
TEAMS_PRESENCE_WEB_LISTEN_ADDRESS (several addresses: commas), --users of the
demo is TEAMS_PRESENCE_DEMO_USERS. A flag wins over its variable.

Without a configuration file AZURE_TENANT_ID, AZURE_CLIENT_ID and one of
AZURE_CLIENT_CERTIFICATE_PATH (AZURE_CLIENT_CERTIFICATE_PASSWORD where it has
one), AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_SECRET make one tenant with
the defaults.";

/// Exports to Prometheus how available an organisation is in Microsoft Teams: how many, never who.
#[derive(Debug, Parser)]
#[command(
    name = "teams-presence-exporter",
    after_help = AFTER_HELP,
    term_width = 80,
    subcommand_value_name = "COMMAND",
    disable_help_subcommand = true
)]
pub(super) struct Typed {
    #[command(flatten)]
    pub(super) flags: Flags,
    #[command(subcommand)]
    pub(super) command: Option<Subcommand>,
}

#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Configuration file (YAML)
    #[arg(long = "config.file", value_name = "PATH", global = true)]
    pub(super) config_file: Option<PathBuf>,
    #[arg(long = "web.listen-address", value_name = "ADDR", global = true)]
    #[arg(help = ":port, host:port or unix:/path, repeatable [default: :10068]")]
    pub(super) web_listen_address: Vec<String>,
    /// Path of the metrics page [default: /metrics]
    #[arg(long = "web.telemetry-path", value_name = "PATH", global = true)]
    pub(super) web_telemetry_path: Option<String>,
    /// Scrapes at a time, 0: no limit [default: 40]
    #[arg(long = "web.max-requests", value_name = "N", allow_negative_numbers = true, global = true)]
    pub(super) web_max_requests: Option<String>,
    /// TLS, users, headers and limits (YAML)
    #[arg(long = "web.config.file", value_name = "PATH", global = true)]
    pub(super) web_config_file: Option<PathBuf>,
    /// Listen on the sockets that systemd passes, in place of addresses
    #[arg(long = "web.systemd-socket", num_args = 0, default_missing_value = "true", global = true)]
    #[arg(overrides_with = "no_web_systemd_socket")]
    pub(super) web_systemd_socket: Option<bool>,
    #[arg(long = "no-web.systemd-socket", num_args = 0, default_missing_value = "false", global = true, hide = true)]
    #[arg(overrides_with = "web_systemd_socket")]
    pub(super) no_web_systemd_socket: Option<bool>,
    /// Where to answer /-/healthy and /-/ready alone, repeatable
    #[arg(long = "web.health-listen-address", value_name = "ADDR", global = true)]
    pub(super) web_health_listen_address: Vec<String>,
    /// Read the configuration again on PUT or POST to /-/reload
    #[arg(long = "web.enable-lifecycle", num_args = 0, default_missing_value = "true", global = true)]
    #[arg(overrides_with = "no_web_enable_lifecycle")]
    pub(super) web_enable_lifecycle: Option<bool>,
    #[arg(long = "no-web.enable-lifecycle", num_args = 0, default_missing_value = "false", global = true, hide = true)]
    #[arg(overrides_with = "web_enable_lifecycle")]
    pub(super) no_web_enable_lifecycle: Option<bool>,
    /// debug, info, warn or error [default: info]
    #[arg(long = "log.level", value_name = "LEVEL", global = true)]
    pub(super) log_level: Option<String>,
    /// logfmt or json [default: logfmt]
    #[arg(long = "log.format", value_name = "FORMAT", global = true)]
    pub(super) log_format: Option<String>,
    /// Print the version
    #[arg(short = 'V', long, global = true)]
    pub(super) version: bool,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Export the presence of the configured tenants (the default)
    Serve,
    /// Say what works and what to fix, then exit
    Check(Check),
    /// Export the presence of a simulated tenant, to look around
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Write the bundled dashboards, rules and examples into a folder
    Assets(Assets),
    #[command(hide = true, disable_help_flag = true)]
    Completions(Anything),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Look at the files alone and send nothing
    #[arg(long, help_heading = "The check")]
    pub(super) offline: bool,
    /// text or json [default: text]
    #[arg(long, help_heading = "The check", value_name = "FORMAT")]
    pub(super) format: Option<String>,
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How many users it has [default: 5000]
    #[arg(long, help_heading = "The simulated tenant", value_name = "N", allow_negative_numbers = true)]
    pub(super) users: Option<String>,
    /// Same seed, same people [default: 1]
    #[arg(long, help_heading = "The simulated tenant", value_name = "S", allow_negative_numbers = true)]
    pub(super) seed: Option<String>,
    /// Times faster than our days [default: 1]
    #[arg(long, help_heading = "The simulated tenant", value_name = "X", allow_negative_numbers = true)]
    pub(super) speed: Option<String>,
    /// Trouble that comes and goes: calm, throttled, counts-ids, flaky, outage, slow, hostile, poisoned, systemic,
    /// token-trouble, refused, shrinking, long-listing or random [default: calm]
    #[arg(long, help_heading = "The simulated tenant", value_name = "NAME")]
    pub(super) scenario: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Assets {
    /// The folder; it is made where it is missing
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Replace files that hold something else
    #[arg(long, help_heading = "The bundled files")]
    pub(super) force: bool,
}

/// Whatever follows a subcommand of a later version.
#[derive(Debug, Args)]
pub(super) struct Anything {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}
