//! `telemetry completions`.

use crate::failure::Failure;
use crate::session::Session;
use clap::Args;
use std::process::ExitCode;

/// Print the completions for a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {}

pub(crate) fn run(_args: &CompletionsArgs, _session: &Session) -> Result<ExitCode, Failure> {
    Err(Failure::new("`telemetry completions` is not there yet"))
}
