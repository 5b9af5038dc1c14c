//! The straight line through samples.

use super::kahan::Kahan;
use super::window::count;
use crate::grid::seconds;
use crate::sample::Sample;

/// A line by least squares, seen from a time.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    /// Growth per second.
    pub(super) slope: f64,
    /// The value at that time.
    value: f64,
}

impl Line {
    /// The line through samples, of which there must be two.
    pub(super) fn through(samples: &[Sample], seen_from: i64) -> Option<Self> {
        let [first, _, ..] = samples else { return None };
        if samples.iter().all(|sample| sample.value == first.value) {
            let steady = Self { slope: 0.0, value: first.value };
            return Some(if first.value.is_infinite() {
                Self { slope: f64::NAN, value: f64::NAN }
            } else {
                steady
            });
        }
        let n = count(samples.len());
        let sum = |part: &dyn Fn(f64, f64) -> f64| {
            let parts =
                samples.iter().map(|sample| part(seconds(sample.timestamp - seen_from), sample.value));
            parts.collect::<Kahan>().total()
        };
        let (x, y) = (sum(&|x, _| x), sum(&|_, y| y));
        let covariance = sum(&|x, y| x * y) - x * y / n;
        let slope = covariance / (sum(&|x, _| x * x) - x * x / n);
        Some(Self { slope, value: y / n - slope * x / n })
    }

    pub(super) fn after(&self, seconds: f64) -> f64 {
        self.slope * seconds + self.value
    }
}
