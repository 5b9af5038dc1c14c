//! `telemetry config`: writes a commented example of the configuration, shows what is in force, and checks files.

mod check;
mod init;
mod place;
mod show;

use crate::failure::Failure;
use crate::session::Session;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Write, show or check the configuration
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry config init
  telemetry config show
  telemetry config check")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    Init(init::InitArgs),
    Show(show::ShowArgs),
    Check(check::CheckArgs),
}

pub(crate) fn run(args: &ConfigArgs, session: &Session) -> Result<ExitCode, Failure> {
    match &args.command {
        ConfigCommand::Init(args) => init::run(args, session),
        ConfigCommand::Show(args) => show::run(args, session),
        ConfigCommand::Check(args) => check::run(args, session),
    }
}
