//! `telemetry status`: whether telemetry works here, what is in force and why, and what can be reached.
//!
//! | module | responsible for |
//! |---|---|
//! | `report` | everything that is found out, as it is printed for programs |
//! | `settings` | whether anything is recorded, and the settings in force with where each comes from |
//! | `counts` | the ledger, and how many series of which type it has |
//! | `advice` | what is wrong, and what to do about it |
//!
//! It only looks: no lock is waited for, no secret is read but by whom it is asked for, and nothing is written.

mod advice;
mod counts;
mod report;
mod settings;

use crate::args::Patience;
use crate::failure::{Exit, Failure};
use crate::output::{print_json, print_to};
use crate::session::Session;
use crate::tables;
use clap::Args;
use std::process::ExitCode;
use std::time::SystemTime;

pub(crate) use advice::Problem;
pub(crate) use counts::{Held, LedgerReport, PushReport};
pub(crate) use report::{Report, ServerReport, Standing};
pub(crate) use settings::{ConfigurationReport, InForce, Recording};

/// Say whether telemetry works here: what is in force, where it comes from, and what can be reached
///
/// The four servers are asked at once. One that is not there is nothing wrong as long as nobody configured it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry status
  telemetry status --all
  telemetry status -j | jq -r '.problems[].advice'

Exit codes: 0 it could look, whatever it found; 1 the configuration or the ledger cannot be read; 64 wrong usage.")]
pub(crate) struct StatusArgs {
    /// Show every setting, also those that have their default
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(short, long)]
    json: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) fn run(args: &StatusArgs, session: &Session) -> Result<ExitCode, Failure> {
    let report = match session.load() {
        Ok(loaded) => Report::of(&loaded, args.patience.timeout, SystemTime::now())?,
        Err(failure) if failure.is_usage() => return Err(failure),
        Err(failure) => Report::without_configuration(&failure),
    };
    if args.json {
        print_json(&report)?;
    } else {
        let screen = session.screen();
        print_to(screen, &tables::status(&report, args.all, screen))?;
    }
    Ok(if report.is_readable() { ExitCode::SUCCESS } else { Exit::Failure.into() })
}
