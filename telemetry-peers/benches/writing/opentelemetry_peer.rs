//! `opentelemetry_sdk` with its exporter for Prometheus.

use super::Write;
use super::content::Content;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};
use telemetry_peers::given::BOUNDS;

fn labels(names: impl IntoIterator<Item = &'static str>, values: &[String]) -> Vec<KeyValue> {
    names.into_iter().zip(values).map(|(name, value)| KeyValue::new(name, value.clone())).collect()
}

pub(crate) fn writer(content: &Content) -> (&'static str, Write) {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone());
    let unlimited = |_: &Instrument| Stream::builder().with_cardinality_limit(10_000).build().ok();
    let provider =
        SdkMeterProvider::builder().with_reader(exporter.build().unwrap()).with_view(unlimited).build();
    let meter = provider.meter("bench");
    let (runs, agents) = (meter.u64_counter("bench_runs").build(), meter.u64_gauge("bench_agents").build());
    let time = meter.f64_histogram("bench_seconds").with_boundaries(BOUNDS.into()).build();
    for (values, count) in &content.counters {
        runs.add(*count, &labels(["provider", "project", "status"], values));
    }
    for (values, count) in &content.gauges {
        agents.record(*count, &labels(["provider", "project"], values));
    }
    for (values, seconds) in &content.histograms {
        let labels = labels(["provider", "workflow"], values);
        seconds.iter().for_each(|seconds| time.record(*seconds, &labels));
    }
    let write = move |out: &mut String| {
        let _kept_open = &provider;
        TextEncoder::new().encode_utf8(&registry.gather(), out).unwrap();
    };
    ("opentelemetry_sdk", Box::new(write))
}
