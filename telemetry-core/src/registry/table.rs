//! The series of one metric, by their keys: an insert-only table that a reader goes through without a lock and without writing anything
//! that another thread reads.
//!
//! A full table is followed by one four times as large with the same entries; a reader that is still in the old one misses only what is
//! newer, and looks again under the lock of those who insert.
#![expect(unsafe_code, reason = "what is noted of an entry is a pointer")]

use super::key::Key;
use super::recent::{Mark, Recent};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{self, OnceLock};
use std::array;
use std::sync::Arc;

/// A series and its key, of which most calls need only what comes first.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Entry<S> {
    pub(super) series: S,
    pub(super) key: Key,
}

type Slots<S> = Box<[OnceLock<Arc<Entry<S>>>]>;

/// How many slots the first table has: enough that the few values of most labels do not meet.
const FIRST: usize = sync::size(64, 2);

/// How many tables there can be: far more than any limit on series needs, and a power of two, so that no number of a table needs a check.
const TABLES: usize = sync::size(16, 2);

/// All series of one metric that have keys.
#[derive(Debug)]
pub(super) struct Table<S> {
    /// Each made when the one before was half full.
    tables: [OnceLock<Slots<S>>; TABLES],
    /// Which of them has all entries.
    current: AtomicUsize,
    recent: Recent<Entry<S>>,
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        let tables = array::from_fn(|_| OnceLock::new());
        Self { tables, current: AtomicUsize::new(0), recent: Recent::default() }
    }
}

impl<S> Table<S> {
    /// The entry with this hash whose key is the one that is looked for.
    pub(super) fn find(&self, hash: u64, is_key: impl Fn(&Key) -> bool) -> Option<&Entry<S>> {
        let slots = self.slots()?;
        let mask = slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        // At least half of the slots are free, so this ends.
        while let Some(entry) = slots.get(at)?.get() {
            if is_key(&entry.key) {
                return Some(entry);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// The same, which is noted under this mark.
    pub(super) fn find_and_note(
        &self,
        mark: Mark,
        hash: u64,
        is_key: impl Fn(&Key) -> bool,
    ) -> Option<&Entry<S>> {
        let entry = self.find(hash, is_key)?;
        // SAFETY: the entry is in one of the tables, which keep it until they are dropped, together with the notes; nothing takes an entry
        // out, and nobody but `drop` has it otherwise than shared.
        unsafe { self.recent.note(mark, entry) };
        Some(entry)
    }

    /// The entry that was noted under this mark, if its key is the one that is looked for.
    #[inline(always)]
    pub(super) fn noted(&self, mark: Mark, is_key: impl Fn(&Key) -> bool) -> Option<&Entry<S>> {
        self.recent.first(mark).filter(|entry| is_key(&entry.key))
    }

    /// The same, where another mark has the first place.
    pub(super) fn noted_apart(&self, mark: Mark, is_key: impl Fn(&Key) -> bool) -> Option<&Entry<S>> {
        self.recent.second(mark).filter(|entry| is_key(&entry.key))
    }

    /// Every entry.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<S>> {
        self.slots().into_iter().flatten().filter_map(OnceLock::get).map(AsRef::as_ref)
    }

    /// Puts in an entry whose key is not there. Only one thread may do so at a time; `count` is how many there are already.
    ///
    /// Nothing where there is no room, which no limit on series allows.
    pub(super) fn insert(&self, entry: Entry<S>, count: usize) -> Option<&Entry<S>> {
        let current = self.current.load(Ordering::Relaxed);
        let is_full = self.slots().is_none_or(|slots| (count + 1) * 2 > slots.len());
        let slots = if is_full { self.grow(current)? } else { self.slots()? };
        put(slots, Arc::new(entry))
    }

    fn slots(&self) -> Option<&Slots<S>> {
        self.tables[self.current.load(Ordering::Acquire) % TABLES].get()
    }

    /// Makes the next table with every entry of the current one.
    fn grow(&self, current: usize) -> Option<&Slots<S>> {
        let next = if self.slots().is_none() { 0 } else { current + 1 };
        let table = self.tables.get(next)?;
        let slots: Slots<S> = (0..FIRST << (2 * next)).map(|_| OnceLock::new()).collect();
        let old = self.slots().into_iter().flatten().filter_map(OnceLock::get);
        old.for_each(|entry| {
            put(&slots, Arc::clone(entry));
        });
        let slots = table.get_or_init(|| slots);
        self.current.store(next, Ordering::Release);
        Some(slots)
    }
}

/// Takes the first free slot from the one that the hash names on.
fn put<S>(slots: &[OnceLock<Arc<Entry<S>>>], mut entry: Arc<Entry<S>>) -> Option<&Entry<S>> {
    let mask = slots.len() - 1;
    let first = entry.key.hash() as usize;
    for step in 0..slots.len() {
        let slot = &slots[first.wrapping_add(step) & mask];
        match slot.set(entry) {
            Ok(()) => return slot.get().map(AsRef::as_ref),
            Err(returned) => entry = returned,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Entry, Table};
    use crate::catalog::LLM_RETRIES;
    use crate::registry::key::{Key, Seed};
    use crate::registry::place::Written;

    #[test]
    fn a_table_keeps_its_entries_while_it_grows_and_finds_no_others() {
        let (table, seed) = (Table::<usize>::default(), Seed::default());
        let hash = |place: &Written<'_>| seed.hash(place).unwrap();
        let values: Vec<_> = (0..1200).map(|i: usize| i.to_string()).collect();
        let find = |i: usize| {
            let place = Written { def: LLM_RETRIES.def(), values: &[&*values[i]] };
            table
                .find(hash(&place), |key| key.is_of(&place))
                .map(|entry| entry.series)
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
}
