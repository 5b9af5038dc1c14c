//! The series of one metric, by their keys: an insert-only table that a reader goes through without a lock and without writing anything
//! that another thread reads.
//!
//! A full table is followed by one four times as large with the same entries; a reader that is still in the old one misses only what is
//! newer, and looks again under the lock of those who insert.
#![expect(
    unsafe_code,
    reason = "an atomic pointer is what a reader can test and follow with one load, and it keeps no count beside a series"
)]

use super::key::Key;
use super::recent::{Mark, Recent};
use crate::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use crate::sync::{self, SetOnce};
use std::marker::PhantomData;
use std::sync::Arc;
use std::{array, ptr};

/// A series and its key; what a call reads of them is in the first cache line, unless a value is long.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Entry<S> {
    pub(super) series: S,
    pub(super) key: Key,
}

/// Entries made by [`Box::into_raw`], which `Table::drop` alone frees; null where there is none.
type Slots<S> = Box<[AtomicPtr<Entry<S>>]>;

/// How many slots the first table has: enough that the few values of most labels do not meet.
const FIRST: usize = sync::size(64, 2);

/// How many tables there can be: far more than any limit on series needs, and a power of two, so that no number of a table needs a check.
const TABLES: usize = sync::size(16, 2);

/// All series of one metric that have keys.
#[derive(Debug)]
pub(super) struct Table<S> {
    /// Each made when the one before was half full.
    tables: [SetOnce<Slots<S>>; TABLES],
    /// Which of them has all entries.
    current: AtomicUsize,
    recent: Recent<Entry<S>>,
    /// Threads may share the table if they may share its entries, and whoever is the last one frees them.
    of: PhantomData<Arc<Entry<S>>>,
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        let tables = array::from_fn(|_| SetOnce::default());
        Self { tables, current: AtomicUsize::new(0), recent: Recent::default(), of: PhantomData }
    }
}

impl<S> Table<S> {
    /// The entry with this hash whose key is the one that is looked for.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, is_key: impl Fn(&Key) -> bool) -> Option<&Entry<S>> {
        let slots = self.slots()?;
        let mask = slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        // At least half of the slots are free, so this ends.
        while let Some(entry) = self.entry(slots.get(at)?) {
            if is_key(&entry.key) {
                return Some(entry);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// The same, which is noted under this mark.
    #[inline(always)]
    pub(super) fn find_and_note(
        &self,
        mark: Mark,
        hash: u64,
        is_key: impl Fn(&Key) -> bool,
    ) -> Option<&Entry<S>> {
        let entry = self.find(hash, is_key)?;
        // SAFETY: the entry is freed by `drop` alone, together with the notes, and until then nobody has it otherwise than shared.
        unsafe { self.recent.note(mark, entry) };
        Some(entry)
    }

    /// The entry that was noted under this mark, if its key is the one that is looked for.
    #[inline(always)]
    pub(super) fn noted(&self, mark: Mark, is_key: impl Fn(&Key) -> bool) -> Option<&Entry<S>> {
        self.recent.first(mark).filter(|entry| is_key(&entry.key))
    }

    /// The same, where another mark has the first place.
    #[inline(always)]
    pub(super) fn noted_apart(&self, mark: Mark, is_key: impl Fn(&Key) -> bool) -> Option<&Entry<S>> {
        self.recent.second(mark).filter(|entry| is_key(&entry.key))
    }

    /// Every entry.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<S>> {
        self.slots().into_iter().flatten().filter_map(|slot| self.entry(slot))
    }

    /// Puts in an entry whose key is not there. Only one thread may do so at a time; `count` is how many there are already.
    ///
    /// Nothing where there is no room, which no limit on series allows.
    pub(super) fn insert(&self, entry: Entry<S>, count: usize) -> Option<&Entry<S>> {
        let current = self.current.load(Ordering::Relaxed);
        let is_full = self.slots().is_none_or(|slots| (count + 1) * 2 > slots.len());
        let slots = if is_full { self.grow(current)? } else { self.slots()? };
        let hash = entry.key.hash();
        self.entry(put(slots, hash, Box::into_raw(Box::new(entry)))?)
    }

    /// The entry in one of the slots.
    #[inline(always)]
    fn entry(&self, slot: &AtomicPtr<Entry<S>>) -> Option<&Entry<S>> {
        // SAFETY: the slots of this table hold null, for which `as_ref` gives nothing, or what `insert` has made and nobody changes, and what
        // only `drop` frees, which cannot come as long as `self` is borrowed. Acquiring what `put` released makes visible what is in there.
        unsafe { slot.load(Ordering::Acquire).as_ref() }
    }

    #[inline(always)]
    fn slots(&self) -> Option<&Slots<S>> {
        self.tables[self.current.load(Ordering::Acquire) % TABLES].get()
    }

    /// Makes the next table with every entry of the current one.
    fn grow(&self, current: usize) -> Option<&Slots<S>> {
        let next = if self.slots().is_none() { 0 } else { current + 1 };
        let table = self.tables.get(next)?;
        let slots: Slots<S> = (0..FIRST << (2 * next)).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        // The pointers of `insert` themselves: with one that is made from a reference to an entry, `drop` could not free it.
        for slot in self.slots().into_iter().flatten() {
            if let Some(entry) = self.entry(slot) {
                put(&slots, entry.key.hash(), slot.load(Ordering::Relaxed));
            }
        }
        let slots = table.get_or_init(|| slots);
        self.current.store(next, Ordering::Release);
        Some(slots)
    }
}

impl<S> Drop for Table<S> {
    fn drop(&mut self) {
        for slot in self.slots().into_iter().flatten() {
            let entry = slot.load(Ordering::Acquire);
            if !entry.is_null() {
                // SAFETY: it is what `Box::into_raw` gave `insert`, which `grow` copies as it is; it stands once in this table, and those before
                // are not looked at. Nobody can have borrowed it any more.
                drop(unsafe { Box::from_raw(entry) });
            }
        }
    }
}

/// Takes the first free slot from the one that the hash names on.
fn put<S>(slots: &[AtomicPtr<Entry<S>>], hash: u64, entry: *mut Entry<S>) -> Option<&AtomicPtr<Entry<S>>> {
    let mask = slots.len() - 1;
    let at = |step: usize| &slots[(hash as usize).wrapping_add(step) & mask];
    (0..slots.len()).map(at).find(|slot| {
        slot.compare_exchange(ptr::null_mut(), entry, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::{Entry, Table};
    use crate::catalog::LLM_RETRIES;
    use crate::registry::key::Key;
    use crate::registry::place::Written;
    use crate::registry::sought::Seed;
    use std::sync::Arc;

    #[test]
    fn a_table_keeps_its_entries_while_it_grows_and_finds_no_others() {
        let (table, seed) = (Table::<usize>::default(), Seed::default());
        let hash = |place: &Written<'_>| seed.hash(place);
        let values: Vec<_> = (0..1200).map(|i: usize| i.to_string()).collect();
        let find = |i: usize| {
            let place = Written { def: LLM_RETRIES.def(), values: &[&*values[i]] };
            table.find(hash(&place), |key| key.is_of(&place)).map(|entry| entry.series)
        };
        for (count, value) in values.iter().enumerate() {
            assert_eq!(find(count), None);
            let place = Written { def: LLM_RETRIES.def(), values: &[&**value] };
            let key = Key::new(&place, hash(&place)).unwrap();
            table.insert(Entry { series: count, key }, count).unwrap();
            assert!((0..=count).all(|i| find(i) == Some(i)), "after {count}");
        }
        assert_eq!(table.entries().count(), values.len());
    }

    #[test]
    fn entries_whose_hashes_are_the_same_are_told_apart() {
        let table = Table::<()>::default();
        for (count, value) in ["a", "b", "c"].into_iter().enumerate() {
            let place = Written { def: LLM_RETRIES.def(), values: &[value] };
            table.insert(Entry { series: (), key: Key::new(&place, 7).unwrap() }, count).unwrap();
        }
        for value in ["a", "b", "c"] {
            let place = Written { def: LLM_RETRIES.def(), values: &[value] };
            assert_eq!(table.find(7, |key| key.is_of(&place)).unwrap().key.values().next(), Some(value));
        }
        let place = Written { def: LLM_RETRIES.def(), values: &["d"] };
        assert!(table.find(7, |key| key.is_of(&place)).is_none());
    }

    /// Under a tool that watches memory it also tells whether each is freed with a pointer that may do so.
    #[test]
    fn a_table_that_has_grown_frees_each_entry_once() {
        let (table, series) = (Table::default(), Arc::new(()));
        for (count, value) in (0..100).map(|i| i.to_string()).enumerate() {
            let place = Written { def: LLM_RETRIES.def(), values: &[&*value] };
            let key = Key::new(&place, Seed::default().hash(&place)).unwrap();
            table.insert(Entry { series: Arc::clone(&series), key }, count).unwrap();
        }
        assert_eq!(Arc::strong_count(&series), 101);
        drop(table);
        assert_eq!(Arc::strong_count(&series), 1);
    }
}
