//! How long the program takes from its start to its end, beside others of its kind in the same run.
//!
//! `cargo bench -p telemetry-cli --bench startup`. Start-up is felt: `--version` and `list` are to take less than 10 ms, and `status`
//! with every server down less than 250 ms. Each row says the median, and how that compares to a process that does nothing.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be prepared has nothing to measure")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often each is started, in turn, so that what else the machine does meets all of them.
const ROUNDS: usize = 40;

/// The binary of this build.
const OURS: &str = env!("CARGO_BIN_EXE_telemetry");

/// What is started. Nobody listens on port 1 of this machine.
const STARTED: &[(&str, &[&str])] = &[
    ("true", &[]),
    (OURS, &["--version"]),
    (OURS, &["--help"]),
    (OURS, &["list"]),
    (OURS, &["config", "show"]),
    (OURS, &["completions", "bash"]),
    (OURS, &["status"]),
    ("git", &["--version"]),
    ("promtool", &["--version"]),
    ("amtool", &["--version"]),
    ("prometheus", &["--version"]),
];

fn main() {
    let home = tempfile::tempdir().unwrap();
    let present: Vec<_> =
        STARTED.iter().filter(|(program, arguments)| once(program, arguments, &home).is_some()).collect();
    let mut times = vec![Vec::new(); present.len()];
    for _ in 0..ROUNDS {
        for (times, (program, arguments)) in times.iter_mut().zip(&present) {
            times.extend(once(program, arguments, &home));
        }
    }
    let medians: Vec<_> = times.into_iter().map(median).collect();
    println!("{:<28} {:>10} {:>14}", "started", "median", "times `true`");
    for ((program, arguments), median) in present.iter().zip(&medians) {
        let program = Path::new(program).file_name().unwrap().to_string_lossy();
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        let line = format!("{program} {}", arguments.join(" "));
        println!("{line:<28} {:>7.2} ms {ratio:>13.1}x", median.as_secs_f64() * 1e3);
    }
    size(Path::new(OURS));
}

/// How long one start takes to its end; nothing where the program is not installed.
fn once(program: &str, arguments: &[&str], home: &TempDir) -> Option<Duration> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(home).env_clear().env("HOME", home.path());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for address in ["PUSHGATEWAY_URL", "URL", "ALERTMANAGER_URL"] {
        command.env(format!("SASE_TELEMETRY_PROMETHEUS__{address}"), "127.0.0.1:1");
    }
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "1");
    command.env("SASE_TELEMETRY_LEDGER_PATH", home.path().join("ledger"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    command.status().ok().map(|_| begun.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The size as it is installed, and whether symbols are still in it.
fn size(binary: &Path) {
    let bytes = fs::read(binary).unwrap();
    let stripped = if has_symbols(&bytes) { "with symbols" } else { "stripped" };
    println!("\nsize of the binary: {:.1} MB, {stripped}", bytes.len() as f64 / 1e6);
}

/// Whether an ELF file of 64 bits has a section of the type `SHT_SYMTAB`.
fn has_symbols(elf: &[u8]) -> bool {
    const SYMBOLS: u64 = 2;
    let number = |at: usize, bytes: usize| {
        elf[at..at + bytes].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    let (table, size, entries) = (number(0x28, 8), number(0x3a, 2), number(0x3c, 2));
    (0..entries).any(|entry| number((table + entry * size) as usize + 4, 4) == SYMBOLS)
}
