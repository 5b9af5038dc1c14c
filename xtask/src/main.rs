//! The workspace's own chores, run as `cargo xtask COMMAND`.
//!
//! | module | responsible for |
//! |---|---|
//! | [`commands`] | one file per command: `gen` and its parts, `test`, `soak`, `fuzz`, `semver`, `ci`, `picture` |
//! | [`artifacts`] | one file per generated file |
//! | [`generator`], [`diff`] | writing generated files, and telling which are stale |
//! | [`programs`], [`debian`] | the real servers that tests run, found or unpacked |
//! | [`npm`], [`node`] | the published types and validators that tests run, installed |
//! | [`fuzzing`] | the fuzz targets: building them, what they begin with, running them |
//! | [`cargo_tool`], [`pip`] | finding or installing what cargo is extended with, and what else PyPI has prebuilt |
//! | [`interface`] | what a library offers, and what of it a release must not take away |
//! | [`embedded`] | files that a crate embeds from outside its folder |
//! | [`repository`], [`process`], [`terminal`], [`failure`] | where things are, running them, saying so, and what went wrong |
//!
//! Nothing here is part of what users install, so it may run other programs freely; it changes nothing outside the
//! repository and its target folder.

mod artifacts;
#[cfg(feature = "beside")]
mod beside;
mod cargo_tool;
mod commands;
mod debian;
mod diff;
mod embedded;
mod failure;
mod fuzzing;
mod generator;
mod interface;
mod node;
mod npm;
mod pip;
mod process;
mod programs;
mod python;
mod repository;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use commands::Cli;

/// A usage error is told from a failed chore by the same code that the `telemetry` binary documents (`EX_USAGE`).
const USAGE: u8 = 64;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => finish(cli.run()),
        Err(error) => explain(&error),
    }
}

fn finish(outcome: failure::Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::error(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Prints help as a success, and everything else that clap refuses as a usage error.
fn explain(error: &clap::Error) -> ExitCode {
    // Nothing better can be done when the terminal has gone.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}
