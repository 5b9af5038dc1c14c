//! Models of histograms, which a model checker runs in their interleavings.
//!
//! Readers are threads that begin last, as in [the models of counters](crate::cell::interleavings).
//!
//! All observations of a bucket are of one value, so that the sum follows from the buckets of the same moment.

use super::own::Own;
use super::shared::Shared;
use super::{Cell, HistogramCell};
use crate::catalog::LLM_INVOCATION_DURATION;
use crate::cell::lane;
use crate::metric::{Kind, MetricDef};
use crate::sync::{explore, thread};
use std::array;
use std::sync::Arc;

static TWO_BUCKETS: MetricDef = MetricDef { kind: Kind::Histogram(&[1.0]), ..*LLM_INVOCATION_DURATION.def() };

/// The value of each bucket.
const VALUES: [f64; 2] = [1.0, 4.0];

type Reading = ([u64; 2], f64);

/// Holds readings, oldest first, to what is true of any histogram.
fn check(readings: &[Reading]) {
    for (buckets, sum) in readings {
        let of_buckets: f64 = buckets.iter().zip(VALUES).map(|(count, value)| *count as f64 * value).sum();
        assert_eq!(*sum, of_buckets, "{readings:?}");
    }
    for two in readings.windows(2) {
        assert!(two[0].0.iter().zip(two[1].0).all(|(before, now)| *before <= now), "{readings:?}");
    }
}

#[test]
fn what_is_read_of_a_lane_is_of_one_moment() {
    explore(3, || {
        let lane = Arc::new(Own::new(2));
        let writer = {
            let lane = Arc::clone(&lane);
            thread::spawn(move || [0, 1].into_iter().for_each(|bucket| lane.observe(bucket, VALUES[bucket])))
        };
        let read = |lane: &Own| {
            let mut buckets = [0; 2];
            lane.read(&mut buckets).map(|sum| (buckets, sum))
        };
        let reading = Arc::clone(&lane);
        let reader = thread::spawn(move || [read(&reading), read(&reading)]);
        let mut readings: Vec<_> = reader.join().unwrap().into_iter().flatten().collect();
        writer.join().unwrap();
        readings.extend(read(&lane));
        check(&readings);
        assert_eq!(readings.last(), Some(&([1, 1], 5.0)));
    });
}

#[test]
fn what_is_read_of_the_shared_lane_is_of_one_moment() {
    explore(2, || {
        let shared = Arc::new(Shared::new(2));
        let writers = [0, 1].map(|bucket| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || (0..2).for_each(|_| shared.observe(bucket, VALUES[bucket])))
        });
        let read = |shared: &Shared| {
            let mut buckets = [0; 2];
            let sum = shared.add_to(&mut buckets);
            (buckets, sum)
        };
        let reading = Arc::clone(&shared);
        let reader = thread::spawn(move || [read(&reading), read(&reading)]);
        let mut readings = reader.join().unwrap().to_vec();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        readings.push(read(&shared));
        check(&readings);
        assert_eq!(readings.last(), Some(&([2, 2], 10.0)));
    });
}

fn read(cell: &HistogramCell) -> Reading {
    cell.with_reading(|buckets, sum| ([buckets[0], buckets[1]], sum))
}

/// Threads that observe once in each of the first buckets while another reads twice; this one has a lane to itself before if it is told to.
fn observe_and_read<const THREADS: usize>(has_lane: bool, buckets: usize) {
    let cell = Arc::new(HistogramCell::new(&TWO_BUCKETS));
    let had = u64::from(has_lane);
    (0..had).for_each(|_| cell.observe(VALUES[0]));
    let writers: [_; THREADS] = array::from_fn(|_| {
        let cell = Arc::clone(&cell);
        lane::spawn(move || VALUES.iter().take(buckets).for_each(|value| cell.observe(*value)))
    });
    let reading = Arc::clone(&cell);
    let reader = thread::spawn(move || [read(&reading), read(&reading)]);
    let mut readings = vec![([had, 0], had as f64)];
    readings.extend(reader.join().unwrap());
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    readings.push(read(&cell));
    check(&readings);
    assert_eq!(
        readings.last().map(|end| end.0),
        Some([had + THREADS as u64, (THREADS * (buckets - 1)) as u64])
    );
}

/// A reader loses its patience at once in a model, so this is also what happens when it sends the writer to the shared lane.
#[test]
fn a_reader_without_patience_comes_to_an_end_and_nothing_is_lost() {
    lane::explore(2, || observe_and_read::<1>(false, 2));
}

#[test]
fn a_histogram_loses_nothing_of_threads_that_follow_each_other_or_share() {
    lane::explore(1, || observe_and_read::<2>(true, 1));
}

#[test]
fn two_readers_of_one_histogram_agree() {
    lane::explore(1, || {
        let cell = Arc::new(HistogramCell::new(&TWO_BUCKETS));
        let observing = Arc::clone(&cell);
        let writer = lane::spawn(move || VALUES.into_iter().for_each(|value| observing.observe(value)));
        let readers = [(); 2].map(|()| {
            let reading = Arc::clone(&cell);
            thread::spawn(move || read(&reading))
        });
        let [here, there] = readers.map(|reader| reader.join().unwrap());
        writer.join().unwrap();
        let end = read(&cell);
        check(&[here, end]);
        check(&[there, end]);
        assert_eq!(end, ([1, 1], 5.0));
    });
}
