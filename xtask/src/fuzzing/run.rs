//! One target, run for a while, and what came of it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::{Folders, Target, dictionary, seeds};
use crate::failure::{Failure, Outcome, While as _};
use crate::process;
use crate::repository::Repository;

/// How long one input may take, in seconds. None takes a hundredth of that, but on a busy machine.
const SLOWEST: u32 = 20;

/// How much memory a target may have, in MiB.
const MEMORY: u32 = 2048;

/// How much longer than it was asked to a target may run: it looks at the clock only when it has tried all that earlier runs have kept.
const GRACE: Duration = Duration::from_secs(120);

/// How often a target is looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// How many lines of what a target said are shown when it has failed.
const SHOWN: usize = 40;

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Inputs that were tried.
    pub(crate) executions: u64,
    /// Inputs in a second.
    pub(crate) rate: u64,
    /// Places of the code that were reached.
    pub(crate) reached: u64,
    /// The most memory, in MiB.
    pub(crate) memory: u64,
}

/// Runs a target that was built for so many seconds, with the inputs that follow from a seed, or with others each time.
///
/// What it found out is kept for the next run. Files that it writes are in memory, where the system has a folder for that, and below the
/// folder that it is started in: what it syncs up to there waits for no disk.
pub(crate) fn run(
    repository: &Repository,
    target: &Target,
    programs: &Path,
    seconds: u32,
    seed: Option<u32>,
) -> Outcome<Found> {
    let folders = Folders::of(repository, target)?;
    for folder in [&folders.corpus, &folders.crashes, &folders.seeds] {
        fs::create_dir_all(folder).while_doing(format_args!("cannot make {}", folder.display()))?;
    }
    seeds::sow(repository, target.name, &folders.seeds)?;
    let scratch = scratch()?;
    let mut command = Command::new(programs.join(target.name));
    command.current_dir(scratch.path()).env("TMPDIR", scratch.path()).env("RUST_BACKTRACE", "1");
    command
        .args(flags(&folders, target, seconds))
        .args(seed.map(|seed| format!("-seed={seed}")))
        .args(words(repository, target, &folders)?);
    command.args([&folders.corpus, &folders.seeds]);
    command.args(Some(&folders.committed).filter(|folder| folder.is_dir()));
    let log = folders.root.join(format!("{}.log", target.name));
    let status = told(&mut command, &log, Duration::from_secs(seconds.into()) + GRACE)?;
    let said = fs::read(&log).while_doing(format_args!("cannot read {}", log.display()))?;
    let said = String::from_utf8_lossy(&said);
    if status { Found::read(&said) } else { Err(failed(target, &said, &log)) }
}

/// A folder in memory, else an ordinary one.
fn scratch() -> Outcome<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.while_doing("cannot make a temporary folder")
}

fn flags(folders: &Folders, target: &Target, seconds: u32) -> Vec<String> {
    vec![
        format!("-max_total_time={seconds}"),
        format!("-max_len={}", target.longest),
        format!("-timeout={SLOWEST}"),
        format!("-rss_limit_mb={MEMORY}"),
        format!("-artifact_prefix={}/", folders.crashes.display()),
        "-print_final_stats=1".to_owned(),
    ]
}

/// The flag that names the dictionary, where there is one.
fn words(repository: &Repository, target: &Target, folders: &Folders) -> Outcome<Option<String>> {
    let words = dictionary(repository, target)?;
    if words.is_empty() {
        return Ok(None);
    }
    let file = folders.root.join(format!("{}.dict", target.name));
    fs::write(&file, words).while_doing(format_args!("cannot write {}", file.display()))?;
    Ok(Some(format!("-dict={}", file.display())))
}

/// Runs the command with all that it says in a file; says whether it succeeded. One that goes on for too long is ended.
fn told(command: &mut Command, log: &Path, longest: Duration) -> Outcome<bool> {
    let file = File::create(log).while_doing(format_args!("cannot write {}", log.display()))?;
    let twin = file.try_clone().while_doing("cannot share a file")?;
    let doing = format!("cannot run `{}`", process::display(command));
    let end = Instant::now() + longest;
    let mut child = command.stdout(twin).stderr(file).spawn().while_doing(&doing)?;
    loop {
        if let Some(status) = child.try_wait().while_doing(&doing)? {
            return Ok(status.success());
        }
        if Instant::now() >= end {
            // It fails only where the command has just ended.
            let _ = child.kill();
            child.wait().while_doing(&doing)?;
            return Err(Failure::new(format!(
                "a fuzz target did not end, all it said is in {}",
                log.display()
            )));
        }
        thread::sleep(INTERVAL);
    }
}

/// What a person needs to see of a crash: what was said at the end, and which input it was.
fn failed(target: &Target, said: &str, log: &Path) -> Failure {
    let lines: Vec<_> = said.lines().filter(|line| !line.starts_with('#')).collect();
    let last = lines.get(lines.len().saturating_sub(SHOWN)..).unwrap_or_default().join("\n");
    let name = target.name;
    let failure =
        Failure::new(format!("the fuzz target {name} failed, all it said is in {}:\n{last}", log.display()));
    match input(said) {
        Some(input) => {
            let (input, kept) = (input.display().to_string(), format!("fuzz/seeds/{name}/"));
            failure.mended_by(format!(
                "the input is {input}; what it finds becomes a test of the crate concerned, and the input goes into {kept}"
            ))
        }
        None => failure,
    }
}

/// The file of the input that a target could not take.
fn input(said: &str) -> Option<PathBuf> {
    said.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.trim().into())
}

impl Found {
    /// Reads the figures with which a run ends.
    fn read(said: &str) -> Outcome<Self> {
        let figure = |name: &str| {
            let line = said.lines().rev().find_map(|line| line.strip_prefix(name));
            line.and_then(|figure| figure.trim().parse().ok())
                .ok_or_else(|| Failure::new(format!("a fuzz target ended without telling {name}")))
        };
        Ok(Self {
            executions: figure("stat::number_of_executed_units:")?,
            rate: figure("stat::average_exec_per_sec:")?,
            memory: figure("stat::peak_rss_mb:")?,
            reached: said.lines().rev().find_map(reached).unwrap_or_default(),
        })
    }
}

/// The places reached according to a line of progress, such as `#4096 pulse cov: 812 ft: 2011 …`.
fn reached(line: &str) -> Option<u64> {
    let (_, rest) = line.strip_prefix('#')?.split_once(" cov: ")?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "INFO: seed corpus: files: 3\n#3\tINITED cov: 90 ft: 91 corp: 2/9b\n#4096\tpulse  cov: 812 ft: 2011\n\
        Done 5000 runs in 2 second(s)\nstat::number_of_executed_units: 5000\nstat::average_exec_per_sec:     2500\n\
        stat::new_units_added:          7\nstat::slowest_unit_time_sec:    0\nstat::peak_rss_mb:              81\n";

    #[test]
    fn the_figures_of_a_run_are_read() {
        let found = Found { executions: 5000, rate: 2500, reached: 812, memory: 81 };
        assert_eq!(Found::read(SAID).unwrap(), found);
        assert!(Found::read("Done").is_err());
    }

    #[test]
    fn a_crash_is_told_with_its_input() {
        let said =
            "#3\tINITED cov: 1\nthread panicked at x.rs:1\nTest unit written to /t/crash-1\nBase64: YQ==\n";
        let failure = failed(&super::super::TARGETS[0], said, Path::new("/t/parse.log")).to_string();
        for part in
            ["target parse failed", "panicked at x.rs:1", "the input is /t/crash-1;", "fuzz/seeds/parse/"]
        {
            assert!(failure.contains(part), "{failure}");
        }
        assert!(!failure.contains("INITED"));
    }

    #[test]
    fn what_ends_without_success_is_told_from_what_does() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let told = |script: &str| told(Command::new("sh").args(["-c", script]), &log, GRACE);
        assert!(told("echo well").unwrap());
        assert_eq!(fs::read_to_string(&log).unwrap(), "well\n");
        assert!(!told("exit 77").unwrap());
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut endless = Command::new("sleep");
        let failure = told(endless.arg("1000"), &folder.path().join("log"), INTERVAL).unwrap_err();
        assert!(failure.to_string().contains("did not end"), "{failure}");
    }
}
