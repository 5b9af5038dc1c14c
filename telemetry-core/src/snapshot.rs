//! The values of a registry at one moment, and their form as families of an exposition.

use crate::cell::HistogramReading;
use crate::exposition::{Bucket, Counter, Family, FamilyKind, Histogram, Label, Metric, Value};
use crate::metric::{Kind, MetricDef};
use std::borrow::Cow;

/// The values of a registry at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Every metric, with or without series.
    pub metrics: Vec<SnapshotMetric>,
}

/// One metric of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotMetric {
    /// The definition.
    pub def: &'static MetricDef,
    /// Its series, sorted by their label values; the one beyond the series limit is the last.
    pub series: Vec<SnapshotSeries>,
}

/// One series of a [`SnapshotMetric`].
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotSeries {
    /// The label values, in the order of the definition.
    pub values: Box<[Box<str>]>,
    /// What the series holds.
    pub reading: Reading,
}

/// What a series holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The count of a counter.
    Counter(f64),
    /// The value of a gauge.
    Gauge {
        /// The value; 0 where none was ever written.
        value: f64,
        /// How often a value was written; a series can be created without.
        writes: u64,
    },
    /// The buckets and the sum of a histogram.
    Histogram(HistogramReading),
}

impl Snapshot {
    /// The value of the counter or gauge series with these label values, or the number of observations of a histogram series.
    #[must_use]
    pub fn value(&self, name: &str, values: &[&str]) -> Option<f64> {
        let metric = self.metrics.iter().find(|metric| metric.def.name == name)?;
        let series = metric
            .series
            .iter()
            .find(|series| series.values.iter().map(AsRef::as_ref).eq(values.iter().copied()))?;
        Some(match &series.reading {
            Reading::Counter(value) | Reading::Gauge { value, .. } => *value,
            Reading::Histogram(reading) => reading.buckets.iter().sum::<u64>() as f64,
        })
    }

    /// The families of an exposition, those without a series included: their type and help are worth knowing too.
    #[must_use]
    pub fn families(&self) -> Vec<Family<'_>> {
        self.metrics.iter().map(SnapshotMetric::family).collect()
    }
}

impl SnapshotMetric {
    /// The family of an exposition.
    #[must_use]
    pub fn family(&self) -> Family<'_> {
        let metrics = self.series.iter().map(|series| series.metric(self.def)).collect();
        Family { metrics, ..family_without_metrics(self.def) }
    }
}

impl SnapshotSeries {
    fn metric<'s>(&'s self, def: &'static MetricDef) -> Metric<'s> {
        let labels = def
            .labels
            .iter()
            .zip(&self.values)
            .map(|(label, value)| Label::new(label.name, &**value))
            .collect();
        Metric { labels, value: self.reading.value(def.bounds()), timestamp: None }
    }
}

impl Reading {
    fn value(&self, bounds: &'static [f64]) -> Value<'static> {
        match self {
            Self::Counter(value) => Value::Counter(Counter::new(*value)),
            Self::Gauge { value, .. } => Value::Gauge(*value),
            Self::Histogram(reading) => Value::Histogram(reading.histogram(bounds)),
        }
    }
}

impl HistogramReading {
    /// The histogram of an exposition: cumulative buckets with these bounds and a last one for `+Inf`.
    #[must_use]
    pub fn histogram(&self, bounds: &[f64]) -> Histogram<'static> {
        let mut cumulative = 0;
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds
            .zip(&self.buckets)
            .map(|(le, count)| {
                cumulative += count;
                Bucket::new(le, cumulative as f64)
            })
            .collect();
        Histogram { buckets, sum: Some(self.sum), count: Some(cumulative as f64), created: None }
    }
}

/// The name, the kind and the help of a metric as a family.
pub(crate) const fn family_without_metrics(def: &'static MetricDef) -> Family<'static> {
    Family {
        name: Cow::Borrowed(def.name),
        kind: family_kind(def.kind),
        help: Some(Cow::Borrowed(def.help)),
        unit: None,
        metrics: Vec::new(),
    }
}

/// The family kind of a metric kind.
#[must_use]
pub const fn family_kind(kind: Kind) -> FamilyKind {
    match kind {
        Kind::Counter => FamilyKind::Counter,
        Kind::Gauge(_) => FamilyKind::Gauge,
        Kind::Histogram(_) => FamilyKind::Histogram,
    }
}
