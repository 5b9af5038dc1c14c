//! A counter: whole numbers are added exactly, floats beside them.

use super::chunk::{Share, Vacant};
use super::lane::{self, Lane};
use super::{Cell, add_float, can_be_summed};
use crate::metric::MetricDef;
use crate::number::Number;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The most that is added to a lane at once. One that is given more, such as what is left where a larger number was taken off a smaller
/// one, would soon be full and begin anew.
const MOST: u64 = u32::MAX as u64;

/// The cell of a counter.
///
/// Whole numbers and floats are summed apart, so that a counter of whole numbers stays exact beyond 2^53; one beyond 2^32 is taken for a
/// float. Each thread adds whole numbers in a lane; the count is the sum of all lanes, none of which ever goes down. Clones are the same
/// cell.
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
    /// infinite one could never count again; and so is one of more than 10^288, of which a few would be infinite.
    #[inline]
    pub fn add(&self, amount: impl Number) {
        let Some(whole) = amount.whole().filter(|whole| *whole <= MOST) else {
            return self.add_float(amount.float());
        };
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
        if amount > 0.0 && can_be_summed(amount) {
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
    fn however_much_is_added_it_neither_begins_anew_nor_becomes_infinite() {
        let (cell, mut before) = (CounterCell::default(), 0.0);
        for amount in [u64::MAX, u64::MAX - 1, 1 << 63, u64::from(u32::MAX), 1] {
            cell.add(amount);
            assert!(cell.get() >= before, "{} after {before}", cell.get());
            before = cell.get();
        }
        assert_eq!(before, 2.5 * 2_f64.powi(64) + 2_f64.powi(32));
        [f64::MAX, f64::MAX, f64::MAX / 4.0].into_iter().for_each(|amount| cell.add(amount));
        assert_eq!(cell.get(), before);
        (0..100).for_each(|_| cell.add(1e288));
        assert!((1e289..1.1e290).contains(&cell.get()), "{}", cell.get());
    }

    #[test]
    fn every_whole_number_that_is_added_counts_beyond_what_a_float_tells_apart() {
        let cell = CounterCell::default();
        (0..1 << 22).for_each(|_| cell.add(u32::MAX));
        // Of these a float of this size would miss every one.
        (0..1 << 22).for_each(|_| cell.add(1));
        assert_eq!(cell.get(), 2_f64.powi(54));
        (0..6).for_each(|_| cell.add(1));
        assert_eq!(cell.get(), 2_f64.powi(54) + 8.0);
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
