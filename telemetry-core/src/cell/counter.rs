//! A counter: whole numbers are added exactly, floats beside them.

use super::chunk::{Share, Vacant};
use super::lane::{self, Lane};
use super::{Cell, add_float};
use crate::metric::MetricDef;
use crate::number::Number;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The cell of a counter.
///
/// Whole numbers and floats are summed apart, so that a counter of whole numbers stays exact beyond 2^53. Each thread adds whole
/// numbers in a lane; the count is the sum of all lanes, none of which ever goes down. Clones are the same cell.
#[derive(Debug, Clone)]
pub struct CounterCell(Share);

impl Cell for CounterCell {
    fn new(_: &MetricDef) -> Self {
        Self::default()
    }
}

impl Default for CounterCell {
    fn default() -> Self {
        Self::among(&mut Vacant::default())
    }
}

impl CounterCell {
    /// A cell at zero, beside those that were made there before.
    pub(crate) fn among(vacant: &mut Vacant) -> Self {
        Self(vacant.take())
    }

    /// Adds a number. One that is negative, infinite or not a number is ignored, since a counter never goes down and an
    /// infinite one could never count again.
    #[inline]
    pub fn add(&self, amount: impl Number) {
        let Some(whole) = amount.whole() else { return self.add_float(amount.float()) };
        match lane::alone() {
            Some(lane) => add_alone(self.0.own(lane), whole),
            None => self.add_whole(whole),
        }
    }

    /// The count.
    #[must_use]
    pub fn get(&self) -> f64 {
        let own = sum(self.0.first_lanes(lane::ever_taken()));
        let whole = own.wrapping_add(self.0.shared_lanes().map_or(0, sum));
        let float = self.0.float().map_or(0, |float| float.load(Ordering::Relaxed));
        whole as f64 + f64::from_bits(float)
    }

    /// Adds as a thread of which it is not known yet which lane it has, or that it has none to itself.
    #[cold]
    fn add_whole(&self, whole: u64) {
        match lane::claim() {
            Lane::Own(lane) => add_alone(self.0.own(lane), whole),
            Lane::Shared(shared) => {
                self.0.shared(shared).fetch_add(whole, Ordering::Relaxed);
            }
        }
    }

    #[cold]
    fn add_float(&self, amount: f64) {
        if amount > 0.0 && amount.is_finite() {
            add_float(self.0.float_to_write(), amount);
        }
    }
}

fn sum<'w>(words: impl Iterator<Item = &'w AtomicU64>) -> u64 {
    words.fold(0, |sum, word| sum.wrapping_add(word.load(Ordering::Relaxed)))
}

/// Adds as the only thread that writes there.
#[inline]
fn add_alone(word: &AtomicU64, whole: u64) {
    word.store(word.load(Ordering::Relaxed).wrapping_add(whole), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::CounterCell;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

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
    fn loses_nothing_between_more_threads_than_have_a_lane_to_themselves() {
        let cell = CounterCell::default();
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| (0..10_000).for_each(|_| (cell.add(1_u64), cell.add(0.25)).0));
            }
        });
        assert_eq!(cell.get(), 150_000.0);
    }

    #[test]
    fn loses_nothing_of_threads_that_follow_each_other_in_one_lane() {
        let cell = CounterCell::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        thread::scope(|inner| drop(inner.spawn(|| (0..100).for_each(|_| cell.add(1)))));
                    }
                });
            }
        });
        assert_eq!(cell.get(), 20_000.0);
    }

    #[test]
    fn counts_what_a_thread_adds_at_its_very_end() {
        static CELL: std::sync::LazyLock<CounterCell> = std::sync::LazyLock::new(CounterCell::default);
        struct AtTheEnd;
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                CELL.add(1);
            }
        }
        thread_local!(static AT_THE_END: AtTheEnd = const { AtTheEnd });
        for is_first in [true, false] {
            let work = move || {
                // What is made first is dropped last on some systems and first on others.
                if is_first {
                    CELL.add(1);
                }
                AT_THE_END.with(|_| CELL.add(1));
            };
            thread::spawn(work).join().unwrap();
        }
        assert_eq!(CELL.get(), 5.0);
    }

    #[test]
    fn never_goes_down_while_threads_add() {
        let (cell, done) = (CounterCell::default(), AtomicBool::new(false));
        thread::scope(|scope| {
            let writers: Vec<_> =
                (0..6).map(|_| scope.spawn(|| (0..50_000).for_each(|_| cell.add(1)))).collect();
            scope.spawn(|| {
                let mut before = 0.0;
                while !done.load(Ordering::Relaxed) {
                    let now = cell.get();
                    assert!(now >= before, "{now} after {before}");
                    before = now;
                }
            });
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(cell.get(), 300_000.0);
    }
}
