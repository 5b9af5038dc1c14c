//! The `telemetry` command. This file parses the arguments, runs one command and maps its end to an exit code; each command is a
//! file of `commands`.

mod args;
mod clock;
mod commands;
#[cfg(test)]
mod conventions;
mod events;
mod export;
mod failure;
mod output;
mod panic;
mod road;
mod samples;
mod session;
mod sources;
mod supervise;
mod tables;
mod usage;

use args::{Cli, Command};
use failure::{Exit, Failure};
use session::Session;
use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::read(env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage::report(error),
    };
    let verbose = cli.global.verbose;
    if cli.global.quiet {
        failure::hush();
    }
    panic::tell_of_panics(verbose);
    panic::caught(cli.command.worst(), || match run(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(verbose),
    })
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let session = Session::new(cli.global);
    cli.command.check_flags(&session)?;
    match cli.command {
        Command::Status(args) => commands::status::run(&args, &session),
        Command::Health(args) => commands::health::run(&args, &session),
        Command::Record(args) => commands::record::run(&args, &session),
        Command::Endpoint(args) => commands::endpoint::run(&args, &session),
        Command::Doctor(args) => commands::doctor::run(&args, &session),
        Command::Query(args) => commands::query::run(&args, &session),
        Command::Config(args) => commands::config::run(&args, &session),
        Command::Completions(args) => commands::completions::run(&args, &session),
        Command::Man(args) => commands::man::run(&args, &session),
        Command::Alerts(args) => commands::alerts::run(&args, &session),
        Command::List(args) => commands::list::run(&args, &session),
        Command::Dashboard(args) => commands::dashboard::run(&args, &session),
        Command::Chart(args) => commands::chart::run(&args, &session),
        Command::Report(args) => commands::report::run(&args, &session),
        Command::Snapshot(args) => commands::snapshot::run(&args, &session),
        Command::Run(args) => commands::run::run(&args, &session),
        Command::Push(args) => commands::push::run(&args, &session),
        Command::Up(args) => commands::up::run(*args, &session),
        Command::Serve(args) => commands::serve::run(&args, &session),
        Command::ExportConfig(args) => commands::export_config::run(&args, &session),
        Command::Demo(args) => commands::demo::run(&args, &session),
        Command::DemoPart(args) => commands::demo::part::run(args, &session),
    }
}

impl Command {
    /// A wrong `--set` or `--config` is told before anything begins, also where a command would do without the configuration. What is wrong
    /// with a file is left to those that look into it themselves, and a command that is run is run all the same.
    fn check_flags(&self, session: &Session) -> Result<(), Failure> {
        let global = session.global();
        let given = global.config.is_some() || !global.overrides.is_empty();
        if !given || matches!(self, Self::Run(_) | Self::DemoPart(_)) {
            return Ok(());
        }
        let looks = matches!(self, Self::Status(_) | Self::Doctor(_) | Self::Config(_) | Self::Record(_));
        match session.load() {
            Err(failure) if failure.is_usage() || !looks => Err(self.as_code(failure)),
            _ => Ok(()),
        }
    }

    /// The failure with the code that this command has for those.
    fn as_code(&self, failure: Failure) -> Failure {
        if self.worst() == Exit::Unknown { failure.unknown() } else { failure }
    }

    /// How it fails where it cannot even say why: codes that are answers must not be mistaken.
    const fn worst(&self) -> Exit {
        match self {
            Self::Health(_) | Self::Alerts(_) => Exit::Unknown,
            _ => Exit::Failure,
        }
    }
}
