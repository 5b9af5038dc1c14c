//! A histogram whose buckets, sum and count always agree.

mod bounds;
#[cfg(test)]
#[cfg(loom)]
mod interleavings;
mod own;
mod shared;
mod wait;

use super::lane::{self, Lane};
use super::{Cell, can_be_summed};
use crate::metric::MetricDef;
use crate::sync::SetOnce;
use crate::sync::atomic::{AtomicBool, Ordering};
use bounds::Bounds;
use own::Own;
use shared::Shared;
use std::array;
use std::sync::Arc;
use wait::Wait;

/// Up to here a float holds every whole number, and so does an exposition.
const EXACT: u64 = 1 << 53;

/// Up to so many buckets are read without an allocation.
const ON_STACK: usize = 32;

/// The cell of a histogram.
///
/// A thread with a lane to itself observes there, and all others together in one that they share. Each of them is read at one moment,
/// so that buckets, sum and count of what is read agree.
#[derive(Debug)]
pub struct HistogramCell {
    bounds: Arc<Bounds>,
    own: [SetOnce<Own>; lane::OWN],
    shared: SetOnce<Box<Shared>>,
    /// Whether all threads observe in the shared lane for a moment, so that a reader who lost its patience comes to an end.
    is_sharing: AtomicBool,
}

/// One moment of a histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramReading {
    /// Observations per bucket, not cumulative; one more than there are bounds, the last being those above every bound.
    pub buckets: Vec<u64>,
    /// The sum of all observations.
    pub sum: f64,
}

/// What the cells of one metric share, made for the first of them.
#[derive(Debug, Default)]
pub struct Common(Option<Arc<Bounds>>);

impl Cell for HistogramCell {
    fn new(def: &MetricDef) -> Self {
        Self::among(def, &mut Common::default())
    }
}

impl HistogramCell {
    /// An empty cell, which shares with those that were made before what does not differ.
    pub(crate) fn among(def: &MetricDef, common: &mut Common) -> Self {
        Self {
            bounds: Arc::clone(common.0.get_or_insert_with(|| Arc::new(Bounds::new(def.bounds())))),
            own: array::from_fn(|_| SetOnce::default()),
            shared: SetOnce::default(),
            is_sharing: AtomicBool::new(false),
        }
    }

    /// Counts one observation. One that is infinite, not a number or larger than 10^288 is ignored: it would spoil the sum for good.
    #[inline]
    pub fn observe(&self, value: f64) {
        if !can_be_summed(value) {
            return;
        }
        let bucket = self.bounds.bucket(value);
        match lane::alone().and_then(|lane| self.own[lane.lane()].get()) {
            Some(own) if !self.is_sharing.load(Ordering::Relaxed) => own.observe(bucket, value),
            _ => self.observe_elsewhere(bucket, value),
        }
    }

    /// Observes as a thread that has no lane yet, or none to itself, or one that is being read.
    #[cold]
    fn observe_elsewhere(&self, bucket: usize, value: f64) {
        match lane::claim() {
            Lane::Own(lane) if !self.is_sharing.load(Ordering::Relaxed) => {
                self.own[lane.lane()].get_or_init(|| Own::new(self.buckets())).observe(bucket, value);
            }
            Lane::Own(_) | Lane::Shared(_) => self.shared().observe(bucket, value),
        }
    }

    /// Counts observations that were counted elsewhere, with the same bounds. Those of other bounds are ignored, and so are more of them
    /// than a float tells apart, those whose sum could not be a single observation, and a sum of none.
    pub fn absorb(&self, other: &HistogramReading) {
        let count = other.buckets.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        let Some(count) = count.filter(|count| (1..=EXACT).contains(count)) else { return };
        if other.buckets.len() == self.buckets() && can_be_summed(other.sum) {
            self.shared().absorb(other, count);
        }
    }

    /// All observations, those of each lane up to one moment.
    #[must_use]
    pub fn read(&self) -> HistogramReading {
        self.with_reading(|buckets, sum| HistogramReading { buckets: buckets.to_vec(), sum })
    }

    /// Gives `f` all observations, as [`read`](Self::read) has them: the buckets, not cumulative, and the sum. It allocates only for very
    /// many buckets.
    pub(crate) fn with_reading<R>(&self, f: impl FnOnce(&[u64], f64) -> R) -> R {
        let buckets = self.buckets();
        let (mut few, mut many) = ([0; 2 * ON_STACK], Vec::new());
        let memory = few.get_mut(..2 * buckets).unwrap_or_else(|| {
            many.resize(2 * buckets, 0);
            &mut many
        });
        let (total, lane) = memory.split_at_mut(buckets);
        let sum = self.add_lanes(total, lane);
        f(total, sum)
    }

    /// Adds all lanes to `total` and returns their sums; what one lane has is in `lane` until it is known to be of one moment.
    fn add_lanes(&self, total: &mut [u64], lane: &mut [u64]) -> f64 {
        let mut sum = 0.0;
        for own in self.own.iter().filter_map(SetOnce::get) {
            sum += self.read_lane(own, lane);
            add(total, lane);
        }
        // Whoever did this, another reader for its part or one of a process that this one was forked off: one that still needs it does it again.
        if self.is_sharing.load(Ordering::Relaxed) {
            self.is_sharing.store(false, Ordering::Relaxed);
        }
        sum + self.shared.get().map_or(0.0, |shared| shared.add_to(total))
    }

    /// Reads a lane at a moment between two observations, for which it sees to it that there is one.
    fn read_lane(&self, own: &Own, lane: &mut [u64]) -> f64 {
        let mut wait = Wait::default();
        loop {
            if let Some(sum) = own.read(lane) {
                return sum;
            }
            if !wait.again() {
                own.settle();
            }
            if wait.is_long() {
                self.is_sharing.store(true, Ordering::Relaxed);
            }
        }
    }

    fn buckets(&self) -> usize {
        self.bounds.buckets()
    }

    fn shared(&self) -> &Shared {
        self.shared.get_or_init(|| Box::new(Shared::new(self.buckets())))
    }
}

fn add(total: &mut [u64], lane: &[u64]) {
    total.iter_mut().zip(lane).for_each(|(total, bucket)| *total += bucket);
}

#[cfg(test)]
mod tests {
    use super::{Cell, EXACT, HistogramCell, HistogramReading};
    use crate::catalog::LLM_INVOCATION_DURATION;
    use crate::metric::{Kind, MetricDef};
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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

    /// What a thread leaves that another one forked away from in the midst of an observation: an own lane or the shared one.
    #[cfg(unix)]
    fn read_after_a_fork(cell: &HistogramCell, buckets: &[u64]) {
        use std::process::exit;
        match fork::fork().unwrap() {
            fork::Fork::Child => {
                std::thread::spawn(|| {
                    std::thread::sleep(std::time::Duration::from_secs(20));
                    exit(2);
                });
                // The second time there is nothing left to wait for.
                let right = [(); 2].map(|()| cell.read().buckets == buckets);
                exit(i32::from(right != [true; 2]));
            }
            fork::Fork::Parent(child) => {
                assert_eq!(fork::waitpid(child).unwrap(), 0, "2 is for a child that did not come to its end");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_forked_process_does_not_wait_for_threads_that_it_has_not() {
        type Leave = fn(&HistogramCell);
        // In its own lane a thread that has begun has added to a bucket, and in the shared one nothing yet.
        let left: [(Leave, u64); 2] =
            [(HistogramCell::begin_in_own_lane, 2), (HistogramCell::begin_in_shared_lane, 1)];
        for (leave, count) in left {
            let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
            cell.observe(0.25);
            leave(&cell);
            let mut buckets = vec![0; cell.buckets()];
            buckets[0] = count;
            read_after_a_fork(&cell, &buckets);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_forked_process_does_not_wait_for_a_reader_that_it_has_not() {
        use std::sync::mpsc::channel;
        let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
        cell.shared().observe(0, 0.25);
        cell.is_sharing.store(true, Ordering::Relaxed);
        std::thread::scope(|scope| {
            let ((begin, begun), (end, ended)) = (channel(), channel::<()>());
            let work = move || {
                begin.send(()).unwrap();
                let _at_the_end = ended.recv();
            };
            let shared = cell.shared();
            scope.spawn(move || shared.amid_a_reading(work));
            begun.recv().unwrap();
            shared.observe(0, 0.25);
            let mut buckets = vec![0; cell.buckets()];
            buckets[0] = 2;
            read_after_a_fork(&cell, &buckets);
            drop(end);
        });
        assert_eq!(cell.read().sum, 0.5);
        assert!(!cell.is_sharing.load(Ordering::Relaxed), "lanes are used again");
    }

    #[cfg(unix)]
    impl HistogramCell {
        /// Begins an observation that never ends.
        fn begin_in_own_lane(&self) {
            self.own.iter().filter_map(super::SetOnce::get).for_each(super::Own::begin_only);
        }

        /// Begins an observation that never ends.
        fn begin_in_shared_lane(&self) {
            self.shared().begin();
        }
    }

    /// Of the buckets of a lane the first stand elsewhere than the further ones, and so many are read into memory of their own.
    #[test]
    fn every_bucket_counts_what_belongs_to_it_however_many_there_are() {
        for count in [1_u32, 13, 14, 15, 16, 30, 31, 32, 46, 47, 100] {
            let bounds: &'static [f64] = (0..count).map(f64::from).collect::<Vec<_>>().leak();
            let def = MetricDef { kind: Kind::Histogram(bounds), ..*LLM_INVOCATION_DURATION.def() };
            let cell = HistogramCell::new(&def);
            // The first thread may have a lane to itself; the second one has none.
            for is_last in [false, true] {
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        cell.is_sharing.store(is_last, Ordering::Relaxed);
                        (0..=count).for_each(|at| (0..=at).for_each(|_| cell.observe(f64::from(at))));
                    });
                });
            }
            let expected: Vec<_> = (0..=count).map(|at| 2 * (u64::from(at) + 1)).collect();
            assert_eq!(cell.read().buckets, expected);
        }
    }

    #[test]
    fn whoever_is_asked_to_observes_in_the_shared_lane_until_somebody_has_read() {
        let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
        let observed_alone = || {
            let lanes = cell.own.iter().filter_map(super::SetOnce::get);
            let read = |lane: &super::Own| {
                let mut buckets = vec![0; cell.buckets()];
                lane.read(&mut buckets).map(|_| buckets.iter().sum::<u64>())
            };
            lanes.filter_map(read).sum::<u64>()
        };
        cell.observe(1.0);
        // None where other tests have all lanes.
        let once = observed_alone();
        cell.is_sharing.store(true, Ordering::Relaxed);
        cell.observe(1.0);
        assert_eq!(observed_alone(), once);
        assert_eq!(cell.read().sum, 2.0);
        cell.observe(1.0);
        assert_eq!((observed_alone(), cell.read().sum), (2 * once, 3.0));
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
        let mut too_many = HistogramReading { buckets: vec![0; sum.buckets.len()], sum: 1.0 };
        too_many.buckets[0] = u64::MAX;
        for wrong in [
            HistogramReading { buckets: vec![1], sum: 1.0 },
            HistogramReading { sum: f64::NAN, ..other.read() },
            HistogramReading { buckets: vec![u64::MAX; sum.buckets.len()], sum: 1.0 },
            HistogramReading { buckets: vec![0; sum.buckets.len()], sum: 1.0 },
            too_many,
            HistogramReading { sum: f64::MAX, ..other.read() },
        ] {
            cell.absorb(&wrong);
        }
        assert_eq!(cell.read(), sum);
    }

    #[test]
    fn however_large_finite_values_are_the_sum_stays_a_number() {
        let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
        for value in [f64::MAX, 2_f64.powi(950), f64::MIN, -2_f64.powi(950)] {
            // Each value in a lane of its own, so that the sums of two lanes could be infinite the one and the other way.
            std::thread::scope(|scope| drop(scope.spawn(|| (0..4).for_each(|_| cell.observe(value)))));
        }
        let reading = cell.read();
        assert_eq!((reading.buckets.iter().sum::<u64>(), reading.sum), (8, 0.0));
    }

    #[test]
    fn however_often_much_is_added_no_more_is_counted_than_a_float_tells_apart() {
        let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
        let mut much = HistogramReading { sum: 1.0, ..cell.read() };
        much.buckets[0] = EXACT;
        (0..2048).for_each(|_| cell.absorb(&much));
        assert_eq!(cell.read(), much);
    }

    /// Threads that observe while others read: no reading disagrees with itself or goes back, and none is lost. The sum of each bucket
    /// is known from its count, since the values of a bucket are all the same.
    fn sum_and_buckets_agree(writers: usize, readers: usize) {
        const READINGS: usize = 3000;
        let cell = HistogramCell::new(LLM_INVOCATION_DURATION.def());
        let (done, pairs) = (AtomicBool::new(false), AtomicU64::new(0));
        let observe = || {
            while !done.load(Ordering::Relaxed) {
                [0.25, 4.0].into_iter().for_each(|value| cell.observe(value));
                pairs.fetch_add(1, Ordering::Relaxed);
            }
        };
        let read = || {
            let mut before = vec![0; cell.buckets()];
            for _ in 0..READINGS {
                let reading = cell.read();
                let buckets = &reading.buckets;
                assert_eq!(reading.sum, 0.25 * buckets[0] as f64 + 4.0 * above(buckets) as f64);
                assert!(before.iter().zip(buckets).all(|(before, now)| before <= now));
                before.clone_from(buckets);
            }
        };
        std::thread::scope(|scope| {
            (0..writers).for_each(|_| drop(scope.spawn(observe)));
            let reading: Vec<_> = (0..readers).map(|_| scope.spawn(read)).collect();
            let ended: Vec<_> = reading.into_iter().map(|reader| reader.join().is_ok()).collect();
            done.store(true, Ordering::Relaxed);
            assert!(!ended.contains(&false), "a reading disagreed with itself or went back");
        });
        let (end, pairs) = (cell.read(), pairs.into_inner());
        assert_eq!((end.buckets[0], above(&end.buckets)), (pairs, pairs));
        assert_eq!(end.sum, pairs as f64 * 4.25);
    }

    fn above(buckets: &[u64]) -> u64 {
        buckets.iter().skip(1).sum()
    }

    #[test]
    fn sum_and_buckets_agree_while_threads_observe() {
        sum_and_buckets_agree(2, 1);
    }

    #[test]
    fn sum_and_buckets_agree_while_more_threads_observe_than_have_a_lane_to_themselves() {
        sum_and_buckets_agree(10, 2);
    }
}
