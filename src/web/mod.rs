//! The web: what the process serves over HTTP, and how it begins and ends.
//!
//! Everything served is a copy of what is known already: this module cannot reach Graph, so no scrape causes a request to
//! Microsoft. Only a reload may, where it is allowed: tenants that change start anew. Where it listens is in `listen`,
//! which connections there are in `server` and `room`, how one lives and ends in `connection`, who may come in in `gate`,
//! what is answered on which path in `routes`, how many at one time in `slots`, the metrics page in `metrics` and `own`,
//! the status page in `status`.

mod listen;
mod listener;
mod server;
mod room;
mod guests;
mod source;
mod connection;
mod protocol;
mod wire;
mod under_way;
mod refusal;
mod greeting;
mod gate;
mod tls;
mod client_certificates;
mod authentication;
mod examiner;
mod rate;
mod routes;
mod address;
mod answer;
mod body;
mod slots;
mod metrics;
mod own;
mod media;
mod encoding;
mod quality;
mod status;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::board::Board;
use crate::config::Config;
use crate::heartbeat::Heartbeat;
use crate::readiness::Readiness;
use crate::reload::Asker;
use crate::telemetry::Telemetry;

pub use gate::{Gate, HANGS, PATIENCE};
pub use listen::BindError;
pub use server::Server;

/// What is served.
#[derive(Debug, Clone)]
pub struct Site {
    /// The tenants.
    pub board: Arc<Board>,
    /// The metrics of the exporter itself.
    pub telemetry: Arc<Telemetry>,
    /// Whether every tenant has been looked at once.
    pub readiness: Readiness,
    /// Whether the thread of the tenants gets on.
    pub heartbeat: Heartbeat,
    /// Who may come in.
    pub gate: Arc<Gate>,
    /// The configuration in force.
    pub config: Arc<ArcSwap<Config>>,
    /// Where to ask for the configuration to be read again; `None` if nobody may ask here.
    pub reload: Option<Asker>,
    /// The path of the metrics page.
    pub telemetry_path: String,
    /// How many scrapes may be answered at one time; 0 for no limit.
    pub max_requests: usize,
}
