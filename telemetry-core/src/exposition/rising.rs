//! Bounds that rise: telling a bucket or quantile that occurs twice from one that is merely out of order.
//!
//! Nearly every exposition has its buckets in order, so that a look at the last one is enough. Only where one is out
//! of order are the bounds of that metric remembered, to keep the time linear whatever the order.

use std::collections::{HashMap, HashSet};

use super::model::{Bucket, Quantile};

/// What has a bound among its neighbours.
pub(super) trait Bounded {
    /// The bound, which is not NaN.
    fn bound(&self) -> f64;
}

impl Bounded for Bucket<'_> {
    fn bound(&self) -> f64 {
        self.le
    }
}

impl Bounded for Quantile {
    fn bound(&self) -> f64 {
        self.quantile
    }
}

/// Puts bounds in order.
pub(super) fn sort(bounds: &mut [impl Bounded]) {
    bounds.sort_by(|left, right| left.bound().total_cmp(&right.bound()));
}

/// The metrics of one family whose bounds did not come in order, with the bounds that each has.
#[derive(Debug, Default)]
pub(super) struct Disorder {
    bounds: HashMap<usize, HashSet<u64>>,
}

impl Disorder {
    /// Whether the metric at `at`, which has `known`, does not have this bound yet.
    pub(super) fn is_new(&mut self, at: usize, known: &[impl Bounded], bound: f64) -> bool {
        if let Some(bounds) = self.bounds.get_mut(&at) {
            return bounds.insert(key(bound));
        }
        if known.last().is_none_or(|last| last.bound() < bound) {
            return true;
        }
        let bounds = self.bounds.entry(at).or_default();
        bounds.extend(known.iter().map(|known| key(known.bound())));
        bounds.insert(key(bound))
    }

    /// The positions of these metrics.
    pub(super) fn metrics(&self) -> impl Iterator<Item = usize> {
        self.bounds.keys().copied()
    }
}

/// Equal bounds have equal bits except for the two zeros.
fn key(bound: f64) -> u64 {
    if bound == 0.0 { 0 } else { bound.to_bits() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_in_order_are_not_remembered() {
        let mut disorder = Disorder::default();
        let known = [Bucket::new(-1.0, 0.0), Bucket::new(1.0, 0.0)];
        assert!(disorder.is_new(0, &known, f64::INFINITY));
        assert_eq!(disorder.metrics().count(), 0);
    }

    #[test]
    fn bounds_out_of_order_are_told_from_repeated_ones() {
        let mut disorder = Disorder::default();
        let known = [Bucket::new(0.0, 0.0), Bucket::new(1.0, 0.0)];
        assert!(disorder.is_new(7, &known, 0.5));
        assert!(!disorder.is_new(7, &known, 0.5));
        assert!(!disorder.is_new(7, &known, -0.0));
        assert_eq!(disorder.metrics().collect::<Vec<_>>(), [7]);
    }
}
