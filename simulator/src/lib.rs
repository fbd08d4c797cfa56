//! A simulated Microsoft Entra ID and Microsoft Graph, for whoever reads Teams presence.
//!
//! ```text
//!   client ──TLS──▶ server ▶ exchange ▶ routes ─┬▶ entra ▶ assertion, issuer, refusals, tokens
//!     └────http───────┘        │    └▶ app_service ▶ entra
//!                              │                ├▶ users, members ▶ listing ▶ filter, position, directory ▶ properties
//!                   faults, payload, journal        ├▶ presences ▶ day
//!                                               └▶ batch (routes again)
//! ```
//!
//! A tenant is made from a seed: people, groups, their days, the credentials. Nothing is stored but what a test changes;
//! everything can be computed again, so a test knows what it must see ([`Simulator::presence_of`]). It serves HTTPS
//! with an authority that it makes at start ([`Simulator::ca_pem`]), and nothing over http but what stands on the machine
//! itself: the identity endpoint of App Service ([`Simulator::identity_endpoint`]). It judges its client: Graph's rules and limits
//! are enforced, calls are recorded. Where the documentation leaves a question open there is a switch ([`Switches`]);
//! failures are data ([`Fault`]), one at a time or as a [`Scenario`] that plays by itself.
//!
//! ```no_run
//! use std::time::{Duration, UNIX_EPOCH};
//! use simulator::{Clock, Settings, Simulator};
//!
//! let noon = UNIX_EPOCH + Duration::from_secs(1_794_830_400);
//! let settings = Settings { people: 100, clock: Clock::Frozen(noon), ..Settings::default() };
//! let tenant = Simulator::start(settings)?;
//! for person in tenant.organisation().people().filter(|person| person.is_enabled_member()) {
//!     println!("{} {:?}", person.id, tenant.presence_of(&person, tenant.now()).availability);
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Reading order: what a caller says ([`Settings`], [`Switches`], [`Fault`], [`Scenario`]), the people (`organisation`, `day`,
//! `directory`), then the wire from `server` on.

mod simulator;
mod machine;

mod clock;
mod faults;
mod journal;
mod scenario;
mod settings;
mod switches;

mod calendar;
mod day;
mod dice;
mod directory;
mod groups;
mod hostile;
mod identity;
mod names;
mod organisation;
mod places;
mod presence;
mod spent;

mod certificate;
mod exchange;
mod payload;
mod server;
mod tenant;

mod answer;
mod app_service;
mod assertion;
mod batch;
mod entra;
mod filter;
mod issuer;
mod json;
mod jwt;
mod listing;
mod members;
mod position;
mod presences;
mod properties;
mod query;
mod refusals;
mod routes;
mod tokens;
mod users;

pub use crate::clock::Clock;
pub use crate::faults::{Effect, Fault, Occurrence, Operation};
pub use crate::groups::Group;
pub use crate::identity::{Guid, NotAGuid};
pub use crate::journal::{Call, Recording};
pub use crate::organisation::{Kind, Organisation, Person, Plan};
pub use crate::places::Office;
pub use crate::presence::{
    Activity, Availability, Presence, SequenceNumber, WorkLocation, WorkLocationSource, WorkLocationType,
};
pub use crate::refusals::{REFUSALS, TokenRefusal};
pub use crate::scenario::{Scenario, Scene, UnknownScenario};
pub use crate::settings::Settings;
pub use crate::simulator::Simulator;
pub use crate::spent::Spent;
pub use crate::switches::{
    Assertions, Batch, Budget, Cloud, Duplicates, EmptyIds, EmptyPages, FilteredPaging, MalformedId, MissingRole,
    Order, ReadBasic, RetryAfter, Shape, Spelling, Switches, TooManyIds, Unauthorized, UnknownId, Unlicensed, Values,
    Wrapping,
};
