//! A counter: whole numbers are added exactly, floats beside them.

use super::{Cell, add_float};
use crate::metric::MetricDef;
use crate::number::Number;
use std::sync::atomic::{AtomicU64, Ordering};

/// The cell of a counter.
///
/// Whole numbers and floats are summed apart, so that a counter of whole numbers stays exact beyond 2^53 and costs one atomic
/// addition.
#[derive(Debug, Default)]
pub struct CounterCell {
    whole: AtomicU64,
    /// The bits of an `f64`.
    float: AtomicU64,
}

impl Cell for CounterCell {
    fn new(_: &MetricDef) -> Self {
        Self::default()
    }
}

impl CounterCell {
    /// Adds a number. One that is negative, infinite or not a number is ignored, since a counter never goes down and an
    /// infinite one could never count again.
    #[inline]
    pub fn add(&self, amount: impl Number) {
        if let Some(whole) = amount.whole() {
            self.whole.fetch_add(whole, Ordering::Relaxed);
        } else {
            self.add_float(amount.float());
        }
    }

    /// The count.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.whole.load(Ordering::Relaxed) as f64 + f64::from_bits(self.float.load(Ordering::Relaxed))
    }

    fn add_float(&self, amount: f64) {
        if amount > 0.0 && amount.is_finite() {
            add_float(&self.float, amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CounterCell;

    #[test]
    fn adds_whole_numbers_and_floats_and_never_goes_down() {
        let cell = CounterCell::default();
        cell.add(3_u64);
        cell.add(2);
        cell.add(0.5);
        for ignored in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            cell.add(ignored);
        }
        cell.add(-4_i64);
        assert_eq!(cell.get(), 5.5);
    }

    #[test]
    fn loses_nothing_between_threads() {
        let cell = CounterCell::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| (cell.add(1_u64), cell.add(0.25)).0));
            }
        });
        assert_eq!(cell.get(), 50_000.0);
    }
}
