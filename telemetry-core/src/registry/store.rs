//! The series of one metric: blocks of them, found by the open values of a label set, and in a block by the closed ones.
//!
//! Finding a series takes no lock and writes nothing. Only exact comparison makes two label sets one series; a hash says where to look.

use super::OVERFLOW;
use super::key::{Key, Seed};
use super::place::{self, LabelValues, Place, Shape};
use super::sheet::{KeptSheet, Sheet};
use super::table::{Block, Table};
use crate::cell::Cell;
use crate::metric::{MetricDef, Values};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// One series: its cell. Its labels follow from where it is kept.
#[derive(Debug)]
pub(crate) struct Series<C> {
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

    pub(crate) const fn cell(&self) -> &C {
        &self.cell
    }
}

/// All series of one metric in one registry.
#[derive(Debug)]
pub struct Store<C> {
    def: &'static MetricDef,
    shape: Shape,
    /// The most series that are told apart.
    limit: usize,
    /// The series of a metric without open labels; empty for any other.
    unkeyed: Box<[OnceLock<Arc<Series<C>>>]>,
    keyed: Table<Series<C>>,
    seed: Seed,
    /// How many series there are.
    taken: AtomicUsize,
    /// How many blocks the table has; locked by whoever makes a series.
    blocks: Mutex<usize>,
    overflow: OnceLock<Arc<Series<C>>>,
    /// The series in the order in which they are written, once somebody has asked.
    sheet: KeptSheet<C>,
}

impl<C: Cell> Store<C> {
    pub(super) fn new(def: &'static MetricDef, max_series: usize) -> Self {
        let shape = Shape::of(def.labels);
        let unkeyed = if shape.is_keyed { 0 } else { shape.block };
        Self {
            def,
            shape,
            limit: limit_of(def, max_series),
            unkeyed: (0..unkeyed).map(|_| OnceLock::new()).collect(),
            keyed: Table::default(),
            seed: Seed::default(),
            taken: AtomicUsize::new(0),
            blocks: Mutex::new(0),
            overflow: OnceLock::new(),
            sheet: KeptSheet::default(),
        }
    }

    pub(crate) const fn def(&self) -> &'static MetricDef {
        self.def
    }

    /// The series of this label set, made if it is new; the one beyond the limit where there are too many.
    ///
    /// For one without open labels this is a few instructions. The rest is not inlined, so that a program has it once for each metric
    /// and not once for each call.
    #[inline]
    pub(crate) fn series(&self, place: impl Place) -> &Arc<Series<C>> {
        if place.shape().is_keyed {
            return self.keyed_series(&place);
        }
        match self.find_unkeyed(&place) {
            Some(series) => series,
            None => self.make(place),
        }
    }

    #[inline(never)]
    fn keyed_series(&self, place: &impl Place) -> &Arc<Series<C>> {
        match self.find_keyed(place) {
            Some(series) => series,
            None => self.make(*place),
        }
    }

    /// The series that there are with the values of their labels, without the one beyond the limit.
    pub(super) fn kept(&self) -> impl Iterator<Item = (LabelValues, &Arc<Series<C>>)> {
        let unkeyed = self.unkeyed.iter().enumerate();
        let unkeyed = unkeyed.filter_map(|(index, series)| {
            Some((place::values(self.def, std::iter::empty(), index), series.get()?))
        });
        unkeyed.chain(self.keyed.blocks().flat_map(|block| self.of_block(block)))
    }

    fn of_block<'s>(
        &'s self,
        block: &'s Block<Series<C>>,
    ) -> impl Iterator<Item = (LabelValues, &'s Arc<Series<C>>)> {
        let series = block.series.iter().enumerate();
        series.filter_map(|(index, series)| {
            Some((place::values(self.def, block.key.parts(), index), series.get()?))
        })
    }

    /// The series beyond the limit with the values of its labels.
    pub(super) fn overflow(&self) -> Option<(LabelValues, &Arc<Series<C>>)> {
        let series = self.overflow.get()?;
        let values = self.def.labels.iter().map(|_| Box::from(OVERFLOW)).collect();
        Some((values, series))
    }

    /// How often something was recorded on the series beyond the limit.
    pub(super) fn folded(&self) -> u64 {
        let folded = self.overflow.get().and_then(|series| series.folded.as_ref());
        folded.map_or(0, |folded| folded.load(Ordering::Relaxed))
    }

    /// The series in the order in which they are written, with their labels as text; all that were made before this is called.
    pub(super) fn sheet(&self) -> Arc<Sheet<C>> {
        self.sheet.of(self, self.taken.load(Ordering::Acquire), self.overflow.get().is_some())
    }

    #[inline]
    fn find_unkeyed(&self, place: &impl Place) -> Option<&Arc<Series<C>>> {
        self.unkeyed.get(place.index())?.get()
    }

    #[inline(always)]
    fn find_keyed(&self, place: &impl Place) -> Option<&Arc<Series<C>>> {
        self.keyed.find(place, self.seed.hash(place))?.series.get(place.index())?.get()
    }

    fn find(&self, place: &impl Place) -> Option<&Arc<Series<C>>> {
        if self.shape.is_keyed { self.find_keyed(place) } else { self.find_unkeyed(place) }
    }

    #[cold]
    #[inline(never)]
    fn make(&self, place: impl Place) -> &Arc<Series<C>> {
        let place = &place;
        // Whoever sees that there are as many as there may be sees them all, so what is not found now will never be made.
        if self.taken.load(Ordering::Acquire) >= self.limit {
            return self.find(place).unwrap_or_else(|| self.beyond_the_limit());
        }
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = self.find(place) {
            return series;
        }
        self.insert(place, &mut blocks).unwrap_or_else(|| self.beyond_the_limit())
    }

    /// Makes a series that is not there. Nothing if there are too many, or a value of its labels is too long.
    fn insert(&self, place: &impl Place, blocks: &mut usize) -> Option<&Arc<Series<C>>> {
        let taken = self.taken.load(Ordering::Relaxed);
        if taken >= self.limit {
            return None;
        }
        let block = if self.shape.is_keyed { self.block(place, blocks)? } else { &self.unkeyed };
        let series = Series { cell: C::new(self.def), folded: None };
        let series = block.get(place.index())?.get_or_init(|| Arc::new(series));
        self.taken.store(taken + 1, Ordering::Release);
        Some(series)
    }

    /// The block of this label set, made if it is new.
    fn block(&self, place: &impl Place, blocks: &mut usize) -> Option<&[OnceLock<Arc<Series<C>>>]> {
        let hash = self.seed.hash(place);
        if let Some(block) = self.keyed.find(place, hash) {
            return Some(&block.series);
        }
        let block = self.keyed.insert(Block::new(Key::new(place, hash)?, self.shape.block), *blocks)?;
        *blocks += 1;
        Some(&block.series)
    }

    fn beyond_the_limit(&self) -> &Arc<Series<C>> {
        self.overflow
            .get_or_init(|| Arc::new(Series { cell: C::new(self.def), folded: Some(AtomicU64::new(0)) }))
    }
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
    use crate::registry::place::Written;
    use std::sync::Arc;

    fn series<'s>(store: &'s Store<CounterCell>, values: &[&str]) -> &'s Arc<super::Series<CounterCell>> {
        store.series(Written { def: store.def(), values })
    }

    #[test]
    fn label_sets_that_run_together_to_the_same_text_are_two_series() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 10);
        series(&store, &["ab", "c"]).record(|cell| cell.add(1));
        series(&store, &["a", "bc"]).record(|cell| cell.add(2));
        assert_eq!(series(&store, &["ab", "c"]).cell().get(), 1.0);
        assert_eq!(series(&store, &["a", "bc"]).cell().get(), 2.0);
    }

    #[test]
    fn beyond_the_limit_everything_goes_to_one_series() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 3);
        for i in 0..10 {
            series(&store, &[&i.to_string(), "p"]).record(|cell| cell.add(1));
        }
        series(&store, &["0", "p"]).record(|cell| cell.add(1));
        assert_eq!(store.kept().count(), 3);
        let (values, overflow) = store.overflow().unwrap();
        assert_eq!((overflow.cell().get(), store.folded()), (7.0, 7));
        assert!(values.iter().all(|value| **value == *"__overflow__"));
    }

    #[test]
    fn a_very_long_value_gets_no_series_of_its_own() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 3);
        let (longest, longer) = ("x".repeat(1024), "x".repeat(1025));
        for value in [&longest, &longer, &longer] {
            series(&store, &[value, "p"]).record(|cell| cell.add(1));
        }
        assert_eq!((store.kept().count(), store.folded()), (1, 2));
    }

    #[test]
    fn a_metric_without_labels_has_one_series() {
        let store = Store::<CounterCell>::new(AXE_LUMBERJACK_RESTARTS.def(), 1000);
        series(&store, &[]).record(|cell| cell.add(1));
        series(&store, &[]).record(|cell| cell.add(1));
        assert_eq!(store.kept().map(|(_, series)| series.cell().get()).collect::<Vec<_>>(), [2.0]);
    }

    #[test]
    fn threads_that_meet_at_a_new_series_share_it() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 1000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..500 {
                        series(&store, &[&i.to_string(), "p"]).record(|cell| cell.add(1));
                    }
                });
            }
        });
        assert_eq!(store.kept().count(), 500);
        assert!(store.kept().all(|(_, series)| series.cell().get() == 4.0));
    }
}
