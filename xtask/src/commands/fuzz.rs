//! `cargo xtask fuzz`: every fuzz target, or one of them, for a while.

use std::num::NonZero;
use std::path::Path;
use std::thread;

use crate::failure::{Failure, Outcome};
use crate::fuzzing::{self, Found, TARGETS, Target};
use crate::repository::Repository;
use crate::terminal;

/// Which targets are run, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The target: every one unless it is named
    #[arg(value_parser = named, value_name = "TARGET")]
    target: Option<&'static Target>,
    /// How many seconds each is run
    #[arg(long, value_name = "N", default_value_t = SECONDS, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seconds: u32,
    /// Try the inputs that follow from this number and from what earlier runs have kept, instead of others each time
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
}

/// Long enough for what is found within thousands of inputs, and short enough to be waited for.
const SECONDS: u32 = 30;

impl Options {
    /// Every target for a short while, with inputs that follow from the code alone: what fails then fails because of a change, and fails
    /// again. Others are looked for by hand.
    pub(crate) const REPEATABLE: Self = Self { target: None, seconds: SECONDS, seed: Some(1) };
}

fn named(name: &str) -> Result<&'static Target, String> {
    let known = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    TARGETS.iter().find(|target| target.name == name).ok_or_else(|| format!("the targets are {}", known()))
}

/// Builds the targets and runs them, as many at a time as there are processors.
pub(crate) fn run(repository: &Repository, options: &Options) -> Outcome {
    let programs = fuzzing::build(repository)?;
    let targets: Vec<_> = TARGETS.iter().filter(|it| options.target.is_none_or(|only| only == *it)).collect();
    let at_once = thread::available_parallelism().map_or(1, NonZero::get);
    let mut failures = Vec::new();
    for some in targets.chunks(at_once) {
        let names: Vec<_> = some.iter().map(|target| target.name).collect();
        terminal::say(format_args!("Fuzzing {} for {} s …", names.join(" and "), options.seconds));
        failures.extend(together(repository, some, &programs, options));
    }
    if failures.is_empty() { Ok(()) } else { Err(all(&failures)) }
}

/// Runs some targets side by side, says what each came to, and hands back those that failed.
fn together(
    repository: &Repository,
    targets: &[&Target],
    programs: &Path,
    &Options { seconds, seed, .. }: &Options,
) -> Vec<Failure> {
    let ended: Vec<_> = thread::scope(|scope| {
        let begin = |target| scope.spawn(move || fuzzing::run(repository, target, programs, seconds, seed));
        let running: Vec<_> = targets.iter().map(|target| begin(*target)).collect();
        let died = || Err(Failure::new("a thread that ran a fuzz target panicked"));
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| died())).collect()
    });
    let mut failures = Vec::new();
    for (target, outcome) in targets.iter().zip(ended) {
        match outcome {
            Ok(found) => terminal::say(line(target, &found)),
            Err(failure) => failures.push(failure),
        }
    }
    failures
}

fn line(target: &Target, found: &Found) -> String {
    let Found { executions, rate, reached, memory } = found;
    format!(
        "{:11} {executions:9} inputs, {rate:6} a second, {reached:6} places reached, {memory:5} MiB",
        target.name
    )
}

fn all(failures: &[Failure]) -> Failure {
    Failure::new(failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_known_by_name() {
        assert_eq!(named("promql").unwrap().name, "promql");
        assert!(named("sql").unwrap_err().contains("parse, round_trip"));
    }

    #[test]
    fn figures_stand_below_each_other() {
        let found = Found { executions: 12, rate: 6, reached: 812, memory: 81 };
        let expected = "parse              12 inputs,      6 a second,    812 places reached,    81 MiB";
        assert_eq!(line(&TARGETS[0], &found), expected);
    }
}
