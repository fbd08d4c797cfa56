//! teams-presence-exporter: tells Prometheus how available an organisation is in Microsoft Teams, without telling it
//! anything about a person.
//!
//! ```text
//!             time                                                              Prometheus
//!               │                                                                   ▲
//!               ▼                                                                   │
//!           schedule ─▶ directory ─▶ batches of 650 ─▶ observations ─▶ snapshot ─▶ page ─▶ web
//!           (when)      (who)        (how are they)    (per person)    (counts)    (text)  (a copy)
//!            pure        Graph         Graph            pure            pure        pure    hyper
//! ```
//!
//! Data goes right; nothing goes left except back-pressure as a value. The privacy wall stands between observations and
//! snapshot: what is known of a person stays in the collector's memory, a snapshot holds counts only.
//!
//! Two clocks a tenant: [`keeper`] lists users, slowly; [`collector`] reads their presence, quickly; neither waits for
//! the other. Three kinds of room: [`domain`] decides and cannot fail, adapters talk and can, [`app`] introduces them.
//! Read on in the order of the `mod` lines; docs/ARCHITECTURE.md says who may import whom.

pub mod domain;
pub mod config;
pub mod clock;
pub mod watched;
pub mod catalog;
pub mod exposition;
pub mod telemetry;
pub mod board;
pub mod transport;
pub mod entra;
pub mod graph;
pub mod readiness;
pub mod shutdown;
pub mod reload;
pub mod heartbeat;
pub mod service_manager;
pub mod keeper;
pub mod collector;
pub mod web;
pub mod assets;
pub mod cli;
pub mod logging;
pub mod app;
pub mod check;
#[cfg(feature = "demo")]
pub mod demo;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
