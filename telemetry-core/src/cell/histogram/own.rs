//! The observations of one thread at a time, which it writes with plain stores.
//!
//! The writer makes an epoch odd before it writes and even again afterwards. A reader that finds the same even epoch before and after
//! has read the state at one moment; else it reads again. Neither waits for the other.

use crate::sync::atomic::{AtomicU64, Ordering, fence};

/// The epoch, the bits of the sum, and the buckets, in pairs of cache lines that no other lane has a part of: processors fetch them in pairs.
#[derive(Debug)]
pub(super) struct Own {
    lines: Box<[Line]>,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Line([AtomicU64; WORDS]);

/// Words in a pair of cache lines.
const WORDS: usize = 16;

/// Where the buckets begin, behind the epoch and the sum.
const BUCKETS: usize = 2;

impl Own {
    pub(super) fn new(buckets: usize) -> Self {
        let lines = (BUCKETS + buckets).div_ceil(WORDS);
        Self { lines: (0..lines).map(|_| Line::default()).collect() }
    }

    /// Counts one observation, as the only thread that writes here.
    #[inline]
    pub(super) fn observe(&self, bucket: usize, value: f64) {
        let Some(Line([epoch, sum, ..])) = self.lines.first() else { return };
        let Some(bucket) = self.word(BUCKETS + bucket) else { return };
        let before = epoch.load(Ordering::Relaxed);
        epoch.store(before.wrapping_add(1), Ordering::Relaxed);
        // Whoever sees a part of what follows sees the odd epoch too.
        fence(Ordering::Release);
        bucket.store(bucket.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        sum.store((f64::from_bits(sum.load(Ordering::Relaxed)) + value).to_bits(), Ordering::Relaxed);
        epoch.store(before.wrapping_add(2), Ordering::Release);
    }

    /// Reads the buckets into `into` and returns the sum, if nobody was writing meanwhile.
    pub(super) fn read(&self, into: &mut [u64]) -> Option<f64> {
        let Line([epoch, sum, ..]) = self.lines.first()?;
        let before = epoch.load(Ordering::Acquire);
        let sum = f64::from_bits(sum.load(Ordering::Relaxed));
        let words = self.lines.iter().flat_map(|line| &line.0).skip(BUCKETS);
        into.iter_mut().zip(words).for_each(|(into, bucket)| *into = bucket.load(Ordering::Relaxed));
        // If any of these was written in a later epoch, that epoch is seen here.
        fence(Ordering::Acquire);
        (before % 2 == 0 && epoch.load(Ordering::Relaxed) == before).then_some(sum)
    }

    /// Ends the observation that a thread began which is no more, as far as it came: its bucket may count a value that its sum lacks.
    ///
    /// If the thread lived after all, it would leave the same epoch behind.
    pub(super) fn settle(&self) {
        let Some(Line([epoch, ..])) = self.lines.first() else { return };
        let before = epoch.load(Ordering::Acquire);
        if before % 2 == 1 {
            let ended = before.wrapping_add(1);
            let _changed_meanwhile =
                epoch.compare_exchange(before, ended, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    /// Begins an observation, for a test in which nobody ends it.
    #[cfg(all(test, unix))]
    pub(super) fn begin(&self) {
        self.lines[0].0[0].fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    fn word(&self, at: usize) -> Option<&AtomicU64> {
        self.lines.get(at / WORDS)?.0.get(at % WORDS)
    }
}
