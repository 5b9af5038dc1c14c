//! `telemetry status`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Say whether telemetry works here: what is in force, where it comes from, and what can be reached
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {}

pub(crate) fn run(_args: &StatusArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry status` is not there yet"))
}
