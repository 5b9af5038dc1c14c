//! `cargo xtask test`: every test, with the real servers that some of them need.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::npm;
use crate::process;
use crate::programs::{self, Found};
use crate::python;
use crate::repository::Repository;
use crate::terminal;

/// Tells the tests where to note that they were skipped; test runners hide what a passing test prints.
const SKIPS_VARIABLE: &str = "TELEMETRY_TEST_SKIPS";

/// Which tests run.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Arguments for the test runner, such as a filter; documentation tests are left out when there are any
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) arguments: Vec<String>,
}

/// Finds the programs, runs the tests and closes with the names of those that were skipped.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    terminal::title("Programs that tests need");
    let target = repository.target()?;
    let mut found = programs::provide(&target);
    found.extend(npm::provide(repository));
    found.extend(python::provide(repository));
    found.iter().for_each(say_where);
    let skips = target.join("test-skips.txt");
    forget(&skips)?;
    let outcome = run_all(repository, options, &found, &skips);
    summarise(&outcome, &fs::read_to_string(&skips).unwrap_or_default());
    outcome
}

/// The runner of unit and integration tests comes last, so that its summary stands near the end of the output.
fn run_all(repository: &Repository, options: &Options, found: &[Found], skips: &Path) -> Outcome {
    let documentation = if options.arguments.is_empty() {
        terminal::title("Documentation tests");
        process::run(&mut prepared(documentation_tests(repository), found, skips))
    } else {
        Ok(())
    };
    let without_live = if options.arguments.is_empty() {
        terminal::title("Tests without the feature `live`");
        process::run(&mut prepared(tests_without_live(repository), found, skips))
    } else {
        Ok(())
    };
    terminal::title("Unit and integration tests");
    let tests = process::run(prepared(tests(repository), found, skips).args(&options.arguments));
    tests.and(documentation).and(without_live)
}

fn documentation_tests(repository: &Repository) -> Command {
    repository.cargo(["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"])
}

/// The half of the core that compiles to nothing, which `--all-features` never sees.
fn tests_without_live(repository: &Repository) -> Command {
    let only = ["--no-default-features", "--test", "stub", "--test", "catalog"];
    let mut command = repository.cargo(["test", "--package", "telemetry-core"]);
    command.args(only);
    command
}

/// cargo-nextest where it is installed, since it runs each test in a process of its own; else cargo's own runner.
fn tests(repository: &Repository) -> Command {
    let runner: &[&str] = match process::succeeds(&mut repository.cargo(["nextest", "--version"])) {
        true => &["nextest", "run"],
        false => &["test", "--tests"],
    };
    let mut command = repository.cargo(runner.iter().copied());
    command.args(["--workspace", "--all-features", "--no-fail-fast"]);
    command
}

fn prepared(mut command: Command, found: &[Found], skips: &Path) -> Command {
    command.env(SKIPS_VARIABLE, skips).envs(programs::variables(found));
    command
}

fn say_where(found: &Found) {
    let place = found.path.as_ref().map_or("not found".to_owned(), |path| path.display().to_string());
    terminal::say(format_args!("{:24} {place}", found.name));
}

fn forget(skips: &Path) -> Outcome {
    match fs::remove_file(skips) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::new(format!("cannot remove {}: {error}", skips.display())))
        }
        _ => Ok(()),
    }
}

fn summarise(outcome: &Outcome, skips: &str) {
    let skipped = names(skips);
    terminal::say(format_args!("\n{}", closing(outcome.is_ok(), &skipped)));
    for line in skipped {
        terminal::say(format_args!("SKIPPED: {line}"));
    }
}

fn closing(passed: bool, skipped: &[&str]) -> String {
    let verdict = if passed { "Every test that ran has passed" } else { "Tests have failed" };
    match skipped.len() {
        0 => format!("{verdict}; none was skipped."),
        count => format!("{verdict}; {count} skipped:"),
    }
}

/// A test that was tried again notes its skip again.
fn names(skips: &str) -> Vec<&str> {
    let mut lines: Vec<_> = skips.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_are_named_once_and_in_order() {
        assert_eq!(names("b: no tmux\na: no prometheus\n\nb: no tmux\n"), ["a: no prometheus", "b: no tmux"]);
    }

    #[test]
    fn the_closing_line_tells_skips_from_none() {
        assert_eq!(closing(true, &[]), "Every test that ran has passed; none was skipped.");
        assert_eq!(closing(false, &["a: why"]), "Tests have failed; 1 skipped:");
    }

    #[test]
    fn forgetting_skips_that_were_never_noted_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        forget(&folder.path().join("none")).unwrap();
    }
}
