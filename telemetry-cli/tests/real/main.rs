//! The real binary against real servers: one test binary, with a module for each thing that a user does.
//!
//! Everything here runs on loopback only, starts what it needs and ends it again, and leaves nothing behind. A test that
//! needs a program which is not there begins with `require!` and reports itself as skipped. `cargo xtask test` provides the
//! programs; a plain `cargo test` uses whatever is installed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test reports by panicking, and its support is no different"
)]

mod chart;
mod checkers;
mod config;
mod dashboard;
mod demo;
mod doctor;
mod endpoint;
mod examples;
mod exit;
mod export_config;
mod exposition;
mod exposition_curl;
mod exposition_secured;
mod fleet;
mod generated;
mod health;
mod hostile;
mod inputs;
mod json_failure;
mod list;
mod page;
mod push;
mod push_client;
mod query;
mod query_command;
mod record;
mod report;
mod rules;
mod rules_broken;
mod run;
mod run_again;
mod run_report;
mod run_surroundings;
mod screens;
mod secrets;
mod serve;
mod serve_textfile;
mod servers;
mod siege;
mod snapshot;
mod soak;
mod stack;
mod status;
mod support;
mod swarm;
mod textfile;
mod thousand;
mod up;
mod watch;
