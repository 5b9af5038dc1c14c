//! `cargo xtask soak`: minutes of processes that count and die around one ledger, behind a Pushgateway that fails in every way.

use std::process::Command;

use crate::failure::Outcome;
use crate::process;
use crate::programs;
use crate::repository::Repository;
use crate::terminal;

/// The test that is the soak, which no other command runs.
const TEST: &str = "soak::minutes_of_everything_at_once_lose_and_double_nothing";

/// How long it lasts, and what it draws.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many minutes it lasts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    minutes: u32,
    /// Draw the same lives again as the run that printed this seed
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
}

/// Runs the soak and shows its report. Everything is on loopback, and what it started has ended when this returns.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    let found = programs::provide(&repository.target()?);
    terminal::title("Soak");
    process::run(soak(repository, options).envs(programs::variables(&found)))
}

/// Cargo's own runner, which shows the report while a test passes.
fn soak(repository: &Repository, options: &Options) -> Command {
    let mut command = repository.cargo(["test", "--package", "telemetry-cli", "--test", "real", "--", TEST]);
    command.args(["--exact", "--ignored", "--nocapture"]);
    command.env("TELEMETRY_TEST_SOAK_MINUTES", options.minutes.to_string());
    // A soak that cannot run has shown nothing, so it must not be skipped.
    command.env("CI", "true").envs(options.seed.map(|seed| ("TELEMETRY_TEST_SEED", seed.to_string())));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_and_the_seed_reach_the_test() {
        let repository = Repository::open().unwrap();
        let command = soak(&repository, &Options { minutes: 7, seed: Some(9) });
        let told: Vec<_> = command.get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
        for expected in [("TELEMETRY_TEST_SOAK_MINUTES", "7"), ("TELEMETRY_TEST_SEED", "9")] {
            assert!(told.contains(&(expected.0.as_ref(), expected.1.as_ref())), "{told:?}");
        }
        assert!(command.get_args().any(|argument| argument == TEST));
    }
}
