//! A gauge, and whether anybody ever gave it a value.

use super::{Cell, add_float};
use crate::metric::MetricDef;
use crate::number::Number;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The cell of a gauge.
#[derive(Debug, Default)]
pub struct GaugeCell {
    /// The bits of an `f64`.
    value: AtomicU64,
    /// Whether a value was written; a series that was only created must not overwrite what another process wrote.
    written: AtomicBool,
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

    /// Whether a value was ever written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written.load(Ordering::Relaxed)
    }

    /// Most writes are not the first, and a load does not take the cache line away from other threads.
    #[inline]
    fn note_write(&self) {
        if !self.written.load(Ordering::Relaxed) {
            self.written.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::GaugeCell;

    #[test]
    fn sets_adds_and_subtracts() {
        let cell = GaugeCell::default();
        assert!(!cell.is_written());
        cell.add(2);
        cell.sub(0.5);
        assert_eq!(cell.get(), 1.5);
        cell.set(-7_i64);
        assert_eq!(cell.get(), -7.0);
        assert!(cell.is_written());
    }
}
