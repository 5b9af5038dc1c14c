//! Cutting the tie between a family and the text that it was parsed from.

use std::borrow::Cow;

use super::model::{Bucket, Counter, Exemplar, Family, Histogram, Label, Metric, Value};

impl Family<'_> {
    /// The same family with texts of its own, so that it outlives the input that it was parsed from.
    #[must_use]
    pub fn into_owned(self) -> Family<'static> {
        Family {
            name: owned(self.name),
            kind: self.kind,
            help: self.help.map(owned),
            unit: self.unit.map(owned),
            metrics: self.metrics.into_iter().map(Metric::into_owned).collect(),
        }
    }
}

impl Metric<'_> {
    /// The same metric with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Metric<'static> {
        Metric {
            labels: owned_labels(self.labels),
            value: self.value.into_owned(),
            timestamp: self.timestamp,
        }
    }
}

impl Label<'_> {
    /// The same label with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Label<'static> {
        Label { name: owned(self.name), value: owned(self.value) }
    }
}

impl Value<'_> {
    /// The same value with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Counter(counter) => Value::Counter(counter.into_owned()),
            Self::Gauge(value) => Value::Gauge(value),
            Self::Untyped(value) => Value::Untyped(value),
            Self::Histogram(histogram) => Value::Histogram(histogram.into_owned()),
            Self::Summary(summary) => Value::Summary(summary),
            Self::Info(value) => Value::Info(value),
            Self::StateSet(value) => Value::StateSet(value),
            Self::GaugeHistogram(histogram) => Value::GaugeHistogram(histogram.into_owned()),
        }
    }
}

impl Counter<'_> {
    /// The same counter with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Counter<'static> {
        let exemplar = self.exemplar.map(Exemplar::into_owned);
        Counter { value: self.value, created: self.created, exemplar }
    }
}

impl Histogram<'_> {
    /// The same histogram with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Histogram<'static> {
        let buckets = self.buckets.into_iter().map(Bucket::into_owned).collect();
        Histogram { buckets, sum: self.sum, count: self.count, created: self.created }
    }
}

impl Bucket<'_> {
    /// The same bucket with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Bucket<'static> {
        let exemplar = self.exemplar.map(Exemplar::into_owned);
        Bucket { le: self.le, cumulative: self.cumulative, exemplar }
    }
}

impl Exemplar<'_> {
    /// The same exemplar with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Exemplar<'static> {
        Exemplar { labels: owned_labels(self.labels), value: self.value, timestamp: self.timestamp }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

fn owned_labels(labels: Vec<Label<'_>>) -> Vec<Label<'static>> {
    labels.into_iter().map(Label::into_owned).collect()
}
