//! A process that is forked off while another thread makes series and metrics records, reads and makes its own at once.
#![cfg(all(unix, feature = "live"))]
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use fork::{Fork, fork, waitpid_nohang};
use std::process::{Command, exit};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::Registry;
use telemetry_core::catalog::{AGENT_SPAWNS, LLM_RETRIES};
use telemetry_core::config::Config;
use telemetry_core::exposition::Format;
use telemetry_core::metric::MetricDef;
use telemetry_core::snapshot::Reading;

/// How often a child is forked off, each time at another moment of the other threads' work.
const FORKS: u32 = 60;

/// So long only if it waits for ever.
const PATIENCE: Duration = Duration::from_secs(20);

/// A new metric, of which every program that lives long enough has only a few.
fn new_metric(number: usize) -> &'static MetricDef {
    let name = String::leak(format!("tests_{number}_total"));
    Box::leak(Box::new(MetricDef { name, ..*LLM_RETRIES.def() }))
}

fn add(registry: &Registry, def: &'static MetricDef, values: &[&str]) {
    assert!(registry.add(def, values, &Reading::Counter(1.0)));
}

/// What threads of the parent do at the moment of the fork.
fn make_without_end(registry: &Registry, who: &str, is_done: &AtomicBool) {
    for number in 0.. {
        if is_done.load(Ordering::Relaxed) {
            return;
        }
        let value = format!("{who}-{number}");
        add(registry, AGENT_SPAWNS.def(), &[&value, "p"]);
        if number < 300 {
            add(registry, new_metric(number), &[&value]);
        }
    }
}

/// What a child does: it makes series of metrics that its parent has and has not, and finds each of them in what it reads and writes.
fn record_and_read(registry: &Registry) -> bool {
    let written = |line: &str| {
        let mut out = String::new();
        registry.write(Format::Text, &mut out);
        out.lines().any(|written| written == line)
    };
    (0..3).all(|number| {
        let value = format!("child-{number}");
        add(registry, AGENT_SPAWNS.def(), &[&value, "p"]);
        add(registry, new_metric(1000 + number), &[&value]);
        let spawns = registry.snapshot().value(AGENT_SPAWNS.def().name, &[&value, "p"]);
        spawns == Some(1.0)
            && written(&format!("{}{{llm_provider=\"{value}\",project=\"p\"}} 1", AGENT_SPAWNS.def().name))
            && written(&format!("tests_{}_total{{provider=\"{value}\"}} 1", 1000 + number))
    })
}

/// Its exit status; `None` if it had to be killed.
fn end_of(child: i32) -> Option<i32> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(status) = waitpid_nohang(child).unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill").args(["-9", &child.to_string()]).status().unwrap();
    None
}

#[test]
fn a_forked_process_makes_series_whatever_other_threads_were_making() {
    for round in 0..FORKS {
        let registry = Registry::new(&Config { max_series_per_metric: 1_000_000, ..Config::default() });
        let is_done = AtomicBool::new(false);
        let end = thread::scope(|scope| {
            for who in ["one", "other"] {
                let (registry, is_done) = (&registry, &is_done);
                scope.spawn(move || make_without_end(registry, who, is_done));
            }
            thread::sleep(Duration::from_micros(u64::from(round) * 30));
            let end = match fork().unwrap() {
                Fork::Child => exit(i32::from(!record_and_read(&registry))),
                Fork::Parent(child) => end_of(child),
            };
            is_done.store(true, Ordering::Relaxed);
            end
        });
        assert_eq!(
            end,
            Some(0),
            "round {round}: none is for a child that waited, 1 for one that missed a series"
        );
    }
}
