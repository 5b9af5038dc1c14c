//! `opentelemetry_sdk` with its exporter for Prometheus.

use super::{Entry, Work};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_peers::given::BOUNDS;

pub(crate) fn entries() -> Vec<Entry> {
    let exporter = opentelemetry_prometheus::exporter().with_registry(prometheus::Registry::new());
    let provider = SdkMeterProvider::builder().with_reader(exporter.build().unwrap()).build();
    let meter = provider.meter("bench");
    let counter = |name: &'static str| meter.u64_counter(name).build();
    let (mixed, closed) = (counter("mixed"), counter("closed"));
    let time = meter.f64_histogram("seconds").with_boundaries(BOUNDS.into()).build();
    let open = || {
        let (open, provider) = (counter("open"), provider.clone());
        move |texts: [&str; 3]| {
            let _kept_open = &provider;
            let [provider, project, workflow] = texts.map(str::to_owned);
            open.add(
                1,
                &[
                    KeyValue::new("provider", provider),
                    KeyValue::new("project", project),
                    KeyValue::new("workflow", workflow),
                ],
            );
        }
    };
    let others = [
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
    ];
    Entry::open("opentelemetry_sdk", open).into_iter().chain(others).collect()
}
