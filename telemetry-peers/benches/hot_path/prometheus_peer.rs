//! `prometheus`, with its counters of whole numbers, which are its fastest.

use super::{Entry, Work};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};
use std::hint::black_box;
use telemetry_peers::given::BOUNDS;

pub(crate) fn entries() -> Vec<Entry> {
    let open = || {
        let open = vector(&["provider", "project", "workflow"]);
        move |texts: [&str; 3]| open.with_label_values(&texts).inc()
    };
    let mixed = vector(&["provider", "status", "operation"]);
    let closed = vector(&["status", "operation"]);
    let bound = vector(&["provider"]).with_label_values(&["claude"]);
    let options = HistogramOpts::new("bench_seconds", "Time").buckets(BOUNDS.into());
    let time = HistogramVec::new(options, &["provider", "workflow"]).unwrap();
    let bound_time = time.with_label_values(&["claude", "bound"]);
    let others = [
        Entry::new(Work::Mixed, "prometheus", move |sets| {
            sets.each(|set| {
                mixed.with_label_values(&[&*set.provider, set.status.as_str(), set.operation.as_str()]).inc();
            });
        }),
        Entry::new(Work::Closed, "prometheus", move |sets| {
            sets.each(|set| closed.with_label_values(&[set.status.as_str(), set.operation.as_str()]).inc());
        }),
        Entry::new(Work::Bound, "prometheus", move |sets| sets.each(|_| black_box(&bound).inc())),
        Entry::new(Work::Histogram, "prometheus", move |sets| {
            sets.each(|set| {
                time.with_label_values(&[&*set.provider, &set.workflow]).observe(set.seconds);
            });
        }),
        Entry::new(Work::BoundHistogram, "prometheus", move |sets| {
            sets.each(|set| black_box(&bound_time).observe(set.seconds));
        }),
    ];
    Entry::open("prometheus", open).into_iter().chain(others).collect()
}

fn vector(labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new("bench_total", "Calls"), labels).unwrap()
}
