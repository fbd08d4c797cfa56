//! `check`: what an operator reads who runs it once, on tenants that are well and on such as are not.
//!
//! The whole output of a healthy tenant stands in `golden/check.txt`. What each finding says is tested by provoking its
//! cause in a simulated tenant, and read in JSON, where words are not wrapped; `provoked` sees to it that no finding is
//! without such a test.

mod credentials;
mod groups;
mod healthy;
mod hostile;
mod network;
mod outputs;
mod process;
mod provoked;
mod run;
mod trouble;
