//! The observations of all threads that have no lane to themselves, in two halves.
//!
//! New observations go to one of the halves, and nobody is busy in the other. A reader reads that one, turns new observations to it, waits
//! until those already begun in the first have ended, and reads this one in peace too; so what it reads is the state at one moment. It is
//! nearly how the official Go client does it (`prometheus/client_golang`, `histogram.go`), but a reader moves nothing from one half to the
//! other: a process that is forked off while it reads finds every observation in its place.

use super::wait::Wait;
use super::{EXACT, HistogramReading};
use crate::by_process::ByProcess;
use crate::cell::add_float;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Claim, Mutex, MutexGuard};
use std::sync::PoisonError;

/// The bit of the ticket that names the half to which observations go; the bits below it count the observations begun.
const HALF: u64 = 1 << 63;

#[derive(Debug)]
pub(super) struct Shared {
    ticket: AtomicU64,
    halves: [Half; 2],
    /// Held by the one reader that there may be at a time.
    reader: ByProcess<Mutex<()>>,
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
        let halves = [Half::new(buckets), Half::new(buckets)];
        Self { ticket: AtomicU64::new(0), halves, reader: ByProcess::new(Mutex::new(())) }
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

    /// Adds as many observations as `count` says, which is the sum of the buckets. None where there would be more than a float tells apart, so
    /// that no count ever reaches the bit that names the half.
    pub(super) fn absorb(&self, other: &HistogramReading, count: u64) {
        let more = |ticket: u64| ((ticket & !HALF) + count <= EXACT).then_some(ticket.wrapping_add(count));
        let Ok(ticket) = self.ticket.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more) else { return };
        let half = self.half(ticket);
        half.claim.among_others();
        for (bucket, count) in half.buckets.iter().zip(&other.buckets) {
            bucket.fetch_add(*count, Ordering::Relaxed);
        }
        add_float(&half.sum, other.sum);
        half.ended.fetch_add(count, Ordering::Release);
    }

    /// Adds the buckets of all observations up to one moment to `total` and returns their sum.
    pub(super) fn add_to(&self, total: &mut [u64]) -> f64 {
        let _alone = self.read_alone();
        let quiet = self.half(self.ticket.load(Ordering::Relaxed).wrapping_add(HALF));
        let ended = quiet.ended.load(Ordering::Acquire);
        let sum = quiet.add_to(total);
        // What was read of the quiet half was read before anybody writes there again.
        let ticket = self.ticket.fetch_add(HALF, Ordering::AcqRel);
        let cold = self.half(ticket);
        cold.await_end_of((ticket & !HALF).saturating_sub(ended));
        sum + cold.add_to(total)
    }

    /// Waits until no other reader of this process is there.
    fn read_alone(&self) -> MutexGuard<'_, ()> {
        self.reader.get(|| Mutex::new(())).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an observation, for a test in which nobody ends it.
    #[cfg(all(test, unix))]
    pub(super) fn begin(&self) {
        self.ticket.fetch_add(1, Ordering::AcqRel);
    }

    /// Does `work` as a reader that has come half way, and comes no further.
    #[cfg(all(test, unix))]
    pub(super) fn amid_a_reading(&self, work: impl FnOnce()) {
        let _alone = self.read_alone();
        self.ticket.fetch_add(HALF, Ordering::AcqRel);
        work();
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

    /// Waits until so many observations have ended, which all have begun.
    fn await_end_of(&self, begun: u64) {
        let mut wait = Wait::default();
        while self.ended.load(Ordering::Acquire) < begun {
            if !wait.again() {
                // What threads began that are no more is taken as far as they came: the sum may lack a value that a bucket counts.
                self.ended.fetch_max(begun, Ordering::AcqRel);
            }
        }
    }

    /// Adds what stands here, while nobody else is busy here, and returns its sum.
    fn add_to(&self, total: &mut [u64]) -> f64 {
        self.claim.alone();
        total
            .iter_mut()
            .zip(&self.buckets)
            .for_each(|(total, bucket)| *total += bucket.load(Ordering::Relaxed));
        f64::from_bits(self.sum.load(Ordering::Relaxed))
    }
}
