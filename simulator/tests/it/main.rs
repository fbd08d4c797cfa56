//! The simulator over its own wire: what a client of Entra and Graph would see.

mod client;
mod house;

mod command;
mod faults;
mod groups;
mod moves;
mod presence;
mod scenarios;
mod tokens;
mod users;
