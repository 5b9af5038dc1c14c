//! Writes ten thousand lines of text and nothing else, for a tool that counts instructions.
//!
//! `lines registry|families TIMES` writes them so many times, straight from a registry or from families. The difference between two
//! numbers of times is the price of the lines alone. The test `lines` does this.
#![expect(clippy::print_stderr, reason = "a program to be run by hand too")]

use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use telemetry_core::catalog::RunStatus;
use telemetry_core::exposition::{Format, write};
use telemetry_core::{Registry, catalog, config::Config};

catalog! {
    /// For this program.
    pub LINES = "Lines", "lines";
    /// Runs
    counter RUNS = "lines_runs_total", Runs<'a> { provider: &'a str, status: RunStatus, project: &'a str };
    /// Agents now
    gauge(State) AGENTS = "lines_agents", Agents<'a> { provider: &'a str, project: &'a str };
    /// Time of runs
    histogram(&[0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]) TIME = "lines_seconds",
        Time<'a> { provider: &'a str, workflow: &'a str };
}

const PROVIDERS: [&str; 4] = ["claude", "codex", "gemini", "open-weights"];

/// 5,000 counters, 2,400 gauges and 200 histograms of 13 lines each.
fn registry() -> Registry {
    let registry = Registry::new(&Config { max_series_per_metric: 10_000, ..Config::default() });
    for i in 0..5000_usize {
        let (provider, project) = (PROVIDERS[i % 4], format!("telemetry-{:04}", i / 16));
        let status = RunStatus::ALL[i / 4 % 4];
        let runs = RUNS.in_registry(&registry);
        runs.with(|| Runs { provider, status, project: &project }).add(i * 37 % 100_000);
    }
    for i in 0..2400_usize {
        let (provider, project) = (PROVIDERS[i % 4], format!("telemetry-{:04}", i / 4));
        let agents = AGENTS.in_registry(&registry);
        agents.with(|| Agents { provider, project: &project }).set(i % 50);
    }
    for i in 0..200_usize {
        let (provider, workflow) = (PROVIDERS[i % 4], format!("workflow_{:02}", i / 4));
        for j in 0..30_usize {
            let time = TIME.in_registry(&registry);
            let seconds = ((i + j) * 37 % 400) as f64 + 0.123 * j as f64;
            time.with(|| Time { provider, workflow: &workflow }).observe(seconds);
        }
    }
    registry
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [from, times] = &*arguments else { return usage() };
    let Ok(times) = times.parse::<usize>() else { return usage() };
    let registry = registry();
    let (snapshot, mut out) = (registry.snapshot(), String::new());
    let families = snapshot.families();
    let write_once: &dyn Fn(&mut String) = match &**from {
        "registry" => &|out| black_box(&registry).write(Format::Text, out),
        "families" => &|out| write(black_box(&families), Format::Text, out),
        _ => return usage(),
    };
    for _ in 0..times {
        out.clear();
        write_once(&mut out);
        black_box(&mut out);
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: lines registry|families TIMES");
    ExitCode::from(64)
}
