//! `telemetry man`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Print the manual page
#[derive(Debug, Args)]
pub(crate) struct ManArgs {}

pub(crate) fn run(_args: &ManArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry man` is not there yet"))
}
