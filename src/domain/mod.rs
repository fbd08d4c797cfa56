//! The domain: what the exporter knows about presence, and how it decides.
//!
//! Pure. Nothing below this module reads a clock, throws dice, opens a file or a socket or asks the environment: times,
//! dice and settings arrive as arguments, values and faults go back. It cannot name serde, so a change on the wire stops
//! in `graph/wire.rs`.
//!
//! The vocabulary, used alike by modules, labels, logs and documents:
//!
//! | word | meaning |
//! |---|---|
//! | tenant | one organisation in Microsoft Entra ID |
//! | directory | the users of a tenant who are tracked |
//! | dimension | by what users are counted apart: a property of theirs, or Entra groups |
//! | group | the users of one value of a dimension, or of one Entra group |
//! | batch | up to 650 of them, asked about in one request |
//! | cycle | one pass over the whole directory |
//! | observation | the last known presence of one user, and when it was answered |
//! | person-time | seconds of all users together in one word, from one observation of a user to the next |
//! | transition | that two consecutive observations of a user differ in availability |
//! | snapshot | one tenant's counts at one instant; holds no person |
//! | moment | an instant on the process's own clock, which never goes back |
//! | fault | what a cycle or a listing met, as a reason and in words |
//!
//! Read in the order of the `mod` lines.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod moment;
pub mod tenant;
pub mod dimension;
pub mod terms;
pub mod user;
pub mod value;
pub mod roster;
pub mod privacy;
pub mod grouping;
pub mod directory;
pub mod belief;
pub mod presence;
pub mod vocabulary;
pub mod series;
pub mod batch;
pub mod search;
pub mod tally;
pub mod counters;
pub mod observations;
mod limit;
pub mod plan;
pub mod snapshot;
pub mod schedule;
pub mod budget;
pub mod permission;
pub mod advice;
