//! `telemetry doctor`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Walk the whole path of a count with a probe, and say where it breaks
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {}

pub(crate) fn run(_args: &DoctorArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry doctor` is not there yet"))
}
