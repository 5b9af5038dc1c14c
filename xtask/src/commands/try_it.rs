//! `cargo xtask try`: the shortest way from a fresh checkout to a measured command on the screen.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Outcome, While as _};
use crate::process;
use crate::repository::Repository;
use crate::terminal;

/// The command that stands in for an agent: it takes a moment, so that its duration is something to look at.
const AGENT: &str = r#"echo "agent: thinking"; sleep 1; echo "agent: done""#;

/// How the program is built.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Build without optimisation, which is faster to build
    #[arg(long)]
    debug: bool,
}

/// Builds the program, measures one command and shows what was counted.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    terminal::title("Building telemetry");
    let telemetry = build(repository, options)?;
    let ledger = ledger(repository)?;
    terminal::title("Running a command as an agent");
    process::run(&mut measured(&telemetry, ledger.path()))?;
    terminal::title("What was counted");
    process::run(&mut snapshot(&telemetry, ledger.path()))?;
    terminal::say(format_args!("\nMeasure a command of your own: {} run -- COMMAND", telemetry.display()));
    Ok(())
}

pub(super) fn build(repository: &Repository, options: &Options) -> Outcome<PathBuf> {
    let (profile, folder) = if options.debug { ("dev", "debug") } else { ("release", "release") };
    process::run(&mut repository.cargo(["build", "--package", "telemetry-cli", "--profile", profile]))?;
    Ok(repository.target()?.join(folder).join("telemetry"))
}

/// A ledger that is removed afterwards, so that trying leaves nothing in the user's own counts.
fn ledger(repository: &Repository) -> Outcome<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("try-").tempdir_in(repository.target()?);
    folder.while_doing("cannot create a folder for the ledger")
}

fn measured(telemetry: &Path, ledger: &Path) -> Command {
    let mut command = with_ledger(telemetry, ledger);
    command.args(["run", "--provider", "claude", "--project", "demo", "--workflow", "try"]);
    command.args(["--", "sh", "-c", AGENT]);
    command
}

fn snapshot(telemetry: &Path, ledger: &Path) -> Command {
    let mut command = with_ledger(telemetry, ledger);
    command.args(["snapshot", "-S", "ledger"]);
    command
}

/// The carrier that leaves counts in the ledger keeps this demonstration out of a gateway that the user may be running.
pub(super) fn with_ledger(telemetry: &Path, ledger: &Path) -> Command {
    let mut command = Command::new(telemetry);
    command.args(["--set", "carrier=textfile", "--set"]).arg(format!("ledger_path={}", ledger.display()));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measured_command_touches_no_ledger_and_no_gateway_but_its_own() {
        let command = measured(Path::new("telemetry"), Path::new("/tmp/ledger"));
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(arguments[..4], ["--set", "carrier=textfile", "--set", "ledger_path=/tmp/ledger"]);
        assert_eq!(arguments[arguments.len() - 4..], ["--", "sh", "-c", AGENT]);
    }
}
