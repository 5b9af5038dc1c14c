//! `telemetry config`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Write, show or check the configuration
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {}

pub(crate) fn run(_args: &ConfigArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry config` is not there yet"))
}
