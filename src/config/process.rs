//! The settings of the process itself, as opposed to those of a tenant: what it serves and how it logs.
//!
//! They are typed as flags or given in the environment, never in the file; `cli` reads them. Here are only
//! the values, so that `web` and `logging` need not know the command line.

/// What is served, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// Where to listen, each `:port`, `host:port` or `[::1]:port`; at least one. Without a host: on all addresses.
    pub listen_addresses: Vec<String>,
    /// The path of the metrics page: begins with `/`, is no other endpoint's.
    pub telemetry_path: String,
    /// How many scrapes may be answered at one time; 0 for no limit.
    pub max_requests: usize,
}

/// How the log reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// The least important messages that are still written.
    pub level: LogLevel,
    /// The shape of a line.
    pub format: LogFormat,
}

/// How important a message is, the least important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For whoever looks for a fault of the exporter.
    Debug,
    /// What happens in ordinary operation.
    Info,
    /// What deserves a look, though the exporter goes on.
    Warn,
    /// What needs somebody's hand.
    Error,
}

/// The shape of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// `ts=... level=info msg="..."`, as Prometheus itself writes.
    Logfmt,
    /// One JSON object a line.
    Json,
}
