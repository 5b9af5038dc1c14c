//! The observations of one thread at a time, which it writes with plain stores.
//!
//! The writer adds to a bucket, then to the sum, then to the count, and a reader looks at them the other way round. The count it finds
//! is of observations that it sees whole; had the sum one more, or any bucket, the buckets together would have more than the count.
//! So where they have as many, all is of one moment; else it reads again. Neither waits for the other.

use crate::sync::atomic::{AtomicU64, Ordering};

/// The count, the bits of the sum, and the buckets, in pairs of cache lines that no other lane has a part of: processors fetch them in pairs.
#[derive(Debug)]
pub(super) struct Own {
    first: Box<First>,
    /// The buckets for which there is no room in the first pair.
    further: Box<[Further]>,
}

/// What stands in one pair of cache lines, so that an observation in one of the first buckets writes nowhere else.
#[derive(Debug, Default)]
#[repr(align(128))]
struct First {
    /// Observations that have ended.
    count: AtomicU64,
    /// The bits of an `f64`.
    sum: AtomicU64,
    buckets: [AtomicU64; FIRST],
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Further([AtomicU64; WORDS]);

/// An observation that has begun.
#[derive(Clone, Copy)]
struct Begun {
    /// How many have ended when this one has.
    count: u64,
}

/// Words in a pair of cache lines.
const WORDS: usize = 16;

/// How many buckets stand beside the count and the sum.
const FIRST: usize = WORDS - 2;

impl Own {
    pub(super) fn new(buckets: usize) -> Self {
        let further = buckets.saturating_sub(FIRST).div_ceil(WORDS);
        Self { first: Box::default(), further: (0..further).map(|_| Further::default()).collect() }
    }

    /// Counts one observation, as the only thread that writes here.
    #[inline]
    pub(super) fn observe(&self, bucket: usize, value: f64) {
        if let Some(begun) = self.begin(bucket) {
            self.end(begun, value);
        }
    }

    /// Begins an observation by counting it in its bucket.
    ///
    /// Whoever sees that knows that the count was read before, and may change it without being undone.
    #[inline]
    fn begin(&self, bucket: usize) -> Option<Begun> {
        let bucket = match self.first.buckets.get(bucket) {
            Some(bucket) => bucket,
            None => self.further(bucket)?,
        };
        let count = self.first.count.load(Ordering::Relaxed).wrapping_add(1);
        bucket.store(bucket.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        Some(Begun { count })
    }

    #[inline]
    fn end(&self, begun: Begun, value: f64) {
        let First { count, sum, .. } = &*self.first;
        sum.store((f64::from_bits(sum.load(Ordering::Relaxed)) + value).to_bits(), Ordering::Release);
        count.store(begun.count, Ordering::Release);
    }

    /// Reads the buckets into `into` and returns the sum, if nobody was writing meanwhile.
    pub(super) fn read(&self, into: &mut [u64]) -> Option<f64> {
        let count = self.first.count.load(Ordering::Acquire);
        let sum = f64::from_bits(self.first.sum.load(Ordering::Acquire));
        into.iter_mut().zip(self.buckets()).for_each(|(into, bucket)| *into = bucket.load(Ordering::Relaxed));
        (total(into.iter().copied()) == count).then_some(sum)
    }

    /// Ends the observation that a thread began which is no more, as far as it came: its bucket may count a value that its sum lacks.
    ///
    /// If the thread lives after all, it leaves the same count behind.
    pub(super) fn settle(&self) {
        let count = self.first.count.load(Ordering::Acquire);
        let begun = total(self.buckets().map(|bucket| bucket.load(Ordering::Acquire)));
        let _changed_meanwhile =
            self.first.count.compare_exchange(count, begun, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Begins an observation in the first bucket, for a test in which nobody ends it.
    #[cfg(all(test, unix))]
    pub(super) fn begin_only(&self) {
        let _never_ended = self.begin(0);
    }

    fn buckets(&self) -> impl Iterator<Item = &AtomicU64> {
        self.first.buckets.iter().chain(self.further.iter().flat_map(|further| &further.0))
    }

    #[cold]
    fn further(&self, bucket: usize) -> Option<&AtomicU64> {
        let at = bucket.checked_sub(FIRST)?;
        self.further.get(at / WORDS)?.0.get(at % WORDS)
    }
}

fn total(buckets: impl Iterator<Item = u64>) -> u64 {
    buckets.fold(0, u64::wrapping_add)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Own;

    #[test]
    fn whoever_is_taken_for_dead_in_an_observation_goes_on_unharmed() {
        let lane = Own::new(2);
        let read = || {
            let mut buckets = [0; 2];
            lane.read(&mut buckets).map(|sum| (buckets, sum))
        };
        lane.observe(0, 1.0);
        let begun = lane.begin(0).unwrap();
        assert_eq!(read(), None);
        lane.settle();
        assert_eq!(read(), Some(([2, 0], 1.0)));
        lane.end(begun, 1.0);
        assert_eq!(read(), Some(([2, 0], 2.0)));
        let begun = lane.begin(1).unwrap();
        assert_eq!(read(), None);
        lane.end(begun, 4.0);
        assert_eq!(read(), Some(([2, 1], 6.0)));
        lane.settle();
        assert_eq!(read(), Some(([2, 1], 6.0)), "it had ended by itself");
    }
}
