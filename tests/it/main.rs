//! The integration tests, all in one binary: one file per area, each listed here.

// Always true here; it tells clippy that helpers are test code too, where `unwrap` is as good as a message.
#![cfg(test)]
#![expect(clippy::disallowed_types, reason = "tests look from outside, over sockets of their own")]

mod aadsts;
mod ageing;
mod answers;
mod assets;
mod boards;
mod bodies;
mod chaos;
mod check;
mod clouds;
mod credentials;
mod demo;
mod ending;
mod exact;
mod golden;
mod groups;
mod harness;
mod histories;
mod hostile;
mod identities;
mod keeping;
mod laws;
mod listening;
mod listing;
mod live;
mod logs;
mod members;
mod metrics_doc;
mod operations_doc;
mod outside;
mod partial;
mod permissions;
mod person_time;
mod privacy;
mod privacy_doc;
mod probing;
mod prometheus;
mod promql;
mod provisioning;
mod refused;
mod registration;
mod reloading;
mod rules;
mod runbooks;
mod scenarios;
mod selecting;
mod snippets;
mod starting;
mod systemd;
mod throttling;
mod tidy;
mod tokens;
mod tools;
mod trouble;
mod typed;
mod undocumented;
mod visitors;
mod web;
mod web_config;
mod words;
