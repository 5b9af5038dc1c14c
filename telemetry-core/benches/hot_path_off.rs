//! The price of a call while telemetry is off: this process never turns it on.
//!
//! `cargo bench -p telemetry-core`; the price while it is on is what `cargo bench -p telemetry-peers` shows.

use divan::{Bencher, Divan, black_box};
use std::sync::atomic::{AtomicU64, Ordering};
use telemetry_core::catalog::{
    AGENT_RUNS, AGENT_SPAWNS, AXE_LUMBERJACK_RESTARTS, AgentRuns, AgentSpawns, LLM_INVOCATION_DURATION,
    LlmInvocationDuration, RunStatus,
};
use telemetry_core::guard::{Agent, AgentRun};

fn main() {
    // Enough calls in each sample that the clock's resolution does not show; the command line can say otherwise.
    Divan::default().sample_size(10_000).config_with_args().main();
}

#[divan::bench]
fn a_bare_atomic_add(bencher: Bencher<'_, '_>) {
    let counter = AtomicU64::new(0);
    bencher.bench_local(|| black_box(&counter).fetch_add(black_box(1), Ordering::Relaxed));
}

#[divan::bench]
fn a_counter_without_labels() {
    black_box(&AXE_LUMBERJACK_RESTARTS).inc();
}

#[divan::bench]
fn a_counter_with_three_labels() {
    let labels =
        || AgentRuns { llm_provider: "claude", status: RunStatus::Ok, workflow: "fix_failing_tests" };
    black_box(&AGENT_RUNS).with(|| black_box(labels())).inc();
}

#[divan::bench]
fn a_counter_with_a_label_that_is_costly_to_compute() {
    black_box(&AGENT_SPAWNS).when_on(|spawns| {
        let project = format!("site-{}", black_box(7));
        spawns.with(|| AgentSpawns { llm_provider: "claude", project: &project }).inc();
    });
}

#[divan::bench]
fn a_bound_counter(bencher: Bencher<'_, '_>) {
    let bound = AGENT_SPAWNS.bind(AgentSpawns { llm_provider: "claude", project: "site" });
    bencher.bench_local(|| black_box(&bound).inc());
}

#[divan::bench]
fn a_histogram_with_one_label() {
    let labels = || black_box(LlmInvocationDuration { provider: "claude" });
    black_box(&LLM_INVOCATION_DURATION).with(labels).observe(black_box(3.2));
}

#[divan::bench]
fn a_timer() {
    let labels = || black_box(LlmInvocationDuration { provider: "claude" });
    drop(black_box(black_box(&LLM_INVOCATION_DURATION).with(labels).start_timer()));
}

#[divan::bench]
fn a_guard_from_begin_to_end() {
    let (llm_provider, project, workflow) = black_box(("claude", "site", "fix_failing_tests"));
    AgentRun::begin(Agent { llm_provider, project, workflow }).ok();
}
