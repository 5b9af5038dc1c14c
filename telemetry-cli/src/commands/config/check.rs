//! `telemetry config check`: says what is wrong with configuration files, all of it, one line each.

mod finding;
mod named;

use crate::failure::{Exit, Failure};
use crate::output::{print_json, print_to};
use crate::session::Session;
use crate::sources::holds_credentials;
use clap::Args;
use finding::{Finding, Severity};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use telemetry_core::config::{Inspection, Loaded, Origin, Sources, inspect};

/// Say everything that is wrong with the configuration in force, or with these files
///
/// Every problem is one line, FILE:LINE:COLUMN: MESSAGE. A file without a section `telemetry` has none. The files that settings name (of
/// passwords, tokens and certificates) have to be there in the configuration in force; where they are not, a FILE gets a warning only,
/// for it may be meant for another machine. Their contents are not read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry config check
  telemetry config check sase.yml
  telemetry config check -j | jq -r '.problems[].message'

As a hook of pre-commit, in .pre-commit-config.yaml:
  - repo: local
    hooks:
      - id: telemetry-config
        name: telemetry config check
        entry: telemetry config check -q
        language: system
        files: (^|/)sase\\.yml$

Exit codes: 0 nothing is wrong (there may be warnings), 1 something is wrong, 64 wrong usage.")]
pub(crate) struct CheckArgs {
    /// Check these files by themselves, without environment and flags [default: the configuration in force]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(short, long)]
    json: bool,
}

/// Everything that was found.
#[derive(Serialize)]
struct Report {
    /// The files that were read.
    files: Vec<String>,
    problems: Vec<Finding>,
    /// What is said where nothing is wrong.
    #[serde(skip)]
    fine: Vec<String>,
}

pub(crate) fn run(args: &CheckArgs, session: &Session) -> Result<ExitCode, Failure> {
    let mut report = Report { files: Vec::new(), problems: Vec::new(), fine: Vec::new() };
    if args.files.is_empty() {
        report.in_force(session);
    }
    args.files.iter().try_for_each(|file| no_address(file))?;
    args.files.iter().for_each(|file| report.file(file));
    if args.json {
        print_json(&report)?;
    } else {
        print_to(session.screen(), &report.lines(session.global().quiet))?;
    }
    Ok(if report.is_fine() { ExitCode::SUCCESS } else { Exit::Failure.into() })
}

/// An address is none of our files, and the password that may be in it is not repeated.
fn no_address(file: &Path) -> Result<(), Failure> {
    match file.to_str() {
        Some(text) if holds_credentials(text) => {
            Err(Failure::usage("expected a FILE, found an address with a password"))
        }
        _ => Ok(()),
    }
}

impl Report {
    fn in_force(&mut self, session: &Session) {
        let Inspection { loaded, problems } = inspect(&session.sources());
        let set = loaded.origins.values().filter(|origin| **origin != Origin::Default).count();
        let file = loaded.file.as_deref().map_or("no file".to_owned(), |file| file.display().to_string());
        let fine = format!("The configuration in force is fine: {file}, {}.", settings(set));
        self.files.extend(loaded.file.as_ref().map(|file| file.display().to_string()));
        let warnings = loaded.warnings.iter().map(|warning| Finding::remark(warning));
        let named = named::findings(&loaded, Severity::Error);
        self.add(problems.iter().map(Finding::from).chain(named).chain(warnings), fine);
    }

    fn file(&mut self, file: &Path) {
        let current_dir = Sources::from_process().current_dir;
        let sources = Sources { file: Some(file.to_owned()), current_dir, ..Sources::default() };
        let Inspection { loaded, problems } = inspect(&sources);
        let fine = format!("{}: fine, {}", file.display(), settings(set_by_file(&loaded)));
        self.files.push(file.display().to_string());
        let named = named::findings(&loaded, Severity::Warning);
        self.add(problems.iter().map(Finding::from).chain(named), fine);
    }

    /// Adds what was found of one configuration, in the order of its lines.
    fn add(&mut self, found: impl Iterator<Item = Finding>, fine: String) {
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(Finding::line_and_column);
        if found.iter().all(|finding| finding.severity == Severity::Warning) {
            self.fine.push(fine);
        }
        self.problems.extend(found);
    }

    fn is_fine(&self) -> bool {
        self.problems.iter().all(|finding| finding.severity == Severity::Warning)
    }

    /// What is wrong; unless nobody wants to hear it also what may be, and what is right.
    fn lines(&self, quiet: bool) -> String {
        let wanted = |finding: &&Finding| !quiet || finding.severity == Severity::Error;
        let mut lines: Vec<_> = self.problems.iter().filter(wanted).map(Finding::line).collect();
        if !quiet && self.is_fine() {
            lines.extend(self.fine.iter().map(|line| crate::tables::harmless(line)));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn set_by_file(loaded: &Loaded) -> usize {
    loaded.origins.values().filter(|origin| matches!(origin, Origin::File { .. })).count()
}

fn settings(number: usize) -> String {
    match number {
        0 => "nothing is set".to_owned(),
        1 => "1 setting".to_owned(),
        number => format!("{number} settings"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        for text in ["http://me:hunter2@h", "me:hunter2@h:9091"] {
            let failure = no_address(Path::new(text)).unwrap_err();
            assert!(failure.is_usage() && !failure.line().contains("hunter2"), "{failure:?}");
        }
        assert!(no_address(Path::new("sase@home.yml")).is_ok());
    }
}
