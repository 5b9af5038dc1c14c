//! A registry with an endpoint of its own, and how its series are read back.

use crate::support::{on_any_port, scrape};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use telemetry_core::exposition::{Bucket, Family, Histogram, Label, Metric, Value};
use telemetry_core::{Registry, catalog};
use telemetry_server::{Exposition, Server};

/// A registry, and the server that tells of it.
pub(crate) struct Endpoint {
    made: Instant,
    pub(crate) registry: Registry,
    server: Server,
}

impl Endpoint {
    pub(crate) fn new() -> Self {
        let registry = Registry::new(&on_any_port());
        let server = Exposition::of(&registry).serve(&on_any_port()).unwrap();
        Self { made: Instant::now(), registry, server }
    }

    pub(crate) fn families(&self) -> Vec<Family<'static>> {
        scrape(&self.server)
    }

    /// Every series of the registry; what histograms have observed took at least that long.
    pub(crate) fn read(&self, at_least: Duration) -> BTreeMap<String, f64> {
        readings(&self.families(), at_least, self.made.elapsed())
    }
}

/// Every series of the catalog, with its value or its number of observations. What the server tells of itself and of the process is
/// always there.
pub(crate) fn readings(
    families: &[Family<'_>],
    at_least: Duration,
    at_most: Duration,
) -> BTreeMap<String, f64> {
    let recorded = families.iter().filter(|family| catalog::metrics().any(|def| def.name == family.name));
    let series = recorded.flat_map(|family| family.metrics.iter().map(move |metric| (family, metric)));
    series
        .map(|(family, metric)| (series_name(family, metric), reading(family, metric, at_least, at_most)))
        .collect()
}

fn series_name(family: &Family<'_>, metric: &Metric<'_>) -> String {
    let labels: Vec<_> =
        metric.labels.iter().map(|Label { name, value }| format!("{name}={value}")).collect();
    format!("{}{{{}}}", family.name, labels.join(","))
}

fn reading(family: &Family<'_>, metric: &Metric<'_>, at_least: Duration, at_most: Duration) -> f64 {
    match &metric.value {
        Value::Counter(counter) => counter.value,
        Value::Gauge(value) => *value,
        Value::Histogram(histogram) => observations(&family.name, histogram, at_least, at_most),
        other => panic!("{} is a {other:?}", family.name),
    }
}

/// How many observations a histogram has, after a look at all of its buckets and its sum. With one observation the sum is that
/// observation, so that every bucket is known.
fn observations(name: &str, histogram: &Histogram<'_>, at_least: Duration, at_most: Duration) -> f64 {
    let (sum, count) = (histogram.sum.unwrap(), histogram.count.unwrap());
    let bounds = catalog::find(name).unwrap().bounds().iter().copied().chain([f64::INFINITY]);
    let buckets: Vec<_> = bounds.map(|le| Bucket::new(le, if sum <= le { count } else { 0.0 })).collect();
    assert_eq!(histogram.buckets, buckets, "{name} with the sum {sum}");
    match count {
        0.0 => assert_eq!(sum, 0.0),
        1.0 => assert!((at_least.as_secs_f64()..=at_most.as_secs_f64()).contains(&sum), "{name}: {sum}"),
        _ => panic!("{name} has {count} observations"),
    }
    count
}
