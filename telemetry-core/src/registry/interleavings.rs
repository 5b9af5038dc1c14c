//! Models of the table and of the store of a metric, which a model checker runs in their interleavings.

use super::key::Key;
use super::place::Written;
use super::store::{Series, Store};
use super::table::{Entry, Table};
use crate::catalog::LLM_RETRIES;
use crate::cell::{CounterCell, lane};
use crate::sync::{explore, thread};
use std::sync::Arc;
use std::{array, ptr};

/// A table in which every key has the same hash, so that each search passes others.
struct Crowded(Table<&'static str>);

impl Crowded {
    const HASH: u64 = 1;

    fn place<'v>(value: &'v &'v str) -> Written<'v> {
        Written { def: LLM_RETRIES.def(), values: array::from_ref(value) }
    }

    fn insert(&self, value: &'static str, count: usize) {
        let place = Self::place(&value);
        let key = Key::new(&place, Self::HASH).unwrap();
        self.0.insert(Entry { series: value, key }, count).unwrap();
    }

    /// Whether the value is there; if so, with what was inserted for it.
    fn has(&self, value: &str) -> bool {
        let place = Self::place(&value);
        let entry = self.0.find(Self::HASH, |key| key.is_of(&place));
        entry
            .inspect(|entry| assert_eq!((entry.series, entry.key.values().next()), (value, Some(value))))
            .is_some()
    }
}

/// The first table of a model is full with one entry.
#[test]
fn what_is_in_a_table_is_found_while_it_grows() {
    explore(3, || {
        let table = Arc::new(Crowded(Table::default()));
        table.insert("a", 0);
        let growing = Arc::clone(&table);
        let writer = thread::spawn(move || {
            ["b", "c"].into_iter().zip(1..).for_each(|(value, count)| growing.insert(value, count));
        });
        let reading = Arc::clone(&table);
        let reader = thread::spawn(move || {
            let (newest, newer) = (reading.has("c"), reading.has("b"));
            assert!(newer || !newest, "what was put in later was seen earlier");
            assert!(reading.has("a"));
            assert!((reading.has("b") || !newer) && (reading.has("c") || !newest), "what was found is gone");
        });
        [writer, reader].into_iter().for_each(|thread| thread.join().unwrap());
        assert!(["a", "b", "c"].into_iter().all(|value| table.has(value)));
        assert_eq!(table.0.entries().count(), 3);
    });
}

/// Threads that each ask for the series of some values, one after the other; hands back the store and where what each got last is kept.
fn ask<const THREADS: usize>(
    limit: usize,
    values: [&'static [&'static str]; THREADS],
) -> (Arc<Store<CounterCell>>, [*const Series<CounterCell>; THREADS]) {
    let store = Arc::new(Store::<CounterCell>::new(LLM_RETRIES.def(), limit));
    let threads = values.map(|values| {
        let store = Arc::clone(&store);
        thread::spawn(move || {
            values.iter().fold(ptr::null(), |_, value| ptr::from_ref(series(&store, value)))
        })
    });
    let got = threads.map(|thread| thread.join().unwrap());
    (store, got)
}

fn series<'s>(store: &'s Store<CounterCell>, value: &&str) -> &'s Series<CounterCell> {
    store.series(Written { def: store.def(), values: array::from_ref(value) })
}

#[test]
fn threads_that_meet_at_a_new_series_get_the_same() {
    explore(3, || {
        let (store, [one, other]) = ask(10, [&["a"], &["a"]]);
        assert!(ptr::eq(one, other));
        assert_eq!((store.kept().count(), store.folded()), (1, 0));
    });
}

#[test]
fn threads_that_make_different_series_lose_none() {
    explore(2, || {
        let (store, [one, other]) = ask(10, [&["a", "b"], &["b", "a"]]);
        assert!(!ptr::eq(one, other));
        assert!(ptr::eq(other, series(&store, &"a")) && ptr::eq(one, series(&store, &"b")));
        assert_eq!((store.kept().count(), store.folded()), (2, 0));
    });
}

#[test]
fn of_two_threads_at_the_limit_one_gets_the_last_series() {
    explore(3, || {
        let (store, [one, other]) = ask(1, [&["a"], &["b"]]);
        assert!(!ptr::eq(one, other));
        assert_eq!((store.kept().count(), store.folded()), (1, 1));
        let (_, overflow) = store.overflow().unwrap();
        assert!(ptr::eq(overflow, one) || ptr::eq(overflow, other));
    });
}

#[test]
fn a_series_that_was_made_as_the_last_is_never_counted_beyond_the_limit() {
    explore(3, || {
        let (store, [one, other]) = ask(1, [&["a"], &["a"]]);
        assert!(ptr::eq(one, other));
        assert_eq!(store.folded(), 0);
    });
}

/// Threads of which the second may have the lane of the first, with its notes, while a third fills the table.
#[test]
fn what_was_noted_leads_to_the_series_that_it_was_noted_for() {
    lane::explore(2, || {
        let store = Arc::new(Store::<CounterCell>::new(LLM_RETRIES.def(), 10));
        let of_a = ptr::from_ref(series(&store, &"a")).addr();
        let record = |times: usize| {
            let store = Arc::clone(&store);
            lane::spawn(move || {
                for _ in 0..times {
                    let found = series(&store, &"a");
                    assert_eq!(ptr::from_ref(found).addr(), of_a);
                    found.cell().add(1);
                }
            })
        };
        let (first, store_of_other) = (record(4), Arc::clone(&store));
        let other =
            thread::spawn(move || ["b", "c"].iter().for_each(|value| _ = series(&store_of_other, value)));
        first.join().unwrap();
        record(2).join().unwrap();
        other.join().unwrap();
        assert_eq!((series(&store, &"a").cell().get(), store.kept().count()), (6.0, 3));
    });
}
