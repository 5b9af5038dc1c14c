//! `cargo xtask ci`: everything that continuous integration checks, in its order, so that a person can run the same.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{delivery, fuzz, generate, loom, semver, test};
use crate::cargo_tool;
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::repository::Repository;
use crate::terminal;

/// How the steps are run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Leave out the tests, for a run that follows `cargo xtask test`
    #[arg(long)]
    skip_tests: bool,
    /// Run the steps that follow a failed one too, and list all failures at the end
    #[arg(long)]
    keep_going: bool,
}

/// A step: its title and what it does.
type Step = (&'static str, fn(&Repository) -> Outcome<Checked>);

/// What a step that did not fail has found out.
#[derive(Debug, PartialEq, Eq)]
enum Checked {
    /// All is well.
    Passed,
    /// Nothing, for a reason outside the repository.
    Not(String),
}

const TESTS: Step = ("Tests", |repository| passed(test::run(repository, &test::Options::default())));

const CHECKS: &[Step] = &[
    ("Format", |repository| cargo(repository, &["fmt", "--all", "--check"])),
    ("Lints", |repository| cargo(repository, CLIPPY)),
    ("Documentation", documentation),
    ("Generated files", |repository| passed(generate::check_all(repository))),
    ("Each feature alone", each_feature),
    ("Interleavings", |repository| passed(loom::run(repository, &loom::Options::default()))),
    ("Benchmarks compile", |repository| cargo(repository, &["check", "--benches", "--workspace"])),
    ("Installed from its own folder", |repository| passed(delivery::install(repository))),
    ("Packages", |repository| passed(delivery::package(repository))),
    ("Licences, sources and bans", |repository| {
        passed(deny(repository, &["check", "bans", "licenses", "sources"]))
    }),
    ("Advisories", advisories),
    ("Interfaces since the last release", |repository| {
        Ok(semver::check(repository, None)?.map_or(Checked::Passed, Checked::Not))
    }),
    // Last, since it takes longest: a build of its own, and half a minute for each target.
    ("Fuzz targets", |repository| passed(fuzz::run(repository, &fuzz::Options::REPEATABLE))),
];

const CLIPPY: &[&str] =
    &["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];

/// Runs the steps; stops at the first that fails unless told to keep going.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    let tests = (!options.skip_tests).then_some(&TESTS);
    let steps: Vec<_> = tests.into_iter().chain(CHECKS).collect();
    let mut report = Report::default();
    for (number, (title, check)) in steps.iter().enumerate() {
        terminal::title(format_args!("{}/{} {title}", number + 1, steps.len()));
        let begun = Instant::now();
        let outcome = check(repository);
        if !report.take(title, outcome, begun.elapsed()) && !options.keep_going {
            break;
        }
    }
    report.close()
}

fn passed(outcome: Outcome) -> Outcome<Checked> {
    outcome.map(|()| Checked::Passed)
}

fn cargo(repository: &Repository, arguments: &[&str]) -> Outcome<Checked> {
    passed(process::run(&mut repository.cargo(arguments.iter().copied())))
}

fn documentation(repository: &Repository) -> Outcome<Checked> {
    let mut doc = repository.cargo(["doc", "--no-deps", "--workspace", "--all-features"]);
    passed(process::run(doc.env("RUSTDOCFLAGS", "--deny warnings")))
}

/// Lints every package that has features without any, and then with each one alone. What only one combination of features
/// compiles is seen by no other step.
fn each_feature(repository: &Repository) -> Outcome<Checked> {
    for (package, features) in repository.features() {
        lint_alone(repository, &package, None)?;
        features.iter().try_for_each(|feature| lint_alone(repository, &package, Some(feature)))?;
    }
    Ok(Checked::Passed)
}

fn lint_alone(repository: &Repository, package: &str, feature: Option<&str>) -> Outcome {
    let mut clippy = repository.cargo(["clippy", "--package", package, "--no-default-features"]);
    clippy.args(feature.map(|feature| ["--features", feature]).into_iter().flatten());
    process::run(clippy.args(["--", "--deny", "warnings"]))
}

fn deny(repository: &Repository, arguments: &[&str]) -> Outcome {
    process::run(&mut cargo_deny_command(repository, arguments)?)
}

/// A machine without a way to the advisory database cannot check advisories, and says so; a found advisory is a failure.
fn advisories(repository: &Repository) -> Outcome<Checked> {
    let fetched = process::capture(&mut cargo_deny_command(repository, &["fetch", "db"])?);
    match fetched {
        Err(failure) => Ok(Checked::Not(format!("the advisory database cannot be fetched: {failure}"))),
        Ok(_) => passed(deny(repository, &["check", "--disable-fetch", "advisories"])),
    }
}

fn cargo_deny_command(repository: &Repository, arguments: &[&str]) -> Outcome<Command> {
    let mut command = Command::new(cargo_tool::DENY.provide(repository)?);
    command.arg("--all-features").args(arguments).current_dir(repository.root());
    Ok(command)
}

/// What the steps have come to so far.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    failed: Vec<&'static str>,
}

impl Report {
    /// Notes a finished step and tells whether it is no failure.
    fn take(&mut self, title: &'static str, outcome: Outcome<Checked>, took: Duration) -> bool {
        let good = outcome.is_ok();
        let (verdict, detail) = match outcome {
            Ok(Checked::Passed) => ("passed", None),
            Ok(Checked::Not(why)) => ("not checked", Some(why)),
            Err(failure) => ("FAILED", Some(failure.to_string())),
        };
        detail.iter().for_each(terminal::say);
        self.lines.push(format!("{verdict:12} {:6.1} s  {title}", took.as_secs_f64()));
        self.failed.extend((!good).then_some(title));
        good
    }

    fn close(self) -> Outcome {
        terminal::title("Summary");
        self.lines.iter().for_each(terminal::say);
        if self.failed.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(format!("failed: {}", self.failed.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_fails_for_failures_and_not_for_what_could_not_be_checked() {
        let mut report = Report::default();
        assert!(report.take("Format", Ok(Checked::Passed), Duration::ZERO));
        assert!(report.take("Advisories", Ok(Checked::Not("no network".to_owned())), Duration::ZERO));
        assert!(!report.take("Lints", Err(Failure::new("a lint")), Duration::from_millis(1500)));
        assert_eq!(report.lines[1], "not checked     0.0 s  Advisories");
        assert_eq!(report.lines[2], "FAILED          1.5 s  Lints");
        assert_eq!(report.close().unwrap_err().to_string(), "failed: Lints");
    }
}
