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
        let bucket = match self.first.buckets.get(bucket) {
            Some(bucket) => bucket,
            None => match self.further(bucket) {
                Some(bucket) => bucket,
                None => return,
            },
        };
        let First { count, sum, .. } = &*self.first;
        bucket.store(bucket.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        sum.store((f64::from_bits(sum.load(Ordering::Relaxed)) + value).to_bits(), Ordering::Release);
        count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
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
    /// If the thread lived after all, it would leave the same count behind.
    pub(super) fn settle(&self) {
        let count = self.first.count.load(Ordering::Acquire);
        let begun = total(self.buckets().map(|bucket| bucket.load(Ordering::Relaxed)));
        let _changed_meanwhile =
            self.first.count.compare_exchange(count, begun, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Begins an observation in the first bucket, for a test in which nobody ends it.
    #[cfg(all(test, unix))]
    pub(super) fn begin(&self) {
        self.first.buckets[0].fetch_add(1, Ordering::Relaxed);
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
