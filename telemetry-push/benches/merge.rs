//! What a merge into the ledger costs: alone, and where fifty processes want to merge at the same moment.
//!
//! ```console
//! $ cargo bench -p telemetry-push --bench merge
//! ```
//!
//! The yardstick of the same run is what any durable replacement of a file costs on this disk: write, sync, rename, sync the folder.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has failed, and tells what it found"
)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use telemetry_core::Registry;
use telemetry_core::catalog::{LLM_INVOCATION_DURATION, LLM_RETRIES, LlmInvocationDuration, LlmRetries};
use telemetry_core::config::Config;
use telemetry_core::guard::{Agent, AgentRun};
use telemetry_push::{Carry, Ledger};

/// How many processes merge at once.
const PROCESSES: usize = 50;

/// How often everything is repeated.
const ROUNDS: usize = 20;

/// Tells a process that it is one of those that merge.
const FOLDER: &str = "TELEMETRY_BENCH_FOLDER";

fn main() {
    match std::env::var_os(FOLDER) {
        Some(folder) => merge_with_others(Path::new(&folder)),
        None => compare(),
    }
}

fn compare() {
    // Not the system's folder for temporary files, which may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fill(folder.path());
    let size = fs::metadata(Ledger::new(&config(folder.path())).unwrap().file()).unwrap().len();
    println!("a ledger of {size} bytes; each figure is a median, then the 95th percentile\n");
    report("durable replacement of a file of that size", &replacements(folder.path(), size));
    report("merge, alone", &alone(folder.path()));
    let mut waits: Vec<_> = (0..ROUNDS).flat_map(|_| at_once(folder.path())).collect();
    waits.sort_unstable();
    report("merge, 50 processes at once, each", &waits);
}

fn report(what: &str, times: &[Duration]) {
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("{what:45} {:>10.2?} {:>10.2?}", at(50), at(95));
}

fn config(folder: &Path) -> Config {
    let mut config = Config { ledger_path: Some(folder.join("ledger")), ..Config::default() };
    config.prometheus.instance = Some("bench".to_owned());
    config
}

/// A ledger as a fleet of some size has it.
fn fill(folder: &Path) {
    let config = config(folder);
    let registry = Registry::new(&config);
    for project in 0..20 {
        let project = format!("project-{project}");
        for llm_provider in ["claude", "codex", "gemini"] {
            AgentRun::begin_in(&registry, Agent { llm_provider, project: &project, workflow: "fix" }).ok();
            let labels = || LlmInvocationDuration { provider: llm_provider };
            LLM_INVOCATION_DURATION.in_registry(&registry).with(labels).observe(3.0);
        }
    }
    Carry::new(Ledger::new(&config).unwrap(), registry).merge().unwrap();
}

fn replacements(folder: &Path, size: u64) -> Vec<Duration> {
    let (path, new) = (folder.join("file"), folder.join("file.new"));
    let bytes = vec![b'x'; usize::try_from(size).unwrap()];
    sorted((0..ROUNDS * 10).map(|_| {
        let begun = Instant::now();
        let mut file = File::create(&new).unwrap();
        file.write_all(&bytes).unwrap();
        file.sync_all().unwrap();
        fs::rename(&new, &path).unwrap();
        File::open(folder).unwrap().sync_all().unwrap();
        begun.elapsed()
    }))
}

fn alone(folder: &Path) -> Vec<Duration> {
    let config = config(folder);
    let registry = Registry::new(&config);
    let mut carry = Carry::new(Ledger::new(&config).unwrap(), registry.clone());
    sorted((0..ROUNDS * 10).map(|_| {
        count(&registry);
        let begun = Instant::now();
        carry.merge().unwrap();
        begun.elapsed()
    }))
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times
}

fn count(registry: &Registry) {
    LLM_RETRIES.in_registry(registry).with(|| LlmRetries { provider: "claude" }).inc();
}

/// Lets fifty processes go at the same moment, and collects what a merge cost each of them.
fn at_once(folder: &Path) -> Vec<Duration> {
    let gate = File::create(folder.join("gate")).unwrap();
    gate.lock().unwrap();
    let mut children: Vec<_> = (0..PROCESSES).map(|_| start(folder)).collect();
    for child in &mut children {
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    }
    drop(gate);
    let cost = |child: Child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        Duration::from_micros(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap())
    };
    children.into_iter().map(cost).collect()
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(FOLDER, folder).stdout(Stdio::piped()).spawn().unwrap()
}

/// One of the processes: says that it is ready, waits at the gate, merges, and says what that cost.
fn merge_with_others(folder: &Path) {
    let config = config(folder);
    let registry = Registry::new(&config);
    let mut carry = Carry::new(Ledger::new(&config).unwrap(), registry.clone());
    count(&registry);
    let gate = File::open(folder.join("gate")).unwrap();
    println!();
    std::io::stdout().flush().unwrap();
    gate.lock_shared().unwrap();
    let begun = Instant::now();
    let merged = carry.merge().unwrap();
    let took = begun.elapsed();
    assert!(merged.durable);
    println!("{}", took.as_micros());
}
