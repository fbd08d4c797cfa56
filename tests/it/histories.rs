//! Random histories: thousands of them drive the pure deciders, and a naive model of each says after every step what must
//! be so.
//!
//! A history is a list of steps, each with a number from which all its details follow; what fails is shortened to the
//! steps that it takes. [`presence`] drives schedule and observations against the [`model`] of them, [`requests`] the
//! budget. They ask nobody and wait for nothing.

mod model;
mod presence;
mod requests;
