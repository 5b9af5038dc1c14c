//! `telemetry record`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Record one event from a hook or a script
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {}

pub(crate) fn run(_args: &RecordArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry record` is not there yet"))
}
