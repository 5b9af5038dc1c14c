//! Ours.

use super::sets::{Operation, Status};
use super::{Entry, Work};
use std::hint::black_box;
use telemetry_core::config::Config;
use telemetry_core::{catalog, init};
use telemetry_peers::given::BOUNDS;

catalog! {
    /// For this benchmark.
    pub BENCH = "Benchmark", "bench";
    /// Calls with open labels
    counter OPEN = "bench_open_total", Open<'a> { provider: &'a str, project: &'a str, workflow: &'a str };
    /// Calls with open labels whose texts are made anew
    counter ANEW = "bench_anew_total", Anew<'a> { provider: &'a str, project: &'a str, workflow: &'a str };
    /// Calls with closed labels and an open one
    counter MIXED = "bench_mixed_total", Mixed<'a> { provider: &'a str, status: Status, operation: Operation };
    /// Calls with closed labels
    counter CLOSED = "bench_closed_total", Closed { status: Status, operation: Operation };
    /// Time of calls
    histogram(&BOUNDS) TIME = "bench_seconds", Time<'a> { provider: &'a str, workflow: &'a str };
}

pub(crate) fn entries() -> Vec<Entry> {
    // The switch is thrown while the program runs and with a value of which the compiler knows nothing, as in any other program.
    init(&black_box(Config { enabled: Some(true), ..Config::default() }));
    let bound = OPEN.bind(Open { provider: "claude", project: "bound", workflow: "review" });
    let bound_time = TIME.bind(Time { provider: "claude", workflow: "bound" });
    vec![
        Entry::new(Work::Open, "telemetry-core", |sets| {
            sets.each_kept(|[provider, project, workflow]| {
                black_box(&OPEN).with(|| Open { provider, project, workflow }).inc();
            });
        }),
        Entry::new(Work::Anew, "telemetry-core", |sets| {
            sets.each_anew(|[provider, project, workflow]| {
                black_box(&ANEW).with(|| Anew { provider, project, workflow }).inc();
            });
        }),
        Entry::new(Work::Mixed, "telemetry-core", |sets| {
            sets.each(|set| {
                let (status, operation) = (set.status, set.operation);
                black_box(&MIXED).with(|| Mixed { provider: &set.provider, status, operation }).inc();
            });
        }),
        Entry::new(Work::Closed, "telemetry-core", |sets| {
            sets.each(|set| {
                let (status, operation) = (set.status, set.operation);
                black_box(&CLOSED).with(|| Closed { status, operation }).inc();
            });
        }),
        Entry::new(Work::Bound, "telemetry-core", move |sets| sets.each(|_| black_box(&bound).inc())),
        Entry::new(Work::Histogram, "telemetry-core", |sets| {
            sets.each(|set| {
                let (provider, workflow) = (&*set.provider, &*set.workflow);
                black_box(&TIME).with(|| Time { provider, workflow }).observe(set.seconds);
            });
        }),
        Entry::new(Work::BoundHistogram, "telemetry-core", move |sets| {
            sets.each(|set| black_box(&bound_time).observe(set.seconds));
        }),
    ]
}
