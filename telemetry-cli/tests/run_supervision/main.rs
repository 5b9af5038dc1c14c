//! The supervision of `telemetry run`, seen from outside: the real program, real commands, real signals, a real terminal.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reports by panicking, and its support is no different"
)]

#[cfg(target_os = "linux")]
mod beginning;
mod exit_codes;
mod harness;
#[cfg(target_os = "linux")]
mod job_control;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod limits;
mod signals;
#[path = "../real/support/skip.rs"]
mod skip;
mod streams;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod tmux;
