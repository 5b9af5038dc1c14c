//! The commands, one file each, and the parser that knows them all.

#[cfg(not(feature = "beside"))]
mod beside;
mod ci;
mod delivery;
mod fuzz;
mod generate;
mod loom;
mod picture;
mod semver;
mod soak;
mod test;

use clap::{Parser, Subcommand};

use crate::artifacts::Group;
use crate::failure::Outcome;
use crate::repository::Repository;

/// The command line of `cargo xtask`.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", about = "The workspace's own chores", disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Run every test, fetching the servers that tests need where that is possible
    Test(test::Options),
    /// Put the ledger, or everything that listens, under strain for minutes
    Soak(soak::Options),
    /// Try whatever reads bytes from outside with inputs that nobody would think of
    Fuzz(fuzz::Options),
    /// Run the models of the lock-free parts in the interleavings of their threads
    Loom(loom::Options),
    /// Run what continuous integration runs, step by step
    Ci(ci::Options),
    /// Measure the embedded stack beside the real Pushgateway and Prometheus
    #[cfg(not(feature = "beside"))]
    #[command(disable_help_flag = true)]
    Beside(beside::Options),
    /// Measure the embedded stack beside the real Pushgateway and Prometheus
    #[cfg(feature = "beside")]
    Beside(crate::beside::Options),
    /// Append samples, which `beside` measures
    #[cfg(feature = "beside")]
    #[command(hide = true)]
    Appends(crate::beside::Appends),
    /// Make scrapes whose cost is measured by `beside`
    #[cfg(feature = "beside")]
    #[command(hide = true)]
    Scrapes(crate::beside::Scrapes),
    /// Tell what has been taken away from the interfaces of the libraries since the last release
    Semver(semver::Options),
    /// Draw a picture of the README, from what the program prints or from what its page shows
    Picture(picture::Options),
    /// Write every generated file
    Gen(generate::Options),
    /// Write the generated documentation only
    GenDocs(generate::Options),
    /// Write the generated configuration files only
    GenConfig(generate::Options),
    /// Write the alert rules, what is recorded for them, and their tests only
    GenAlerts(generate::Options),
    /// Write the dashboards only
    GenDashboards(generate::Options),
}

impl Cli {
    /// Runs the chosen chore to its end.
    pub(crate) fn run(self) -> Outcome {
        let repository = Repository::open()?;
        match self.command {
            Chore::Test(options) => test::run(&repository, &options),
            Chore::Soak(options) => soak::run(&repository, &options),
            Chore::Fuzz(options) => fuzz::run(&repository, &options),
            Chore::Loom(options) => loom::run(&repository, &options),
            Chore::Semver(options) => semver::run(&repository, &options),
            Chore::Ci(options) => ci::run(&repository, &options),
            #[cfg(not(feature = "beside"))]
            Chore::Beside(options) => beside::run(&repository, &options),
            #[cfg(feature = "beside")]
            Chore::Beside(options) => crate::beside::run(&repository, &options),
            #[cfg(feature = "beside")]
            Chore::Appends(appends) => crate::beside::append(&appends),
            #[cfg(feature = "beside")]
            Chore::Scrapes(scrapes) => crate::beside::scrape(&scrapes),
            Chore::Picture(options) => picture::run(&repository, &options),
            Chore::Gen(options) => generate::run(&repository, &options, None),
            Chore::GenDocs(options) => generate::run(&repository, &options, Some(Group::Docs)),
            Chore::GenConfig(options) => generate::run(&repository, &options, Some(Group::Config)),
            Chore::GenAlerts(options) => generate::run(&repository, &options, Some(Group::Alerts)),
            Chore::GenDashboards(options) => generate::run(&repository, &options, Some(Group::Dashboards)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_after_two_dashes_are_left_to_the_test_runner() {
        let cli = Cli::try_parse_from(["xtask", "test", "--", "-E", "test(real)"]).unwrap();
        let Chore::Test(options) = cli.command else { panic!("another chore was parsed") };
        assert_eq!(options.arguments, ["-E", "test(real)"]);
    }
}
