//! `opentelemetry_sdk` with its exporter for Prometheus.

use super::sets::BOUNDS;
use super::{Entry, Work};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;

pub(crate) fn entries() -> Vec<Entry> {
    let exporter = opentelemetry_prometheus::exporter().with_registry(prometheus::Registry::new());
    let provider = SdkMeterProvider::builder().with_reader(exporter.build().unwrap()).build();
    let meter = provider.meter("bench");
    let counter = |name: &'static str| meter.u64_counter(name).build();
    let (open, mixed, closed) = (counter("open"), counter("mixed"), counter("closed"));
    let time = meter.f64_histogram("seconds").with_boundaries(BOUNDS.into()).build();
    vec![
        Entry::new(Work::Open, "opentelemetry_sdk", move |sets| {
            let _kept_open = &provider;
            sets.each(|set| {
                open.add(
                    1,
                    &[
                        KeyValue::new("provider", set.provider.clone()),
                        KeyValue::new("project", set.project.clone()),
                        KeyValue::new("workflow", set.workflow.clone()),
                    ],
                );
            });
        }),
        Entry::new(Work::Mixed, "opentelemetry_sdk", move |sets| {
            sets.each(|set| {
                mixed.add(
                    1,
                    &[
                        KeyValue::new("provider", set.provider.clone()),
                        KeyValue::new("status", set.status.as_str()),
                        KeyValue::new("operation", set.operation.as_str()),
                    ],
                );
            });
        }),
        Entry::new(Work::Closed, "opentelemetry_sdk", move |sets| {
            sets.each(|set| {
                closed.add(
                    1,
                    &[
                        KeyValue::new("status", set.status.as_str()),
                        KeyValue::new("operation", set.operation.as_str()),
                    ],
                );
            });
        }),
        Entry::new(Work::Histogram, "opentelemetry_sdk", move |sets| {
            sets.each(|set| {
                time.record(
                    set.seconds,
                    &[
                        KeyValue::new("provider", set.provider.clone()),
                        KeyValue::new("workflow", set.workflow.clone()),
                    ],
                );
            });
        }),
    ]
}
