//! The series of one metric, found by their label sets.
//!
//! Finding a series takes no lock and, but for the first few times, writes nothing that another thread reads. Only exact comparison makes
//! two label sets one series; addresses and hashes say where to look.

use super::OVERFLOW;
use super::key::Key;
use super::live;
use super::place::{self, LabelValues, Place, Shape};
use super::recent::Mark;
use super::sheet::{KeptSheet, Sheet};
use super::sought::Seed;
use super::table::{Entry, Table};
use crate::by_process::ByProcess;
use crate::metric::{MetricDef, Values};
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, SetOnce};
use std::borrow::Borrow;
use std::sync::{Arc, PoisonError};

/// One series: its cell. Its labels follow from where it is kept. Clones are the same series.
#[derive(Debug)]
pub(crate) struct Series<C: live::Kept> {
    cell: C::Held,
}

impl<C: live::Kept> Series<C> {
    #[inline]
    pub(crate) fn cell(&self) -> &C {
        self.cell.borrow()
    }
}

impl<C: live::Kept> Clone for Series<C> {
    fn clone(&self) -> Self {
        Self { cell: self.cell.clone() }
    }
}

/// Memory for the series that this process makes, once it has made one.
type Births<C> = Option<<C as live::Kept>::Vacant>;

/// All series of one metric in one registry.
#[derive(Debug)]
pub struct Store<C: live::Kept> {
    def: &'static MetricDef,
    shape: Shape,
    /// The most series that are told apart.
    limit: usize,
    /// The series that have places instead of keys, once they were used.
    placed: Box<[SetOnce<Series<C>>]>,
    keyed: Table<Series<C>>,
    seed: Seed,
    /// How many series there are.
    taken: AtomicUsize,
    /// Locked by whoever makes a series. A process that was forked off while a thread did so begins with a lock of its own.
    births: ByProcess<Mutex<Births<C>>>,
    overflow: SetOnce<Series<C>>,
    /// How often the series beyond the limit stood in for another, to be recorded on.
    folded: AtomicU64,
    /// The series in the order in which they are written, once somebody has asked.
    sheet: KeptSheet<C>,
}

impl<C: live::Kept> Store<C> {
    pub(super) fn new(def: &'static MetricDef, max_series: usize) -> Self {
        let shape = Shape::of(def.labels);
        Self {
            def,
            shape,
            limit: limit_of(def, max_series),
            placed: (0..shape.places).map(|_| SetOnce::default()).collect(),
            keyed: Table::default(),
            seed: Seed::default(),
            taken: AtomicUsize::new(0),
            births: ByProcess::new(Mutex::new(None)),
            overflow: SetOnce::default(),
            folded: AtomicU64::new(0),
            sheet: KeptSheet::default(),
        }
    }

    pub(crate) const fn def(&self) -> &'static MetricDef {
        self.def
    }

    /// The series of this label set to record on once, made if it is new; the one beyond the limit where there are too many.
    ///
    /// Short where the texts of its labels are those of a call before. The rest is not inlined, so that a program has it once for each
    /// metric and not once for each call.
    #[inline]
    pub(crate) fn series<P: Place>(&self, place: P) -> &Series<C> {
        let found = if place.shape().is_keyed() { self.find_noted(&place) } else { self.find_placed(&place) };
        match found {
            Some(series) => series,
            None => self.series_apart(place),
        }
    }

    #[inline(never)]
    fn series_apart<P: Place>(&self, place: P) -> &Series<C> {
        let found = if place.shape().is_keyed() { self.find_and_note(&place) } else { None };
        match found {
            Some(series) => series,
            None => self.own_or_fold(place),
        }
    }

    /// The series of this label set to record on any number of times, made if it is new; nothing where there are too many.
    ///
    /// A label set that has the name of the series beyond the limit for each of its values is that series: two of one name would make an
    /// exposition that nobody reads.
    pub(crate) fn own_series(&self, place: impl Place) -> Option<&Series<C>> {
        // However long a value is, it is not read for nothing, least of all while others wait for the lock of births.
        if Key::is_too_long(&place) {
            return None;
        }
        if self.is_overflow(&place) {
            return Some(self.rest());
        }
        self.find(&place).or_else(|| self.make(&place))
    }

    /// The series that there are with the values of their labels, without the one beyond the limit.
    pub(super) fn kept(&self) -> impl Iterator<Item = (LabelValues, &Series<C>)> {
        let placed = self.placed.iter().enumerate();
        let placed = placed.filter_map(|(place, series)| {
            Some((place::values(self.def, std::iter::empty(), place), series.get()?))
        });
        let keyed = self.keyed.entries();
        let keyed = keyed
            .map(|Entry { series, key }| (place::values(self.def, key.values(), key.combination()), series));
        placed.chain(keyed)
    }

    /// The series beyond the limit with the values of its labels.
    pub(super) fn overflow(&self) -> Option<(LabelValues, &Series<C>)> {
        let series = self.overflow.get()?;
        let values = self.def.labels.iter().map(|_| Box::from(OVERFLOW)).collect();
        Some((values, series))
    }

    /// How often the series beyond the limit stood in for another.
    pub(super) fn folded(&self) -> u64 {
        self.folded.load(Ordering::Relaxed)
    }

    /// The series in the order in which they are written, with their labels as text; all that were made before this is called.
    pub(super) fn sheet(&self) -> Arc<Sheet<C>> {
        self.sheet.of(self, self.taken.load(Ordering::Acquire), self.overflow.get().is_some())
    }

    #[inline]
    fn find_placed(&self, place: &impl Place) -> Option<&Series<C>> {
        self.placed.get(place.combination())?.get()
    }

    /// The series of this label set, if it was found with texts at these addresses before.
    #[inline(always)]
    fn find_noted<P: Place>(&self, place: &P) -> Option<&Series<C>> {
        Some(&self.keyed.noted(mark(place), |key| key.is_of(place))?.series)
    }

    /// The series of this label set if none of its values is long, of which a note is made.
    #[inline(always)]
    fn find_and_note<P: Place>(&self, place: &P) -> Option<&Series<C>> {
        let mark = mark(place);
        if let Some(entry) = self.keyed.noted_apart(mark, |key| key.is_of(place)) {
            return Some(&entry.series);
        }
        let sought = self.seed.sought(place)?;
        let found = self.keyed.find_and_note(mark, sought.hash, |key| key.is(&sought, place));
        Some(&found?.series)
    }

    fn find(&self, place: &impl Place) -> Option<&Series<C>> {
        if self.shape.is_keyed() { self.find_keyed(place) } else { self.find_placed(place) }
    }

    fn find_keyed(&self, place: &impl Place) -> Option<&Series<C>> {
        let found = match self.seed.sought(place) {
            Some(sought) => self.keyed.find(sought.hash, |key| key.is(&sought, place)),
            None => self.keyed.find(self.seed.hash_long(place), |key| key.is_of_long(place)),
        };
        Some(&found?.series)
    }

    #[cold]
    #[inline(never)]
    fn own_or_fold(&self, place: impl Place) -> &Series<C> {
        self.own_series(place).unwrap_or_else(|| self.beyond_the_limit())
    }

    /// The series of this label set, which was not found; nothing if there are too many.
    fn make(&self, place: &impl Place) -> Option<&Series<C>> {
        // Whoever sees that there are as many as there may be sees them all, so what is not found now will never be made.
        if self.taken.load(Ordering::Acquire) >= self.limit {
            return self.find(place);
        }
        let births = self.births.get(|| Mutex::new(None));
        let mut births = births.lock().unwrap_or_else(PoisonError::into_inner);
        let vacant = births.get_or_insert_with(|| self.first_birth());
        self.find(place).or_else(|| self.insert(place, vacant))
    }

    /// What a process begins with.
    ///
    /// If it was forked off while a thread made a series, that one may be there and not be counted yet. The memory which that thread had at
    /// hand is left alone.
    fn first_birth(&self) -> C::Vacant {
        self.taken.store(self.kept().count(), Ordering::Release);
        C::Vacant::default()
    }

    /// Makes a series that is not there. Nothing if there are too many, or a value of its labels is too long.
    fn insert<P: Place>(&self, place: &P, vacant: &mut C::Vacant) -> Option<&Series<C>> {
        let taken = self.taken.load(Ordering::Relaxed);
        if taken >= self.limit {
            return None;
        }
        let series = if self.shape.is_keyed() {
            let key = Key::new(place, self.seed.hash(place))?;
            &self.keyed.insert(Entry { series: self.born(vacant), key }, taken)?.series
        } else {
            self.placed.get(place.combination())?.get_or_init(|| self.born(vacant))
        };
        self.taken.store(taken + 1, Ordering::Release);
        Some(series)
    }

    /// The series that stands in for all beyond the limit; each time that it does is counted, since something is recorded on it then.
    pub(crate) fn beyond_the_limit(&self) -> &Series<C> {
        self.folded.fetch_add(1, Ordering::Relaxed);
        self.rest()
    }

    /// The series that stands in for all beyond the limit.
    pub(super) fn rest(&self) -> &Series<C> {
        self.overflow.get_or_init(|| self.born(&mut C::Vacant::default()))
    }

    /// Whether the values of this label set are those of the series beyond the limit. No closed label has such a value.
    fn is_overflow(&self, place: &impl Place) -> bool {
        let (values, open) = (place.open_values(), self.shape.open);
        let values = values.as_ref().iter().take(open);
        open > 0 && open == self.def.labels.len() && values.copied().all(|value| value == OVERFLOW)
    }

    fn born(&self, vacant: &mut C::Vacant) -> Series<C> {
        Series { cell: C::held(self.def, vacant) }
    }
}

#[inline(always)]
fn mark<P: Place>(place: &P) -> Mark {
    let values = place.open_values();
    Mark::of(values.as_ref().get(..place.shape().open).unwrap_or_default(), place.combination())
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
    use crate::by_process::ByProcess;
    use crate::catalog::{AGENT_SPAWNS, AXE_LUMBERJACK_RESTARTS};
    use crate::cell::CounterCell;
    use crate::registry::place::Written;
    use crate::sync::Mutex;
    use crate::sync::atomic::AtomicUsize;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    fn series<'s>(store: &'s Store<CounterCell>, values: &[&str]) -> &'s super::Series<CounterCell> {
        store.series(Written { def: store.def(), values })
    }

    #[test]
    fn label_sets_that_run_together_to_the_same_text_are_two_series() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 10);
        series(&store, &["ab", "c"]).cell().add(1);
        series(&store, &["a", "bc"]).cell().add(2);
        assert_eq!(series(&store, &["ab", "c"]).cell().get(), 1.0);
        assert_eq!(series(&store, &["a", "bc"]).cell().get(), 2.0);
    }

    #[test]
    fn beyond_the_limit_everything_goes_to_one_series() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 3);
        for i in 0..10 {
            series(&store, &[&i.to_string(), "p"]).cell().add(1);
        }
        series(&store, &["0", "p"]).cell().add(1);
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
            series(&store, &[value, "p"]).cell().add(1);
        }
        assert_eq!((store.kept().count(), store.folded()), (1, 2));
    }

    #[test]
    fn a_very_long_value_does_not_wait_for_a_thread_that_makes_a_series() {
        let (store, (tell, told)) = (Store::<CounterCell>::new(AGENT_SPAWNS.def(), 3), channel());
        let longer = "x".repeat(1025);
        std::thread::scope(|scope| {
            let making = store.births.get(|| unreachable!()).lock().unwrap();
            scope.spawn(|| {
                series(&store, &[&longer, "p"]).cell().add(1);
                tell.send(()).unwrap();
            });
            // So long only if it waits for ever.
            let told = told.recv_timeout(Duration::from_secs(20));
            drop(making);
            told.unwrap();
        });
        assert_eq!((store.kept().count(), store.folded()), (0, 1));
    }

    #[test]
    fn a_forked_process_goes_on_where_a_thread_was_making_a_series() {
        let mut store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 3);
        series(&store, &["a", "p"]).cell().add(1);
        // As it looks in a child: a thread of the parent held the lock, and had not counted the series yet.
        let births = Mutex::new(None);
        std::mem::forget(births.lock());
        store.births = ByProcess::of(u32::MAX, births);
        store.taken = AtomicUsize::new(0);
        assert_eq!(store.sheet().len(), 1);
        for value in ["b", "a", "c", "d"] {
            series(&store, &[value, "p"]).cell().add(1);
        }
        assert_eq!((store.sheet().len(), store.kept().count(), store.folded()), (4, 3, 1));
    }

    #[test]
    fn a_metric_without_labels_has_one_series() {
        let store = Store::<CounterCell>::new(AXE_LUMBERJACK_RESTARTS.def(), 1000);
        series(&store, &[]).cell().add(1);
        series(&store, &[]).cell().add(1);
        assert_eq!(store.kept().map(|(_, series)| series.cell().get()).collect::<Vec<_>>(), [2.0]);
    }

    /// The text of a buffer changes while its address stays; so does that of a series that was noted when the table was smaller.
    #[test]
    fn texts_at_the_address_of_others_have_series_of_their_own() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 1000);
        let mut buffer = String::with_capacity(64);
        for round in 0..3 {
            for i in 0..200 {
                for ending in ["", "-of-a-long-name", "-of-a-name-that-is-longer-than-four-words"] {
                    buffer.clear();
                    buffer.push_str(&format!("{i:03}{ending}"));
                    series(&store, &[&buffer, "p"]).cell().add(1);
                }
            }
            assert_eq!(store.kept().count(), 600);
            assert!(store.kept().all(|(_, series)| series.cell().get() == f64::from(round + 1)));
        }
    }

    #[test]
    fn threads_that_meet_at_a_new_series_share_it() {
        let store = Store::<CounterCell>::new(AGENT_SPAWNS.def(), 1000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..500 {
                        series(&store, &[&i.to_string(), "p"]).cell().add(1);
                    }
                });
            }
        });
        assert_eq!(store.kept().count(), 500);
        assert!(store.kept().all(|(_, series)| series.cell().get() == 4.0));
    }
}
