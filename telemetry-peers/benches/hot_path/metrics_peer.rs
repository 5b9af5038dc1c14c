//! `metrics` with its exporter for Prometheus.

use super::{Entry, Work};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::hint::black_box;
use telemetry_peers::given::BOUNDS;

pub(crate) fn entries() -> Vec<Entry> {
    let recorder = PrometheusBuilder::new().set_buckets(&BOUNDS).unwrap().build_recorder();
    metrics::set_global_recorder(recorder).unwrap();
    let bound = metrics::counter!("bench_bound");
    let open = || {
        |texts: [&str; 3]| {
            let [provider, project, workflow] = texts.map(str::to_owned);
            metrics::counter!("bench_open", "provider" => provider, "project" => project, "workflow" => workflow)
                .increment(1);
        }
    };
    let others = [
        Entry::new(Work::Mixed, "metrics", |sets| {
            sets.each(|set| {
                let (provider, status, operation) =
                    (set.provider.clone(), set.status.as_str(), set.operation.as_str());
                metrics::counter!("bench_mixed", "provider" => provider, "status" => status, "operation" => operation)
                    .increment(1);
            });
        }),
        Entry::new(Work::Closed, "metrics", |sets| {
            sets.each(|set| {
                let (status, operation) = (set.status.as_str(), set.operation.as_str());
                metrics::counter!("bench_closed", "status" => status, "operation" => operation).increment(1);
            });
        }),
        Entry::new(Work::Bound, "metrics", move |sets| sets.each(|_| black_box(&bound).increment(1))),
        // Its histograms keep every observation until they are read, so this one is read now and then, as a scrape would.
        Entry::new(Work::Histogram, "metrics", |sets| {
            sets.each(|set| {
                let (provider, workflow) = (set.provider.clone(), set.workflow.clone());
                metrics::histogram!("bench_seconds", "provider" => provider, "workflow" => workflow)
                    .record(set.seconds);
            });
        }),
    ];
    Entry::open("metrics", open).into_iter().chain(others).collect()
}
