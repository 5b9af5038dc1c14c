//! The price of a call while telemetry is on, beside a bare atomic addition and beside the vectors of the `prometheus` crate.
//!
//! `cargo bench -p telemetry-core`; the price while it is off is in `hot_path_off`, since the switch belongs to the process.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be prepared has nothing to measure")]

use divan::{Bencher, Divan, black_box};
use prometheus::{CounterVec, HistogramOpts, HistogramVec, Opts};
use std::sync::atomic::{AtomicU64, Ordering};
use telemetry_core::catalog::{
    AGENT_SPAWNS, AXE_CYCLES, AXE_LUMBERJACK_RESTARTS, AgentSpawns, AxeCycles, CycleType,
    LLM_INVOCATION_DURATION, LlmInvocationDuration,
};
use telemetry_core::{config::Config, init};

/// A metric with three open labels, which none of the catalog has.
mod three {
    telemetry_core::catalog! {
        /// For this benchmark.
        pub BENCH = "Benchmark", "bench";
        /// Calls
        counter CALLS = "bench_calls_total", Calls<'a> { provider: &'a str, project: &'a str, workflow: &'a str };
    }
}
use three::{CALLS, Calls};

/// Label values of a usual length.
const VALUES: [&str; 3] = ["claude", "telemetry-site", "fix_failing_tests"];

const SECONDS: f64 = 3.2;

fn main() {
    init(&Config { enabled: Some(true), ..Config::default() });
    // Enough calls in each sample that the clock's resolution does not show; the command line can say otherwise.
    Divan::default().sample_size(10_000).config_with_args().main();
}

/// Values of which the compiler knows nothing, so that no hash and no comparison is done in advance.
fn values() -> [&'static str; 3] {
    black_box(VALUES)
}

#[divan::bench]
fn a_bare_atomic_add(bencher: Bencher<'_, '_>) {
    let counter = AtomicU64::new(0);
    bencher.bench_local(|| black_box(&counter).fetch_add(black_box(1), Ordering::Relaxed));
}

#[divan::bench_group(name = "counter")]
mod counter {
    use super::*;

    #[divan::bench]
    fn ours_without_labels() {
        black_box(&AXE_LUMBERJACK_RESTARTS).inc();
    }

    #[divan::bench]
    fn ours_with_one_closed_label() {
        let cycle_type = black_box(CycleType::Full);
        black_box(&AXE_CYCLES).with(|| AxeCycles { cycle_type }).inc();
    }

    #[divan::bench]
    fn ours_with_two_open_labels() {
        let [llm_provider, project, _] = values();
        black_box(&AGENT_SPAWNS).with(|| AgentSpawns { llm_provider, project }).inc();
    }

    #[divan::bench]
    fn ours_with_three_open_labels() {
        let [provider, project, workflow] = values();
        black_box(&CALLS).with(|| Calls { provider, project, workflow }).inc();
    }

    #[divan::bench]
    fn ours_bound(bencher: Bencher<'_, '_>) {
        let [provider, project, workflow] = values();
        let bound = CALLS.bind(Calls { provider, project, workflow });
        bencher.bench_local(|| black_box(&bound).inc());
    }

    fn vector(labels: &[&str]) -> CounterVec {
        CounterVec::new(Opts::new("bench_calls_total", "Calls"), labels).unwrap()
    }

    #[divan::bench]
    fn prometheus_with_one_label(bencher: Bencher<'_, '_>) {
        let vector = vector(&["cycle_type"]);
        bencher.bench_local(|| black_box(&vector).with_label_values(&[black_box("full")]).inc());
    }

    #[divan::bench]
    fn prometheus_with_two_labels(bencher: Bencher<'_, '_>) {
        let vector = vector(&["llm_provider", "project"]);
        bencher.bench_local(|| {
            let [provider, project, _] = values();
            black_box(&vector).with_label_values(&[provider, project]).inc();
        });
    }

    #[divan::bench]
    fn prometheus_with_three_labels(bencher: Bencher<'_, '_>) {
        let vector = vector(&["provider", "project", "workflow"]);
        bencher.bench_local(|| black_box(&vector).with_label_values(&values()).inc());
    }

    #[divan::bench]
    fn prometheus_bound(bencher: Bencher<'_, '_>) {
        let bound = vector(&["provider", "project", "workflow"]).with_label_values(&values());
        bencher.bench_local(|| black_box(&bound).inc());
    }
}

#[divan::bench_group(name = "histogram")]
mod histogram {
    use super::*;

    #[divan::bench]
    fn ours_with_one_open_label() {
        let [provider, ..] = values();
        black_box(&LLM_INVOCATION_DURATION)
            .with(|| LlmInvocationDuration { provider })
            .observe(black_box(SECONDS));
    }

    #[divan::bench]
    fn ours_bound(bencher: Bencher<'_, '_>) {
        let [provider, ..] = values();
        let bound = LLM_INVOCATION_DURATION.bind(LlmInvocationDuration { provider });
        bencher.bench_local(|| black_box(&bound).observe(black_box(SECONDS)));
    }

    fn vector() -> HistogramVec {
        let bounds = LLM_INVOCATION_DURATION.def().bounds().to_vec();
        let options = HistogramOpts::new("bench_duration_seconds", "Duration").buckets(bounds);
        HistogramVec::new(options, &["provider"]).unwrap()
    }

    #[divan::bench]
    fn prometheus_with_one_label(bencher: Bencher<'_, '_>) {
        let vector = vector();
        bencher.bench_local(|| {
            let [provider, ..] = values();
            black_box(&vector).with_label_values(&[provider]).observe(black_box(SECONDS));
        });
    }

    #[divan::bench]
    fn prometheus_bound(bencher: Bencher<'_, '_>) {
        let [provider, ..] = values();
        let bound = vector().with_label_values(&[provider]);
        bencher.bench_local(|| black_box(&bound).observe(black_box(SECONDS)));
    }
}
