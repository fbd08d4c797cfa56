//! Settings: what a simulated tenant is told when it starts.
//!
//! A value with public fields and a [`Default`]; nothing here is checked, because everything is possible.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::clock::Clock;
use crate::faults::Fault;
use crate::journal::Recording;
use crate::scenario::Scenario;
use crate::switches::Switches;

/// How a simulated tenant is made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// From which everything follows: ids, people, their days, the credentials.
    pub seed: u64,
    /// Number of accounts, of every kind.
    pub people: u32,
    /// What time it is for the people.
    pub clock: Clock,
    /// How long access tokens live, in real time.
    pub token_lifetime: Duration,
    /// How long a nextLink can be followed, in real time.
    pub page_lifetime: Duration,
    /// The application roles that new tokens carry.
    pub roles: Vec<String>,
    /// How long every presence request takes at least.
    pub presence_latency: Duration,
    /// How long every page of a listing takes at least.
    pub listing_latency: Duration,
    /// How long every token request takes at least.
    pub token_latency: Duration,
    /// Presence requests that an application may make in any 30 seconds; `None` for any number.
    pub presence_limit: Option<u32>,
    /// What the documentation leaves open.
    pub switches: Switches,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
    /// Which trouble comes and goes by itself, besides `faults`.
    pub scenario: Scenario,
    /// How much of the scenario has passed when the tenant starts.
    pub scenario_skipped: Duration,
    /// Whether the client secret has expired (AADSTS7000222).
    pub secret_expired: bool,
    /// Which calls are kept for assertions.
    pub record_calls: Recording,
    /// Where to listen; port 0 for any free port.
    pub listen: SocketAddr,
    /// Number of threads that serve.
    pub threads: usize,
}

impl Default for Settings {
    /// 5,000 people of seed 1 in real time, an application with the two roles that an exporter needs, no
    /// latency, no faults, any free port of 127.0.0.1, one thread.
    fn default() -> Self {
        Self {
            seed: 1,
            people: 5_000,
            clock: Clock::real(),
            token_lifetime: Duration::from_secs(3_599),
            page_lifetime: Duration::from_mins(10),
            roles: vec!["User.Read.All".to_owned(), "Presence.Read.All".to_owned()],
            presence_latency: Duration::ZERO,
            listing_latency: Duration::ZERO,
            token_latency: Duration::ZERO,
            presence_limit: Some(1_500),
            switches: Switches::default(),
            faults: Vec::new(),
            scenario: Scenario::Calm,
            scenario_skipped: Duration::ZERO,
            secret_expired: false,
            record_calls: Recording::Latest(10_000),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            threads: 1,
        }
    }
}
