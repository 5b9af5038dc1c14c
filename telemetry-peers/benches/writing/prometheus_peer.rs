//! `prometheus` with its text encoder.

use super::Write;
use super::content::Content;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};
use telemetry_peers::given::BOUNDS;

pub(crate) fn writer(content: &Content) -> (&'static str, Write) {
    let registry = Registry::new();
    let runs = IntCounterVec::new(Opts::new("bench_runs_total", "Runs"), &["provider", "project", "status"])
        .unwrap();
    let agents = IntGaugeVec::new(Opts::new("bench_agents", "Agents"), &["provider", "project"]).unwrap();
    let options = HistogramOpts::new("bench_seconds", "Time").buckets(BOUNDS.into());
    let time = HistogramVec::new(options, &["provider", "workflow"]).unwrap();
    for (labels, count) in &content.counters {
        runs.with_label_values(&labels.each_ref().map(String::as_str)).inc_by(*count);
    }
    for (labels, count) in &content.gauges {
        agents.with_label_values(&labels.each_ref().map(String::as_str)).set(*count as i64);
    }
    for (labels, seconds) in &content.histograms {
        let series = time.with_label_values(&labels.each_ref().map(String::as_str));
        seconds.iter().for_each(|seconds| series.observe(*seconds));
    }
    registry.register(Box::new(runs)).unwrap();
    registry.register(Box::new(agents)).unwrap();
    registry.register(Box::new(time)).unwrap();
    let write = move |out: &mut String| TextEncoder::new().encode_utf8(&registry.gather(), out).unwrap();
    ("prometheus", Box::new(write))
}
