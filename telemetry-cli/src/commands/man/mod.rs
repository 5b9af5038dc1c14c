//! `telemetry man`: the manual pages, from the same declarations as `--help`.

mod page;

use crate::commands::completions::visible;
use crate::failure::Failure;
use crate::output::{print, print_to};
use crate::session::Session;
use clap::{Args, Command};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Print a manual page, or write all of them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry man | man -l -
  telemetry man run | man -l -
  telemetry man config check | man -l -
  telemetry man --all ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The page of this command, such as run, or config check [default: the page of telemetry itself]
    #[arg(value_name = "COMMAND", conflicts_with = "all")]
    command: Vec<String>,
    /// Write all pages into this folder, which is made where it is not there
    #[arg(long, value_name = "DIR")]
    all: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs, session: &Session) -> Result<ExitCode, Failure> {
    let mut whole = visible().disable_help_subcommand(true);
    whole.build();
    match &args.all {
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| unwritten(folder, error))?;
            let written = write_all(&whole, "telemetry", folder)?;
            print_to(session.screen(), &format!("wrote {written} pages into {}\n", folder.display()))
        }
        None => print(&one(&whole, &args.command)?),
    }
}

/// The page of the command of these names.
fn one(whole: &Command, names: &[String]) -> Result<String, Failure> {
    let mut command = whole;
    for name in names {
        command = command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            let of = command.get_display_name().unwrap_or_else(|| command.get_name()).replace('-', " ");
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Failure::usage(format!("there is no command {name:?}; those of {of} are: {known}"))
        })?;
    }
    let names: Vec<_> = ["telemetry"].into_iter().chain(names.iter().map(String::as_str)).collect();
    Ok(page::page(command, &names.join("-")))
}

/// Writes the page of a command and those of the commands below it, and says how many.
fn write_all(command: &Command, name: &str, folder: &Path) -> Result<usize, Failure> {
    let file = folder.join(format!("{name}.1"));
    fs::write(&file, page::page(command, name)).map_err(|error| unwritten(&file, error))?;
    let below = command.get_subcommands();
    below
        .map(|below| write_all(below, &format!("{name}-{}", below.get_name()), folder))
        .try_fold(1, |sum, written| Ok(sum + written?))
}

fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("cannot write {}", path.display()))
        .because(error)
        .advice("Name another folder with --all.")
}
