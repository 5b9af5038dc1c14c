//! The observations of all threads that have no lane to themselves, in two halves.
//!
//! New observations go to one of the halves. A reader turns them to the other, waits until those already begun in the first have
//! ended, and reads it in peace; so what it reads is the state at one moment. This is how the official Go client does it
//! (`prometheus/client_golang`, `histogram.go`).

use super::HistogramReading;
use super::wait::Wait;
use crate::cell::add_float;
use crate::sync::Claim;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The bit of the ticket that names the half to which observations go; the bits below it count the observations begun.
const HALF: u64 = 1 << 63;

#[derive(Debug)]
pub(super) struct Shared {
    ticket: AtomicU64,
    halves: [Half; 2],
}

#[derive(Debug)]
struct Half {
    buckets: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
    /// Observations that have ended.
    ended: AtomicU64,
    claim: Claim,
}

impl Shared {
    pub(super) fn new(buckets: usize) -> Self {
        Self { ticket: AtomicU64::new(0), halves: [Half::new(buckets), Half::new(buckets)] }
    }

    pub(super) fn observe(&self, bucket: usize, value: f64) {
        let half = self.half(self.ticket.fetch_add(1, Ordering::AcqRel));
        half.claim.among_others();
        if let Some(count) = half.buckets.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        add_float(&half.sum, value);
        half.ended.fetch_add(1, Ordering::Release);
    }

    /// Adds as many observations as `count` says, which is the sum of the buckets.
    pub(super) fn absorb(&self, other: &HistogramReading, count: u64) {
        let half = self.half(self.ticket.fetch_add(count, Ordering::AcqRel));
        half.claim.among_others();
        for (bucket, count) in half.buckets.iter().zip(&other.buckets) {
            bucket.fetch_add(*count, Ordering::Relaxed);
        }
        add_float(&half.sum, other.sum);
        half.ended.fetch_add(count, Ordering::Release);
    }

    /// Reads the buckets of all observations up to one moment into `into` and returns their sum. Only one thread may read at a time.
    pub(super) fn read(&self, into: &mut [u64]) -> f64 {
        let ticket = self.ticket.fetch_add(HALF, Ordering::AcqRel);
        let (cold, hot) = (self.half(ticket), self.half(ticket.wrapping_add(HALF)));
        let begun = ticket & !HALF;
        let mut wait = Wait::default();
        while cold.ended.load(Ordering::Acquire) < begun {
            if !wait.again() {
                // What threads began that are no more is taken as far as they came: the sum may lack a value that a bucket counts.
                cold.ended.fetch_max(begun, Ordering::AcqRel);
            }
        }
        cold.move_into(hot, into)
    }

    /// Begins an observation, for a test in which nobody ends it.
    #[cfg(all(test, unix))]
    pub(super) fn begin(&self) {
        self.ticket.fetch_add(1, Ordering::AcqRel);
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
            claim: Claim::new(),
        }
    }

    /// Reads this half and adds it to the other, which thereby holds everything again.
    fn move_into(&self, other: &Self, into: &mut [u64]) -> f64 {
        self.claim.alone();
        other.claim.among_others();
        let sum = f64::from_bits(self.sum.swap(0, Ordering::Relaxed));
        for ((into, from), to) in into.iter_mut().zip(&self.buckets).zip(&other.buckets) {
            *into = from.swap(0, Ordering::Relaxed);
            to.fetch_add(*into, Ordering::Relaxed);
        }
        add_float(&other.sum, sum);
        other.ended.fetch_add(self.ended.swap(0, Ordering::Relaxed), Ordering::Release);
        sum
    }
}
