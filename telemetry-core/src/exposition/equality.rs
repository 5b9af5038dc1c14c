//! When two values are equal: when they are written alike.
//!
//! A round trip, a diff of two scrapes and a test all ask whether a reader of the exposition could tell two families
//! apart. So NaN equals NaN here, whatever its bits, and −0 differs from 0; the operators of `f64` say the opposite
//! of both.

use super::model::{Bucket, Counter, Exemplar, Histogram, Quantile, Summary, Value};

/// Whether both numbers are written alike: both NaN, or the same bits.
#[must_use]
pub fn same_number(left: f64, right: f64) -> bool {
    left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
}

fn same_optional(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => same_number(left, right),
        (left, right) => left.is_none() && right.is_none(),
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Counter(left), Self::Counter(right)) => left == right,
            (Self::Histogram(left), Self::Histogram(right))
            | (Self::GaugeHistogram(left), Self::GaugeHistogram(right)) => left == right,
            (Self::Summary(left), Self::Summary(right)) => left == right,
            (Self::Gauge(left), Self::Gauge(right))
            | (Self::Untyped(left), Self::Untyped(right))
            | (Self::Info(left), Self::Info(right))
            | (Self::StateSet(left), Self::StateSet(right)) => same_number(*left, *right),
            _ => false,
        }
    }
}

impl PartialEq for Counter<'_> {
    fn eq(&self, other: &Self) -> bool {
        same_number(self.value, other.value)
            && same_optional(self.created, other.created)
            && self.exemplar == other.exemplar
    }
}

impl PartialEq for Histogram<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.buckets == other.buckets
            && same_optional(self.sum, other.sum)
            && same_optional(self.count, other.count)
            && same_optional(self.created, other.created)
    }
}

impl PartialEq for Bucket<'_> {
    fn eq(&self, other: &Self) -> bool {
        same_number(self.le, other.le)
            && same_number(self.cumulative, other.cumulative)
            && self.exemplar == other.exemplar
    }
}

impl PartialEq for Summary {
    fn eq(&self, other: &Self) -> bool {
        self.quantiles == other.quantiles
            && same_optional(self.sum, other.sum)
            && same_optional(self.count, other.count)
            && same_optional(self.created, other.created)
    }
}

impl PartialEq for Quantile {
    fn eq(&self, other: &Self) -> bool {
        same_number(self.quantile, other.quantile) && same_number(self.value, other.value)
    }
}

impl PartialEq for Exemplar<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.labels == other.labels
            && same_number(self.value, other.value)
            && self.timestamp == other.timestamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_when_they_are_written_alike() {
        assert_eq!(Value::Gauge(f64::NAN), Value::Gauge(-f64::NAN));
        assert_ne!(Value::Gauge(0.0), Value::Gauge(-0.0));
        assert_eq!(Counter::new(1.5), Counter::new(1.5));
    }

    #[test]
    fn kinds_and_missing_parts_tell_values_apart() {
        assert_ne!(Value::Gauge(1.0), Value::Untyped(1.0));
        let counted = Histogram { count: Some(0.0), ..Histogram::default() };
        assert_ne!(counted, Histogram::default());
        assert_eq!(
            Histogram { count: Some(f64::NAN), ..counted.clone() },
            Histogram { count: Some(f64::NAN), ..counted }
        );
    }
}
