//! `cargo xtask soak`: minutes of everything that can go wrong, for the ledger or for whatever listens.

use std::process::Command;

use crate::failure::Outcome;
use crate::process;
use crate::programs;
use crate::repository::Repository;
use crate::terminal;

/// What is put under strain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Strain {
    /// Processes count and die around one ledger, behind a Pushgateway that fails in every way
    Ledger,
    /// Every listener gets malformed, huge, slow and half-closed requests while those who mean well work
    Hostile,
}

/// What is put under strain, how long it lasts, and what it draws.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What is put under strain
    #[arg(value_enum, default_value_t = Strain::Ledger, value_name = "WHAT")]
    strain: Strain,
    /// How many minutes it lasts [default: 5, and 60 where it is hostile]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=600))]
    minutes: Option<u32>,
    /// Draw the same again as the run that printed this seed
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
}

impl Strain {
    /// The test that does it, which no other command runs.
    const fn test(self) -> &'static str {
        match self {
            Self::Ledger => "soak::minutes_of_everything_at_once_lose_and_double_nothing",
            Self::Hostile => "siege::a_long_siege_delays_harms_and_loses_nothing",
        }
    }

    /// The variable that tells the test for how many minutes, and how many there are by default.
    const fn minutes(self) -> (&'static str, u32) {
        match self {
            Self::Ledger => ("TELEMETRY_TEST_SOAK_MINUTES", 5),
            Self::Hostile => ("TELEMETRY_TEST_SIEGE_MINUTES", 60),
        }
    }
}

/// Runs it and shows its report. Everything is on loopback, and what it started has ended when this returns.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    let found = programs::provide(&repository.target()?);
    terminal::title("Soak");
    let mut command = soak(repository, options);
    if options.strain == Strain::Hostile {
        // Its figures are worth telling only of the command as users have it; the tests that besiege it need not be fast.
        command.env("TELEMETRY_TEST_BINARY", repository.built_as_users_do()?);
    }
    process::run(command.envs(programs::variables(&found)))
}

/// Cargo's own runner, which shows the report while a test passes.
fn soak(repository: &Repository, options: &Options) -> Command {
    let test = ["test", "--package", "telemetry-cli", "--test", "real", "--", options.strain.test()];
    let mut command = repository.cargo(test);
    command.args(["--exact", "--ignored", "--nocapture"]);
    let (variable, minutes) = options.strain.minutes();
    command.env(variable, options.minutes.unwrap_or(minutes).to_string());
    // A soak that cannot run has shown nothing, so it must not be skipped.
    command.env("CI", "true").envs(options.seed.map(|seed| ("TELEMETRY_TEST_SEED", seed.to_string())));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(options: &Options) -> (Vec<(String, String)>, Vec<String>) {
        let command = soak(&Repository::open().unwrap(), options);
        let text = |text: &std::ffi::OsStr| text.to_str().unwrap().to_owned();
        let variables = command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?))));
        (variables.collect(), command.get_args().map(text).collect())
    }

    #[test]
    fn the_length_and_the_seed_reach_the_test() {
        let options = Options { strain: Strain::Ledger, minutes: Some(7), seed: Some(9) };
        let (variables, arguments) = told(&options);
        for (name, value) in [("TELEMETRY_TEST_SOAK_MINUTES", "7"), ("TELEMETRY_TEST_SEED", "9")] {
            assert!(variables.contains(&(name.to_owned(), value.to_owned())), "{variables:?}");
        }
        assert!(arguments.iter().any(|argument| argument == Strain::Ledger.test()));
    }

    #[test]
    fn a_hostile_hour_is_an_hour() {
        let (variables, arguments) = told(&Options { strain: Strain::Hostile, minutes: None, seed: None });
        let hour = ("TELEMETRY_TEST_SIEGE_MINUTES".to_owned(), "60".to_owned());
        assert!(variables.contains(&hour), "{variables:?}");
        assert!(arguments.iter().any(|argument| argument == Strain::Hostile.test()));
    }

    #[test]
    fn every_strain_is_a_test_that_is_there() {
        let root = Repository::open().unwrap().root().join("telemetry-cli/tests/real");
        for (strain, file) in [(Strain::Ledger, "soak.rs"), (Strain::Hostile, "siege/mod.rs")] {
            let (module, name) = strain.test().split_once("::").unwrap();
            let text = std::fs::read_to_string(root.join(file)).unwrap();
            assert!(file.starts_with(module) && text.contains(&format!("fn {name}()")), "{file}");
        }
    }
}
