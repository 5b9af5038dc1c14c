//! `telemetry health`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Say how well each subsystem is, and why
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {}

pub(crate) fn run(_args: &HealthArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry health` is not there yet"))
}
