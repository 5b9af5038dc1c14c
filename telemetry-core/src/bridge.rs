//! The bridge to the `prometheus` crate: our series in its registries, and its metrics in our expositions.
//!
//! Both directions use only what that crate offers with and without its feature `protobuf`, since any other crate of a program
//! can turn that feature on.
//!
//! ```
//! use telemetry_core::bridge::{RegistryCollector, families_of};
//! use telemetry_core::catalog::AXE_LUMBERJACK_RESTARTS;
//! use telemetry_core::{Registry, config::Config};
//!
//! let ours = Registry::new(&Config::default());
//! AXE_LUMBERJACK_RESTARTS.in_registry(&ours).inc();
//!
//! let theirs = prometheus::Registry::new();
//! theirs.register(Box::new(RegistryCollector::new(&ours)))?;
//! let families = families_of(&theirs);
//! assert_eq!(families[0].name, "sase_axe_lumberjack_restarts_total");
//! # Ok::<(), prometheus::Error>(())
//! ```

use crate::cell::HistogramReading;
use crate::exposition::{Family, Format, parse};
use crate::metric::{Kind, MetricDef};
use crate::registry::Registry;
use crate::snapshot::{Reading, SnapshotMetric, SnapshotSeries};
use prometheus::TextEncoder;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::HashMap;

/// The series of a [`Registry`], to be registered in a registry of the `prometheus` crate.
///
/// It describes the metrics that the registry knows when it is made, and collects all that there are when it is asked. That
/// crate shows no family without a series.
#[derive(Debug)]
pub struct RegistryCollector {
    registry: Registry,
    descriptions: Vec<Desc>,
}

impl RegistryCollector {
    /// A collector of all series of this registry.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let descriptions =
            registry.snapshot().metrics.iter().filter_map(|metric| description(metric.def)).collect();
        Self { registry: registry.clone(), descriptions }
    }
}

impl Collector for RegistryCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.registry.snapshot().metrics.iter().map(SnapshotMetric::to_prometheus).collect()
    }
}

/// The families that a registry of the `prometheus` crate has now, to be served beside ours.
///
/// A family that the text format cannot hold, such as one in which a collector repeats a label set, is left out, so that it
/// takes no other with it.
#[must_use]
pub fn families_of(registry: &prometheus::Registry) -> Vec<Family<'static>> {
    registry.gather().into_iter().flat_map(read).collect()
}

/// Reads a family through its text. The accessors of that crate's model have other names when it is built with `protobuf`;
/// its text is the same.
fn read(family: MetricFamily) -> Vec<Family<'static>> {
    let text = TextEncoder::new().encode_to_string(&[family]).unwrap_or_default();
    let families = parse(&text, Format::Text).unwrap_or_default();
    families.into_iter().map(Family::into_owned).collect()
}

/// Nothing only where a definition was made by hand and its name or help is not allowed; `catalog!` checks both.
fn description(def: &MetricDef) -> Option<Desc> {
    let labels = def.labels.iter().map(|label| label.name.to_owned()).collect();
    Desc::new(def.name.to_owned(), def.help.to_owned(), labels, HashMap::new()).ok()
}

impl SnapshotMetric {
    fn to_prometheus(&self) -> MetricFamily {
        let mut family = MetricFamily::default();
        family.set_name(self.def.name.to_owned());
        family.set_help(self.def.help.to_owned());
        family.set_field_type(match self.def.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge(_) => MetricType::GAUGE,
            Kind::Histogram(_) => MetricType::HISTOGRAM,
        });
        family.set_metric(self.series.iter().map(|series| series.to_prometheus(self.def)).collect());
        family
    }
}

impl SnapshotSeries {
    fn to_prometheus(&self, def: &MetricDef) -> Metric {
        let labels = def.labels.iter().zip(&self.values).map(|(label, value)| label_pair(label.name, value));
        let mut metric = Metric::from_label(labels.collect());
        match &self.reading {
            Reading::Counter(value) => {
                let mut counter = Counter::default();
                counter.set_value(*value);
                metric.set_counter(counter);
            }
            Reading::Gauge { value, .. } => {
                let mut gauge = Gauge::default();
                gauge.set_value(*value);
                metric.set_gauge(gauge);
            }
            Reading::Histogram(reading) => metric.set_histogram(reading.to_prometheus(def.bounds())),
        }
        metric
    }
}

impl HistogramReading {
    /// That model has no bucket for `+Inf`: its encoders add it from the count.
    fn to_prometheus(&self, bounds: &[f64]) -> Histogram {
        let mut cumulative = 0;
        let mut buckets = Vec::with_capacity(bounds.len());
        for (bound, count) in bounds.iter().zip(&self.buckets) {
            cumulative += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(cumulative);
            buckets.push(bucket);
        }
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets);
        histogram.set_sample_sum(self.sum);
        histogram.set_sample_count(self.buckets.iter().sum());
        histogram
    }
}

fn label_pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}
