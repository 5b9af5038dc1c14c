//! `cargo xtask loom`: the models of the lock-free parts, in the interleavings of their threads.

use std::process::Command;

use crate::failure::Outcome;
use crate::process;
use crate::repository::Repository;
use crate::terminal;

/// The modules that hold models, and nothing else: any other test would run on types that only work within a model.
const MODELS: &str = "interleavings::";

/// What the compiler is told, so that these parts are made of the model checker's types.
const FLAGS: &str = "--cfg loom";

/// How far the models are run.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// How many switches away from a thread that could go on: as many as each model names, unless it is given; more take long
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=20))]
    preemptions: Option<u8>,
}

/// Lints what the flags alone compile, then builds the models, optimised since there are many interleavings, and runs them.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    terminal::title("Models of the lock-free parts");
    process::run(&mut lints(repository)?)?;
    process::run(&mut models(repository, options)?)
}

fn lints(repository: &Repository) -> Outcome<Command> {
    let mut command = command(repository, &["clippy", "--all-targets", "--all-features"])?;
    command.args(["--", "--deny", "warnings"]);
    Ok(command)
}

fn models(repository: &Repository, options: &Options) -> Outcome<Command> {
    let mut command = command(repository, &["test", "--lib"])?;
    command.envs(options.preemptions.map(|most| ("LOOM_MAX_PREEMPTIONS", most.to_string())));
    command.args(["--", MODELS]);
    Ok(command)
}

/// A target folder of its own, since the flags build every dependency anew, and one profile, so that lints and models share procedural macros.
/// Linking by parts gains nothing here, and takes its time.
fn command(repository: &Repository, arguments: &[&str]) -> Outcome<Command> {
    let mut command = repository.cargo(arguments.iter().copied());
    command.args(["--release", "--package", "telemetry-core", "--target-dir"]);
    command
        .arg(repository.target()?.join("loom"))
        .env("RUSTFLAGS", FLAGS)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    Ok(command)
}
