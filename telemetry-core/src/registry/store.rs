//! The series of one metric: an insert-only table from label values to cells.
//!
//! The table has a fixed capacity, since the number of series is limited. A reader hashes the values with their lengths, probes,
//! and compares the values exactly; it takes no lock. So two different label sets are never one series, whatever their hashes.

use super::OVERFLOW;
use crate::cell::Cell;
use crate::metric::{MetricDef, Values};
use foldhash::fast::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// One series: the values of its labels, and its cell.
#[derive(Debug)]
pub(crate) struct Series<C> {
    values: Box<[Box<str>]>,
    hash: u64,
    cell: C,
    /// In the series beyond the limit: how often something was recorded on it.
    folded: Option<AtomicU64>,
}

impl<C> Series<C> {
    /// Records on the cell, and notes it where the series stands for those beyond the limit.
    #[inline]
    pub(crate) fn record(&self, f: impl FnOnce(&C)) {
        f(&self.cell);
        if let Some(folded) = &self.folded {
            folded.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn values(&self) -> &[Box<str>] {
        &self.values
    }

    pub(crate) const fn cell(&self) -> &C {
        &self.cell
    }
}

/// The longest label value that gets a series of its own, in bytes; a longer one is counted with those beyond the limit, so that
/// no label can fill the memory.
const MAX_VALUE: usize = 1024;

type Slots<C> = Box<[OnceLock<Arc<Series<C>>>]>;

/// All series of one metric in one registry.
#[derive(Debug)]
pub struct Store<C> {
    def: &'static MetricDef,
    /// The most series that are told apart.
    limit: usize,
    hasher: RandomState,
    /// A power of two, at least twice the limit; made at the first recording.
    slots: OnceLock<Slots<C>>,
    /// How many slots are taken; locked by whoever takes one.
    taken: Mutex<usize>,
    overflow: OnceLock<Arc<Series<C>>>,
}

impl<C: Cell> Store<C> {
    pub(super) fn new(def: &'static MetricDef, max_series: usize) -> Self {
        Self {
            def,
            limit: limit_of(def, max_series),
            hasher: RandomState::default(),
            slots: OnceLock::new(),
            taken: Mutex::new(0),
            overflow: OnceLock::new(),
        }
    }

    pub(super) const fn def(&self) -> &'static MetricDef {
        self.def
    }

    /// The series with these values, made if it is new; the one beyond the limit where there are too many.
    #[inline]
    pub(crate) fn series(&self, values: &[&str]) -> &Arc<Series<C>> {
        let hash = self.hash(values);
        let slots = self.slots.get_or_init(|| {
            (0..self.limit.saturating_mul(2).next_power_of_two()).map(|_| OnceLock::new()).collect()
        });
        match probe(slots, hash, values) {
            Probe::Found(series) => series,
            Probe::Free(_) | Probe::Full => self.insert(slots, hash, values),
        }
    }

    /// The series that there are, without the one beyond the limit.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Series<C>> {
        self.slots.get().into_iter().flatten().filter_map(OnceLock::get).map(AsRef::as_ref)
    }

    /// The series beyond the limit, and how often something was recorded on it.
    pub(super) fn overflow(&self) -> Option<(&Series<C>, u64)> {
        let series = self.overflow.get()?;
        let folded = series.folded.as_ref().map_or(0, |folded| folded.load(Ordering::Relaxed));
        Some((series, folded))
    }

    fn hash(&self, values: &[&str]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        for value in values {
            hasher.write_usize(value.len());
            hasher.write(value.as_bytes());
        }
        hasher.finish()
    }

    #[cold]
    fn insert<'s>(&'s self, slots: &'s Slots<C>, hash: u64, values: &[&str]) -> &'s Arc<Series<C>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match probe(slots, hash, values) {
            Probe::Found(series) => series,
            Probe::Free(slot)
                if *taken < self.limit && values.iter().all(|value| value.len() <= MAX_VALUE) =>
            {
                *taken += 1;
                slot.get_or_init(|| Arc::new(self.make(values.iter().copied(), hash, None)))
            }
            Probe::Free(_) | Probe::Full => self.overflow.get_or_init(|| {
                Arc::new(self.make(values.iter().map(|_| OVERFLOW), 0, Some(AtomicU64::new(0))))
            }),
        }
    }

    fn make<'v>(
        &self,
        values: impl Iterator<Item = &'v str>,
        hash: u64,
        folded: Option<AtomicU64>,
    ) -> Series<C> {
        Series { values: values.map(Box::from).collect(), hash, cell: C::new(self.def), folded }
    }
}

enum Probe<'s, C> {
    Found(&'s Arc<Series<C>>),
    Free(&'s OnceLock<Arc<Series<C>>>),
    Full,
}

/// Looks for the values from the slot that their hash names onwards, up to the first free one.
#[inline]
fn probe<'s, C>(slots: &'s Slots<C>, hash: u64, values: &[&str]) -> Probe<'s, C> {
    let mask = slots.len() - 1;
    for step in 0..slots.len() {
        let slot = &slots[(hash as usize).wrapping_add(step) & mask];
        match slot.get() {
            None => return Probe::Free(slot),
            Some(series) if series.hash == hash && is_same(&series.values, values) => {
                return Probe::Found(series);
            }
            Some(_) => {}
        }
    }
    Probe::Full
}

#[inline]
fn is_same(kept: &[Box<str>], values: &[&str]) -> bool {
    kept.len() == values.len() && kept.iter().zip(values).all(|(a, b)| **a == **b)
}

/// Where every label is closed, there can be no more series than combinations of values, and a smaller table will do.
fn limit_of(def: &MetricDef, max_series: usize) -> usize {
    let combinations = def.labels.iter().try_fold(1_usize, |product, label| match label.values {
        Values::Open => None,
        Values::Closed(known) => product.checked_mul(known.len()),
    });
    combinations.map_or(max_series, |combinations| combinations.min(max_series)).max(1)
}

#[cfg(test)]
mod tests {
    use super::Store;
    use crate::catalog::{AGENT_SPAWNS, AXE_LUMBERJACK_RESTARTS};
    use crate::cell::CounterCell;

    #[test]
    fn label_sets_that_run_together_to_the_same_text_are_two_series() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 10);
        store.series(&["ab", "c"]).record(|cell| cell.add(1));
        store.series(&["a", "bc"]).record(|cell| cell.add(2));
        assert_eq!(store.series(&["ab", "c"]).cell().get(), 1.0);
        assert_eq!(store.series(&["a", "bc"]).cell().get(), 2.0);
    }

    #[test]
    fn beyond_the_limit_everything_goes_to_one_series() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 3);
        for i in 0..10 {
            store.series(&[&i.to_string(), "p"]).record(|cell| cell.add(1));
        }
        store.series(&["0", "p"]).record(|cell| cell.add(1));
        assert_eq!(store.kept().count(), 3);
        let (overflow, folded) = store.overflow().unwrap();
        assert_eq!((overflow.cell().get(), folded), (7.0, 7));
        assert!(overflow.values().iter().all(|value| **value == *"__overflow__"));
    }

    #[test]
    fn a_very_long_value_gets_no_series_of_its_own() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 3);
        let (longest, longer) = ("x".repeat(1024), "x".repeat(1025));
        for value in [&longest, &longer, &longer] {
            store.series(&[value, "p"]).record(|cell| cell.add(1));
        }
        assert_eq!((store.kept().count(), store.overflow().unwrap().1), (1, 2));
    }

    #[test]
    fn a_metric_without_labels_has_one_series() {
        let store = Store::<CounterCell>::new(AXE_LUMBERJACK_RESTARTS.def(), 1000);
        store.series(&[]).record(|cell| cell.add(1));
        store.series(&[]).record(|cell| cell.add(1));
        assert_eq!(store.kept().map(|series| series.cell().get()).collect::<Vec<_>>(), [2.0]);
    }

    #[test]
    fn threads_that_meet_at_a_new_series_share_it() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 1000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..500 {
                        store.series(&[&i.to_string(), "p"]).record(|cell| cell.add(1));
                    }
                });
            }
        });
        assert_eq!(store.kept().count(), 500);
        assert!(store.kept().all(|series| series.cell().get() == 4.0));
    }
}
