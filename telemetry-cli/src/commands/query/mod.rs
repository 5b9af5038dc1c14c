//! `telemetry query`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Evaluate PromQL against the Prometheus HTTP API
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {}

pub(crate) fn run(_args: &QueryArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry query` is not there yet"))
}
