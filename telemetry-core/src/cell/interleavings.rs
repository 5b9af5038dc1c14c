//! Models of lanes and counters, which a model checker runs in their interleavings.
//!
//! Readers are threads that begin last. The checker varies which of the older values a load returns, and sees that a load may come earlier;
//! but it overlooks that a store may come earlier than a load if the storing thread itself has just loaded that word, as the owner of a lane does.

use super::chunk::Vacant;
use super::lane::{self, Lane, OWN, claim, explore, spawn};
use super::{CounterCell, GaugeCell};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Claim, thread};
use std::array;
use std::sync::Arc;

/// What only the holder of a lane touches.
#[derive(Default)]
struct Held([Claim; OWN]);

impl Held {
    fn touch(&self) {
        if let Lane::Own(own) = claim() {
            self.0[own.lane()].alone();
        }
    }
}

#[test]
fn a_lane_has_one_holder_who_sees_all_that_the_one_before_did() {
    explore(2, || {
        let held = Arc::new(Held::default());
        let threads: [_; OWN + 1] = array::from_fn(|_| {
            let held = Arc::clone(&held);
            spawn(move || (held.touch(), held.touch()).0)
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        held.touch();
    });
}

/// Threads that add to one counter while another reads it; this one has a lane to itself before if it is told to.
fn add_and_read<const THREADS: usize>(has_lane: bool) {
    let cell = Arc::new(CounterCell::default());
    let had = u64::from(has_lane);
    (0..had).for_each(|_| cell.add(1));
    let threads: [_; THREADS] = array::from_fn(|_| {
        let cell = Arc::clone(&cell);
        spawn(move || (cell.add(1), cell.add(1)).0)
    });
    let reading = Arc::clone(&cell);
    let (first, second) = spawn(move || (reading.get(), reading.get())).join().unwrap();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let end = cell.get();
    assert!(had as f64 <= first && first <= second && second <= end, "{first}, {second}, {end}");
    assert_eq!(end, had as f64 + 2.0 * THREADS as f64);
}

#[test]
fn a_counter_loses_nothing_and_never_goes_back() {
    explore(1, || add_and_read::<2>(false));
}

#[test]
fn a_counter_loses_nothing_of_threads_of_which_one_has_no_lane_to_itself() {
    explore(1, || add_and_read::<2>(true));
}

/// The threads of a model that have no lane to themselves all share one.
#[test]
fn a_counter_loses_nothing_of_threads_that_share_a_lane() {
    explore(2, || {
        lane::exhaust();
        add_and_read::<2>(false);
    });
}

/// Threads that count on two counters, one that begins with the first of them and one with the second, while another thread reads both.
#[test]
fn two_counters_of_a_chunk_lose_nothing_to_each_other() {
    explore(1, || {
        let mut vacant = Vacant::default();
        let cells = Arc::new([(); 2].map(|()| CounterCell::among(&mut vacant)));
        let writers = [0, 1].map(|first| {
            let cells = Arc::clone(&cells);
            spawn(move || {
                [first, 1 - first].into_iter().for_each(|cell| cells[cell].add(1));
                assert!(matches!(claim(), Lane::Own(_)));
            })
        });
        let reading = Arc::clone(&cells);
        let reader = spawn(move || [(); 2].map(|()| [0, 1].map(|cell: usize| reading[cell].get())));
        let [before, after] = reader.join().unwrap();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let end = [0, 1].map(|cell: usize| cells[cell].get());
        let grows = |cell: usize| before[cell] <= after[cell] && after[cell] <= end[cell];
        assert!(grows(0) && grows(1), "{before:?}, {after:?}, {end:?}");
        assert_eq!(end, [2.0; 2]);
    });
}

#[test]
fn a_counter_adds_fractions_of_several_threads() {
    explore(3, || {
        let cell = Arc::new(CounterCell::default());
        let threads: [_; 2] = array::from_fn(|_| {
            let cell = Arc::clone(&cell);
            spawn(move || (cell.add(0.5), cell.add(0.25)).0)
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(cell.get(), 1.5);
    });
}

#[test]
fn a_gauge_shows_no_value_that_is_older_than_the_writes_it_tells() {
    explore(3, || {
        let cell = Arc::new(GaugeCell::default());
        let writer = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || (cell.set(1), cell.add(1), cell.set(3)))
        };
        let reading = Arc::clone(&cell);
        let reader = thread::spawn(move || [(); 2].map(|()| reading.writes_and_value()));
        let [before, after] = reader.join().unwrap();
        writer.join().unwrap();
        for (writes, value) in [before, after] {
            assert!(value >= writes as f64, "{value} after {writes} writes");
        }
        assert!(before.0 <= after.0 && cell.writes_and_value() == (3, 3.0));
    });
}

#[test]
fn whoever_knows_of_an_addition_sees_it() {
    explore(1, || {
        let (cell, has_added) = (Arc::new(CounterCell::default()), Arc::new(AtomicBool::new(false)));
        let writer = {
            let (cell, has_added) = (Arc::clone(&cell), Arc::clone(&has_added));
            spawn(move || {
                cell.add(1);
                has_added.store(true, Ordering::Release);
                cell.add(1);
            })
        };
        let other = Arc::clone(&cell);
        let ends = spawn(move || other.add(1));
        let reading = Arc::clone(&cell);
        let reader = spawn(move || {
            let knows = has_added.load(Ordering::Acquire);
            assert!(reading.get() >= f64::from(u8::from(knows)));
        });
        [writer, ends, reader].into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!((cell.get(), lane::ever_taken() <= OWN), (3.0, true));
    });
}
