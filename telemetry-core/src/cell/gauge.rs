//! A gauge, and how often it was given a value.

use super::{Cell, add_float};
use crate::metric::MetricDef;
use crate::number::Number;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The cell of a gauge.
#[derive(Debug, Default)]
pub struct GaugeCell {
    /// The bits of an `f64`.
    value: AtomicU64,
    /// How often a value was written. Where processes share a state, the last write counts, even of a value that the gauge had
    /// before; and a series that was only created must not replace what another process wrote.
    writes: AtomicU64,
}

impl Cell for GaugeCell {
    fn new(_: &MetricDef) -> Self {
        Self::default()
    }
}

impl GaugeCell {
    /// Replaces the value.
    #[inline]
    pub fn set(&self, value: impl Number) {
        self.value.store(value.float().to_bits(), Ordering::Relaxed);
        self.note_write();
    }

    /// Adds to the value.
    #[inline]
    pub fn add(&self, amount: impl Number) {
        add_float(&self.value, amount.float());
        self.note_write();
    }

    /// Subtracts from the value.
    #[inline]
    pub fn sub(&self, amount: impl Number) {
        add_float(&self.value, -amount.float());
        self.note_write();
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.value.load(Ordering::Relaxed))
    }

    /// How often a value was written.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    /// How often a value was written, and a value that is no older: whoever notes both and finds no further write later has missed none.
    #[cfg(any(feature = "live", test))]
    pub(crate) fn writes_and_value(&self) -> (u64, f64) {
        let writes = self.writes();
        (writes, self.get())
    }

    /// Whoever sees it counted sees the value too.
    #[inline]
    fn note_write(&self) {
        self.writes.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::GaugeCell;
    use std::thread;

    /// What carries values elsewhere would miss one for good if it were shown as written with the value from before.
    #[test]
    fn no_value_is_older_than_the_writes_that_are_told_with_it() {
        const WRITES: u32 = 500_000;
        let cell = GaugeCell::default();
        thread::scope(|scope| {
            scope.spawn(|| (1..=WRITES).for_each(|number| cell.set(number)));
            loop {
                let (writes, value) = cell.writes_and_value();
                assert!(value >= writes as f64, "{value} after {writes} writes");
                if writes == u64::from(WRITES) {
                    break;
                }
            }
        });
    }

    #[test]
    fn sets_adds_and_subtracts() {
        let cell = GaugeCell::default();
        assert_eq!(cell.writes(), 0);
        cell.add(2);
        cell.sub(0.5);
        assert_eq!(cell.get(), 1.5);
        cell.set(-7_i64);
        assert_eq!(cell.get(), -7.0);
        assert_eq!(cell.writes(), 3);
    }
}
