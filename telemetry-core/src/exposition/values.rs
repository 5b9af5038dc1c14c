//! What the samples of a metric are in its value.

use super::model::{Counter, Exemplar, FamilyKind, Histogram, Summary, Value};
use super::names::Part;

/// The value of a metric that has one line with its value.
pub(super) fn scalar(kind: FamilyKind, value: f64, exemplar: Option<Exemplar<'_>>) -> Value<'_> {
    match kind {
        FamilyKind::Counter => Value::Counter(Counter { value, created: None, exemplar }),
        FamilyKind::Gauge => Value::Gauge(value),
        FamilyKind::Info => Value::Info(value),
        FamilyKind::StateSet => Value::StateSet(value),
        _ => Value::Untyped(value),
    }
}

/// The value of a metric that has several lines, before the first of them.
pub(super) fn empty(kind: FamilyKind) -> Option<Value<'static>> {
    match kind {
        FamilyKind::Histogram => Some(Value::Histogram(Histogram::default())),
        FamilyKind::GaugeHistogram => Some(Value::GaugeHistogram(Histogram::default())),
        FamilyKind::Summary => Some(Value::Summary(Summary::default())),
        _ => None,
    }
}

/// Where the value keeps its sum, its count or its time of creation.
pub(super) fn total<'v>(value: &'v mut Value<'_>, part: Part) -> Option<&'v mut Option<f64>> {
    match (value, part) {
        (Value::Counter(counter), Part::Created) => Some(&mut counter.created),
        (Value::Histogram(histogram) | Value::GaugeHistogram(histogram), Part::Sum) => {
            Some(&mut histogram.sum)
        }
        (Value::Histogram(histogram) | Value::GaugeHistogram(histogram), Part::Count) => {
            Some(&mut histogram.count)
        }
        (Value::Histogram(histogram), Part::Created) => Some(&mut histogram.created),
        (Value::Summary(summary), Part::Sum) => Some(&mut summary.sum),
        (Value::Summary(summary), Part::Count) => Some(&mut summary.count),
        (Value::Summary(summary), Part::Created) => Some(&mut summary.created),
        _ => None,
    }
}

/// The label that tells the lines of one metric of this kind apart.
pub(super) fn bound_label(kind: FamilyKind) -> Option<&'static str> {
    match kind {
        FamilyKind::Histogram | FamilyKind::GaugeHistogram => Part::Bucket.bound_label(),
        FamilyKind::Summary => Part::Quantile.bound_label(),
        _ => None,
    }
}
