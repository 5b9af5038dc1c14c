//! A histogram whose buckets, sum and count always agree.

use super::{Cell, add_float};
use crate::metric::MetricDef;
use std::hint;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The bit of the ticket that names the half to which observations go; the bits below it count the observations begun.
const HALF: u64 = 1 << 63;

/// Up to here a float holds every whole number, and so does an exposition.
const EXACT: u64 = 1 << 53;

/// The cell of a histogram.
///
/// Observations go to one of two halves. A reader turns the new ones to the other half, waits until those already begun in the
/// first have ended, and reads it in peace; so what it reads is the state at one moment. This is how the official Go client
/// does it (`prometheus/client_golang`, `histogram.go`).
#[derive(Debug)]
pub struct HistogramCell {
    bounds: &'static [f64],
    ticket: AtomicU64,
    halves: [Half; 2],
    /// Held by readers only.
    reader: Mutex<()>,
}

/// One moment of a histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramReading {
    /// Observations per bucket, not cumulative; one more than there are bounds, the last being those above every bound.
    pub buckets: Vec<u64>,
    /// The sum of all observations.
    pub sum: f64,
}

#[derive(Debug)]
struct Half {
    buckets: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
    /// Observations that have ended.
    ended: AtomicU64,
}

impl Cell for HistogramCell {
    fn new(def: &MetricDef) -> Self {
        let bounds = def.bounds();
        Self {
            bounds,
            ticket: AtomicU64::new(0),
            halves: [Half::new(bounds.len() + 1), Half::new(bounds.len() + 1)],
            reader: Mutex::new(()),
        }
    }
}

impl HistogramCell {
    /// Counts one observation. One that is infinite or not a number is ignored: it would spoil the sum for good.
    pub fn observe(&self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        let half = self.half(self.ticket.fetch_add(1, Ordering::AcqRel));
        if let Some(count) = half.buckets.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        add_float(&half.sum, value);
        half.ended.fetch_add(1, Ordering::Release);
    }

    /// Counts observations that were counted elsewhere, with the same bounds. Those of other bounds are ignored, and so are more of them
    /// than a float tells apart, and those whose sum is infinite or not a number.
    pub fn absorb(&self, other: &HistogramReading) {
        let count = other.buckets.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        let Some(count) = count.filter(|count| *count <= EXACT) else { return };
        if other.buckets.len() != self.bounds.len() + 1 || !other.sum.is_finite() {
            return;
        }
        let half = self.half(self.ticket.fetch_add(count, Ordering::AcqRel));
        for (bucket, count) in half.buckets.iter().zip(&other.buckets) {
            bucket.fetch_add(*count, Ordering::Relaxed);
        }
        add_float(&half.sum, other.sum);
        half.ended.fetch_add(count, Ordering::Release);
    }

    /// All observations up to one moment.
    #[must_use]
    pub fn read(&self) -> HistogramReading {
        let _reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = self.ticket.fetch_add(HALF, Ordering::AcqRel);
        let (cold, hot) = (self.half(ticket), self.half(ticket.wrapping_add(HALF)));
        let begun = ticket & !HALF;
        while cold.ended.load(Ordering::Acquire) != begun {
            hint::spin_loop();
        }
        cold.move_into(hot)
    }

    fn half(&self, ticket: u64) -> &Half {
        let [first, second] = &self.halves;
        if ticket & HALF == 0 { first } else { second }
    }
}

impl Half {
    fn new(buckets: usize) -> Self {
        Self {
            buckets: (0..buckets).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
            ended: AtomicU64::new(0),
        }
    }

    /// Reads this half and adds it to the other, which thereby holds everything again.
    fn move_into(&self, other: &Self) -> HistogramReading {
        let sum = f64::from_bits(self.sum.swap(0, Ordering::Relaxed));
        let buckets: Vec<u64> = self.buckets.iter().map(|bucket| bucket.swap(0, Ordering::Relaxed)).collect();
        for (bucket, count) in other.buckets.iter().zip(&buckets) {
            bucket.fetch_add(*count, Ordering::Relaxed);
        }
        add_float(&other.sum, sum);
        other.ended.fetch_add(self.ended.swap(0, Ordering::Relaxed), Ordering::Release);
        HistogramReading { buckets, sum }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, HistogramCell, HistogramReading};
    use crate::catalog::LLM_INVOCATION_DURATION;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_value_at_a_bound_belongs_to_its_bucket() {
        let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
        for value in [0.5, 0.500_001, 600.0, 600.1, f64::INFINITY, f64::NAN, -1.0] {
            cell.observe(value);
        }
        let buckets = cell.read().buckets;
        assert_eq!(buckets, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(cell.read().buckets, buckets, "reading changes nothing");
    }

    #[test]
    fn what_was_counted_elsewhere_is_added_as_a_whole_or_not_at_all() {
        let (cell, other): (HistogramCell, HistogramCell) =
            [(); 2].map(|()| HistogramCell::new(LLM_INVOCATION_DURATION.def())).into();
        [0.1, 2.0, 700.0].into_iter().for_each(|value| other.observe(value));
        cell.observe(2.0);
        cell.absorb(&other.read());
        let sum = cell.read();
        assert_eq!((sum.buckets.iter().sum::<u64>(), sum.sum), (4, 704.1));
        for wrong in [
            HistogramReading { buckets: vec![1], sum: 1.0 },
            HistogramReading { sum: f64::NAN, ..other.read() },
            HistogramReading { buckets: vec![u64::MAX; sum.buckets.len()], sum: 1.0 },
        ] {
            cell.absorb(&wrong);
        }
        assert_eq!(cell.read(), sum);
    }

    #[test]
    fn sum_and_buckets_agree_while_threads_observe() {
        let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writers: Vec<_> =
                (0..2).map(|_| scope.spawn(|| (0..50_000).for_each(|_| cell.observe(2.0)))).collect();
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let reading = cell.read();
                    assert_eq!(reading.sum, 2.0 * reading.buckets.iter().sum::<u64>() as f64);
                }
            });
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(cell.read().sum, 200_000.0);
    }
}
