//! The simulator over its own wire: what a client of Entra and Graph would see.

mod client;
mod house;
mod signing;

mod command;
mod credentials;
mod faults;
mod groups;
mod identity_endpoint;
mod moves;
mod presence;
mod scenarios;
mod tokens;
mod users;
