//! `telemetry endpoint`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Show the addresses in use, and the scrape configuration for them
#[derive(Debug, Args)]
pub(crate) struct EndpointArgs {}

pub(crate) fn run(_args: &EndpointArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry endpoint` is not there yet"))
}
