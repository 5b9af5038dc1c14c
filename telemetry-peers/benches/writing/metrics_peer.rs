//! `metrics` with its exporter for Prometheus.

use super::Write;
use super::content::Content;
use metrics_exporter_prometheus::PrometheusBuilder;
use telemetry_peers::given::BOUNDS;

pub(crate) fn writer(content: &Content) -> (&'static str, Write) {
    let recorder = PrometheusBuilder::new().set_buckets(&BOUNDS).unwrap().build_recorder();
    let handle = recorder.handle();
    let content = content.clone();
    metrics::with_local_recorder(&recorder, || {
        for ([provider, project, status], count) in content.counters {
            metrics::counter!("bench_runs", "provider" => provider, "project" => project, "status" => status)
                .increment(count);
        }
        for ([provider, project], count) in content.gauges {
            metrics::gauge!("bench_agents", "provider" => provider, "project" => project).set(count as f64);
        }
        for ([provider, workflow], seconds) in content.histograms {
            let series = metrics::histogram!("bench_seconds", "provider" => provider, "workflow" => workflow);
            seconds.iter().for_each(|seconds| series.record(*seconds));
        }
    });
    // It makes a text of its own, which whoever serves it would send as it is.
    ("metrics", Box::new(move |out| *out = handle.render()))
}
